"""What was not examined, in the words of the management page."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.derived.disk import Disk
from analyzer.engine import Judgement
from analyzer.finding import BlindSpot
from analyzer.score_method import method
from reports.language import Words, mark, marks
from reports.tables import rows
from reports.text import one_line
from reports.unseen import unseen

MOST = 6

WHY = {
    "tool-missing": mark("a tool is not installed"),
    "denied": mark("the audit has no permission"),
    "timed-out": mark("no answer came in time"),
    "unreachable": mark("it could not be reached"),
    "not-asked": mark("it was not asked in this audit"),
    "interrupted": mark("the audit was interrupted"),
    "damaged": mark("the record is damaged"),
    "truncated": mark("an answer was cut short"),
    "unreadable": mark("an answer could not be understood"),
    "standby": mark("disks were asleep and were not woken"),
    "unsupported": mark("the device does not support it"),
    "empty": mark("the answer was empty"),
    "failed": mark("a command failed"),
}
OTHER = mark("Other things")


def blind(judgement: Judgement) -> int:
    """How many things are unknown: the number that the technical report gives for Not examined."""
    told = unseen(judgement)
    return len(told.causes) + len(told.areas) + told.undecided + told.errors


def not_examined(judgement: Judgement, words: Words) -> list[str]:
    """Sentences, the gravest first; empty if everything was examined."""
    told = list(_sentences(judgement, words))
    if len(told) <= MOST:
        return told
    left = len(told) - MOST + 1
    return [*told[: MOST - 1], words.many(marks("{count} more reason", "{count} more reasons"), left)]


def _sentences(judgement: Judgement, words: Words) -> Iterator[str]:
    counts, site = judgement.counts(), judgement.site
    areas = [words.say(p.title) for p in judgement.score.pillars if p.applicable and not p.examined]
    if areas:
        yield words.say(mark("Not examined at all: {areas}."), areas=words.listed(areas, 9))
    silent = sorted(
        {one_line(s.gap.target, 60) for s in judgement.blind_spots if s.gap.reason == "unreachable"}
    )
    if silent:
        yield words.many(
            marks(
                "{silent} of {count} system did not answer: {named}.",
                "{silent} of {count} systems did not answer: {named}.",
            ),
            len(site.targets),
            silent=words.number(len(silent)),
            named=words.listed(silent),
        )
    yield from _disks(judgement, words)
    yield from _reasons(judgement, words)
    if counts["unknown"]:
        yield words.many(
            marks(
                "{count} check could not be decided for want of data.",
                "{count} checks could not be decided for want of data.",
            ),
            counts["unknown"],
        )
    if counts["error"]:
        yield words.many(
            marks(
                "{count} check broke: a fault of holdwater, please report it.",
                "{count} checks broke: faults of holdwater, please report them.",
            ),
            counts["error"],
        )


def _disks(judgement: Judgement, words: Words) -> Iterator[str]:
    disks = [fact.row for fact in rows(judgement, Disk) if not fact.row.virtual]
    unread = sum(1 for disk in disks if disk.status != "read")
    if unread:
        yield words.many(
            marks(
                "The health of {unread} of {count} disk was not told.",
                "The health of {unread} of {count} disks was not told.",
            ),
            len(disks),
            unread=words.number(unread),
        )


def _reasons(judgement: Judgement, words: Words) -> Iterator[str]:
    """One sentence for each part of the score and reason, that on most systems first."""
    systems: dict[tuple[str, str], set[str]] = {}
    for spot in judgement.blind_spots:
        if spot.gap.reason in WHY and spot.gap.reason != "unreachable" and spot.rules:
            key = (_part(spot), spot.gap.reason)
            systems.setdefault(key, set()).add(one_line(spot.gap.target, 60))
    for (part, reason), where in sorted(systems.items(), key=lambda one: (-len(one[1]), one[0])):
        yield words.many(
            marks(
                "{part}: {why} ({count} system: {named}).",
                "{part}: {why} ({count} systems: {named}).",
            ),
            len(where),
            part=words.say(part),
            why=words.say(WHY[reason]),
            named=words.listed(sorted(where), 3),
        )


def _part(spot: BlindSpot) -> str:
    """The part of the score in which the gap blinds most rules."""
    families = [rule.partition("/")[0] for rule in spot.rules]
    blinded = {p.title: sum(families.count(family) for family in p.families) for p in method().pillars}
    title, count = max(blinded.items(), key=lambda one: one[1])
    return title if count else OTHER
