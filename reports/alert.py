"""What is told at once, between the regular messages: critical faults that were not there before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from analyzer.finding import Finding
from reports.failure import Failure
from reports.language import Words, mark, marks
from reports.plain_words import kind_of
from reports.text import one_line
from reports.threats import place_of, when

MOST = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert(Failure):
    """New critical faults in the language of the reader. *faults*: (what, where, measured, what to do)."""

    faults: tuple[tuple[str, str, str, str], ...]


def alert(words: Words, found: Sequence[Finding], *, site: str, at: datetime, brand: str = "") -> Alert:
    """The alert about faults of a site, worst first."""
    named = one_line(site, 80)
    faults = tuple(_fault(finding, words) for finding in found[:MOST])
    lines = [f"{what} ({place}). {said}. {do}" for what, place, said, do in faults]
    if len(found) > MOST:
        lines.append(words.many(marks("and {count} more", "and {count} more"), len(found) - MOST))
    return Alert(
        words=words,
        brand=one_line(brand, 80),
        site=named,
        at=words.moment(at),
        subject=words.many(
            marks(
                "[{site}] ALERT: {count} new critical fault", "[{site}] ALERT: {count} new critical faults"
            ),
            len(found),
            site=named,
        ),
        heading=words.many(
            marks(
                "{count} critical fault was found that was not there before.",
                "{count} critical faults were found that were not there before.",
            ),
            len(found),
        ),
        lines=tuple(lines),
        closing=words.say(
            mark("This is told once, when a fault appears; the regular message goes on naming it.")
        ),
        faults=faults,
    )


def _fault(finding: Finding, words: Words) -> tuple[str, str, str, str]:
    kind = kind_of(finding.rule)
    urgent = when(finding.priority, words)
    what = words.say(kind.title) + (f" · {urgent}" if urgent else "")
    place = place_of(finding.label or finding.subject, finding.target, words)
    return what, place, one_line(finding.message, 200).rstrip("."), words.say(kind.do)
