"""What the self-test log of each drive comes to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.drive_rows import self_tests_of
from analyzer.site import Site, derived
from collectors.drive_tables import Drive, DriveSelfTest
from collectors.fact import Fact
from collectors.table import Row, column, table

WRAPS = 1 << 16
"""ATA keeps the hours of a self-test in 16 bits."""


@table("drive_test_state", key=("drive",), label=("device", "model", "serial"))
class DriveTestState(Row):
    """Self-tests of a drive: the last failure, whether a later test outdates it, and the last long one."""

    drive: str = column("Identity of the drive")
    device: str = column("Name it was read by")
    model: str | None = column("Model name", default=None)
    serial: str | None = column("Serial number", default=None)
    protocol: str | None = column("ATA, SCSI or NVMe", default=None)
    supported: bool | None = column("The drive can test itself", default=None)
    running: bool | None = column("A self-test is running", default=None)
    log_told: bool = column("The log was read; False: there is a gap", default=True)
    tests: int = column("Entries in the log", default=0)
    failed: bool = column("A test failed", default=False)
    failed_type: str | None = column("Type of the newest failed test", default=None)
    failed_status: str | None = column("Its result", default=None)
    failed_lba: int | None = column("Its first failing sector", default=None)
    failed_hours_ago: int | None = column("Hours of operation since", default=None)
    outdated: bool = column("An extended test passed after the failure", default=False)
    extended_hours_ago: int | None = column(
        "Hours of operation since the last completed extended test", default=None
    )
    extended_ever: bool = column("An extended test was completed", default=False)
    offline_collection: str | None = column("Offline data collection status", default=None)


@derived(DriveTestState, out_of=(Drive, DriveSelfTest))
def work_out(site: Site) -> Iterator[Fact[DriveTestState]]:
    """One row for each physical drive."""
    logs = site.once(self_tests_of)
    gaps = {(gap.target, gap.subject) for gap in site.gaps if gap.table is DriveSelfTest}
    for drive in site.facts(Drive):
        if drive.row.virtual or drive.row.raid_volume:
            continue
        log = sorted(logs.get((drive.target, drive.row.drive), ()), key=lambda f: f.row.number)
        told = bool(log) or not gaps & {(drive.target, drive.row.device), (drive.target, "")}
        failed = [fact for fact in log if fact.row.passed is False][:1]
        row = _state(drive.row, [f.row for f in log], failed[0].row if failed else None, told)
        yield Fact(drive.target, row, (*drive.sources, *failed[0].sources) if failed else drive.sources)


def _state(
    drive: Drive, log: Sequence[DriveSelfTest], failed: DriveSelfTest | None, told: bool
) -> DriveTestState:
    """*failed*: the newest that failed."""
    completed = [test for test in log if test.passed is not None and is_extended(test)]
    extended = completed[0] if completed else None
    outdated = failed is not None and any(test.passed and test.number < failed.number for test in completed)
    return DriveTestState(
        drive=drive.drive,
        device=drive.device,
        model=drive.model,
        serial=drive.serial,
        protocol=drive.protocol,
        supported=drive.self_test_supported,
        running=drive.self_test_running,
        log_told=told,
        tests=len(log),
        failed=failed is not None,
        failed_type=failed.type if failed else None,
        failed_status=failed.status if failed else None,
        failed_lba=failed.lba if failed else None,
        failed_hours_ago=hours_ago(drive, failed) if failed else None,
        outdated=outdated,
        extended_hours_ago=hours_ago(drive, extended) if extended else None,
        extended_ever=extended is not None,
        offline_collection=drive.offline_collection,
    )


def is_extended(test: DriveSelfTest) -> bool:
    """Whether it read the whole surface ("Background long" on SCSI)."""
    return "extended" in test.type or "long" in test.type


def hours_ago(drive: Drive, test: DriveSelfTest) -> int | None:
    """Hours of operation since the test; 16-bit hours have wrapped where they are behind by that much."""
    if drive.power_on_hours is None or test.power_on_hours is None:
        return None
    since = drive.power_on_hours - test.power_on_hours
    if since < 0:
        return None
    return since % WRAPS if drive.protocol == "ATA" and test.power_on_hours < WRAPS else since
