"""What judging gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from analyzer.verdict import Severity
from collectors.fact import Gap, Source
from collectors.frozen import frozen

Outcome = Literal["fail", "unknown", "pass", "error", "waived"]
"""fail: the fault is there. unknown: the rule applies, its data were withheld. error: the rule broke.
waived: the fault is there, and somebody answers for it until a day."""


Priority = Literal["P1", "P2", "P3"]
"""P1: do it now. P2: within a month. P3: with the next planned work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A person's word, by `site.toml`, that a fault stays for a time.

    *target*, *subject*: exactly whose fault; empty for any, but never both. *until*: the last day it holds.
    """

    rule: str
    target: str = ""
    subject: str = ""
    by: str
    reason: str
    until: date


@frozen
class Finding:
    """One rule's word on one row."""

    rule: str
    outcome: Outcome
    severity: Severity
    target: str
    subject: str
    label: str = ""
    root: str = ""
    message: str = ""
    column: str = ""
    probability: float | None = None
    limits: Mapping[str, Any] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    waiver: Waiver | None = None
    """In force if the outcome is waived; else one that has run out."""
    priority: Priority | None = None
    """Of an open fault, by :mod:`analyzer.priority`; None for all else."""

    @property
    def key(self) -> tuple[str, str, str]:
        """The same fault in another audit has the same key."""
        return (self.rule, self.target, self.subject)


@frozen
class BlindSpot:
    """A gap, and the rules that could not judge because of it. Never health."""

    gap: Gap
    rules: tuple[str, ...]
