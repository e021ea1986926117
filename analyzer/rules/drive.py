"""Rules on `drive`: the drive's own verdict, its age, heat and wear."""

from __future__ import annotations

from analyzer.drive_judging import named
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict, rank
from collectors.drive_tables import Drive

FAILING_BIT = 0x08
COLDEST, HOTTEST = 1, 125
"""Celsius between which a reading can be the temperature of a drive that is on."""

WARNINGS: tuple[tuple[int, Severity, str], ...] = (
    (0x01, "critical", "spare area below the maker's limit"),
    (0x02, "medium", "temperature beyond its limits"),
    (0x04, "critical", "reliability degraded by media errors or wear"),
    (0x08, "critical", "read-only: copy the data now"),
    (0x10, "high", "the backup of its volatile memory failed: flushed writes may not survive a power loss"),
    (0x20, "critical", "persistent memory region read-only or unreliable"),
)
"""Bit of the NVMe critical warning, how bad it is, what it says (NVM Express base specification)."""


@rule("smart/overall-failed", on=Drive, severity="critical", controls=("C1",))
def overall_failed(row: Drive) -> Verdict:
    """A drive predicts its own failure.

    Why it matters
        This is the maker's verdict. Makers set it so that one drive in a thousand is accused wrongly in a
        year: it comes late and is rarely wrong. The opposite is nearly no evidence: of the drives that
        fail, only 3 to 10 % were accused before. "PASSED" means no warning, not healthy.

    What to do
        Copy or fail over now, then replace the drive.

    What not to do
        Do not reboot to see whether it clears. Do not run a long self-test or a file system check first on
        the only copy.

    References
        smartctl(8); Murray, Hughes and Kreutz-Delgado, JMLR 2005.
    """
    if row.virtual or row.raid_volume:
        return NA
    failing = row.exit_status is not None and row.exit_status & FAILING_BIT
    if row.passed is False or (failing and row.passed is None):
        return Fail(f"{named(row)}: the drive's own verdict is FAILED{_why(row)}", "critical", "passed")
    if row.passed is None:
        return Unknown(f"{named(row)}: the drive gives no verdict on itself")
    return OK


def _why(row: Drive) -> str:
    """An NVMe drive's verdict is its warning bits: they say why."""
    words = [words for bit, _, words in WARNINGS if (row.critical_warning or 0) & bit]
    return f": {'; '.join(words)}" if words else ""


@rule("smart/nvme-critical-warning", on=Drive, severity="critical", controls=("C1", "C15"))
def nvme_critical_warning(row: Drive) -> Verdict:
    """An NVMe drive warns of itself.

    Why it matters
        The warning bits are the maker's verdict at this moment: spare area used up, reliability degraded,
        read-only, volatile memory without backup, heat.

    What to do
        Read-only or degraded: copy the data now and replace the drive. Memory backup failed: treat the
        drive as one without power-loss protection. Heat: airflow.

    What not to do
        Do not wait for the next reading: the bits tell the present state and may be gone, the cause is not.

    References
        NVM Express base specification, SMART / Health log.
    """
    if row.protocol != "NVMe" or (row.virtual and not row.critical_warning):
        return NA  # a virtual drive's silence says nothing, its warning does
    if row.critical_warning is None:
        return Unknown(f"{named(row)}: the health log was not told")
    told = [(severity, words) for bit, severity, words in WARNINGS if row.critical_warning & bit]
    if not row.critical_warning:
        return OK
    if not told:
        return Fail(
            f"{named(row)}: unknown warning bits {row.critical_warning:#04x}", "medium", "critical_warning"
        )
    worst = max((severity for severity, _ in told), key=rank)
    words = "; ".join(words for _, words in told)
    return Fail(
        f"{named(row)}: critical warning {row.critical_warning:#04x}: {words}", worst, "critical_warning"
    )


@rule("smart/scsi-ie-failed", on=Drive, severity="critical", controls=("C1",))
def scsi_ie_failed(row: Drive) -> Verdict:
    """A SCSI drive reports an informational exception.

    Why it matters
        Additional sense code 5D is the SCSI way to predict failure. 0B warns, of heat for one.

    What to do
        5D: copy or fail over, then replace under warranty with this code as proof. 0B: see which warning it
        is.

    What not to do
        Do not clear it by a power cycle.

    References
        SCSI primary commands, informational exceptions; smartctl(8).
    """
    if row.protocol != "SCSI" or row.virtual or row.raid_volume:
        return NA
    if row.informational_exception is None:
        return Unknown(f"{named(row)}: no informational exception status was told")
    code = row.informational_exception.lower().removeprefix("0x")
    if code.startswith("5d"):
        told = f"failure predicted, ASC/ASCQ {row.informational_exception}"
        return Fail(f"{named(row)}: {told}", "critical", "informational_exception")
    if code.startswith(("0b", "b/")):
        told = f"warning, ASC/ASCQ {row.informational_exception}"
        return Fail(f"{named(row)}: {told}", "medium", "informational_exception")
    return OK


