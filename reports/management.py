"""The management page and mail as plain values: what somebody with one minute has to know, in their language.

No rule codes, no terms of the trade. Every text is ready to be drawn, in the language asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.engine import Judgement
from analyzer.recovery_level import Standing
from analyzer.score_card import Cap, Grade
from reports.headline import meaning
from reports.language import Words, mark, marks
from reports.not_examined import blind, not_examined
from reports.outlook import Step, changes, path, weakest_part
from reports.plain_words import held
from reports.restorable import STANDINGS, Restorable, Restoring, restorable
from reports.since import Since
from reports.text import one_line
from reports.threats import SEVERITIES, Threat, threats
from reports.waived import waivers

NAMED = 6
"""Systems that cannot be restored and are named."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many findings of one kind. *kind*: a severity or unknown."""

    kind: str
    count: int
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """The systems of one standing. *share*: percent of all, at least 1 where there is any."""

    standing: Standing
    count: int
    text: str
    share: int


@dataclass(frozen=True, slots=True)
class Standings:
    """The systems by how well they can be restored. *named*: those that are worst off."""

    text: str
    note: str
    parts: tuple[Part, ...]
    named: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Management:
    """The whole page. *grade* is a letter; *held*: what caps it; *unseen*: empty if all was examined."""

    words: Words
    brand: str
    site: str
    at: str
    scope: str
    grade: Grade
    meaning: str
    number: float | None
    low: float
    high: float
    number_text: str
    confidence: str
    held: tuple[str, ...]
    counts: tuple[Count, ...]
    standings: Standings
    worst: tuple[Threat, ...]
    more: str
    waived: tuple[str, ...]
    unseen: tuple[str, ...]
    changes: tuple[str, ...]
    path: tuple[Step, ...]
    evidence: str

    @property
    def subject(self) -> str:
        """Of the mail: `[Site] C · 2 critical, 5 high, 3 unknown – 41 of 47 systems restorable`."""
        counts = ", ".join(count.text for count in self.counts if count.count)
        told = counts or self.words.say(mark("nothing open"))
        return f"[{self.site}] {self.grade} · {told} – {self.standings.text}"


def management(
    judgement: Judgement,
    words: Words,
    *,
    before: Since | None = None,
    notes: tuple[str, ...] = (),
    brand: str = "",
) -> Management:
    """The page of a judgement. *before*: how it differs from the last audit; None: there was none.

    *notes*: what else is to be said about this run, as that others were missed.
    """
    score, site = judgement.score, judgement.site
    worst, left = threats(judgement, words)
    systems = restorable(judgement)
    return Management(
        words=words,
        brand=one_line(brand, 80),
        site=one_line(site.name, 80),
        at=words.moment(site.at),
        scope=words.many(
            marks("{count} system in this audit", "{count} systems in this audit"), systems.total
        ),
        grade=score.grade,
        meaning=words.say(meaning(judgement)),
        number=score.number if score.grade != "U" else None,
        low=score.low,
        high=score.high,
        number_text=_number(judgement, words),
        confidence=words.percent(score.confidence_percent),
        held=tuple(_held(cap, judgement, words) for cap in score.caps if cap.grade == score.grade)[:3],
        counts=_counts(judgement, words),
        standings=_standings(systems, words),
        worst=worst,
        more=words.many(
            marks("and {count} more fault of other kinds", "and {count} more faults of other kinds"),
            left,
        )
        if left
        else "",
        waived=tuple(waivers(judgement, words)),
        unseen=tuple(not_examined(judgement, words)),
        changes=(*notes, *changes(before, judgement, words)),
        path=tuple(path(judgement, words)),
        evidence=words.say(
            mark("Worked out from recorded evidence by {rules}; the technical report shows each answer."),
            rules=words.many(
                marks("{count} published rule", "{count} published rules"), len(judgement.rules)
            ),
        ),
    )


def _number(judgement: Judgement, words: Words) -> str:
    score = judgement.score
    low, high = words.number(round(score.low)), words.number(round(score.high))
    if score.number is None or score.grade == "U":
        return words.say(
            mark("No number: anything between {low} and {high} of 100 is possible"), low=low, high=high
        )
    return words.say(
        mark("{number} of 100; between {low} and {high}, depending on what was not examined"),
        number=words.number(round(score.number)),
        low=low,
        high=high,
    )


def _held(cap: Cap, judgement: Judgement, words: Words) -> str:
    known = held().get(cap.condition)
    if known is None:
        return one_line(cap.action, 300)
    asset = one_line(cap.asset or judgement.site.name, 60)
    because = words.say(known.because, asset=asset, part=words.say(weakest_part(judgement)))
    lift = words.say(known.lift)
    if cap.grade == "U":
        return words.say(mark("No grade, because {because}. What helps: {lift}."), because=because, lift=lift)
    return words.say(
        mark("Held down to {grade}, because {because}. What lifts it: {lift}."),
        grade=cap.grade,
        because=because,
        lift=lift,
    )


def _counts(judgement: Judgement, words: Words) -> tuple[Count, ...]:
    counts = judgement.counts()
    told = [(name, counts[name], SEVERITIES[name]) for name in ("critical", "high", "medium")]
    told.append(("unknown", blind(judgement), mark("unknown")))
    return tuple(Count(kind, count, f"{words.number(count)} {words.say(word)}") for kind, count, word in told)


def _standings(told: Restorable, words: Words) -> Standings:
    counts = told.counts
    bad = [system for system in told.systems if system.standing in ("no", "doubtful")]
    text = words.many(
        marks("{restorable} of {count} system restorable", "{restorable} of {count} systems restorable"),
        told.total,
        restorable=words.number(told.count),
    )
    unknown = counts["unknown"] == told.total
    note = mark("Nothing shows whether any of them can be restored: treat them as not restorable.")
    parts = [
        Part(name, count, f"{words.number(count)} {words.say(STANDINGS[name])}", _share(count, told.total))
        for name, count in counts.items()
    ]
    return Standings(
        text=text,
        note=words.say(note) if unknown else "",
        parts=tuple(parts),
        named=tuple(_named(system, words) for system in bad[:NAMED]),
    )


def _share(count: int, total: int) -> int:
    return max(1, 100 * count // total) if count else 0


def _named(system: Restoring, words: Words) -> str:
    """`mail (mx1): doubtful; newest copy that survives it is 3 days old, 24 hours are borne`."""
    told = f"{one_line(system.name, 60)}: {words.say(STANDINGS[system.standing])}"
    if system.copies == 0:
        return f"{told}; {words.say(mark('no good copy is known'))}"
    if system.age_hours is None:
        return f"{told}; {words.say(mark('no copy is known that survives its loss'))}"
    age, borne = words.hours(system.age_hours), words.hours(system.rpo_hours or 0.0)
    return f"{told}; " + words.say(
        mark("the newest copy that survives its loss is {age} old, {borne} are borne"), age=age, borne=borne
    )
