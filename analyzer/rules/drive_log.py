"""Rules on `drive_test_state`: what drives found when they tested themselves, and whether they do."""

from __future__ import annotations

from analyzer.derived.drive_test_state import DriveTestState
from analyzer.drive_judging import named
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict


@rule("smart/selftest-failed", on=DriveTestState, severity="high", controls=("C1",))
def selftest_failed(row: DriveTestState) -> Verdict:
    """A drive failed its own test and has not passed a full one since.

    Why it matters
        The drive met something that it could not read or do. A later short test proves nothing about it: it
        does not read the whole surface.

    What to do
        A read failure: replace the drive. Keep the sector number, it leads to the damaged file.

    What not to do
        Do not repeat the test until one passes.

    References
        smartctl(8), self-test log.
    """
    if not row.failed:
        if not row.log_told:
            return Unknown(f"{named(row)}: the self-test log was not told")
        return OK if row.tests else NA
    if row.outdated:
        return OK
    where = f" at sector {row.failed_lba}" if row.failed_lba is not None else ""
    when = f", {row.failed_hours_ago} hours of operation ago" if row.failed_hours_ago is not None else ""
    return Fail(
        f"{named(row)}: {row.failed_type} self-test: {row.failed_status}{where}{when}", "high", "failed_type"
    )


@rule("smart/selftest-stale", on=DriveTestState, severity="low", controls=("C1",))
def selftest_stale(row: DriveTestState, *, limit_hours: int = 840) -> Verdict:
    """No full self-test of a drive has been completed lately.

    Why it matters
        A sector that went bad is only found when it is read. Most latent errors are found by scrubbing or
        long tests, or else by the rebuild that cannot afford them.

    What to do
        Schedule long tests with smartd, one drive a night, or scrub the array instead.

    What not to do
        Do not run long tests on all members of an array at once, and none during a rebuild.

    References
        Bairavasundaram et al., SIGMETRICS 2007; smartd.conf(5).
    """
    if row.supported is False:
        return NA
    if not row.log_told or row.supported is None:
        return Unknown(f"{named(row)}: whether it tests itself was not told")
    if row.running:
        return OK
    if not row.extended_ever:
        return Fail(f"{named(row)}: no extended self-test was ever completed", "low", "extended_ever")
    if row.extended_hours_ago is None:
        return Unknown(f"{named(row)}: when the last extended self-test ran was not told")
    if row.extended_hours_ago <= limit_hours:
        return OK
    return Fail(
        f"{named(row)}: last extended self-test {row.extended_hours_ago} hours of operation ago, "
        f"limit {limit_hours}",
        "low",
        "extended_hours_ago",
    )


@rule("smart/offline-collection-never", on=DriveTestState, severity="low", controls=("C1",))
def offline_collection_never(row: DriveTestState) -> Verdict:
    """A drive never checks itself in idle time, so some of its counters cannot move.

    Why it matters
        Offline uncorrectable sectors and a few others are only counted by the drive's offline scan or a
        self-test. Where neither ever ran, 0 means "not looked", not "none".

    What to do
        Let an administrator switch automatic offline testing on, or schedule self-tests.

    What not to do
        Do not take a 0 in attribute 198 for proof on this drive.

    References
        smartctl(8), -o and -t.
    """
    if row.supported is False or row.protocol in ("SCSI", "NVMe"):
        return NA  # only ATA has offline collection
    if row.offline_collection is None:
        return NA if row.supported is None else Unknown(f"{named(row)}: offline collection status not told")
    if "never started" not in row.offline_collection.lower():
        return OK
    if row.tests or row.running:
        return OK
    if not row.log_told:
        return Unknown(f"{named(row)}: the self-test log was not told")
    return Fail(
        f"{named(row)}: no offline collection and no self-test has ever run", "low", "offline_collection"
    )
