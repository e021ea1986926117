"""Mounted file systems that hold data: mount, space, fstab and error memory of each, joined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from analyzer.joining import by_target, first, keyed, row_of, sources
from analyzer.site import Site, derived
from collectors.block_tables import BlockDevice, Ext4Errors, FstabEntry, FsUsage, Mount
from collectors.fact import Fact
from collectors.file_system_types import IMAGES, holds_data, over_network, source_holds_data
from collectors.table import Row, column, table
from collectors.zfs_tables import ZpoolProperties


@table("filesystem", key=("mountpoint",), label=("mountpoint", "source"), root=("mountpoint",))
class Filesystem(Row):
    """A mounted file system on a device or a server; kernel and memory file systems are left out."""

    mountpoint: str = column("Where")
    source: str | None = column("Device or remote path", default=None)
    device: str | None = column("Kernel name of the block device", default=None)
    fs_type: str | None = column("ext4, xfs, nfs4 and so on", default=None)
    alias_of: str | None = column("Another mountpoint of the very same file system", default=None)
    network: bool = column("Lies on another machine", default=False)
    read_only_medium: bool = column("A medium or image that is never written", default=False)
    options: str | None = column("Mount options, comma-separated", default=None)
    read_only: bool | None = column("Mounted read-only", default=None)
    emergency_read_only: bool | None = column("The kernel stopped writing after an error", default=None)
    fstab_known: bool = column("fstab was read", default=False)
    fstab_options: str | None = column("Options that fstab asks for; None: not listed", default=None)
    size_bytes: int | None = column("Size", default=None)
    used_bytes: int | None = column("Used", default=None)
    available_bytes: int | None = column("Available to ordinary users", default=None)
    free_percent: float | None = column("Available, of what ordinary users can fill", default=None)
    inodes: int | None = column("Inodes; None where their number is not fixed", default=None)
    inodes_used: int | None = column("Inodes used", default=None)
    errors_count: int | None = column("Errors recorded in the ext4 superblock", default=None)
    errors_grown: int | None = column("Of these since the audit before; None: not told then", default=None)
    last_error_at: datetime | None = column("The last of them", default=None)
    last_error_age_days: float | None = column("Days since then", default=None)
    last_error_function: str | None = column("Kernel function that met it", default=None)
    space_of: str | None = column(
        "Pool whose free space is all that bounds it, and that is judged itself", default=None
    )

    @property
    def said(self) -> str:
        """/srv (ext4 on dm-3), for a message."""
        on = f" on {self.device or self.source}" if self.device or self.source else ""
        return f"{self.mountpoint} ({self.fs_type or 'type unknown'}{on})"


@derived(Filesystem, out_of=(Mount, FsUsage, FstabEntry, Ext4Errors, BlockDevice))
def filesystem(site: Site) -> Iterator[Fact[Filesystem]]:
    mounts, usages = by_target(site.facts(Mount)), by_target(site.facts(FsUsage))
    blocks = by_target(site.facts(BlockDevice))
    fstabs = by_target(site.facts(FstabEntry))
    errors, errors_before = by_target(site.facts(Ext4Errors)), _errors_before(site)
    for target in dict.fromkeys((*mounts, *usages)):
        known = Devices(blocks.get(target, ()))
        wanted = keyed(fstabs.get(target, ()), lambda r: _plain(r.mountpoint))
        remembered = keyed(errors.get(target, ()), lambda r: r.device)
        used = keyed(usages.get(target, ()), lambda r: r.mountpoint)
        mounted = keyed(mounts.get(target, ()), lambda r: r.mountpoint)
        remote = {where for where, fact in mounted.items() if over_network(fact.row.fs_type, fact.row.source)}
        alone = [fact.row for where, fact in used.items() if where not in mounted]
        remote |= {row.mountpoint for row in alone if over_network(row.fs_type or "", "")}
        aliases = _aliases([fact.row for where, fact in mounted.items() if where not in remote], known)
        shared = _pool_space(site, target, mounted, used)
        for where in dict.fromkeys((*mounted, *used)):
            mount, usage = mounted.get(where), used.get(where)
            if mount is None and usage is not None and not _holds_data(usage.row):
                continue
            device = known.of(row_of(mount), row_of(usage))
            bad, entry = remembered.get(device or ""), wanted.get(_plain(where))
            told = _of_mount(device, row_of(mount), row_of(usage))
            row = Filesystem(
                mountpoint=where,
                device=device,
                network=where in remote,
                alias_of=aliases.get(where),
                fstab_known=bool(wanted),
                fstab_options=entry.row.options if entry else None,
                space_of=shared.get(where),
                **told,
                **(_of_usage(usage.row) if usage else {}),
                **(_of_errors(site.at, bad.row, errors_before.get((target, bad.row.device))) if bad else {}),
            )
            yield Fact(target, row, sources(mount, usage, entry, bad))


def _errors_before(site: Site) -> dict[tuple[str, str], Ext4Errors]:
    """The error memory of each device at the newest earlier audit that read it."""
    return {(f.target, f.row.device): f.row for earlier in site.history for f in earlier.facts(Ext4Errors)}


def _grown(now: Ext4Errors | None, before: Ext4Errors | None) -> int | None:
    """Errors that came since; None unless it is the same memory, which then has the same first error."""
    if now is None or before is None or now.errors_count is None or before.errors_count is None:
        return None
    if before.errors_count and now.first_error_at != before.first_error_at:
        return None
    return max(0, now.errors_count - before.errors_count)


class Devices:
    """The kernel name of the device behind a mount."""

    def __init__(self, blocks: Iterable[Fact[BlockDevice]]) -> None:
        self._names: dict[str, str] = {}
        for fact in blocks:
            row = fact.row
            mapped = f"/dev/mapper/{row.mapped_name}" if row.mapped_name else None
            for alias in (row.name, row.path, f"/dev/{row.name}", row.device_number, mapped):
                if alias:
                    self._names.setdefault(alias, row.name)
            for where in row.mountpoints.split("\n") if row.mountpoints else ():
                if where:
                    self._names.setdefault(f"at {where}", row.name)

    def of(self, mount: Mount | None, usage: FsUsage | None = None) -> str | None:
        """By source, device number, mountpoint; a path under /dev that nobody lists is taken at its word."""
        told = (mount.source if mount else None, mount.device_number if mount else None)
        where = mount.mountpoint if mount else usage.mountpoint if usage else ""
        for name in (*told, usage.source if usage else None, f"at {where}"):
            if name and name in self._names:
                return self._names[name]
        source = (mount.source if mount else None) or (usage.source if usage else None) or ""
        if source.startswith("/dev/") and not source.startswith(("/dev/mapper/", "/dev/disk/")):
            return source.removeprefix("/dev/")
        return None


def _holds_data(usage: FsUsage) -> bool:
    if usage.fs_type is None:
        return source_holds_data(usage.source or "", usage.mountpoint)
    return holds_data(usage.fs_type, usage.mountpoint)


def _plain(mountpoint: str) -> str:
    return mountpoint.rstrip("/") or "/"


def _aliases(mounts: list[Mount], known: Devices) -> dict[str, str]:
    """Mountpoints of a file system mounted elsewhere too (bind mount, subvolume) → its main mountpoint."""
    main: dict[str, str] = {}
    aliases: dict[str, str] = {}
    for row in sorted(mounts, key=lambda r: (r.subtree is not None, len(r.mountpoint), r.mountpoint)):
        same = known.of(row) or row.device_number
        if not same:
            continue
        first_seen = main.setdefault(same, row.mountpoint)
        if first_seen != row.mountpoint:
            aliases[row.mountpoint] = first_seen
    return aliases


def _of_mount(device: str | None, mount: Mount | None, usage: FsUsage | None) -> dict[str, Any]:
    """What is mounted, and how."""
    fs_type = first(mount.fs_type if mount else None, usage.fs_type if usage else None)
    told: dict[str, Any] = {
        "source": first(mount.source if mount else None, usage.source if usage else None),
        "fs_type": fs_type,
        "read_only_medium": fs_type in IMAGES or (device or "").startswith("sr"),
    }
    if mount is not None:
        words = mount.options.split(",") if mount.options is not None else ()
        told["options"], told["read_only"] = mount.options, mount.read_only
        told["emergency_read_only"] = "emergency_ro" in words or "shutdown" in words
    return told


def _of_usage(usage: FsUsage) -> dict[str, Any]:
    return {
        "size_bytes": usage.size_bytes,
        "used_bytes": usage.used_bytes,
        "available_bytes": usage.available_bytes,
        "free_percent": _free(usage),
        "inodes": usage.inodes or None,
        "inodes_used": usage.inodes_used,
    }


def _of_errors(at: datetime, bad: Ext4Errors, before: Ext4Errors | None) -> dict[str, Any]:
    last = bad.last_error_at
    return {
        "errors_count": bad.errors_count,
        "errors_grown": _grown(bad, before),
        "last_error_at": last,
        "last_error_age_days": (at - last).total_seconds() / 86_400 if last else None,
        "last_error_function": bad.last_error_function,
    }


def _pool_space(
    site: Site, target: str, mounted: dict[str, Fact[Mount]], used: dict[str, Fact[FsUsage]]
) -> dict[str, str]:
    """Mountpoints of ZFS datasets without a quota of their own → their pool, if its space was told.

    All such datasets of a pool have the same free space, the largest that any of them has.
    """
    told = {f.row.pool for f in site.facts_of(target, ZpoolProperties) if f.row.size_bytes}
    free: dict[str, dict[str, int]] = {}
    for where, mount in mounted.items():
        pool = mount.row.source.partition("/")[0]
        available = used[where].row.available_bytes if where in used else None
        if mount.row.fs_type == "zfs" and pool in told and available is not None:
            free.setdefault(pool, {})[where] = available
    return {
        where: pool
        for pool, mine in free.items()
        for where, available in mine.items()
        if available >= 0.999 * max(mine.values())
    }


def _free(usage: FsUsage) -> float | None:
    """Percent available of used plus available, as df counts: the reserve of root is nobody's free space."""
    if usage.available_bytes is None:
        return None
    whole = usage.used_bytes + usage.available_bytes if usage.used_bytes is not None else usage.size_bytes
    return 100.0 * usage.available_bytes / whole if whole else None
