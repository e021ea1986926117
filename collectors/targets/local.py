"""This machine."""

from __future__ import annotations

import asyncio
import contextlib
import glob
import os
import signal
import socket
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from collectors.question import MAX_ERR_BYTES, Answer, Question, Refusal, expandable
from collectors.targets.psutil_probe import probe
from collectors.targets.rights import ask_with_rights, settle_status

SEARCH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class LocalTarget:
    """The machine holdwater runs on. *sudo*: ask questions that need root through `sudo -n` unless root
    already. *environment*: what a tool needs beyond that.
    """

    kind = "local"

    def __init__(
        self, name: str = "", *, sudo: bool = False, environment: Mapping[str, str] | None = None
    ) -> None:
        self.name = name or socket.gethostname()
        self.address = "localhost"
        self.about = {"user_id": str(os.geteuid())}
        self._root = os.geteuid() == 0
        self._sudo = sudo
        self._environment = {
            **{k: v for k, v in os.environ.items() if k in ("HOME", "USER", "LOGNAME", "LD_PRELOAD")},
            **(environment or {}),
            "LC_ALL": "C",
            "TZ": "UTC0",  # mdadm and others print the time without its zone
            "PATH": f"{os.environ.get('PATH', '')}:{SEARCH}".lstrip(":"),
        }

    async def reach(self) -> str:
        return ""

    async def ask(self, question: Question) -> Answer:
        if question.argv[0] == "psutil":
            return await probe(question)
        about = self.about
        return await ask_with_rights(self._run, question, root=self._root, sudo=self._sudo, about=about)

    async def _run(self, question: Question, before: tuple[str, ...]) -> Answer:
        argv = (*before, *_expanded(question))
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
        except (OSError, ValueError) as error:  # ValueError: a NUL in a word
            return _not_started(question, started_at, argv[0], error)
        out, err, ended = await _drain(process, question, handing_on=bool(before))
        answer = Answer(
            question,
            stdout=out,
            stderr=err,
            status=process.returncode if ended is None else None,
            started_at=started_at,
            duration_seconds=round(time.monotonic() - begun, 3),
            refusal=ended,
            detail=why_ended(ended, question),
        )
        return settle_status(answer, argv)

    async def close(self) -> None:
        """Nothing is held."""


def _not_started(question: Question, started_at: datetime, tool: str, error: Exception) -> Answer:
    refusal: Refusal = "tool-missing" if isinstance(error, FileNotFoundError) else "denied"
    told = getattr(error, "strerror", None) or str(error)
    return Answer(question, started_at=started_at, refusal=refusal, detail=f"{tool}: {told}")


def _expanded(question: Question) -> list[str]:
    if not question.form.expand:
        return list(question.argv)
    words: list[str] = []
    for word in question.argv:
        words.extend((sorted(glob.glob(word)) or [word]) if expandable(word) else [word])
    return words


def why_ended(ended: Refusal | None, question: Question) -> str:
    """The detail of an answer that was cut short by one of the form's limits."""
    if ended == "timed-out":
        return f"no answer within {question.form.timeout_seconds:g} s"
    if ended == "truncated":
        return f"more than {question.form.max_bytes} bytes"
    return ""


async def _drain(
    process: asyncio.subprocess.Process, question: Question, *, handing_on: bool
) -> tuple[bytes, bytes, Refusal | None]:
    """Read both streams up to the form's limits, then end whatever still runs of the process group."""
    assert process.stdout is not None
    assert process.stderr is not None
    out, err = bytearray(), bytearray()
    complaining = asyncio.ensure_future(_pour(process.stderr, err, MAX_ERR_BYTES, beyond=True))
    ended: Refusal | None = None
    try:
        async with asyncio.timeout(question.form.timeout_seconds):
            if await _pour(process.stdout, out, question.form.max_bytes):
                await complaining
                await process.wait()
            else:
                ended = "truncated"
    except TimeoutError:
        ended = "timed-out"
    finally:
        complaining.cancel()
        if ended is not None or process.returncode is None:
            await _end(process, handing_on=handing_on)
    return bytes(out), bytes(err), ended


async def _pour(stream: asyncio.StreamReader, into: bytearray, limit: int, *, beyond: bool = False) -> bool:
    """Read the stream to its end (True) or to the limit (False); *beyond*: read on, but keep nothing more."""
    while chunk := await stream.read(1 << 16):
        into += chunk[: max(0, limit + 1 - len(into))]
        if len(into) > limit:
            del into[limit:]
            if not beyond:
                return False
    return True


async def _end(process: asyncio.subprocess.Process, *, handing_on: bool) -> None:
    """Kill the process group; what cannot be killed (dead disk, sudo's child) stays behind, we go on.

    *handing_on*: it is sudo, which hands a TERM on to what it runs; killed, it would leave that behind.
    """
    if handing_on and process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError, TimeoutError):
            process.terminate()
            async with asyncio.timeout(2):
                await process.wait()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(2):
            await process.wait()
    transport = process._transport  # type: ignore[attr-defined]  # its pipes would stay open for ever
    with contextlib.suppress(ProcessLookupError, PermissionError):
        transport.close()
    await asyncio.sleep(0)
