"""Rules on `drive_counter`: solid-state, NVMe and SCSI drives."""

from __future__ import annotations

from analyzer.derived.drive_counter import DriveCounter
from analyzer.drive_judging import grew, grown, named, raised, uncounted
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Verdict

BAD_BLOCKS = ("retired_blocks", "program_fail", "erase_fail")


@rule("smart/ssd-bad-blocks", on=DriveCounter, severity="medium", controls=("C1",))
def ssd_bad_blocks(row: DriveCounter, *, limit: int = 1, medium: int = 4) -> Verdict:
    """Blocks of a solid-state drive went bad in use.

    Why it matters
        Every drive leaves the factory with bad blocks; those that come later are few. After two to four of
        them, half of the studied drives went on to hundreds.

    What to do
        Watch the growth, and replace such drives in the most critical array first.

    What not to do
        Do not compare counts between models: what is counted, and how large a block is, differs.

    References
        Schroeder et al., FAST 2016; Narayanan et al., SYSTOR 2016.
    """
    if row.counter not in BAD_BLOCKS:
        return NA
    if row.count is None:
        return uncounted(row)
    if row.count < limit:
        return OK
    severity: Severity = "medium" if row.count >= medium or grew(row.growth_7d) else "low"
    return Fail(
        f"{named(row)}: {row.name or row.counter} {row.count}{grown(row.growth_7d)}; "
        f"limits {limit} and {medium}, or any growth",
        severity,
        "count",
    )


@rule("smart/nvme-media-errors", on=DriveCounter, severity="high", controls=("C1",))
def nvme_media_errors(row: DriveCounter, *, limit: int = 1) -> Verdict:
    """An NVMe drive could not give back data that it had stored.

    Why it matters
        Each count is a read whose data the drive could not restore: lost unless another copy exists.

    What to do
        Find the files that were hit, restore them, replace the drive. Look whether its firmware is known for
        this before a successor of the same model is bought.

    What not to do
        Do not wait for the spare area to fall: it has nothing to do with it.

    References
        NVM Express base specification, SMART / Health log; Schroeder et al., FAST 2016.
    """
    if row.counter != "media_errors":
        return NA
    if row.count is None:
        return uncounted(row)
    if row.count < limit:
        return OK
    return Fail(
        f"{named(row)}: {row.count} media and data integrity errors{grown(row.growth_7d)}, limit {limit}",
        raised("high", row),
        "count",
    )


@rule("smart/nvme-thermal-time", on=DriveCounter, severity="low", controls=("C1",))
def nvme_thermal_time(
    row: DriveCounter, *, warning_growth_30d: float = 60.0, critical_growth_30d: float = 1.0
) -> Verdict:
    """An NVMe drive has lately run above its temperature limits.

    Why it matters
        Above the limits the drive slows itself down; above the critical one it may switch off.

    What to do
        Heat sink, airflow, another slot.

    What not to do
        Do not judge the minutes of years ago: only those of the last month can be mended.

    References
        NVM Express base specification, SMART / Health log.
    """
    if row.counter not in ("warning_temperature_minutes", "critical_temperature_minutes"):
        return NA
    if row.count is None:
        return uncounted(row)
    critical = row.counter == "critical_temperature_minutes"
    limit = critical_growth_30d if critical else warning_growth_30d
    if row.growth_30d is None:
        return OK if row.count < limit else NA
    if row.growth_30d < limit:
        return OK
    return Fail(
        f"{named(row)}: {row.count} minutes above its {'critical' if critical else 'warning'} temperature"
        f"{grown(row.growth_30d, 30)}, limit {limit:g}",
        "medium" if critical else "low",
        "growth_30d",
    )


@rule("smart/scsi-grown-defects", on=DriveCounter, severity="medium", controls=("C1",))
def scsi_grown_defects(
    row: DriveCounter, *, limit: int = 1, medium: int = 10, high: int = 100, high_growth_7d: float = 10.0
) -> Verdict:
    """A SCSI drive has added defects to its list since it left the factory.

    Why it matters
        The list of grown defects is to SCSI drives what reallocated sectors are to ATA. Drives with entries
        are replaced more often.

    What to do
        Watch the trend; replace the drive when it grows.

    What not to do
        Do not reformat the drive to clear the list.

    References
        Maneas et al., FAST 2020; smartctl(8).
    """
    if row.counter != "grown_defects":
        return NA
    if row.count is None:
        return uncounted(row)
    if row.count < limit:
        return OK
    severity: Severity = "medium" if row.count >= medium or grew(row.growth_7d) else "low"
    if row.count >= high or (row.growth_7d is not None and row.growth_7d >= high_growth_7d):
        severity = "high"
    return Fail(
        f"{named(row)}: {row.count} grown defects{grown(row.growth_7d)}; limits {limit}, {medium} and {high}",
        severity,
        "count",
    )


@rule("smart/scsi-uncorrected", on=DriveCounter, severity="high", controls=("C1",))
def scsi_uncorrected(row: DriveCounter, *, limit: int = 1) -> Verdict:
    """A SCSI drive has errors that it could not correct.

    Why it matters
        What was stored there is lost unless another copy exists.

    What to do
        Find the files that were hit, restore them from a verified backup, replace the drive.

    What not to do
        Do not take corrected errors for these: they run into billions on healthy drives.

    References
        smartctl(8), SCSI error counter log.
    """
    if row.counter != "uncorrected_errors":
        return NA
    if row.count is None:
        return uncounted(row)
    if row.count < limit:
        return OK
    return Fail(
        f"{named(row)}: {row.count} uncorrected errors{grown(row.growth_7d)}, limit {limit}",
        raised("high", row),
        "count",
    )


@rule("smart/scsi-background-scan", on=DriveCounter, severity="medium", controls=("C1",))
def scsi_background_scan(row: DriveCounter, *, limit: int = 1) -> Verdict:
    """A SCSI drive's own background scan found bad sectors.

    Why it matters
        The drive reads its whole surface while idle. What it finds, a rebuild would have found too late.

    What to do
        Scrub the array, so that the sectors are rewritten from the other members, and plan the replacement.

    What not to do
        Do not switch the background scan off to be rid of the messages.

    References
        smartctl(8), background scan results.
    """
    if row.counter != "background_scan_errors":
        return NA
    if row.count is None:
        return uncounted(row)
    if row.count < limit:
        return OK
    return Fail(
        f"{named(row)}: {row.count} medium errors found by its background scan{grown(row.growth_7d)}, "
        f"limit {limit}",
        raised("medium", row),
        "count",
    )