@rule("smart/age-hdd", on=Drive, severity="low", controls=("C1",))
def age_hdd(row: Drive, *, limit_hours: int = 43_801, medium_hours: int = 61_321) -> Verdict:
    """A hard disk is past the age for which disks are commonly planned.

    Why it matters
        Replacements grow steadily with age: in one fleet from 1.7 % in the first year to over 8 % in the
        third. Age is a planning figure, not an alarm.

    What to do
        Budget a staged replacement, and stagger the dates inside each array.

    What not to do
        Do not replace all members of an array by new disks of one batch at once.

    References
        Pinheiro et al., FAST 2007; Schroeder and Gibson, FAST 2007.
    """
    if row.rotation_rpm == 0 or row.protocol == "NVMe" or row.virtual or row.raid_volume:
        return NA
    if row.power_on_hours is None:
        return Unknown(f"{named(row)}: hours of operation were not told")
    if row.power_on_hours < limit_hours:
        return OK
    if row.rotation_rpm is None:
        return NA
    return Fail(
        f"{named(row)}: {row.power_on_hours} hours ({row.power_on_hours / 8766:.1f} years) of operation; "
        f"limits {limit_hours} and {medium_hours}",
        "medium" if row.power_on_hours >= medium_hours else "low",
        "power_on_hours",
    )


@rule("smart/temperature", on=Drive, severity="low", controls=("C1",))
def temperature(
    row: Drive, *, hdd_low: int = 50, hdd_medium: int = 55, ssd_low: int = 60, ssd_medium: int = 70
) -> Verdict:
    """A drive is too warm.

    Why it matters
        Below 50 °C heat says little about disks. Beyond the maker's limit nothing is promised, and
        solid-state drives that do not slow themselves down suffer.

    What to do
        Airflow, dust, fans, the drive's place in the case.

    What not to do
        Do not take the temperature for a proof that failure is near.

    References
        Pinheiro et al., FAST 2007; El-Sayed et al., SIGMETRICS 2012; Meza et al., SIGMETRICS 2015.
    """
    if row.virtual or row.raid_volume:
        return NA
    if row.temperature_celsius is None or not COLDEST <= row.temperature_celsius <= HOTTEST:
        told = "not told" if row.temperature_celsius is None else f"{row.temperature_celsius} °C is none"
        return Unknown(f"{named(row)}: temperature {told}")
    now = row.temperature_celsius
    limits = [row.temperature_limit_celsius, row.temperature_critical_celsius]
    stated = min((one for one in limits if one is not None and hdd_low <= one <= HOTTEST), default=None)
    if stated is not None and now >= stated:
        return Fail(
            f"{named(row)}: {now} °C, the maker's limit is {stated} °C", "high", "temperature_celsius"
        )
    flash = row.rotation_rpm == 0 or row.protocol == "NVMe"
    low, medium = (ssd_low, ssd_medium) if flash else (hdd_low, hdd_medium)
    if now < low:
        return OK
    if row.rotation_rpm is None and not flash:
        return NA
    return Fail(
        f"{named(row)}: {now} °C; limits {low} and {medium} °C",
        "medium" if now >= medium else "low",
        "temperature_celsius",
    )


@rule("smart/trim-unsupported-in-hw-raid", on=Drive, severity="info")
def trim_unsupported(row: Drive) -> Verdict:
    """A solid-state drive behind a RAID controller is never told which blocks are free.

    Why it matters
        Without TRIM the drive moves deleted data around for ever: it wears faster and writes slower. Nothing
        is lost by it.

    What to do
        Leave a tenth or two of the capacity unallocated, or use drives made for it.

    What not to do
        Do not discard on such volumes by force.

    References
        smartctl(8).
    """
    behind = (row.device_type or "").split(",")[0] in (
        "megaraid",
        "cciss",
        "3ware",
        "areca",
        "aacraid",
        "hpt",
    )
    if row.rotation_rpm != 0 or row.protocol == "NVMe" or not behind:
        return NA
    if row.trim_supported is None:
        return Unknown(f"{named(row)}: whether TRIM is supported was not told")
    if row.trim_supported:
        return OK
    return Fail(f"{named(row)}: no TRIM behind {row.device_type}", "info", "trim_supported")
