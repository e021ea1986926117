"""Rules on disks copied to another machine, and on disks cached by a faster one."""

from __future__ import annotations

from analyzer.derived.bcache_state import BcacheState
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict
from analyzer.wording import size
from collectors.replicated_disk_tables import DrbdVolume


@rule("raid/drbd-not-up-to-date", on=DrbdVolume, severity="high", controls=("C2",))
def drbd_not_up_to_date(row: DrbdVolume) -> Verdict:
    """A replicated disk is not up to date.

    Why it matters
        Only one of the machines holds the current data. If that one fails, the other has an old copy, a
        torn one or none at all, and a cluster that starts from it loses everything written since.

    What to do
        Look at the disk below the one that is not UpToDate (Diskless and Failed mean that it gave I/O
        errors) and at the connection; let the resynchronisation end before any failover.

    What not to do
        Do not force the outdated side to become primary, and do not run `invalidate` on the side that holds
        the current data.

    References
        drbd(7): disk states; drbdadm(8).
    """
    name = f"{row.resource}/{row.volume}"
    if row.disk_state is None:
        return Unknown(f"{name}: the state of its disk was not told")
    if row.disk_state != "UpToDate" and not row.diskless_on_purpose:
        worst = row.role == "Primary"
        return Fail(
            f"{name}: the disk of this machine ({row.role or 'role unknown'}) is {row.disk_state}"
            f"{_progress(row)}",
            "critical" if worst else None,
            "disk_state",
        )
    if row.connection_state is None and row.peer_disk_state != "UpToDate":
        return Unknown(f"{name}: whether it reaches {row.peer} was not told")
    if row.peer_disk_state is None and row.connection_state == "Connected":
        return Unknown(f"{name}: the state of the disk on {row.peer} was not told")
    connected = row.connection_state == "Connected"
    if connected and row.peer_disk_state != "UpToDate" and not row.peer_diskless_on_purpose:
        return Fail(
            f"{name}: the disk on {row.peer} is {row.peer_disk_state}{_progress(row)}",
            None,
            "peer_disk_state",
        )
    return OK


def _progress(row: DrbdVolume) -> str:
    if row.sync_percent is None or row.sync_percent >= 100:
        return ""
    return f", {row.sync_percent:.1f} % in step"


@rule("raid/drbd-disconnected", on=DrbdVolume, severity="high", controls=("C2",))
def drbd_disconnected(row: DrbdVolume) -> Verdict:
    """A replicated disk has lost its other machine.

    Why it matters
        Nothing is copied any more: the other machine falls behind with every write. StandAlone means that
        DRBD has given up, often because both sides were written to (split brain): then one side's writes
        will have to be thrown away.

    What to do
        Find out why: network, other machine, split brain in the kernel log of both. For a split brain decide
        which side's data to keep, save the other side's first, then reconnect.

    What not to do
        Do not reconnect with `--discard-my-data` before both sides have been looked at and copied.

    References
        drbd(7): connection states; the DRBD user's guide on split brain.
    """
    name = f"{row.resource}/{row.volume}"
    if row.connection_state is None:
        return Unknown(f"{name}: the state of its connection was not told")
    if row.connection_state == "Connected":
        return OK
    split = ": possibly a split brain" if row.connection_state == "StandAlone" else ""
    behind = f", {size(row.out_of_sync_kib * 1024)} behind" if row.out_of_sync_kib else ""
    return Fail(
        f"{name}: connection to {row.peer} is {row.connection_state}{behind}{split}; expected Connected",
        None,
        "connection_state",
    )


@rule("raid/bcache-broken", on=BcacheState, severity="critical", controls=("C2",))
def bcache_broken(row: BcacheState) -> Verdict:
    """A cached disk has lost its cache.

    Why it matters
        "inconsistent" means that data were in the cache only when it went away: the file system on the disk
        below is torn. A disk that waits for its cache shows no file system at all. "no cache" means that it
        runs without one.

    What to do
        Bring the cache device back if it exists in any form before touching the disk below. Otherwise restore
        from a backup; check the file system on a copy only.

    What not to do
        Do not start the disk below by force (`running`) while the cache may still be read: its data are then
        dropped for good.

    References
        The kernel's Documentation/admin-guide/bcache.rst: state.
    """
    if row.running is False:
        held = "; its newest data are there only" if row.state in ("dirty", "inconsistent") else ""
        return Fail(f"{row.device}: waits for its cache and cannot be used{held}", None, "running")
    if row.state is None:
        return Unknown(f"{row.device}: its state was not told")
    if row.state == "inconsistent":
        return Fail(
            f"{row.device}: state inconsistent; data that were in the cache only are gone", None, "state"
        )
    if row.state == "no cache":
        return Fail(f"{row.device}: runs without a cache", "low", "state")
    if row.running is None:
        return Unknown(f"{row.device}: whether it runs was not told")
    return OK


@rule("raid/bcache-writeback-unmirrored", on=BcacheState, severity="medium", controls=("C2",))
def bcache_unmirrored(row: BcacheState) -> Verdict:
    """Written data wait in a cache that is not mirrored.

    Why it matters
        In write-back mode the newest data, and the order of all writes, exist on the cache device alone. If
        that one drive fails, the large disk behind it is torn, however redundant it is.

    What to do
        Switch to writethrough (`echo writethrough > …/bcache/cache_mode`) and wait until the state is clean,
        or put the cache on a mirror of two drives of different age.

    What not to do
        Do not remove the cache while the state is dirty.

    References
        The kernel's Documentation/admin-guide/bcache.rst: cache_mode, dirty_data.
    """
    if row.cache_mode is None:
        return Unknown(f"{row.device}: its cache mode was not told")
    if row.cache_mode != "writeback":
        return OK if row.cache_mode != "none" else NA
    if row.mirrored is None:
        return Unknown(f"{row.device}: what lies below it was not told")
    if row.mirrored:
        return OK
    dirty = f"; {size(row.dirty_bytes)} are only there now" if row.dirty_bytes else ""
    return Fail(f"{row.device} (on {row.lower}): write-back over a single device{dirty}", None, "cache_mode")
