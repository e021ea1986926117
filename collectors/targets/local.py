"""This machine."""

from __future__ import annotations

import asyncio
import glob
import os
import signal
import socket
import time
from datetime import UTC, datetime

from collectors.question import Answer, Question, Refusal, expandable

SEARCH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class LocalTarget:
    """The machine holdwater runs on. *sudo*: ask questions that need root through `sudo -n` unless root already."""

    kind = "local"

    def __init__(self, name: str = "", *, sudo: bool = False) -> None:
        self.name = name or socket.gethostname()
        self.address = "localhost"
        self._sudo = sudo and os.geteuid() != 0
        self._environment = {
            **{k: v for k, v in os.environ.items() if k in ("HOME", "USER", "LOGNAME", "LD_PRELOAD")},
            "LC_ALL": "C",
            "PATH": f"{os.environ.get('PATH', '')}:{SEARCH}".lstrip(":"),
        }

    async def ask(self, question: Question) -> Answer:
        via = "sudo -n" if self._sudo and question.form.right == "root" else ""
        argv = (*via.split(), *_expanded(question))
        started_at, begun = datetime.now(UTC), time.monotonic()
        try:
            process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=self._environment,
                start_new_session=True,
            )
        except (FileNotFoundError, PermissionError) as error:
            refusal: Refusal = "tool-missing" if isinstance(error, FileNotFoundError) else "denied"
            return Answer(
                question, started_at=started_at, refusal=refusal, detail=f"{argv[0]}: {error.strerror}"
            )
        out, err, ended = await _drain(process, question)
        return Answer(
            question,
            stdout=out,
            stderr=err,
            status=process.returncode if ended is None else None,
            started_at=started_at,
            duration_seconds=round(time.monotonic() - begun, 3),
            refusal=ended,
            detail=_why(ended, question),
            via=via,
        )

    async def close(self) -> None:
        """Nothing is held."""


def _expanded(question: Question) -> list[str]:
    if not question.form.expand:
        return list(question.argv)
    words: list[str] = []
    for word in question.argv:
        words.extend((sorted(glob.glob(word)) or [word]) if expandable(word) else [word])
    return words


def _why(ended: Refusal | None, question: Question) -> str:
    if ended == "timed-out":
        return f"no answer within {question.form.timeout_seconds:g} s"
    if ended == "truncated":
        return f"more than {question.form.max_bytes} bytes"
    return ""


async def _drain(
    process: asyncio.subprocess.Process, question: Question
) -> tuple[bytes, bytes, Refusal | None]:
    """Read both streams up to the form's limits, then end whatever still runs of the process group."""
    assert process.stdout is not None and process.stderr is not None
    out, err = bytearray(), bytearray()
    limit = question.form.max_bytes
    reading = asyncio.gather(_pour(process.stdout, out, limit), _pour(process.stderr, err, 1 << 20))
    ended: Refusal | None = None
    try:
        async with asyncio.timeout(question.form.timeout_seconds):
            whole, _ = await reading
            if whole:
                await process.wait()
            else:
                ended = "truncated"
    except TimeoutError:
        ended = "timed-out"
    finally:
        await _end(process)
    return bytes(out), bytes(err), ended


async def _pour(stream: asyncio.StreamReader, into: bytearray, limit: int) -> bool:
    """Read the stream to its end (True) or to the limit (False)."""
    while chunk := await stream.read(1 << 16):
        into += chunk
        if len(into) > limit:
            del into[limit:]
            return False
    return True


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    try:
        async with asyncio.timeout(2):
            await process.wait()
    except TimeoutError:
        return  # in uninterruptible sleep on a dead disk: it stays behind, we go on
