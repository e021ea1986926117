"""The first screen: grade, confidence, what holds it down, counts, and the worst in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analyzer.engine import Judgement
from analyzer.finding import Finding
from analyzer.score_card import Action, Cap, Grade, PillarScore
from analyzer.verdict import Severity, rank
from reports.groups import Group, rule_title
from reports.language import mark
from reports.text import beginning, listed, many, moment, one_line

MEANINGS: dict[Grade, str] = {
    "A+": "Recovery is proven, nothing serious is open.",
    "A": "Sound: no serious weakness was found in what was examined.",
    "B": "Good, with weaknesses to plan for.",
    "C": "Safety margins are missing.",
    "D": "A single ordinary failure may cause loss.",
    "E": "Loss is likely unless something is done.",
    "F": "Data are being lost, or the next ordinary failure loses them.",
    "U": "Not rated: too little could be examined to give a grade.",
}

CLOCK = "blind-spot/clock-skew"


@dataclass(frozen=True, slots=True)
class Count:
    """How many findings of one kind. *kind*: a severity, unknown, error or pass."""

    kind: str
    count: int
    word: str


@dataclass(frozen=True, slots=True)
class Pillar:
    """One part of the score. *state*: judged, not-examined or not-applicable."""

    title: str
    number: float | None
    weight: float
    state: str


@dataclass(frozen=True, slots=True)
class Headline:
    """Grade and what it stands on. Numbers are 0 (worst) to 100.

    *doubts*: why the report itself may be wrong; *caps*: every condition that holds the grade down;
    *binding*: those that make it what it is; *actions*: what lifts it most, best first.
    """

    site: str
    at: str
    targets: str
    hosts: tuple[str, ...]
    grade: Grade
    meaning: str
    doubts: tuple[str, ...]
    number: float | None
    low: float
    high: float
    confidence: int
    caps: tuple[str, ...]
    binding: tuple[str, ...]
    counts: tuple[Count, ...]
    pillars: tuple[Pillar, ...]
    actions: tuple[str, ...]
    versions: str


@dataclass(frozen=True, slots=True)
class Worst:
    """One of the worst faults. *label*: empty where the message names it; *others*: more of this rule."""

    severity: Severity
    title: str
    host: str
    label: str
    message: str
    others: int
    anchor: str
    rule: str
    priority: str


def headline(judgement: Judgement) -> Headline:
    """The first screen of a judgement."""
    score = judgement.score
    counts = judgement.counts()
    return Headline(
        site=one_line(judgement.site.name, 120),
        at=moment(judgement.site.at),
        targets=many(len(judgement.site.targets), "target"),
        hosts=tuple(one_line(name, 80) for name in judgement.site.targets),
        grade=score.grade,
        meaning=meaning(judgement),
        doubts=tuple(_doubts(judgement)),
        number=score.number if score.grade != "U" else None,
        low=score.low,
        high=score.high,
        confidence=round(score.confidence_percent),
        caps=tuple(_cap(cap) for cap in score.caps),
        binding=tuple(_cap(cap) for cap in score.caps if cap.grade == score.grade),
        counts=tuple(Count(kind, counts[kind], word) for kind, word in _WORDS.items()),
        pillars=tuple(_pillar(pillar) for pillar in score.pillars),
        actions=_actions(judgement),
        versions=f"rule set {score.ruleset}, scoring {score.scoring}",
    )


_WORDS = {
    "critical": "critical",
    "high": "high",
    "medium": "medium",
    "low": "low",
    "info": "info",
    "unknown": "undecided",
    "error": "errors",
    "waived": "waived",
    "pass": "passed",
}


def _cap(cap: Cap) -> str:
    """The cap's own sentence: it names the asset and the action that lifts it."""
    return one_line(cap.action, 400) or f"Grade capped at {cap.grade}: {one_line(cap.condition)}."


def _pillar(pillar: PillarScore) -> Pillar:
    state = "judged" if pillar.examined else "not-examined" if pillar.applicable else "not-applicable"
    return Pillar(pillar.title, pillar.number, pillar.weight, state)


