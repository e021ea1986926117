"""What rules on guests and snapshots share: how ages are said, what is said where there is none."""

from __future__ import annotations

from analyzer.derived.guest_disk_state import GuestDiskState
from analyzer.derived.snapshot_state import SnapshotState
from analyzer.verdict import Unknown

KEPT = ("operator", "schedule")
"""Sorts of snapshots that somebody made and keeps; those of products have rules of their own."""


def aged(hours: float) -> str:
    """Hours up to three days, then days."""
    return f"{hours:.0f} hours" if hours < 72 else f"{hours / 24:.0f} days"


def ageless(row: SnapshotState) -> Unknown:
    """The word on a snapshot whose age cannot be told."""
    if row.ahead_hours is not None:
        return Unknown(f"{row.said}: made {aged(row.ahead_hours)} after the audit, a clock is wrong")
    return Unknown(f"{row.said}: when it was made was not told")


def said(row: GuestDiskState) -> str:
    """disk vda of DC01, for a message."""
    return f"disk {row.disk} of {row.guest_name or row.guest}"
