"""Drives the collectors against live targets, handing every answer to a recorder as it arrives."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from collectors.bundle import BundleWriter, CannotWrite
from collectors.collector import Collector, meant_for
from collectors.question import Answer, Question
from collectors.reading import Beyond
from collectors.targets import Target

Record = Callable[[str, Answer], Answer | None]
"""Called with the target's name and each answer, gives it back as kept; the evidence bundle's `add` is one.
"""

Progress = Callable[[str], None]
"""Called with one line about what has just happened."""

AT_ONCE = 16
KEEP_SECONDS = 5.0
HOSTS_AT_ONCE = 16

NONSENSE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)
"""What a collector may raise on answers that make no sense: replay meets the same and makes a gap of it."""


async def collect(
    targets: Iterable[Target],
    collectors: Iterable[Collector],
    writer: BundleWriter,
    *,
    hosts_at_once: int = HOSTS_AT_ONCE,
    questions_at_once: int = AT_ONCE,
    progress: Progress | None = None,
) -> None:
    """Put every question of every collector to every target and finish the bundle.

    A target that cannot be reached is in the bundle with the reason. When cancelled (Ctrl-C), what was
    answered is kept, the rest is marked "interrupted", the bundle is finished as incomplete, and the
    cancellation goes on. Raises CannotWrite if the bundle cannot be written.
    """
    asked = list(targets)
    for target in asked:
        writer.open_target(target.name, target.kind, target.address)
    chosen, limit, tell = list(collectors), asyncio.Semaphore(hosts_at_once), progress or _silent
    done: set[str] = set()

    async def one(target: Target) -> None:
        async with limit:
            await _collect_target(target, chosen, writer, questions_at_once, tell)
            done.add(target.name)

    keeping = asyncio.ensure_future(_keep(writer))
    try:
        await _all([one(target) for target in asked])
    except CannotWrite:
        raise
    except BaseException:
        for target in asked:
            if target.name not in done:
                writer.close_target(target.name, interrupted=True, about=target.about)
        writer.finish(complete=False)
        raise
    finally:
        keeping.cancel()
    writer.finish()


async def _keep(writer: BundleWriter) -> None:
    """Now and then write what waits. What goes wrong is told to whoever next adds an answer."""
    with contextlib.suppress(CannotWrite):
        while True:
            await asyncio.sleep(KEEP_SECONDS)
            writer.write_waiting(KEEP_SECONDS)


async def _collect_target(
    target: Target, collectors: Sequence[Collector], writer: BundleWriter, at_once: int, tell: Progress
) -> None:
    tell(f"{target.name}: connecting")
    answered = 0

    def record(name: str, answer: Answer) -> Answer:
        nonlocal answered
        answered += 1
        tell(f"{name}: {answered} answered, {answer.question}")
        return writer.add(name, answer)

    try:
        reason = await target.reach()
        if reason:
            tell(f"{target.name}: unreachable: {reason}")
        else:
            await ask_all(target, collectors, record, at_once=at_once)
            if isinstance(target, Beyond):
                for answer in target.extra():
                    record(target.name, answer)
            tell(f"{target.name}: done, {answered} answers")
        writer.close_target(target.name, unreachable=reason, about=target.about)
    finally:
        await target.close()


async def ask_all(
    target: Target, collectors: Iterable[Collector], record: Record, *, at_once: int = AT_ONCE
) -> None:
    """Put every question of every collector to *target*, at most *at_once* at a time.

    The same question asked by two collectors is put once. Collectors run side by side; a batch of one
    collector is asked at once. Never raises for what the target says. When cancelled, questions that were put
    and not yet answered are recorded as "interrupted".
    """
    limit = asyncio.Semaphore(at_once)
    asked: dict[tuple[str, ...], asyncio.Task[Answer]] = {}

    async def put(question: Question) -> Answer:
        async with limit:
            try:
                answer = await target.ask(question)
            except asyncio.CancelledError:
                detail = "collection was interrupted before the answer was in"
                record(
                    target.name,
                    Answer(question, started_at=datetime.now(UTC), refusal="interrupted", detail=detail),
                )
                raise
        return record(target.name, answer) or answer

    async def once(question: Question) -> Answer:
        if question.argv not in asked:
            asked[question.argv] = asyncio.ensure_future(put(question))
        return await asked[question.argv]

    async def run(one: Collector) -> None:
        asking = one.ask()
        try:
            batch: Sequence[Question] = next(asking)
            while True:
                allowed(one, batch)
                batch = asking.send(await asyncio.gather(*map(once, batch)))
        except StopIteration:
            return
        except NONSENSE:
            return

    try:
        await _all([run(one) for one in meant_for(collectors, target.about)])
    finally:
        left = [task for task in asked.values() if not task.done()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


async def _all(coroutines: Sequence[object]) -> None:
    """Run side by side; the first failure ends the others and is raised as it is, not in a group."""
    tasks = [asyncio.ensure_future(one) for one in coroutines]  # type: ignore[call-overload]  # coroutines of any result
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)


def allowed(one: Collector, batch: Sequence[Question]) -> None:
    """Refuse what the collector did not declare. Raises PermissionError: a programming error of ours."""
    for question in batch:
        if not any(question.form is form for form in one.asks):
            raise PermissionError(f"collector {one.name} may not ask: {question}")


def _silent(_: str) -> None:
    """No progress wanted."""
