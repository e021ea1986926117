"""How the evidence was collected: targets, what they were asked, how long it took, what was refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analyzer.engine import Judgement
from reports.text import duration, many, moment, number, one_line, size, visible
from reports.unseen import REASONS

ASKED_SHOWN = 60
"""Questions of a target that are listed, refused ones first; the rest is counted."""
ASKED_OF_ALL = 12_000
"""Questions of all targets together."""
TARGETS_SHOWN, TARGETS_ON_PAPER = 1_000, 60
"""Targets that are listed, those with refusals first."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question and what came back."""

    command: str
    status: str
    took: str
    amount: str
    refused: bool


@dataclass(frozen=True, slots=True)
class Examined:
    """One target."""

    name: str
    kind: str
    address: str
    questions: str
    refused: int
    took: str
    asked: tuple[Asked, ...]
    unlisted: int


@dataclass(frozen=True, slots=True)
class Collection:
    """*complete*: collection ran to its end."""

    tool: str
    started: str
    finished: str
    complete: bool
    targets: tuple[Examined, ...]
    unlisted: int
    questions: str
    refused: int
    amount: str


def collection(manifest: Mapping[str, Any], judgement: Judgement, *, most: int = TARGETS_SHOWN) -> Collection:
    """The collection as the bundle's manifest tells it; a manifest with pieces missing gives what it has.

    *most*: targets that are listed.
    """
    told = manifest.get("targets")
    targets = told if isinstance(told, Mapping) else {}
    answers = [answer for one in targets.values() for answer in _answers(one)]
    order = sorted(targets.items(), key=lambda item: str(item[0]))
    if len(order) > most:
        order.sort(key=lambda item: not any(answer.get("refusal") for answer in _answers(item[1])))
    share = max(3, min(ASKED_SHOWN, ASKED_OF_ALL // max(1, min(most, len(order)))))
    return Collection(
        tool=one_line(str(manifest.get("tool") or ""), 80),
        started=_time(manifest.get("collected_at")) or moment(judgement.site.at),
        finished=_time(manifest.get("finished_at")),
        complete=bool(manifest.get("complete", True)),
        targets=tuple(_examined(str(name), one, share) for name, one in order[:most]),
        unlisted=max(0, len(order) - most),
        questions=many(len(answers), "question"),
        refused=sum(1 for answer in answers if answer.get("refusal")),
        amount=size(sum(map(_bytes, answers))),
    )


def _examined(name: str, told: Mapping[str, Any], share: int) -> Examined:
    answers = sorted(_answers(told), key=lambda answer: not answer.get("refusal"))
    return Examined(
        name=one_line(name, 80),
        kind=one_line(str(told.get("kind") or ""), 40),
        address=one_line(str(told.get("address") or ""), 120),
        questions=many(len(answers), "question"),
        refused=sum(1 for answer in answers if answer.get("refusal")),
        took=duration(_span(answers)),
        asked=tuple(_asked(answer) for answer in answers[:share]),
        unlisted=max(0, len(answers) - share),
    )


def _asked(answer: Mapping[str, Any]) -> Asked:
    refusal = str(answer.get("refusal") or "")
    status = answer.get("status")
    said = f"exit {number(status)}" if isinstance(status, int) else ""
    if refusal:
        said = REASONS.get(refusal, visible(refusal))
        if detail := answer.get("detail"):
            said += f": {one_line(str(detail), 120)}"
    if via := answer.get("via"):
        said += f", by {one_line(str(via), 30)}"
    argv = answer.get("argv") or ()
    return Asked(
        command=one_line(" ".join(map(str, argv)) if not isinstance(argv, str) else argv, 200),
        status=said,
        took=duration(_number(answer.get("duration_seconds"))),
        amount=size(_bytes(answer)),
        refused=bool(refusal),
    )


def _answers(told: Any) -> Sequence[Mapping[str, Any]]:
    answers = told.get("answers") if isinstance(told, Mapping) else None
    return [one for one in answers if isinstance(one, Mapping)] if isinstance(answers, list) else []


def _bytes(answer: Mapping[str, Any]) -> int:
    if "bytes" in answer:
        return int(_number(answer["bytes"]))
    streams = (answer.get(name) for name in ("out", "err", "stdout", "stderr"))
    return sum(int(_number(s.get("bytes"))) for s in streams if isinstance(s, Mapping))


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def _span(answers: Sequence[Mapping[str, Any]]) -> float:
    """From the first question to the last answer, in seconds; questions run side by side."""
    times = list(_times(answers))
    if not times:
        return sum(_number(answer.get("duration_seconds")) for answer in answers)
    return max(end for _, end in times) - min(start for start, _ in times)


def _times(answers: Sequence[Mapping[str, Any]]) -> Iterator[tuple[float, float]]:
    for answer in answers:
        try:
            start = datetime.fromisoformat(str(answer.get("started_at"))).timestamp()
        except (ValueError, OverflowError):
            continue
        yield start, start + _number(answer.get("duration_seconds"))


def _time(value: Any) -> str:
    try:
        return moment(datetime.fromisoformat(str(value))) if value else ""
    except ValueError:
        return one_line(str(value), 40)
