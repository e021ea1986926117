"""Rules on `drive_firmware`: firmware that is known to fail."""

from __future__ import annotations

import re
from typing import get_args

from analyzer.derived.drive_firmware import DriveFirmware
from analyzer.drive_judging import named
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict


def _severity(told: str) -> Severity:
    return next((one for one in get_args(Severity) if one == told), "medium")


def _hours_left(now: int | None, fatal: int) -> str:
    """31000 hours of operation, 1768 left."""
    if now is None:
        return "its hours of operation, and so the hours left, were not told"
    left = f"{fatal - now} left" if now < fatal else f"none left: passed {now - fatal} ago"
    return f"{now} hours of operation, {left}"


@rule("firmware/fatal-hours", on=DriveFirmware, severity="critical", controls=("C3",))
def fatal_hours(row: DriveFirmware, *, near_hours: int = 2000) -> Verdict:
    """A drive's firmware stops it for good at a known number of hours.

    Why it matters
        At that hour drive and data are gone. Drives that were installed together reach it together, so
        redundancy does not help: sites have lost an array and its replica within hours of one another.

    What to do
        Verify a backup on other media first. Then update one drive at a time, as the maker says.

    What not to do
        Do not power-cycle, do not rebuild onto drives of the same batch, do not wait for the next maintenance
        quarter.

    References
        HPE bulletins a00092491en_us and a00097382en_us; Dell D417; Cisco CSCvt55829 and FN72077.
    """
    if row.fatal_hours is None or row.affected is False:
        return OK if row.entry and row.affected is False else NA
    firmware = row.firmware_version or "not told"
    at = _hours_left(row.power_on_hours, row.fatal_hours)
    told = (
        f"{named(row)}: {row.product}, firmware {firmware}: {row.effect} at {row.fatal_hours} hours; {at}; "
        f"{row.advice} ({row.source})"
    )
    near = row.power_on_hours is None or row.power_on_hours >= row.fatal_hours - near_hours
    if row.affected:
        return Fail(told, "critical" if near else "high", "firmware_version")
    if row.firmware_version is None:
        return Unknown(told)
    return Fail(f"{told}; whether this version is affected is not known here", "high" if near else "medium")


@rule("firmware/fatal-hours-unknown", on=DriveFirmware, severity="medium", controls=("C3",))
def fatal_hours_unknown(row: DriveFirmware, *, near_hours: int = 1000) -> Verdict:
    """A SAS solid-state drive comes near an hour at which others of its kind have died.

    Why it matters
        The same drives were sold under many names. Three times a counter overflowed at the same hours in
        models of several makers, and the bulletins came one after the other.

    What to do
        Look the part number up in the bulletins of whoever sold the machine; have a verified backup
        meanwhile.

    What not to do
        Do not take a model that is not listed for a safe one.

    References
        HPE a00092491en_us (32,768 hours), HPE, Dell and Cisco (40,000), Cisco FN72077 (28,224).
    """
    if row.protocol != "SCSI" or row.solid_state is False or row.entry:
        return NA
    if row.solid_state is None:
        return NA
    if row.power_on_hours is None:
        return Unknown(f"{named(row)}: hours of operation were not told")
    cliff = next((c for c in (28_224, 32_768, 40_000) if c - near_hours <= row.power_on_hours < c), None)
    if cliff is None:
        return OK
    return Fail(
        f"{named(row)}: {_hours_left(row.power_on_hours, cliff)} until "
        f"{cliff}, at which other SAS solid-state drives have died; limit {near_hours}",
        "medium",
        "power_on_hours",
    )


@rule("firmware/known-bug", on=DriveFirmware, severity="high", controls=("C3",))
def known_bug(row: DriveFirmware) -> Verdict:
    """A drive runs firmware that is known to be faulty.

    Why it matters
        The finding says what happens and where that is published.

    What to do
        Back up first, then update or replace as the finding says.

    What not to do
        Do not update a drive of a degraded array, and no two members of an array at once.

    References
        smartmontools drive database; bulletins of the makers, named in the finding.
    """
    if row.fatal_hours is not None:
        return NA
    if not row.entry:
        return _warned(row) if row.database_warning else NA if row.model is None else OK
    if row.affected is False:
        return OK
    told = f"{named(row)}: {row.product}, firmware {row.firmware_version or 'not told'}"
    if row.affected:
        return Fail(
            f"{told}: {row.effect}; {row.advice} ({row.source})", _severity(row.graded), "firmware_version"
        )
    if row.firmware_version is None:
        return Unknown(f"{told}: may be affected: {row.effect}")
    return Fail(
        f"{told} is neither known to be good nor bad: {row.effect}; {row.advice} ({row.source})",
        _severity(row.graded_maybe),
        "firmware_version",
    )


def _warned(row: DriveFirmware) -> Verdict:
    """What smartctl's own database says, of a model that our table does not have."""
    words = " ".join(row.database_warning.split())
    surely = re.search(r"IS AFFECTED", words) is not None
    told = f"{named(row)}: firmware {row.firmware_version or 'not told'}: the drive database warns: {words}"
    return Fail(told[:600], "medium" if surely else "low", "database_warning")
