"""Rules on `drive_counter`: trouble on the way between a drive and its host."""

from __future__ import annotations

from analyzer.derived.drive_counter import DriveCounter
from analyzer.drive_judging import grown, named, raised, uncounted
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict


@rule("smart/crc-errors", on=DriveCounter, severity="medium", controls=("C1",))
def crc_errors(row: DriveCounter, *, growth_7d: float = 1.0, old_count: int = 100) -> Verdict:
    """Data are damaged on the cable between a drive and its host.

    Why it matters
        The receiver notices and the transfer is repeated, so no data are lost yet; but a bad cable, backplane
        or slot ends in time-outs and in members thrown out of arrays. The counter never goes back: only its
        growth tells of today.

    What to do
        Reseat or replace the cable, or move the drive to another slot; then watch whether the count still
        grows.

    What not to do
        Do not replace the drive for an old count that stands still.

    References
        Pinheiro et al., FAST 2007; Xu et al., ATC 2019.
    """
    if row.counter != "crc":
        return NA
    if row.count is None:
        return uncounted(row)
    if row.growth_7d is not None and row.growth_7d >= growth_7d:
        return Fail(
            f"{named(row)}: {row.count} transfer errors{grown(row.growth_7d)}, limit {growth_7d:g} a week",
            "medium",
            "growth_7d",
            row.probability,
        )
    if row.count >= old_count:
        known = "not growing" if row.growth_7d is not None else "no earlier reading to tell whether it grows"
        return Fail(f"{named(row)}: {row.count} transfer errors over its life, {known}", "info", "count")
    return OK if row.count == 0 or row.growth_7d is not None else NA


@rule("smart/command-timeout", on=DriveCounter, severity="medium", controls=("C1",))
def command_timeout(row: DriveCounter, *, limit: int = 5, growth_7d: float = 2.0) -> Verdict:
    """Commands to a drive have timed out.

    Why it matters
        The host waited, gave up and reset the drive. Arrays drop members for this. Power supply, backplane
        and host adapter cause it as often as the drive. The counter never goes back and most of it is old:
        only its growth tells of today, and for solid-state drives no study ties the total to failures.

    What to do
        Check power, cable and backplane first, then the drive. On a disk without error recovery control look
        at the recovery limits too.

    What not to do
        Do not read Seagate's packed value as billions of time-outs: 4295032833 is one, one and one.

    References
        Seagate's attribute layout; Scrutiny's failure rates from Backblaze 2013-2014.
    """
    if row.counter != "command_timeout":
        return NA
    if row.count is None:
        return uncounted(row)
    if row.growth_7d is not None and row.growth_7d >= growth_7d:
        return Fail(
            f"{named(row)}: {row.count} commands timed out{grown(row.growth_7d)}, limit {growth_7d:g} a week",
            raised("medium", row),
            "growth_7d",
            row.probability,
        )
    if row.count < limit:
        return OK if row.count == 0 or row.growth_7d is not None else NA
    return Fail(
        f"{named(row)}: {row.count} commands timed out over its life, limit {limit}",
        "low" if row.solid_state else "medium",
        "count",
        row.probability,
    )


@rule("smart/sata-downshift", on=DriveCounter, severity="medium", controls=("C1",))
def sata_downshift(row: DriveCounter, *, limit: int = 3) -> Verdict:
    """A drive had to lower the speed of its link or met bad blocks while running.

    Why it matters
        The link is renegotiated at a lower speed when transfers keep failing. It is one of the four symptoms
        that Microsoft found most telling for failing solid-state drives; some makers count
        blocks that went bad under this attribute.

    What to do
        Cable and slot first. If it comes back in another slot, replace the drive.

    What not to do
        Do not ignore it because the transfer rate looks good enough.

    References
        Narayanan et al., SYSTOR 2016; Scrutiny's failure rates from Backblaze 2013-2014.
    """
    if row.counter != "sata_downshift":
        return NA
    if row.count is None:
        return uncounted(row)
    if row.count < limit:
        return OK
    return Fail(
        f"{named(row)}: {row.name or 'downshifts'} {row.count}{grown(row.growth_7d)}, limit {limit}",
        "medium",
        "count",
        row.probability,
    )


@rule("smart/scsi-non-medium", on=DriveCounter, severity="low", controls=("C1",))
def scsi_non_medium(row: DriveCounter, *, growth_7d: float = 100.0) -> Verdict:
    """Errors outside the medium grow on a SCSI drive: link or protocol.

    Why it matters
        The count holds everything that went wrong and was not the disk surface: mostly cables, expanders and
        host adapters.

    What to do
        Compare the drives on the same cable, expander and backplane; the common part is the suspect.

    What not to do
        Do not judge the total: it is in the thousands on healthy drives.

    References
        smartctl(8), SCSI error counter log.
    """
    if row.counter != "non_medium_errors":
        return NA
    if row.count is None:
        return uncounted(row)
    if row.growth_7d is None:
        return OK if row.count < growth_7d else NA
    if row.growth_7d < growth_7d:
        return OK
    return Fail(
        f"{named(row)}: {row.count} non-medium errors{grown(row.growth_7d)}, limit {growth_7d:g} a week",
        "low",
        "growth_7d",
    )


@rule("smart/nvme-unsafe-shutdowns", on=DriveCounter, severity="low", controls=("C15",))
def unsafe_shutdowns(row: DriveCounter, *, share: float = 0.2, growth_90d: float = 2.0) -> Verdict:
    """An NVMe drive keeps losing power without notice.

    Why it matters
        Each count is a power loss or hard reset without a shutdown. What was in volatile caches is gone, and
        drives without power-loss protection may lose older data too.

    What to do
        Look for the cause: power supply, missing UPS, resets by hand, a host that hangs at shutdown.

    What not to do
        Do not judge the total of an old drive: only what came lately can be mended.

    References
        NVM Express base specification, SMART / Health log; Zheng et al., FAST 2013.
    """
    if row.counter != "unsafe_shutdowns":
        return NA
    if row.count is None:
        return uncounted(row)
    if row.power_cycles is None:
        return Unknown(f"{named(row)}: tells unsafe shutdowns but not its power cycles")
    if row.count <= share * row.power_cycles:
        return OK
    if row.growth_90d is None:
        return NA
    if row.growth_90d < growth_90d:
        return OK
    return Fail(
        f"{named(row)}: {row.count} of {row.power_cycles} power cycles ended without notice"
        f"{grown(row.growth_90d, 90)}; limits {share:.0%} and {growth_90d:g} within 90 days",
        "low",
        "growth_90d",
    )
