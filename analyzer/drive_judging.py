"""What rules about drives have in common: how a finding calls a drive, and what growth adds to a counter."""

from __future__ import annotations

from typing import Protocol

from analyzer.derived.drive_counter import DriveCounter
from analyzer.verdict import Severity, Unknown, worse


class NamedDrive(Protocol):
    """A row about one drive."""

    @property
    def device(self) -> str: ...
    @property
    def model(self) -> str | None: ...
    @property
    def serial(self) -> str | None: ...


def named(row: NamedDrive) -> str:
    """`/dev/sda (ST4000DM000, serial Z300ABCD)`, so that nobody pulls the wrong one."""
    serial = f"serial {row.serial}" if row.serial else "serial not told"
    return f"{row.device} ({row.model or 'model not told'}, {serial})"


def grown(growth: float | None, days: int = 7) -> str:
    """`, 3 more within 7 days`, or nothing where it did not grow or no earlier reading exists."""
    return f", {growth:.3g} more within {days} days" if grew(growth) else ""


def grew(growth: float | None) -> bool:
    """Whether it is known to have grown."""
    return growth is not None and growth > 0


def raised(severity: Severity, row: DriveCounter) -> Severity:
    """One level worse where the counter grew within a week: growth foretells more than the total."""
    return worse(severity) if grew(row.growth_7d) else severity


def uncounted(row: DriveCounter) -> Unknown:
    """The counter is there and its raw value is no count."""
    return Unknown(f"{named(row)}: the raw value of {row.name or row.counter} cannot be read as a count")
