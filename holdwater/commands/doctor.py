"""`holdwater doctor`."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from holdwater import options

PACKAGES = {
    "smartctl": "smartmontools",
    "mdadm": "mdadm",
    "lsblk": "util-linux",
    "findmnt": "util-linux",
    "systemctl": "systemd",
    "systemd-detect-virt": "systemd",
    "dumpe2fs": "e2fsprogs",
    "df": "coreutils",
}
"""Debian package of each tool, for the advice."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: *state* is `ok`, `limited` or `missing`; *cure* says what to do."""

    name: str
    state: str
    found: str
    cure: str = ""


@click.command(epilog="\b\nExamples:\n  holdwater doctor\n  holdwater doctor --json")
@options.as_json
def doctor(as_json: bool) -> None:
    """What this machine can and cannot see, and how to mend it. Exit 1 if something is missing."""
    from reports import json
    from reports.text import one_line

    checks = list(examined())
    if as_json:
        click.echo(json.dumps([asdict(one) for one in checks]))
    else:
        for one in checks:
            click.echo(one_line(f"{one.state:<8} {one.name:<22} {one.found}"))
            if one.cure:
                click.echo(f"{'':<8} {'':<22} → {one.cure}")
    raise SystemExit(1 if any(one.state == "missing" for one in checks) else 0)


def examined() -> Iterator[Check]:
    """Everything looked at, in the order it is told."""
    yield _right()
    yield from _tools()
    yield _disks()
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
    cure = "run as root, or install the lines of `holdwater plan --sudoers USER`"
    return Check("rights", "limited", "not root and no sudo -n: SMART and mdadm will be refused", cure)


def _tools() -> Iterator[Check]:
    from collectors.collector import load
    from collectors.targets.local import SEARCH

    path = f"{os.environ.get('PATH', '')}:{SEARCH}"
    wanted: dict[str, set[str]] = {}
    for one in load().values():
        for form in one.asks:
            wanted.setdefault(form.argv[0], set()).add(one.name)
    for tool, collectors in sorted(wanted.items()):
        if tool == "psutil":
            yield _psutil()
            continue
        found = shutil.which(tool, path=path)
        told = f"{found} for {', '.join(sorted(collectors))}"
        if found and tool == "smartctl":
            yield _smartctl(found, told)
        elif found:
            yield Check(tool, "ok", told)
        else:
            cure = (
                f"apt-get install {PACKAGES[tool]}"
                if tool in PACKAGES
                else "install it if this machine uses it"
            )
            yield Check(tool, "limited", f"not found: {', '.join(sorted(collectors))} will be a gap", cure)


def _psutil() -> Check:
    import psutil

    return Check("psutil", "ok", f"{psutil.__version__}")


def _smartctl(found: str, told: str) -> Check:
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
        return Check("smartctl", "ok", f"{version}, {told}")
    return Check(
        "smartctl", "limited", f"{version} cannot answer in JSON: text is read", "smartmontools 7.0 or newer"
    )


def _disks() -> Check:
    block = Path("/sys/block")
    disks = [d.name for d in sorted(block.glob("*")) if (d / "device").exists()] if block.is_dir() else []
    if not disks:
        return Check("disks", "limited", f"no disks seen on {platform.system()}: a container, or no /sys")
    return Check("disks", "ok", f"{len(disks)}: {' '.join(disks[:12])}{' …' if len(disks) > 12 else ''}")


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
