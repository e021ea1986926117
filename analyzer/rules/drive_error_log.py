"""Rules on `drive_error_state`: the error logs of drives."""

from __future__ import annotations

from analyzer.derived.drive_error_state import DriveErrorState
from analyzer.drive_judging import grown, named
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict


@rule("smart/error-log-media", on=DriveErrorState, severity="medium", controls=("C1",))
def error_log_media(row: DriveErrorState, *, limit_hours: int = 720) -> Verdict:
    """A drive has lately logged an unreadable sector.

    Why it matters
        The log tells what went wrong and when: an unreadable or unfindable sector is the medium, a checksum
        error of the transfer is the cable, an aborted command is mostly the host.

    What to do
        Find the file that the sector belongs to, and read this together with pending and reported sectors.

    What not to do
        Do not raise an alarm for entries of years ago: the log keeps them for ever.

    References
        ATA Command Set, error logs; smartctl(8), -l error.
    """
    if row.protocol == "NVMe":
        return NA
    if not row.media:
        return OK if row.total == 0 or row.link or row.host or row.other else NA
    if row.media_hours_ago is None:
        return Unknown(f"{named(row)}: {row.media} entries about unreadable sectors, of unknown age")
    if row.media_hours_ago > limit_hours:
        return OK
    where = f", sector {row.media_lba}" if row.media_lba is not None else ""
    return Fail(
        f"{named(row)}: {row.media_description or 'unreadable sector'}{where}, "
        f"{row.media_hours_ago} hours of operation ago ({row.total} errors ever); limit {limit_hours} hours",
        "medium",
        "media_hours_ago",
    )


@rule("smart/nvme-error-log", on=DriveErrorState, severity="low", controls=("C1",))
def nvme_error_log(row: DriveErrorState, *, growth_30d: float = 1.0) -> Verdict:
    """The error log of an NVMe drive grows, and holds errors of the medium.

    Why it matters
        Entries about media and data integrity are reads that failed. The bare count says nothing: it rises
        for every command that the drive does not support, and stands at hundreds on healthy drives.

    What to do
        Read the entries; where they are about the medium, treat the drive as one with media errors.

    What not to do
        Do not raise an alarm for the total.

    References
        NVM Express base specification, Error Information log.
    """
    if row.protocol != "NVMe":
        return NA
    if not row.media:
        return OK
    if row.growth_30d is None:
        return NA
    if row.growth_30d < growth_30d:
        return OK
    return Fail(
        f"{named(row)}: {row.media} entries about the medium ({row.media_description}); "
        f"{row.total} entries ever{grown(row.growth_30d, 30)}, limit {growth_30d:g}",
        "low",
        "growth_30d",
    )
