"""Rules on `drive_counter`: sectors that a drive replaced, cannot read or could not read."""

from __future__ import annotations

from analyzer.derived.drive_counter import DriveCounter
from analyzer.drive_judging import grew, grown, named, raised, uncounted
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Verdict


@rule("smart/reallocated-sectors", on=DriveCounter, severity="high", controls=("C1",))
def reallocated_sectors(
    row: DriveCounter,
    *,
    low: int = 1,
    medium: int = 5,
    high: int = 17,
    critical: int = 41,
    critical_growth_7d: float = 10.0,
) -> Verdict:
    """A hard disk has replaced failing sectors by spare ones.

    Why it matters
        A replaced sector was found bad. In a study of a large fleet one disk model failed in 1.7 % of cases
        with none, in more than half with over 40, and past 200 the median disk had less than three days left.
        Few and standing still is a warning; growth is an alarm.

    What to do
        Verify the backup first. Replace the disk at the next maintenance from 17 sectors on, at once from 41
        or when the number grows by ten a week. Compare it with the other disks of its model.

    What not to do
        Do not write the disk over ("low-level format") and put it back: the damage does not go away, only the
        spare sectors do.

    References
        RAIDShield, FAST 2015; Pinheiro et al., FAST 2007; Scrutiny's failure rates from Backblaze 2013-2014.
    """
    if row.counter != "reallocated":
        return NA
    if row.count is None:
        return uncounted(row)
    if row.count < low:
        return OK
    steps: tuple[tuple[int, Severity], ...] = ((critical, "critical"), (high, "high"), (medium, "medium"))
    severity: Severity = next((name for limit, name in steps if row.count >= limit), "low")
    severity = raised(severity, row)
    if row.growth_7d is not None and row.growth_7d >= critical_growth_7d:
        severity = "critical"
    return Fail(
        f"{named(row)}: {row.count} sectors replaced{grown(row.growth_7d)}; "
        f"watched from {low}, replace from {high}, at once from {critical}",
        severity,
        "count",
        row.probability,
    )


@rule("smart/pending-sectors", on=DriveCounter, severity="high", controls=("C1",))
def pending_sectors(
    row: DriveCounter, *, limit: int = 1, critical: int = 17, held_days: float = 1.0
) -> Verdict:
    """A drive has sectors that it cannot read now.

    Why it matters
        What is stored in these sectors is not readable at this moment. In a rebuild each of them is a hole in
        the data of the whole array. Disks with one were 16 times likelier to fail within 60 days.

    What to do
        In an array: scrub it, so that the other members rewrite the sectors, and replace the disk if they
        come back. A single disk: image it with ddrescue to another disk before anything else.

    What not to do
        Do not overwrite the sectors with dd or hdparm to make the counter go away before the data are copied.

    References
        Pinheiro et al., FAST 2007; Bairavasundaram et al., SIGMETRICS 2007.
    """
    if row.counter != "pending":
        return NA
    if row.count is None:
        return uncounted(row)
    if row.count < limit:
        return OK
    if row.flips and row.count <= 1:
        return NA
    severity: Severity = "medium"
    if row.held_days is not None and row.held_days >= held_days:
        severity = "high"
    if row.count >= critical or grew(row.growth_7d):
        severity = "critical"
    stands = f", above 0 for {row.held_days:.3g} days" if row.held_days else ""
    return Fail(
        f"{named(row)}: {row.count} sectors cannot be read now{grown(row.growth_7d)}{stands}; "
        f"limit {limit}, critical from {critical} or when growing",
        severity,
        "count",
        row.probability,
    )


@rule("smart/pending-flip-mx500", on=DriveCounter, severity="info", controls=("C1",))
def pending_flip(row: DriveCounter) -> Verdict:
    """The pending counter of this model flips between 0 and 1 without meaning.

    Why it matters
        The firmware of Crucial's MX500 and its siblings counts one pending sector now and then and takes it
        back. Alarms on it wear out the people who read alarms.

    What to do
        Nothing. Watch the other counters of the drive and its error log; a value above 1 is judged as on any
        other drive.

    What not to do
        Do not replace the drive for this value alone.

    References
        smartmontools ticket 1227 and the note in its drive database.
    """
    if row.counter != "pending" or not row.flips:
        return NA
    if row.count is None:
        return uncounted(row)
    if row.count != 1:
        return OK
    return Fail(
        f"{named(row)}: one pending sector, which this model is known to tell for nothing", None, "count"
    )


