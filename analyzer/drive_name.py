"""What a finding calls a drive, so that nobody pulls the wrong one."""

from __future__ import annotations

from typing import Protocol


class NamedDrive(Protocol):
    """A row about one drive."""

    @property
    def device(self) -> str: ...
    @property
    def model(self) -> str | None: ...
    @property
    def serial(self) -> str | None: ...


def named(row: NamedDrive) -> str:
    """`/dev/sda (ST4000DM000, serial Z300ABCD)`; says so where model or serial were not told."""
    serial = f"serial {row.serial}" if row.serial else "serial not told"
    return f"{row.device} ({row.model or 'model not told'}, {serial})"


def grown(growth: float | None, days: int) -> str:
    """`, 3 more within 7 days`, or nothing where it did not grow or no earlier reading exists."""
    return f", {growth:.3g} more within {days} days" if growth is not None and growth > 0 else ""
