"""Rules on the devices of ZFS pools: their errors, and special and log devices without a second one."""

from __future__ import annotations

from analyzer.derived.zfs_device import ZfsDevice, ZfsGroup
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict


@rule("fs/zfs-device-errors", on=ZfsDevice, severity="high", controls=("C1",))
def device_errors(row: ZfsDevice, *, allowed: int = 0) -> Verdict:
    """ZFS counted errors on a device.

    Why it matters
        Read and write errors come from the drive or its path. Checksum errors are worse: the device said all
        is well and returned other data than were written; cable, controller or memory are as likely as the
        drive. Errors that came up since the last audit are worse than an old count. The same count on every
        member of a group points to one block that was written wrong.

    What to do
        Compare with the drive's SMART values, re-seat or change the cable, test the memory. Then clear the
        counters, scrub, and watch.

    What not to do
        Do not clear the counters before the cause is known, and do not replace a drive whose only fault is
        its cable.

    References
        zpool-status(8); OpenZFS messages ZFS-8000-9P, -4J.
    """
    counts = (row.read_errors, row.write_errors, row.checksum_errors)
    if all(count is None for count in counts):
        return NA if row.role in ("spare", "cache") else Unknown(f"{row.said}: its errors were not told")
    said = " / ".join("?" if count is None else str(count) for count in counts)
    note = f" ({row.note})" if row.note else ""
    since = f", {row.grown_errors} of them since the audit before" if row.grown_errors is not None else ""
    message = f"{row.said}: {said} read, write and checksum errors{since}{note}; limit {allowed}"
    if row.checksum_errors is not None and row.checksum_errors > allowed:
        shared = "; the same on all members: one bad block, not one bad drive" if row.same_on_all else ""
        return Fail(message + shared, None, "checksum_errors")
    if any(count is None for count in counts):
        return Unknown(f"{row.said}: not all of its errors were told ({said})")
    if max(row.read_errors or 0, row.write_errors or 0) > allowed:
        name = "read_errors" if row.read_errors else "write_errors"
        return Fail(message, "high" if row.grown_errors else "medium", name)
    return OK


@rule("fs/zfs-special-nonredundant", on=ZfsGroup, severity="critical", controls=("C2",))
def special_without_redundancy(row: ZfsGroup) -> Verdict:
    """The pool's metadata lie on a device without enough redundancy.

    Why it matters
        A special or dedup device is no cache: what is on it exists nowhere else. Losing it loses the whole
        pool, however many parity drives the data have, and it cannot be removed from a pool with raidz.

    What to do
        Attach a mirror to it today (`zpool attach`). It should bear as many failures as the data do.

    What not to do
        Do not take it out to replace it; attach the new device first.

    References
        zpoolconcepts(7): special allocation class.
    """
    if row.role not in ("special", "dedup"):
        return NA
    if row.redundancy == 0:
        if row.data_redundancy == 0:
            return NA  # a pool of lone devices: judged as such
        return Fail(
            f"pool {row.pool}: {row.role} device {row.devices or row.place} alone", None, "redundancy"
        )
    if row.data_redundancy is None:
        return Unknown(f"pool {row.pool}: the redundancy of its data was not told")
    if row.redundancy < row.data_redundancy:
        return Fail(
            f"pool {row.pool}: {row.role} device {row.place} bears {row.redundancy} failures, the data bear"
            f" {row.data_redundancy}",
            "medium",
            "redundancy",
        )
    return OK


@rule("fs/zfs-slog-no-plp", on=ZfsGroup, severity="medium", controls=("C15",))
def log_without_protection(row: ZfsGroup) -> Verdict:
    """The log device of the pool may lose acknowledged writes in a power cut.

    Why it matters
        The log is read only after a crash: the very moment in which a drive without capacitors may have lost
        its cache. A single one that dies then takes seconds of acknowledged writes with it.

    What to do
        Use a drive with power loss protection as log, best two of them as a mirror. Without such a drive, no
        log device is the safer choice.

    What not to do
        Do not set sync=disabled instead.

    References
        zpoolconcepts(7): log; makers' data sheets on power loss protection.
    """
    if row.role != "log" or row.redundancy > 0 or row.rotational:
        return NA
    if row.power_loss_protected is None:
        return Unknown(
            f"pool {row.pool}: whether the log {row.devices or row.place} is protected is not known"
        )
    if row.power_loss_protected:
        return OK
    return Fail(
        f"pool {row.pool}: log {row.devices or row.place}, a single drive without power loss protection",
        None,
        "power_loss_protected",
    )
