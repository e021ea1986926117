"""A sosreport: its folder as every version of sos lays it out.

`sos_commands/PLUGIN/COMMAND` holds what commands printed, everything else are files of the host by path.
The name of a command is its line with `/` as `.` and blanks as `_`; newer versions list it in
`sos_reports/manifest.json`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from collectors.importers.folder import Folder
from collectors.importers.record import Printed, Record

COMMANDS = "sos_commands"
_NAMES = """
    arcconf ata block bcache btrfs ceph ceph_common ceph_mon ceph_osd date devicemapper devices drbd filesys
    general hardware host hpssm iscsi kernel logs lvm2 lsi md megacli multipath nfs nvme nvmetcli powerpath
    perccli raid sas3ircu scsi smartcard ssacli stratis storcli system systemd udisks vdo xfs zfs apcupsd nut
    login startup virsh
"""
PLUGINS = frozenset(_NAMES.split())
"""Plugins whose commands may tell of storage; the others print tens of megabytes of other things."""


def wanted(name: str) -> bool:
    """Whether a file of the archive can matter: all but the outputs of other plugins and the reports."""
    _, _, inside = name.partition("/")
    top, _, rest = inside.partition("/")
    if top == COMMANDS:
        return rest.partition("/")[0] in PLUGINS
    if top in ("proc", "etc", "sys", "run", "usr", "dev"):
        return True
    if top == "var":
        return rest.startswith(("log/messages", "log/kern.log", "log/syslog", "log/dmesg", "lib/"))
    return rest in ("", "manifest.json")


def root_of(folder: Path) -> Path | None:
    """The folder that holds sos_commands: itself, or the one folder in it; None: no sosreport."""
    candidates = [folder]
    try:
        candidates += sorted(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())
    except OSError:
        return None
    return next((path for path in candidates[:50] if (path / COMMANDS).is_dir()), None)


def record_of(root: Path, name: str) -> Record:
    """The host of a sosreport. *name*: what to call it if the report does not tell."""
    files = Folder(root)
    told = _manifest(files)
    commands = [_printed(files, path, told.get(path)) for path in files.walk(COMMANDS)]
    return Record(
        host=_line(files, "/etc/hostname", f"/{COMMANDS}/host/hostname", "/hostname") or _named(name),
        kind="sosreport",
        at=_time(files, root),
        files=files,
        commands=[one for one in commands if one.name.split("/")[1] in PLUGINS],
    )


def _printed(files: Folder, path: str, told: tuple[str, ...] | None) -> Printed:
    def opened() -> Any:
        file = files.open(path)
        if file is None:
            raise FileNotFoundError(path)
        return file

    return Printed(told or _words(path.rpartition("/")[2]), path, opened)


def _words(name: str) -> tuple[str, ...]:
    """smartctl -a /dev/sda for smartctl_-a_.dev.sda: a word that begins with a dot is a path."""
    name = re.sub(r"^(?:usr\.)?s?bin\.", "", name)
    words = name.split("_")
    return tuple(
        word.replace(".", "/") if re.match(r"\.(?:dev|sys|proc|etc)\.", word) else word for word in words
    )


def _manifest(files: Folder) -> dict[str, tuple[str, ...]]:
    """Path of an output → command line, where the report lists its commands."""
    found: dict[str, tuple[str, ...]] = {}
    file = files.open("/sos_reports/manifest.json")
    if file is None:
        return found
    with file:
        try:
            told = json.loads(file.read(64 * 1024 * 1024))
        except (ValueError, RecursionError):
            return found
    for command in _commands(told):
        path, line = command.get("filepath"), command.get("command") or command.get("exec")
        if isinstance(path, str) and isinstance(line, str) and path:
            found[path] = tuple(line.split())
    return found


def _commands(told: Any) -> Iterator[dict[str, Any]]:
    try:
        plugins = told["components"]["report"]["plugins"].values()
    except (LookupError, TypeError, AttributeError):
        return
    for plugin in plugins:
        commands = plugin.get("commands", []) if isinstance(plugin, dict) else []
        yield from (one for one in commands if isinstance(one, dict))


def _line(files: Folder, *paths: str) -> str:
    for path in paths:
        file = files.open(path)
        if file is not None:
            with file:
                line = file.readline(300).decode("utf-8", "replace").strip()
            if re.fullmatch(r"[\w.-]{1,200}", line):
                return line
    return ""


def _named(name: str) -> str:
    """db1 for sosreport-db1-2026-11-20-abcdefg.tar.xz."""
    found = re.match(r"sosreport-([\w.-]+?)-(?:\d{4,}|\d+-\d{4}-)", name)
    return found[1] if found else name.split(".tar")[0]


def _time(files: Folder, root: Path) -> datetime:
    """When the report was made: its own date, else that of its folder."""
    for path in (
        f"/{COMMANDS}/date/date",
        "/date",
        f"/{COMMANDS}/general/date",
        f"/{COMMANDS}/date/date_--utc",
    ):
        file = files.open(path)
        if file is not None:
            with file:
                at = date_of(file.readline(200).decode("utf-8", "replace"))
            if at is not None:
                return at
    newest = max((p.stat().st_mtime for p in (root / COMMANDS).iterdir()), default=root.stat().st_mtime)
    return datetime.fromtimestamp(newest, UTC)


_ZONES = {"UTC": 0, "GMT": 0, "CET": 1, "CEST": 2, "BST": 1, "WET": 0, "WEST": 1, "EET": 2, "EEST": 3}
_ZONES |= {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}
_ZONES |= {"JST": 9, "AEST": 10, "AEDT": 11}


def date_of(line: str) -> datetime | None:
    """`Fri Nov 20 12:00:00 UTC 2026` or `Fri 20 Nov 2026 12:00:00 PM UTC`, as date(1) prints it."""
    words = line.replace(",", " ").split()
    zone = next((word for word in words if word in _ZONES), "UTC")
    half = next((word for word in words if word in ("AM", "PM")), "")
    plain = " ".join(
        w for w in words if w not in _ZONES and w not in ("AM", "PM") and not re.match(r"[+-]\d", w)
    )
    for shape in ("%a %b %d %H:%M:%S %Y", "%a %d %b %Y %H:%M:%S", "%a %b %d %Y %H:%M:%S"):
        try:
            told = f"{shape} %p".replace("%H", "%I") if half else shape
            at = datetime.strptime(f"{plain} {half}".strip(), told).replace(tzinfo=UTC)
        except ValueError:
            continue
        return at - timedelta(hours=_ZONES[zone])
    return None
