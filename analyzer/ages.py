"""How long ago something was."""

from __future__ import annotations

from datetime import datetime


def hours_between(then: datetime | None, at: datetime) -> float | None:
    """Hours from *then* to *at*; None if it was not told when."""
    return (at - then).total_seconds() / 3600 if then else None
