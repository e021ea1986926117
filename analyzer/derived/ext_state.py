"""Superblocks of ext file systems with their age and the mount they belong to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from analyzer.derived.filesystem import Filesystem
from analyzer.joining import sources
from analyzer.site import Site, derived
from collectors.block_tables import BlockDevice, ExtSuperblock
from collectors.fact import Fact
from collectors.table import Row, column, table


@table("ext_state", key=("fs_uuid",), label=("name", "fs_uuid"))
class ExtState(Row):
    """What the superblock of an ext2, ext3 or ext4 file system tells."""

    fs_uuid: str = column("UUID of the file system")
    name: str = column("Where it is or was last mounted, else device, label or UUID")
    mounted: bool | None = column("It is mounted now; None if mounts were not told", default=None)
    state: str | None = column("clean, clean with errors, not clean and so on", default=None)
    errors_behavior: str | None = column("Continue, Remount read-only, Panic", default=None)
    error_count: int | None = column("Errors it remembers", default=None)
    last_error_age_days: float | None = column("Days since the last of them", default=None)
    last_error_function: str | None = column("Kernel function that met it", default=None)
    journal: bool | None = column("Has a journal", default=None)
    checked_age_days: float | None = column("Days since the last full check", default=None)
    max_mount_count: int | None = column("Mounts after which a check is due, 0 or -1: never", default=None)
    check_interval_seconds: int | None = column("Time after which a check is due, 0: never", default=None)
    reserved_bytes: int | None = column("Kept back for root", default=None)


@derived(ExtState, out_of=(ExtSuperblock,))
def ext_state(site: Site) -> Iterator[Fact[ExtState]]:
    told = site.facts(ExtSuperblock)
    if not told:
        return
    for fact in told:
        mine, blocks = site.facts_of(fact.target, Filesystem), site.facts_of(fact.target, BlockDevice)
        names = {f.row.name for f in blocks if f.row.fs_uuid == fact.row.fs_uuid}
        if fact.row.device:
            names.add(fact.row.device.removeprefix("/dev/"))
        mounts = [f for f in mine if f.row.device in names]
        mount = mounts[0] if mounts else None
        row = _row(site.at, fact.row, mount.row.mountpoint if mount else None, bool(mine))
        yield Fact(fact.target, row, sources(fact, mount))


def _row(at: datetime, told: ExtSuperblock, mountpoint: str | None, mounts_known: bool) -> ExtState:
    placed = told.last_mounted_on if told.last_mounted_on not in (None, "<not available>") else None
    return ExtState(
        fs_uuid=told.fs_uuid,
        name=mountpoint or placed or told.device or told.volume_name or told.fs_uuid,
        mounted=mountpoint is not None if mounts_known else None,
        state=told.state,
        errors_behavior=told.errors_behavior,
        error_count=told.error_count,
        last_error_age_days=_age(at, told.last_error_at),
        last_error_function=told.last_error_function,
        journal=told.journal,
        checked_age_days=_age(at, told.checked_at),
        max_mount_count=told.max_mount_count,
        check_interval_seconds=told.check_interval_seconds,
        reserved_bytes=told.reserved_bytes,
    )


def _age(at: datetime, then: datetime | None) -> float | None:
    return (at - then).total_seconds() / 86_400 if then else None
