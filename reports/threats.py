"""The worst things in plain words: what is lost, how likely, what to do first, how long it takes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from analyzer.derived.blast_radius import BlastRadius
from analyzer.engine import Judgement
from analyzer.finding import Finding, Priority
from analyzer.verdict import Severity, rank
from reports.language import Words, mark, marks
from reports.plain_words import kind_of
from reports.tables import rows
from reports.text import one_line

WORST = 5
_IDENTITY = re.compile(r"\(?\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b\)?")

SEVERITIES: dict[Severity, str] = {
    "critical": mark("critical"),
    "high": mark("high"),
    "medium": mark("medium"),
    "low": mark("low"),
    "info": mark("info"),
}
UNSEEN = mark("Nobody can tell before it is examined.")
LIKELY: dict[Severity, str] = {
    "critical": mark("The harm is there, or the next ordinary fault brings it."),
    "high": mark("Likely, unless something is done."),
    "medium": mark("Possible; no study gives a figure."),
    "low": mark("Unlikely by itself."),
    "info": mark("Unlikely by itself."),
}


WHEN: dict[Priority, str] = {
    "P1": mark("now"),
    "P2": mark("within a month"),
    "P3": mark("with the next planned work"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Threat:
    """One of the worst things: what, where, what is lost, how likely, what to do first, how long it takes.

    *when* it wants doing: its priority in words.
    """

    severity: Severity
    word: str
    when: str
    title: str
    place: str
    lost: str
    likely: str
    first: str
    takes: str
    others: str


def threats(judgement: Judgement, words: Words) -> tuple[tuple[Threat, ...], int]:
    """The worst kinds of faults, and how many faults are of none of them."""
    kinds: dict[str, list[Finding]] = {}
    for finding in judgement.failed():
        if rank(finding.severity) >= rank("medium"):
            kinds.setdefault(kind_of(finding.rule).name, []).append(finding)
    things = _things(judgement)
    told = sorted(kinds.values(), key=lambda found: -rank(found[0].severity))
    threats = tuple(_threat(found, things, words) for found in told[:WORST])
    return threats, sum(len(found) for found in told[WORST:])


def _things(judgement: Judgement) -> dict[tuple[str, str], BlastRadius]:
    return {
        (fact.target, fact.row.thing): fact.row for fact in rows(judgement, BlastRadius) if fact.row.thing
    }


def _threat(found: Sequence[Finding], things: dict[tuple[str, str], BlastRadius], words: Words) -> Threat:
    worst = found[0]
    kind = kind_of(worst.rule)
    mild = worst.severity == "critical" and kind.lost.startswith("Nothing yet")
    lost = mark("What depends on it, at the next ordinary fault.") if mild else kind.lost
    places = len({(finding.target, finding.root or finding.subject) for finding in found})
    likely = words.say(UNSEEN if kind.name == "blind" else LIKELY[worst.severity])
    if worst.probability is not None:
        share = words.percent(worst.probability * 100)
        likely = words.say(mark("About {share} within a year, by field studies of such faults."), share=share)
    return Threat(
        severity=worst.severity,
        word=words.say(SEVERITIES[worst.severity]),
        when=when(min((f.priority for f in found if f.priority), default=None), words),
        title=words.say(kind.title),
        place=place_of(worst.label or worst.subject, worst.target, words),
        lost=_lost(things.get((worst.target, worst.root)), words.say(lost), words),
        likely=likely,
        first=words.say(kind.do),
        takes=words.say(kind.takes),
        others=words.many(more_places(), places - 1) if places > 1 else "",
    )


def when(priority: Priority | None, words: Words) -> str:
    """`P1: now`; empty without a priority."""
    return f"{priority}: {words.say(WHEN[priority])}" if priority else ""


def more_places() -> tuple[str, str]:
    """What follows the first place of several."""
    return marks("and at {count} more place", "and at {count} more places")


def place_of(label: str, target: str, words: Words) -> str:
    """`md0 on host-01`; the host alone where the thing is the host."""
    label = _IDENTITY.sub("", label).strip() or label  # a name beside it says more to a person
    label, target = one_line(label, 60), one_line(target, 60)
    return target if label == target else words.say(mark("{thing} on {host}"), thing=label, host=target)


def _lost(radius: BlastRadius | None, otherwise: str, words: Words) -> str:
    """The general words, and what rests on the thing where the audit saw it."""
    mounts = [one_line(mount, 40) for mount in (radius.depends.split("\n") if radius else ()) if mount]
    if radius is None or not mounts:
        return otherwise
    used = f" ({words.size(radius.depends_bytes)})" if radius.depends_bytes else ""
    return words.say(
        mark("{general} On it: {mounts}{used}."), general=otherwise, mounts=words.listed(mounts), used=used
    )
