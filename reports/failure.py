"""What is told when an audit failed or saw nothing: never a blank report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reports.language import Words, mark, marks
from reports.text import one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An audit without a result, in the language of the reader."""

    words: Words
    brand: str
    site: str
    at: str
    subject: str
    heading: str
    lines: tuple[str, ...]
    closing: str


def failure(
    words: Words,
    *,
    site: str,
    at: datetime,
    reasons: Sequence[str],
    kept: str = "",
    last: datetime | None = None,
    brand: str = "",
) -> Failure:
    """The failure of the audit of a site. *reasons*: what went wrong; *kept*: the evidence, if there is any;
    *last*: when the site was last judged."""
    named = one_line(site, 80)
    lines = [one_line(reason, 300) for reason in reasons[:8]]
    if len(reasons) > 8:
        lines.append(
            words.say(mark("{count} more reasons of this kind"), count=words.number(len(reasons) - 8))
        )
    if kept:
        lines.append(words.say(mark("What was answered is kept in {file}."), file=one_line(kept, 200)))
    if last:
        lines.append(words.say(mark("The last audit with a result is of {at}."), at=words.moment(last)))
    else:
        lines.append(words.say(mark("There is no earlier audit with a result.")))
    heading = words.say(mark("The audit failed: nothing is known of this site now."))
    return Failure(
        words=words,
        brand=one_line(brand, 80),
        site=named,
        at=words.moment(at),
        subject=words.say(mark("[{site}] Audit failed – nothing is known now"), site=named),
        heading=heading,
        lines=tuple(lines),
        closing=words.say(
            mark("Silence is not health: have the cause mended and the audit run again today.")
        ),
    )


def broke_off(words: Words, at: datetime) -> str:
    """That the run before this one ended without a word."""
    return words.say(mark("The run of {at} broke off before it could tell a result."), at=words.moment(at))


def missed_runs(words: Words, days: int) -> str:
    """That runs did not take place."""
    late = marks(
        "Runs were missed: the one before this was {count} day ago.",
        "Runs were missed: the one before this was {count} days ago.",
    )
    return words.many(late, days)
