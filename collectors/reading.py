"""Reads recorded answers into facts, gaps and absences: the only way from evidence to rows, now or later."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

from collectors.collector import READERS, Collector, Reader, meant_for
from collectors.decoding import NONSENSE, SMALL_BYTES, decoded
from collectors.fact import Absent, At, Fact, Gap, GapReason, NotHere, Origin, Source
from collectors.joining import joined
from collectors.naming import named
from collectors.question import Answer, Question
from collectors.table import Row

Told = Fact[Row] | Gap | Absent

TOO_MANY_BITS = 64
"""Of a whole number that no column of a store can hold."""

MOST_UNREADABLE = 20
"""So many lines of an answer that are not understood are gaps of their own; the rest is counted in one."""

_GUEST = re.compile(r"/nodes/[^/]+/((?:qemu|lxc)/\d+)/")
"""A guest in a path of the Proxmox VE API."""


class Recorded(Protocol):
    """The answers of one target. `answer` gives refusal "not-asked" for a question that was never put.

    It may have `about`: what the connection told, which decides who has a question for it.
    """

    name: str

    def answer(self, question: Question) -> Answer: ...


@runtime_checkable
class Beyond(Protocol):
    """A recorded target that holds answers which no collector asked for: what somebody else collected."""

    def extra(self) -> Iterable[Answer]: ...


def read_target(recorded: Recorded, collectors: Iterable[Collector]) -> Sequence[Told]:
    """All that the recorded answers of one target tell, collector by collector, in a stable order.

    What nobody asked for comes last; it closes the gaps of questions that were not put.
    """
    beyond = getattr(recorded, "extra", None)  # of a Beyond; isinstance would take far longer to tell
    extra = list(_extra(recorded.name, beyond())) if beyond is not None else []
    if not extra:
        return joined(named(_read(recorded, collectors), recorded.name))
    told = [one for one in _read(recorded, collectors) if not _answered(one, extra)]
    return joined(named([*told, *extra], recorded.name))


def _extra(name: str, answers: Iterable[Answer]) -> Iterator[Told]:
    for answer in answers:
        if answer.question.form.reads in READERS:
            yield from read_answer(name, answer)


def _answered(one: Told, extra: Sequence[Told]) -> bool:
    """Whether a gap of a question that was not put is filled by what was collected in another way."""
    if not isinstance(one, Gap) or one.reason != "not-asked":
        return False
    facts = (told for told in extra if isinstance(told, Fact) and type(told.row) is one.table)
    return any(
        not one.subject or any(one.subject in source.origin.argv for source in fact.sources) for fact in facts
    )


def _read(recorded: Recorded, collectors: Iterable[Collector]) -> list[Told]:
    asked = _Asked(recorded)
    for one in meant_for(collectors, getattr(recorded, "about", {})):
        asking = one.ask()
        try:
            batch = next(asking)
            while True:
                batch = asking.send([asked.answer(question) for question in batch])
        except StopIteration:
            continue
        except NONSENSE as error:
            why = f"{one.name}: {_told(error)}"
            for row_type in {t for form in one.asks for t in READERS[form.reads].fills}:
                asked.told.append(Gap(recorded.name, row_type, "unreadable", why))
    return asked.told


class _Asked:
    """Answers collectors and reads each answer once: the same question of another one gives the same answer.

    Large answers are fetched again.
    """

    def __init__(self, recorded: Recorded) -> None:
        self.told: list[Told] = []
        self._recorded = recorded
        self._answers: dict[tuple[tuple[str, ...], str], Answer] = {}
        self._read: set[tuple[tuple[str, ...], str]] = set()

    def answer(self, question: Question) -> Answer:
        key = (question.argv, question.form.reads)
        answer = self._answers.get(key)
        if answer is None:
            answer = self._recorded.answer(question)
            if len(answer.stdout) <= SMALL_BYTES:
                self._answers[key] = answer
            if answer.question is not question:
                key = (answer.question.argv, answer.question.form.reads)
            if key not in self._read:
                self._read.add(key)
                self.told += read_answer(self._recorded.name, answer)
        return answer


def read_answer(target: str, answer: Answer) -> list[Told]:
    """What one answer tells. A refused answer is a gap in every table it should have filled, unless the same
    is asked in another way."""
    reader = READERS[answer.question.form.reads]
    origin = Origin(target, answer.question.argv, answer.started_at, answer.member)
    if answer.refusal == "tool-missing" and answer.question.form.replaced:
        return []
    if answer.refusal is not None and not (answer.refusal == "truncated" and answer.stdout):
        return _not_told(reader, answer, origin, f"{answer.question}: {answer.complaint or answer.refusal}")
    found = _decoded(reader, answer, origin)
    if answer.refusal is not None:
        found += _not_told(reader, answer, origin, answer.complaint)
    elif answer.status is not None and answer.status < 0:
        found = [told for told in found if not isinstance(told, Absent)]  # it did not come to its end
        known = {told.table for told in found if isinstance(told, Gap)}
        why = f"{answer.question}: ended by signal {-answer.status}"
        more = _not_told(reader, answer, origin, why, "failed")
        found += [gap for gap in more if isinstance(gap, Gap) and gap.table not in known]
    return found


def _not_told(
    reader: Reader, answer: Answer, origin: Origin, detail: str, reason: GapReason | None = None
) -> list[Told]:
    """A gap in every table that the answer should have filled; *reason*: by default why it was refused."""
    about, whole, reason = _about(answer), Source(origin), reason or answer.refusal or "unreadable"
    return [Gap(origin.target, row_type, reason, detail, about, whole) for row_type in reader.fills]


def _decoded(reader: Reader, answer: Answer, origin: Origin) -> list[Told]:
    target = origin.target
    whole = Source(origin)
    found: list[Told] = []
    unread: dict[type[Row], int] = {}
    try:
        for told in decoded(answer, reader.kind):
            if isinstance(told, At):
                found.append(_fact(target, told.row, Source(origin, told.where)))
            elif isinstance(told, Row):
                found.append(_fact(target, told, whole))
            elif isinstance(told, NotHere):
                found.append(Absent(target, told.table, told.proof))
            else:
                nameless = told.reason == "unreadable" and not told.subject
                if nameless:
                    unread[told.table] = unread.get(told.table, 0) + 1
                if not nameless or unread[told.table] <= MOST_UNREADABLE:
                    about = told.subject or _about(answer)
                    found.append(Gap(target, told.table, told.reason, told.detail, about, whole))
    except NONSENSE as error:
        detail = f"{answer.question}: cannot be read ({_told(error)})"
        found += _not_told(reader, answer, origin, detail, "unreadable")
    for table, count in unread.items():
        if count > MOST_UNREADABLE:
            detail = f"{count - MOST_UNREADABLE} more lines are not understood"
            found.append(Gap(target, table, "unreadable", detail, _about(answer), whole))
    return found


def _fact(target: str, row: Row, source: Source) -> Fact[Row] | Gap:
    """The row with its source; a gap if a number in it is beyond what any counter or size can be."""
    if _too_large(type(row).NUMBERS_OF(row)):
        why = f"{source.origin}: a number in it is too large to be true"
        return Gap(target, type(row), "unreadable", why, str(row.subject)[:200], source)
    return Fact(target, row, (source,))


def _too_large(numbers: Sequence[Any]) -> bool:
    try:
        return max(map(int.bit_length, filter(None, numbers)), default=0) >= TOO_MANY_BITS
    except TypeError:  # fractions are among them
        return any(type(one) is int and one.bit_length() >= TOO_MANY_BITS for one in numbers)


def _about(answer: Answer) -> str:
    """The device or guest a question was about, if it was about one."""
    for word in answer.question.argv:
        if word.startswith("/dev/"):
            return word
        if guest := _GUEST.match(word):
            return guest[1]
    return ""


def _told(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"JSON that breaks off or is damaged at line {error.lineno}, column {error.colno}"
    return f"{type(error).__name__}: {error}"[:200]
