"""Which file systems of a host its copies hold: whole, in part, or not at all.

Copies of files say which folders they took. Copies that do not (images of a disk or a guest) are taken for
whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from posixpath import dirname

from analyzer.derived.asset import System
from analyzer.derived.asset_copy import AssetCopy
from analyzer.derived.filesystem import Filesystem
from analyzer.guest_places import within
from analyzer.joining import by_target, sources
from analyzer.replicas import REPLICATING_SYSTEMS
from analyzer.site import Site, derived
from analyzer.wording import listed, size
from collectors.fact import Fact
from collectors.frozen import frozen
from collectors.table import Row, column, table

SYSTEM_MOUNTS = (
    "/boot",
    "/boot/efi",
    "/efi",
    "/tmp",
    "/var/tmp",
    "/var/lib/docker",
    "/snap",
    "/mnt",
    "/media",
)
"""Nothing there is missed, or it comes back with the system."""

LEAST_BYTES = 50_000_000


@table("volume_coverage", key=("asset", "mountpoint"), label=("asset", "mountpoint"), root=("asset",))
class VolumeCoverage(Row):
    """One file system, or one folder that its owner named, and the copies that hold it."""

    asset: str = column("Name of the system")
    mountpoint: str = column("File system or folder")
    used_bytes: int | None = column("What lies on it", default=None)
    held: str = column("whole, part or none")
    holding: str = column("Repositories that hold it or parts of it, newline-separated", default="")
    parts: str = column("The folders on it that are held, newline-separated", default="")
    share_percent: float | None = column("Its share of all that the system holds", default=None)


@frozen
class _Mounted:
    """Mountpoints of a host. *subvolumes*: by each of those of a btrfs, all of it."""

    all: frozenset[str]
    subvolumes: Mapping[str, tuple[str, ...]]

    @classmethod
    def on(cls, mounts: Sequence[Fact[Filesystem]]) -> _Mounted:
        rows = sorted((one.row for one in mounts), key=lambda row: (len(row.mountpoint), row.mountpoint))
        beside: dict[str, dict[str, str]] = {}
        for row in rows:
            if row.fs_type == "btrfs" and not row.mountpoint.endswith("/.snapshots"):
                told = beside.setdefault(row.alias_of or row.mountpoint, {})
                if not (row.alias_of is None and _aside(row.mountpoint)):
                    told.setdefault(_subvolume(row), row.mountpoint)
        groups = [tuple(told.values()) for told in beside.values()]
        return cls(
            frozenset(row.mountpoint for row in rows), {one: group for group in groups for one in group}
        )

    def needed(self, place: str) -> tuple[str, ...]:
        """The place, and what else of its file system is mounted."""
        return tuple(dict.fromkeys((place, *self.subvolumes.get(place, ()))))


def _subvolume(row: Filesystem) -> str:
    """`subvol=/@home` of the mount options: two mounts of the same are one, and so is a bind mount."""
    return next((word for word in (row.options or "").split(",") if word.startswith("subvol=")), "")


@derived(VolumeCoverage, out_of=(AssetCopy, Filesystem))
def volume_coverage(site: Site) -> Iterator[Fact[VolumeCoverage]]:
    copies: dict[str, list[Fact[AssetCopy]]] = {}
    for copy in site.facts(AssetCopy):
        if copy.row.good:
            copies.setdefault(copy.row.asset, []).append(copy)
    if not copies:
        return
    mounts = by_target(site.facts(Filesystem))
    wanted = {asset.name.lower(): asset.paths for asset in site.assets if asset.paths}
    for fact in site.facts(System):
        mine = copies.get(fact.row.asset, [])
        own = mounts.get(fact.row.target or "", [])
        named = wanted.get(fact.row.label.lower(), ())
        if not mine or not (own or named) or any(not _folders(copy.row) for copy in mine):
            continue
        data = [one for one in own if _counts(one.row)]
        data += _behind(own)
        whole = sum(one.row.used_bytes or 0 for one in data)
        mounted = _Mounted.on(own)
        for path, used, mount in _places(named, data):
            row = _row(fact.row.asset, path, used, mine, whole, mounted)
            yield Fact(fact.row.asset, row, sources(mount, *mine))


def _places(
    named: Sequence[str], mounts: Sequence[Fact[Filesystem]]
) -> Iterator[tuple[str, int | None, Fact[Filesystem] | None]]:
    """The folders that the owner named, else all file systems with data."""
    if named:
        yield from ((path, None, None) for path in named)
    else:
        yield from ((one.row.mountpoint, one.row.used_bytes, one) for one in mounts)


def _folders(row: AssetCopy) -> list[str]:
    """The folders of a copy of files; empty for any other copy."""
    told = [path for path in row.paths.split("\n") if path]
    return [path.rstrip("/") or "/" for path in told] if all(path.startswith("/") for path in told) else []


def _behind(mounts: Sequence[Fact[Filesystem]]) -> list[Fact[Filesystem]]:
    """A subvolume of each btrfs whose main mountpoint does not count: its top is often mounted in /mnt."""
    found: dict[str, Fact[Filesystem]] = {}
    for one in sorted(mounts, key=lambda one: (len(one.row.mountpoint), one.row.mountpoint)):
        main = one.row.alias_of
        if main and one.row.fs_type == "btrfs" and _aside(main) and _counts(replace(one.row, alias_of=None)):
            found.setdefault(main, one)
    return list(found.values())


def _aside(mountpoint: str) -> bool:
    return any(within(mountpoint, one) for one in SYSTEM_MOUNTS)


def _counts(row: Filesystem) -> bool:
    if row.network or row.read_only_medium or row.alias_of or (row.used_bytes or 0) < LEAST_BYTES:
        return False
    return not _aside(row.mountpoint)


def _row(
    asset: str,
    path: str,
    used: int | None,
    copies: Sequence[Fact[AssetCopy]],
    whole: int,
    mounted: _Mounted,
) -> VolumeCoverage:
    complete = [c.row.repository_name for c in copies if _whole(c.row, path, mounted)]
    inside = {
        one: c.row.repository_name
        for c in copies
        for one in _folders(c.row)
        if (one != path and _holds(c.row, path, one, mounted.all))
        or (c.row.product in REPLICATING_SYSTEMS and one in mounted.needed(path))
    }
    return VolumeCoverage(
        asset=asset,
        mountpoint=path,
        used_bytes=used,
        held="whole" if complete else "part" if inside else "none",
        holding="\n".join(sorted(set(complete or inside.values()))),
        parts="" if complete else "\n".join(sorted(inside)),
        share_percent=100 * used / whole if used is not None and whole else None,
    )


def _whole(row: AssetCopy, path: str, mounted: _Mounted) -> bool:
    """Whether the copy holds the folder, and if it is a replica, all subvolumes beside it as well."""
    wanted = mounted.needed(path) if row.product in REPLICATING_SYSTEMS else (path,)
    return all(any(_holds(row, one, each, mounted.all) for one in _folders(row)) for each in wanted)


def _holds(row: AssetCopy, folder: str, path: str, mounts: frozenset[str]) -> bool:
    """A copy of a folder holds all below it; a replica nothing that is mounted below."""
    if not within(path, folder) or row.product not in REPLICATING_SYSTEMS:
        return within(path, folder)
    while path != folder and path not in mounts:
        path = dirname(path)
    return path == folder


def held_on(site: Site, target: str, path: str | None) -> str | None:
    """whole, part or none: what the copies of a host hold of one of its folders; None if it has no copies.

    Copies that name no folders are taken for whole.
    """
    copies = site.once(_copies_of_targets).get(target, [])
    if not path or not copies:
        return None
    if any(not _folders(copy.row) for copy in copies):
        return "whole"
    own = site.facts_of(target, Filesystem)
    return _row(target, path, None, copies, 0, _Mounted.on(own)).held


def _copies_of_targets(site: Site) -> dict[str, list[Fact[AssetCopy]]]:
    targets = {fact.row.asset: fact.row.target for fact in site.facts(System) if fact.row.target}
    found: dict[str, list[Fact[AssetCopy]]] = {}
    for copy in site.facts(AssetCopy):
        target = targets.get(copy.row.asset)
        if target and copy.row.good:
            found.setdefault(target, []).append(copy)
    return found


SMALL_SHARE = 0.2
"""Copies that hold less of what lies there than this leave most of it out, or found it not mounted."""


def left_out(
    rows: Sequence[VolumeCoverage],
    held_bytes: int | None,
    whole_bytes: int | None,
    least_percent: float = 5.0,
) -> str:
    """What no copy holds and matters, in words; empty if nothing.

    *held_bytes*: size of the largest newest copy; *whole_bytes*: of the system.
    """
    missing = [
        row.mountpoint
        for row in rows
        if row.held == "none" and (row.share_percent is None or row.share_percent >= least_percent)
    ]
    if missing:
        return listed(missing, 3)
    named = sum(row.used_bytes or 0 for row in rows if row.held == "whole")
    most = max(named, (whole_bytes or 0) if any(row.held == "part" for row in rows) else 0)
    if held_bytes is None or not most or held_bytes >= SMALL_SHARE * most:
        return ""
    return f"more than {size(held_bytes)} of {size(most)}"
