"""`holdwater doctor`."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import textwrap
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from holdwater import options
from holdwater.entrance import CURES, AsRoot, Check, entrance
from holdwater.errors import CannotRun

if TYPE_CHECKING:
    from analyzer.site import Site
    from collectors.collector import Collector
    from collectors.fact import Gap

PACKAGES = {
    "smartctl": "smartmontools",
    "mdadm": "mdadm",
    "lsblk": "util-linux",
    "btrfs": "btrfs-progs",
    "zpool": "zfsutils-linux",
    "zfs": "zfsutils-linux",
    "lvs": "lvm2",
    "pvs": "lvm2",
    "vgs": "lvm2",
    "multipath": "multipath-tools",
    "upsc": "nut-client",
    "apcaccess": "apcupsd",
}
"""Debian package of each tool, for the advice."""


@click.command(
    epilog="""\b
Examples:
  holdwater doctor
  holdwater doctor ssh://auditor@db1    whether it is reached, and what sudo refuses there
  holdwater doctor --json"""
)
@click.argument("target", nargs=-1)
@options.as_json
def doctor(target: tuple[str, ...], as_json: bool) -> None:
    """What this machine, or the targets named, let be seen and what not, and how to mend it.

    Asks every question of an audit and keeps nothing. Exit 1 if something is missing.
    """
    from reports import json

    checks = [check for address in target or ("",) for check in examined(address)]
    if as_json:
        click.echo(json.dumps([asdict(one) for one in checks]))
    else:
        for name in dict.fromkeys(one.target for one in checks):
            _print(name, [one for one in checks if one.target == name])
    raise SystemExit(1 if any(one.state == "missing" for one in checks) else 0)


def _print(target: str, checks: list[Check]) -> None:
    from reports.text import one_line

    if target:
        click.echo(f"{one_line(target)}:")
    absent = [one.name for one in checks if one.state == "absent"]
    for one in [one for one in checks if one.state != "absent"]:
        click.echo(f"{one.state:<8} {one.name:<20} {one_line(one.found)}")
        if one.cure:
            click.echo(f"{'':<8} {'':<20} -> {one_line(one.cure)}")
    if absent:
        told = f"absent   {', '.join(absent)}: nothing of it {'there' if target else 'on this machine'}"
        click.echo(textwrap.fill(told, 100, subsequent_indent=" " * 9, break_on_hyphens=False))


def examined(address: str = "") -> Iterator[Check]:
    """Everything looked at of this machine or of a target, in the order it is told.

    Raises CannotRun for an address that cannot be understood.
    """
    from collectors.bundle import Bundle
    from collectors.collector import load, meant_for
    from holdwater import api

    if not address:
        yield _tool()
    with tempfile.TemporaryDirectory() as folder:
        try:
            bundle = api.collect([address], Path(folder))
        except ValueError as error:
            raise CannotRun(str(error)) from error
        site = api.open_site(bundle)
        with Bundle(bundle) as opened:
            for one in opened.targets():
                checks = list(entrance(one))
                if not one.unreachable:
                    rights = AsRoot.of(one)
                    collectors = meant_for(load().values(), one.about)
                    checks += [_found(each, site, one.name, rights) for each in collectors]
                yield from (replace(check, target=one.name if address else "") for check in checks)
    if not address:
        yield _folder()
        yield _ssh()


def _found(one: Collector, site: Site, target: str, as_root: AsRoot) -> Check:
    from collectors.collector import READERS

    tables = {row_type for form in one.asks for row_type in READERS[form.reads].fills}
    rows = sum(
        any(_asked(one, source.origin.argv) for source in fact.sources)
        for row_type in tables
        for fact in site.tables.get(row_type, ())
        if fact.target == target
    )
    gaps = {
        (gap.reason, gap.detail): gap
        for gap in site.gaps
        if gap.target == target
        and gap.table in tables
        and (gap.source is None or _asked(one, gap.source.origin.argv))
    }
    about = one.title.rstrip(".")
    if gaps:
        return Check(one.name, "limited", *_limited(list(gaps.values()), as_root))
    if rows:
        return Check(one.name, "ok", f"{about}: {rows} rows")
    return Check(one.name, "absent", f"{about}: nothing of it")


def _limited(gaps: list[Gap], as_root: AsRoot) -> tuple[str, str]:
    """The first gap, and what to do about it; what sudo refused is told once, under rights."""
    from collectors.targets.sudo_refusals import cause_and_cure

    first = gaps[0]
    if cause_and_cure(first.detail)[0]:
        sources = [gap.source for gap in gaps if gap.source and cause_and_cure(gap.detail)[0]]
        return f"denied: {', '.join(sorted({one.origin.argv[0] for one in sources}))}: sudo refused", ""
    more = f" and {len(gaps) - 1} more" if len(gaps) > 1 else ""
    return f"{first.reason}: {first.detail or first.subject}{more}", _cure(first, as_root)


def _asked(one: Collector, argv: tuple[str, ...]) -> bool:
    """Whether a command is one of the collector's: others may have to fill the same tables."""
    return any(
        len(form.argv) == len(argv)
        and all(word == said or "{" in word for word, said in zip(form.argv, argv, strict=True))
        for form in one.asks
    )


def _cure(gap: Gap, as_root: AsRoot) -> str:
    tool = gap.source.origin.argv[0] if gap.source else ""
    if gap.reason == "tool-missing":
        return f"apt-get install {PACKAGES[tool]}" if tool in PACKAGES else f"install {tool or 'the tool'}"
    if gap.reason == "denied" and gap.source and gap.source.origin.argv in as_root:
        return "even root is refused: look at the container or security module it runs under"
    return CURES.get(gap.reason, "")


def _tool() -> Check:
    from collectors.targets.local import SEARCH

    found = shutil.which("smartctl", path=f"{os.environ.get('PATH', '')}:{SEARCH}")
    if not found:
        return Check("smartctl", "limited", "not found: no disk can be read", "apt-get install smartmontools")
    return _smartctl(found)


def _smartctl(found: str) -> Check:
    asked = subprocess.run(
        [found, "--version"], capture_output=True, text=True, errors="replace", check=False
    )
    words = asked.stdout.split()
    version = words[1] if len(words) > 1 else "?"
    try:
        new = tuple(int(part) for part in version.split(".")[:2]) >= (7, 0)
    except ValueError:
        new = True
    if new:
        return Check("smartctl", "ok", f"{version}, {found}")
    return Check(
        "smartctl", "limited", f"{version} cannot answer in JSON: text is read", "smartmontools 7.0 or newer"
    )


def _folder() -> Check:
    folder = options.audits_folder()
    there = folder if folder.exists() else folder.absolute().parent
    if os.access(there, os.W_OK):
        free = shutil.disk_usage(there).free >> 20
        return Check("audits folder", "ok", f"{folder}: {free} MiB free")
    return Check("audits folder", "missing", f"{folder} cannot be written", "holdwater audit -o FOLDER")


def _ssh() -> Check:
    known = Path("~/.ssh/known_hosts").expanduser()
    keys = [path.name for path in sorted(known.parent.glob("id_*")) if path.suffix != ".pub"]
    agent = bool(os.environ.get("SSH_AUTH_SOCK"))
    if known.exists() and (keys or agent):
        return Check("ssh", "ok", f"known_hosts; {'agent' if agent else ', '.join(keys)}")
    missing = [] if known.exists() else ["no known_hosts"]
    missing += [] if keys or agent else ["no key and no agent"]
    cure = "log in once by hand with ssh to each target, with a key"
    return Check("ssh", "limited", f"{', '.join(missing)}: only this machine can be audited", cure)
