"""What changed since the last audit, and the way to the next grade, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analyzer.engine import Judgement
from analyzer.finding import Finding
from analyzer.score_card import Action, Grade
from reports.language import Words, mark, marks
from reports.plain_words import Kind, held, kind_of
from reports.since import Since
from reports.threats import more_places, place_of, when

STEPS = 5


@dataclass(frozen=True, slots=True)
class Step:
    """One step to a better grade, and its effect."""

    text: str
    place: str
    effect: str
    when: str = ""


def changes(before: Since | None, judgement: Judgement, words: Words) -> Iterator[str]:
    if before is None:
        yield words.say(
            mark("No earlier audit of this site to compare with; from the next one on, changes are told.")
        )
        return
    day, grade = words.day(before.at), judgement.score.grade
    if not before.comparable:
        said = mark("Since {day} the rules have changed, so that grades cannot be compared; faults can.")
    elif before.grade == grade:
        said = mark("The grade is {grade}, as on {day}.")
    else:
        said = mark("The grade was {before} on {day} and is {grade} now.")
    yield words.say(said, day=day, grade=grade, before=before.grade)
    if before.nothing:
        yield words.say(mark("Nothing else has changed."))
    for faults, told in (
        (before.new, marks("{count} new fault: {named}", "{count} new faults: {named}")),
        (before.worse, marks("{count} fault is worse: {named}", "{count} faults are worse: {named}")),
        (before.better, marks("{count} fault is milder: {named}", "{count} faults are milder: {named}")),
        (
            before.mended,
            marks("{count} fault was mended: {named}", "{count} faults were mended: {named}"),
        ),
        (
            before.lost_sight,
            marks(
                "{count} fault could not be looked at again, and still counts: {named}",
                "{count} faults could not be looked at again, and still count: {named}",
            ),
        ),
    ):
        if faults:
            yield words.many(told, len(faults), named=_faults(faults, words))


def _faults(faults: Sequence[Finding], words: Words) -> str:
    told = [
        f"{words.say(kind_of(f.rule).title)} ({place_of(f.label or f.subject, f.target, words)})"
        for f in faults
    ]
    return words.listed(told, 3)


def path(judgement: Judgement, words: Words) -> Iterator[Step]:
    """What lifts the site most, best first; each effect is that of this step alone."""
    score = judgement.score
    for cap in score.caps:
        known = held().get(cap.condition)
        if known and not cap.rules and cap.grade == score.grade:
            place = words.say(weakest_part(judgement)) if "{part}" in known.because else ""
            yield Step(_sentence(words.say(known.lift)), place, words.say(mark("Before the grade can rise")))
    kinds: dict[str, list[Action]] = {}
    for action in score.actions:
        if round(action.gain) >= 1 or action.grade != score.grade:
            kinds.setdefault(_kind(action, judgement).do, []).append(action)
    for do, alike in list(kinds.items())[:STEPS]:
        best = alike[0]
        place = place_of(best.label or best.root, best.target, words)
        others = words.many(more_places(), len(alike) - 1) if len(alike) > 1 else ""
        urgent = min((one.priority for one in alike if one.priority), default=None)
        effect = _effect(best, score.grade, words)
        yield Step(words.say(do), f"{place} {others}".strip(), effect, when(urgent, words))


def weakest_part(judgement: Judgement) -> str:
    """Title of the pillar with the lowest number; empty if none has one."""
    told = [pillar for pillar in judgement.score.pillars if pillar.number is not None]
    return min(told, key=lambda pillar: pillar.number or 0.0).title if told else ""


def _kind(action: Action, judgement: Judgement) -> Kind:
    """The kind of the worst fault that the action mends."""
    mended = (f.rule for f in judgement.failed() if f.target == action.target and f.rule in action.rules)
    return kind_of(next(mended, action.rules[0]))


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + "."


def _effect(action: Action, grade: Grade, words: Words) -> str:
    gain = words.number(round(action.gain))
    if action.grade != grade:
        return words.say(mark("Lifts the grade to {grade}"), grade=action.grade)
    return words.many(marks("{count} point more", "{count} points more"), round(action.gain), gain=gain)
