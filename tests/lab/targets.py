# SPDX-License-Identifier: Apache-2.0
"""A bed as a target of holdwater: what the collectors ask is run through the bed's console.

asyncio.run(asking.collect([BedTarget(bed, "lab-md")], collectors, writer))
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

from collectors.question import MAX_ERR_BYTES, Answer, Question, Refusal
from collectors.targets.local import why_ended
from collectors.targets.rights import ask_with_rights, settle_status
from collectors.targets.ssh_command import after_mark, remote_command

from .beds import Bed, BedError

TIMED_OUT = (124, 137)  # what the bed's timeout(1) gives: it ended the command, or had to kill it


class BedTarget:
    """A bed asked as root, one question at a time, with the very command line which the SSH target sends."""

    kind = "bed"

    def __init__(self, bed: Bed, name: str) -> None:
        """Nothing is run yet; the bed has to be up while it is asked."""
        self.name = name
        self.address = f"bed://{name}"
        self.about = {"user_id": "0"}
        self._bed = bed
        self._console = asyncio.Lock()

    async def reach(self) -> str:
        """The bed is up, or its `with` block would not have been entered."""
        return ""

    async def ask(self, question: Question) -> Answer:
        """Run the question in the bed; a bed which died answers "unreachable"."""
        return await ask_with_rights(self._run, question, root=True, sudo=False)

    async def _run(self, question: Question, before: tuple[str, ...]) -> Answer:
        command = remote_command(question, before)
        async with self._console:
            started_at, begun = datetime.now(UTC), time.monotonic()
            try:
                status, out, err = await asyncio.to_thread(
                    self._bed.run, command, question.form.timeout_seconds
                )
            except (BedError, OSError) as error:
                detail = str(error).partition("\n")[0]
                return Answer(question, started_at=started_at, refusal="unreachable", detail=detail)
        out, err, most = after_mark(out), after_mark(err), question.form.max_bytes
        ended: Refusal | None = (
            "timed-out" if status in TIMED_OUT else "truncated" if len(out) > most else None
        )
        answer = Answer(
            question,
            stdout=out[:most],
            stderr=err[:MAX_ERR_BYTES],
            status=status if ended is None else None,
            started_at=started_at,
            duration_seconds=round(time.monotonic() - begun, 3),
            refusal=ended,
            detail=why_ended(ended, question),
        )
        return settle_status(answer, (*before, *question.argv))

    async def close(self) -> None:
        """Nothing is held."""
