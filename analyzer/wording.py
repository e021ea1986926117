"""How quantities and names are said in messages."""

from __future__ import annotations

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
_LARGEST = len(_UNITS) - 1


def size(count: int | float | None) -> str:
    """Bytes in the decimal units printed on drives: 4.0 TB; `unknown size` if not told."""
    if count is None:
        return "unknown size"
    value, unit = float(count), 0
    while (value >= 999.5 or value <= -999.5) and unit < _LARGEST:
        value, unit = value / 1000, unit + 1
    return f"{value:.0f} {_UNITS[unit]}" if unit == 0 or value >= 99.5 else f"{value:.1f} {_UNITS[unit]}"


def percent(share: float) -> str:
    """A share of 0 to 1 as a percentage with sensible digits: 0.06 %, 4.1 %, 62 %."""
    value = share * 100
    if value and value < 0.01:
        return "less than 0.01 %"
    return f"{value:.2g} %" if value < 10 else f"{value:.0f} %"


def ago(days: float) -> str:
    """20 minutes ago, 5.2 hours ago, 3.1 days ago."""
    if days < 1 / 24:
        return f"{many(max(1, round(days * 1440)), 'minute')} ago"
    return f"{days * 24:.1f} hours ago" if days < 1 else f"{days:.1f} days ago"


def lasting(days: float) -> str:
    """1.0 days, 400.0 days, 3.1 years."""
    return f"{days:.1f} days" if days < 730 else f"{days / 365.25:.1f} years"


def many(count: int, noun: str, plural: str = "") -> str:
    """1 disk, 2 disks."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def listed(names: list[str] | tuple[str, ...], most: int = 6) -> str:
    """a, b, c and 4 more."""
    told = ", ".join(names[:most])
    return f"{told} and {len(names) - most} more" if len(names) > most else told
