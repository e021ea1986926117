"""btrbk.conf: which subvolumes it takes snapshots of, where it sends them, what it keeps (btrbk.conf(5)).

Sections open with `volume`, `subvolume` and `target`; what is not set in one holds from the section around.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from collectors.backup_tables import BackupJob

_LEVELS = {"volume": 0, "subvolume": 1, "target": 2}
_KINDS = ("send-receive", "raw")


def jobs(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, BackupJob]]:
    """A job for each subvolume and target; one without a target only takes snapshots."""
    around: list[dict[str, str]] = [{}, {}, {}, {}]
    level = 0
    targets: dict[int, list[tuple[int, dict[str, str]]]] = {0: [], 1: [], 2: []}
    subvolumes: list[tuple[int, dict[str, str], list[tuple[int, dict[str, str]]]]] = []
    for number, line in lines:
        name, _, value = re.sub(r"(?:^|\s)#.*$", "", line).strip().partition(" ")
        value = value.strip()
        if name == "target":
            # it belongs to the section that is open, and takes what its subvolume says
            up = min(level, 2)
            settings = {"target": _location(value)}
            targets[up].append((number, settings))
            around[3], level = settings, 3
        elif name in _LEVELS:
            level = _LEVELS[name] + 1
            around[level] = {**around[level - 1], name: value}
            targets |= {lower: [] for lower in (1, 2) if lower >= level}
            if name == "subvolume":
                subvolumes.append((number, around[level], [*targets[0], *targets[1]]))
                targets[2] = subvolumes[-1][2]
        elif name:
            around[level][name] = value
    for number, settings, sent in subvolumes:
        yield number, _job(settings, None)
        yield from ((line, _job(settings, told)) for line, told in sent)


def _location(value: str) -> str:
    """`send-receive ssh://vault/backup` or only the location."""
    words = value.split()
    return words[-1] if words and (len(words) == 1 or words[0] in _KINDS) else value


def _path(settings: Mapping[str, str]) -> str:
    """The subvolume with the volume it lies in."""
    volume, subvolume = settings.get("volume", ""), settings.get("subvolume", "")
    if not volume or subvolume.startswith("/"):
        return subvolume
    return volume.rstrip("/") if subvolume in ("", ".") else f"{volume.rstrip('/')}/{subvolume}"


def _job(settings: Mapping[str, str], target: Mapping[str, str] | None) -> BackupJob:
    path = _path(settings)
    sort = "target" if target else "snapshot"
    own = {**settings, **(target or {})}
    kept, least = own.get(f"{sort}_preserve"), own.get(f"{sort}_preserve_min")
    words = [word for word in (kept, f"all of {least}" if least and least != "no" else None) if word]
    off = not target and own.get("snapshot_create") == "no"
    return BackupJob(
        product="btrbk",
        job=f"{path} > {target['target']}" if target else path,
        name=path,
        purpose="replication" if target else "snapshot",
        enabled=None if off else True,
        schedule="" if off else None,  # cron or a timer starts it
        selects=path,
        repository=target["target"] if target else None,
        retention=", ".join(words) or None,
    )
