"""Rules on `drive_counter`: motor, heads and the inner path of a hard disk."""

from __future__ import annotations

from analyzer.derived.drive_counter import DriveCounter
from analyzer.drive_judging import grew, grown, named, raised, uncounted
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict

RATES = ("read_error_rate", "seek_error_rate", "hardware_ecc")


@rule("smart/spin-retry", on=DriveCounter, severity="high", controls=("C1",))
def spin_retry(row: DriveCounter, *, limit: int = 1) -> Verdict:
    """A hard disk needed more than one attempt to spin up.

    Why it matters
        Motor, bearing or power supply are weak. The study behind the likelihood saw few such disks, so the
        figure is rough; but a disk that does not spin up gives nothing back.

    What to do
        Check that the data exist elsewhere, check the power supply, plan the replacement.

    What not to do
        Do not switch the machine off before the data are copied: the disk may not start again.

    References
        Scrutiny's failure rates from Backblaze 2013-2014 (one event only).
    """
    if row.counter != "spin_retry" or row.solid_state:
        return NA
    if row.count is None:
        return uncounted(row)
    if row.count < limit:
        return OK
    return Fail(
        f"{named(row)}: {row.count} spin-up retries{grown(row.growth_7d)}, limit {limit}",
        raised("high", row),
        "count",
        row.probability,
    )


@rule("smart/mechanical-start-failures", on=DriveCounter, severity="high", controls=("C1",))
def mechanical_start_failures(row: DriveCounter, *, limit: int = 1) -> Verdict:
    """A hard disk has failed to spin up.

    Why it matters
        The drive's own statistics count every start that failed. It started later, this time.

    What to do
        Copy or verify the backup now, check the power supply, replace the disk.

    What not to do
        Do not switch the machine off before the data are copied.

    References
        ATA Command Set, device statistics, rotating media page.
    """
    if row.counter != "mechanical_start_failures":
        return NA
    if row.count is None:
        return uncounted(row)
    if row.count < limit:
        return OK
    return Fail(
        f"{named(row)}: {row.count} failed starts{grown(row.growth_7d)}, limit {limit}", "high", "count"
    )


@rule("smart/end-to-end-error", on=DriveCounter, severity="high", controls=("C1",))
def end_to_end_error(row: DriveCounter, *, limit: int = 1, value: int = 98) -> Verdict:
    """A drive damages data on its own inner path.

    Why it matters
        Parity between the interface and the medium did not match: data were damaged inside the drive, where
        no cable is to blame. Backups made since may hold the damage.

    What to do
        Replace the drive. Scrub or verify what was written since the count rose, and check the backups of it.

    What not to do
        Do not trust copies only because they were made without an error message.

    References
        Scrutiny's failure rates from Backblaze 2013-2014; Bairavasundaram et al., FAST 2008.
    """
    if row.counter != "end_to_end":
        return NA
    if row.value is not None and row.value < value and row.count != 0:
        told = f"normalised value {row.value}, limit {value}"
        return Fail(f"{named(row)}: {told} in {row.name or 'end-to-end errors'}", "high", "value")
    if row.count is None:
        return uncounted(row)
    if row.count < limit:
        return OK
    return Fail(
        f"{named(row)}: {row.count} end-to-end errors{grown(row.growth_7d)}, limit {limit}",
        raised("high", row),
        "count",
        row.probability,
    )


@rule("smart/soft-read-error", on=DriveCounter, severity="low", controls=("C1",))
def soft_read_error(row: DriveCounter, *, growth_30d: float = 100.0) -> Verdict:
    """Corrected read errors of a hard disk grow fast, or have passed the maker's limit.

    Why it matters
        What this counts differs from maker to maker, and no field study ties it to failures. A fast rise is a
        hint, no more.

    What to do
        Watch the trend together with reallocated and pending sectors.

    What not to do
        Do not replace a disk for this attribute alone.

    References
        Scrutiny's attribute table, which has no failure data for it.
    """
    if row.counter != "soft_read_error":
        return NA
    if row.value is not None and row.threshold and row.value <= row.threshold:
        return Fail(
            f"{named(row)}: soft read errors: value {row.value}, the maker's limit {row.threshold}",
            "low",
            "value",
        )
    if row.count is None or (row.value is None) != (row.threshold is None):
        return uncounted(row)
    if row.growth_30d is None:
        return OK if row.count < growth_30d else NA
    if row.growth_30d < growth_30d:
        return OK
    return Fail(
        f"{named(row)}: {row.count} soft read errors{grown(row.growth_30d, 30)}, limit {growth_30d:g}",
        "low",
        "growth_30d",
    )


