"""`holdwater doctor`."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import textwrap
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from holdwater import options

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

CURES = {
    "denied": "run as root, or install the lines of `holdwater plan --sudoers USER`",
    "timed-out": "look why it hangs; a dying disk or a server that is gone does that",
    "unsupported": "it has none to tell here; look at what it stands on (the hypervisor, the controller)",
    "standby": "the disk sleeps and was not woken; audit again when it works",
    "unreadable": "see the answer: holdwater collect, then holdwater bundle extract",
}
"""What to do about a gap, by its reason."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: *state* is `ok`, `absent`, `limited` or `missing`; *cure* says what to do."""

    name: str
    state: str
    found: str
    cure: str = ""


@click.command(epilog="\b\nExamples:\n  holdwater doctor\n  holdwater doctor --json")
@options.as_json
def doctor(as_json: bool) -> None:
    """What this machine can and cannot see, and how to mend it.

    Asks this machine every question of an audit and keeps nothing. Exit 1 if something is missing.
    """
    from reports import json
    from reports.text import one_line

    checks = list(examined())
    if as_json:
        click.echo(json.dumps([asdict(one) for one in checks]))
    else:
        absent = [one.name for one in checks if one.state == "absent"]
        for one in [one for one in checks if one.state != "absent"]:
            click.echo(f"{one.state:<8} {one.name:<20} {one_line(one.found)}")
            if one.cure:
                click.echo(f"{'':<8} {'':<20} -> {one.cure}")
        if absent:
            told = f"absent   {', '.join(absent)}: nothing of it on this machine"
            click.echo(textwrap.fill(told, 100, subsequent_indent=" " * 9, break_on_hyphens=False))
    raise SystemExit(1 if any(one.state == "missing" for one in checks) else 0)


def examined() -> Iterator[Check]:
    """Everything looked at, in the order it is told."""
    yield _right()
    yield _tool()
    yield from _seen()
    yield _folder()
    yield _ssh()


def _right() -> Check:
    if os.geteuid() == 0:
        return Check("rights", "ok", "running as root")
    sudo = shutil.which("sudo") and subprocess.run(["sudo", "-n", "-l"], capture_output=True, check=False)
    if sudo and sudo.returncode == 0:
        return Check(
            "rights", "ok", "not root; sudo -n is allowed something", "holdwater plan shows what is wanted"
        )
    return Check(
        "rights", "limited", "not root and no sudo -n: SMART and mdadm will be refused", CURES["denied"]
    )


def _seen() -> Iterator[Check]:
    """What each collector finds here, by asking."""
    from collectors.collector import load
    from holdwater import api

    with tempfile.TemporaryDirectory() as folder:
        site = api.open_site(api.collect([""], Path(folder)))
    for one in load().values():
        yield _found(one, site)


def _found(one: Collector, site: Site) -> Check:
    from collectors.collector import READERS

    tables = {row_type for form in one.asks for row_type in READERS[form.reads].fills}
    rows = sum(
        any(_asked(one, source.origin.argv) for source in fact.sources)
        for row_type in tables
        for fact in site.tables.get(row_type, ())
    )
    gaps = {
        (gap.reason, gap.detail): gap
        for gap in site.gaps
        if gap.table in tables and (gap.source is None or _asked(one, gap.source.origin.argv))
    }
    about = one.title.rstrip(".")
    if gaps:
        gap = next(iter(gaps.values()))
        more = f" and {len(gaps) - 1} more" if len(gaps) > 1 else ""
        return Check(one.name, "limited", f"{gap.reason}: {gap.detail or gap.subject}{more}", _cure(gap))
    if rows:
        return Check(one.name, "ok", f"{about}: {rows} rows")
    return Check(one.name, "absent", f"{about}: not on this machine")


def _asked(one: Collector, argv: tuple[str, ...]) -> bool:
    """Whether a command is one of the collector's: others may have to fill the same tables."""
    return any(
        len(form.argv) == len(argv)
        and all(word == said or "{" in word for word, said in zip(form.argv, argv, strict=True))
        for form in one.asks
    )


def _cure(gap: Gap) -> str:
    tool = gap.source.origin.argv[0] if gap.source else ""
    if gap.reason == "tool-missing":
        return f"apt-get install {PACKAGES[tool]}" if tool in PACKAGES else f"install {tool or 'the tool'}"
    if gap.reason == "denied" and os.geteuid() == 0:
        return "even root is refused here: look at the container or security module it runs under"
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