def meaning(judgement: Judgement) -> str:
    """The grade in a sentence; where there is none, what failed is said before what was not seen."""
    grade = judgement.score.grade
    worst = next((finding.severity for finding in judgement.failed()), "info")
    if grade == "U" and worst == "critical":
        return mark("Loss is likely unless something is done; too little else was examined to give a grade.")
    if grade == "U" and worst == "high":
        return mark("Serious faults were found; too little else was examined to give a grade.")
    return MEANINGS[grade]


def _doubts(judgement: Judgement) -> Iterator[str]:
    """What makes the report itself doubtful: a clock that is far off, by which ages and dates were told."""
    off = [f for f in judgement.failed() if f.rule == CLOCK and rank(f.severity) >= rank("high")]
    if off:
        more = f" (and {len(off) - 1} more)" if len(off) > 1 else ""
        yield f"Ages and dates are in doubt: {one_line(off[0].message, 160)}{more}."


def _actions(judgement: Judgement) -> tuple[str, ...]:
    """What lifts the number most; where nothing does by itself, the gravest of what holds it down."""
    best = [one for one in judgement.score.actions if _worth(one)][:3]
    if best:
        return tuple(_action(one, judgement) for one in best)
    grave = [one for one in judgement.score.actions if rank(one.severity) >= rank("high")]
    return tuple(_action(one, judgement, together=len(grave) > 1) for one in grave[:3])


def _worth(action: Action) -> bool:
    return round(action.gain) >= 1 and rank(action.severity) >= rank("medium")


def _action(action: Action, judgement: Judgement, *, together: bool = False) -> str:
    """`md0 on host-01 (An array runs without redundancy): lifts the number by 9 points, to grade B`.

    *together*: others that are as grave hold the number down too.
    """
    worst_first = dict.fromkeys(f.rule for f in judgement.failed() if f.target == action.target)
    opened = [rule for rule in worst_first if rule in action.rules]
    rules = [
        *opened,
        *(rule for rule in action.rules if rule not in opened),
    ]  # waived ones weigh, but come last
    faults = [rule_title(judgement.rules.get(rule), rule) for rule in rules]
    better = action.grade != judgement.score.grade
    lifted = f"lifts the grade to {action.grade}" if better else f"lifts the number by {action.gain:.0f}"
    if not better and not _worth(action):
        lifted = "lifts the number only with the others as grave" if together else "it cannot wait"
    place, host = one_line(action.label or action.root, 100), one_line(action.target, 60)
    place = host if place == host else f"{place} on {host}"
    urgent = f"{action.priority}: " if action.priority else ""
    return f"{urgent}{place} ({listed([_lower(i, f) for i, f in enumerate(faults)], 2)}): {lifted}"


def _lower(place: int, title: str) -> str:
    """Titles after the first go on in the sentence, unless they begin with an abbreviation."""
    return title if place == 0 or title[:2].isupper() else title[:1].lower() + title[1:]


def worst(found: Sequence[Group], most: int = 5) -> tuple[Worst, ...]:
    """The worst finding of each of the worst rules, but no thing at fault twice."""
    told: list[Worst] = []
    things: set[tuple[str, str]] = set()
    for group in found:
        if group.severity == "info" or len(told) == most:
            break
        new = [f for f in group.findings if (f.target, f.root) not in things]
        if new:
            things.add((new[0].target, new[0].root))
            told.append(_one_of_the_worst(group, new[0]))
    return tuple(sorted(told, key=lambda one: -rank(one.severity)))


def names_it(message: str, label: str) -> bool:
    """Whether a message begins with what its label names: `/dev/sda (ST4000…): 3 sectors…`."""
    return message.startswith(label) or label.startswith(message.split(" ", 1)[0].rstrip(":,"))


def _one_of_the_worst(group: Group, finding: Finding) -> Worst:
    message, label = one_line(finding.message, 400), one_line(finding.label or finding.subject, 100)
    named = names_it(message, label) or label == one_line(finding.target, 100)
    return Worst(
        severity=finding.severity,
        title=group.title,
        host=one_line(finding.target, 60),
        label="" if named else label,
        message=beginning(message.removeprefix(f"{one_line(finding.target, 60)}: "), 150),
        others=group.count - 1,
        anchor=group.place_of(finding),
        rule=group.id,
        priority=finding.priority or "",
    )