@rule("smart/high-fly-writes", on=DriveCounter, severity="low", controls=("C1",))
def high_fly_writes(row: DriveCounter, *, limit: int = 14, medium: int = 31) -> Verdict:
    """Heads of a hard disk flew too high while writing.

    Why it matters
        What was written then may be weak. The disk notices and writes again; vibration or worn heads
        cause it.

    What to do
        Look for vibration (loose trays, fans, disks side by side) and watch the trend.

    What not to do
        Do not take it for lost data: the disk wrote again.

    References
        Scrutiny's failure rates from Backblaze 2013-2014.
    """
    if row.counter != "high_fly_writes":
        return NA
    if row.count is None:
        return uncounted(row)
    if row.count < limit:
        return OK
    return Fail(
        f"{named(row)}: {row.count} high-fly writes{grown(row.growth_7d)}; limits {limit} and {medium}",
        "medium" if row.count >= medium else "low",
        "count",
        row.probability,
    )


@rule("smart/load-cycles", on=DriveCounter, severity="low", controls=("C1",))
def load_cycles(row: DriveCounter, *, limit: int = 300_001, medium: int = 600_001) -> Verdict:
    """A hard disk has parked its heads more often than disks are commonly rated for.

    Why it matters
        Data sheets rate 300,000 to 600,000 cycles. In one study the growth of this counter went with 63 % of
        the replaced disks of a maker.

    What to do
        Set the idle timer of the disk with the maker's tool, or stop the appliance from spinning disks down.

    What not to do
        Do not switch power management off altogether on a drive that relies on parking when it is moved.

    References
        Botezatu et al., KDD 2016.
    """
    if row.counter != "load_cycles" or row.solid_state:
        return NA
    if row.count is None:
        return uncounted(row)
    if row.count < limit:
        return OK
    return Fail(
        f"{named(row)}: {row.count} load cycles; limits {limit} and {medium}",
        "medium" if row.count >= medium else "low",
        "count",
    )


@rule("smart/seagate-rate-raw", on=DriveCounter, severity="low", controls=("C1",))
def rate_attributes(row: DriveCounter) -> Verdict:
    """The error rate of a hard disk gets worse.

    Why it matters
        Seagate packs two numbers into the raw values of the attributes 1, 7 and 195: errors above, operations
        below. The huge figure is harmless; only the unpacked errors, or the maker's own limit, mean anything.
        On Toshiba and Western Digital the raw value counts errors, and matters when the normalised value
        falls with it.

    What to do
        Explain to whoever asks why the huge number is harmless. Where the unpacked errors grow, watch pending
        and reallocated sectors closely.

    What not to do
        Do not raise an alarm on the raw value.

    References
        Seagate's attribute layout; Pinheiro et al., FAST 2007.
    """
    if row.counter not in RATES:
        return NA
    if row.value is None or row.threshold is None:
        return Unknown(f"{named(row)}: {row.name or row.counter} without a normalised value and threshold")
    if row.threshold and row.value <= row.threshold:
        return Fail(
            f"{named(row)}: {row.name}: value {row.value}, the maker's limit {row.threshold}", "low", "value"
        )
    if row.counter == "hardware_ecc":
        return OK
    if row.count is None:
        return uncounted(row)
    if row.count == 0:
        return OK
    match row.maker:
        case "Seagate":
            return _unpacked(row)
        case "Toshiba" | "Western Digital":
            return _falling(row)
        case _:
            return NA


def _unpacked(row: DriveCounter) -> Verdict:
    if row.growth_7d is None:
        return NA
    if not grew(row.growth_7d):
        return OK
    told = f"{row.count} errors unpacked from the raw value{grown(row.growth_7d)}"
    return Fail(f"{named(row)}: {row.name}: {told}", "low", "growth_7d")


def _falling(row: DriveCounter) -> Verdict:
    if row.value_change is None:
        return NA
    if row.value_change >= 0:
        return OK
    told = f"{row.count} errors, and the normalised value fell by {-row.value_change} to {row.value}"
    return Fail(f"{named(row)}: {row.name}: {told}", "low", "value_change")
