"""Drives the collectors against a live target, handing every answer to a recorder as it arrives."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

from collectors.collector import Collector
from collectors.question import Answer, Question
from collectors.targets import Target

Record = Callable[[str, Answer], None]
"""Called with the target's name and each answer; the evidence bundle's `add` is one."""

AT_ONCE = 8


async def ask_all(
    target: Target, collectors: Iterable[Collector], record: Record, *, at_once: int = AT_ONCE
) -> None:
    """Put every question of every collector to *target*, at most *at_once* at a time.

    The same question asked by two collectors is put once. Collectors run side by side; a batch of one collector
    is asked at once. Never raises for what the target says.
    """
    limit = asyncio.Semaphore(at_once)
    asked: dict[tuple[str, ...], asyncio.Task[Answer]] = {}

    async def put(question: Question) -> Answer:
        async with limit:
            answer = await target.ask(question)
        record(target.name, answer)
        return answer

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
        except ValueError:
            return  # the answers make no sense to the generator: replay meets the same and makes a gap of it

    async with asyncio.TaskGroup() as group:
        for one in collectors:
            group.create_task(run(one))


def allowed(one: Collector, batch: Sequence[Question]) -> None:
    """Refuse what the collector did not declare. Raises PermissionError: a programming error of ours."""
    for question in batch:
        if not any(question.form is form for form in one.asks):
            raise PermissionError(f"collector {one.name} may not ask: {question}")