@rule("smart/offline-uncorrectable", on=DriveCounter, severity="high", controls=("C1",))
def offline_uncorrectable(row: DriveCounter, *, limit: int = 1, critical: int = 11) -> Verdict:
    """A drive's own scan found sectors that it cannot read.

    Why it matters
        The drive met these sectors while it checked itself, so nobody may have noticed yet. Of all
        counters the first count of this one foretold failure best: about one disk in two failed in a year.

    What to do
        In an array: scrub it and replace the disk. A single disk: image it with ddrescue first, then find the
        files that the sectors belong to and restore them.

    What not to do
        Do not overwrite the sectors before the data are copied. Do not take 0 for proof: the counter may only
        move when an offline scan runs.

    References
        Pinheiro et al., FAST 2007; Scrutiny's failure rates from Backblaze 2013-2014.
    """
    if row.counter != "offline_uncorrectable":
        return NA
    if row.count is None:
        return uncounted(row)
    if row.count < limit:
        return OK
    severity = raised("critical" if row.count >= critical else "high", row)
    return Fail(
        f"{named(row)}: {row.count} sectors unreadable in the drive's own scan{grown(row.growth_7d)}; "
        f"limit {limit}, critical from {critical}",
        severity,
        "count",
        row.probability,
    )


@rule("smart/reported-uncorrectable", on=DriveCounter, severity="high", controls=("C1",))
def reported_uncorrectable(row: DriveCounter, *, limit: int = 1, critical: int = 36) -> Verdict:
    """A drive has handed unreadable sectors to its host.

    Why it matters
        Each count is a read that the host asked for and did not get. With the first one the yearly failure
        rate of the studied disks rose from 3 % to about 30 %.

    What to do
        Find the files that were hit (kernel log, the map of the volume), restore them from a verified backup,
        and replace the drive.

    What not to do
        Do not take the drive for well because later reads succeed: the counter never goes back.

    References
        Backblaze, What SMART Stats Tell Us About Hard Drives, 2016; Scrutiny's failure rates.
    """
    if row.counter != "reported_uncorrectable":
        return NA
    if row.count is None:
        return uncounted(row)
    if row.count < limit:
        return OK
    severity = raised("critical" if row.count >= critical else "high", row)
    return Fail(
        f"{named(row)}: {row.count} uncorrectable errors reported to the host{grown(row.growth_7d)}; "
        f"limit {limit}, critical from {critical}",
        severity,
        "count",
        row.probability,
    )


@rule("smart/realloc-events", on=DriveCounter, severity="medium", controls=("C1",))
def realloc_events(row: DriveCounter, *, limit: int = 12) -> Verdict:
    """A hard disk has often tried to replace sectors.

    Why it matters
        Each event is one attempt to move data off a suspect spot, successful or not. Together with
        reallocated or pending sectors it confirms them. Without any, the attempts came to nothing, or the
        maker counts something else under this number: then it is a hint only.

    What to do
        Read it together with the reallocated and pending sectors of the same disk and plan the replacement.

    What not to do
        Do not raise an alarm for a handful of events without reallocated or pending sectors.

    References
        Scrutiny's failure rates from Backblaze 2013-2014.
    """
    if row.counter != "realloc_events":
        return NA
    if row.count is None:
        return uncounted(row)
    if row.count < limit:
        return OK
    told = f"{named(row)}: {row.count} reallocation events{grown(row.growth_7d)}, limit {limit}"
    if row.sectors_bad is False:
        return Fail(f"{told}; no reallocated or pending sector confirms them", "low", "count")
    return Fail(told, raised("medium", row), "count", row.probability)
