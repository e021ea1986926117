"""Hosts reached over SSH. Nothing is written to them, nothing installed, no terminal, no prompt ever
answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from collectors.question import MAX_ERR_BYTES, Answer, Question, Refusal, decode
from collectors.targets.local import why_ended
from collectors.targets.rights import ask_with_rights, settle_status
from collectors.targets.ssh_command import PROBE, WINDOWS_PROBE, after_mark, remote_command, windows_command

if TYPE_CHECKING:
    import asyncssh

CHANNELS = 8
"""OpenSSH grants 10 sessions on a connection unless told otherwise (sshd_config(5), MaxSessions)."""
CHANNEL_SECONDS = 20.0
_NOISE_BYTES = 1 << 20


class SshTarget:
    """One host, one connection. The address is `ssh://[user@]host[:port]`; host may be an alias of
    ~/.ssh/config.
    """

    kind = "ssh"

    def __init__(
        self, address: str, *, name: str = "", sudo: bool = True, connect_timeout: float = 15.0
    ) -> None:
        parts = _parsed(address)
        self._host, self._user, self._port = parts
        self.name = name or self._host
        self.address = address
        self.about: dict[str, str] = {}
        self._sudo = sudo
        self._connect_seconds = connect_timeout
        self._connection: asyncssh.SSHClientConnection | None = None
        self._channels = _Channels(CHANNELS)
        self._reached: asyncio.Future[str] | None = None
        self._lost = ""
        self._times_out = False

    async def reach(self) -> str:
        if self._reached is None:
            self._reached = asyncio.ensure_future(self._reach())
        return self._lost or await asyncio.shield(self._reached)

    async def _reach(self) -> str:
        from collectors.targets.ssh_connection import connect

        opened = await connect(self._host, self._user, self._port, self._connect_seconds)
        if isinstance(opened, str):
            return opened
        self._connection, self.about = opened
        return await self._probe()

    async def _probe(self) -> str:
        """Learn who we are, whether `timeout` is there, and what the login shell prints before the output."""
        answer = await self._run(PROBE(), ())
        *before, told = answer.stdout.split() or [b""]
        if answer.refusal == "unreachable" and answer.detail:
            return answer.detail
        if not told.isdigit() and answer.refusal is None and await self._is_windows():
            return ""
        if not told.isdigit():
            said = decode(answer.stdout).strip() or answer.complaint or f"exit status {answer.status}"
            expired = re.search("password.*(?:change|expired)", said, re.IGNORECASE | re.DOTALL)
            cure = "change its password once by hand" if expired else "give the user a normal shell"
            return f"logged in, but commands cannot be run there: {_line(said)}; {cure}"
        self.about["user_id"] = told.decode("ascii")
        self._times_out = b"timeout" in before
        return ""

    async def _is_windows(self) -> bool:
        """`ver` says `Microsoft Windows [Version …]` in every language; it is asked in words that cmd and
        PowerShell, whichever is the login shell, both understand."""
        self.about["system"] = "windows"
        answer = await self._run(WINDOWS_PROBE(), ())
        found = re.search(rb"Microsoft Windows \[[^\]]*?([\d.]+)\]", answer.stdout)
        if found is None:
            del self.about["system"]
            return False
        self.about["system_version"] = found[1].decode("ascii")
        return True

    async def ask(self, question: Question) -> Answer:
        reason = await self.reach()
        if reason:
            return Answer(question, refusal="unreachable", detail=reason)
        if self.about.get("system") == "windows":
            return await self._run(question, ())
        root = self.about.get("user_id") == "0"
        return await ask_with_rights(self._run, question, root=root, sudo=self._sudo, about=self.about)

    async def _run(self, question: Question, before: tuple[str, ...]) -> Answer:
        started_at, begun = datetime.now(UTC), time.monotonic()
        out, err, status = b"", b"", None
        ended: Refusal | None = "unreachable"
        detail = self._lost or "not connected"
        if not self._lost and self._connection is not None:
            command = (
                windows_command(question)
                if self.about.get("system") == "windows"
                else remote_command(question, before, times_out=self._times_out)
            )
            try:
                async with self._channels.open(self._connection, command) as process:
                    started_at, begun = datetime.now(UTC), time.monotonic()
                    told = await self._drain(process, question, through_sudo=bool(before))
                    out, err, status, ended, detail = told
            except _errors() as error:
                detail = self._note_loss(f"no session was opened: {_line(str(error))}")
        answer = Answer(
            question,
            stdout=out,
            stderr=err,
            status=status,
            started_at=started_at,
            duration_seconds=round(time.monotonic() - begun, 3),
            refusal=ended,
            detail=detail,
        )
        return settle_status(answer, (*before, *question.argv))

    async def _drain(
        self, process: asyncssh.SSHClientProcess[bytes], question: Question, *, through_sudo: bool
    ) -> tuple[bytes, bytes, int | None, Refusal | None, str]:
        """stdout, stderr, status, refusal and detail of a command that was started."""
        out, err, limit = bytearray(), bytearray(), question.form.max_bytes
        most_err = MAX_ERR_BYTES + _NOISE_BYTES
        ended: Refusal | None = None
        complaining = asyncio.ensure_future(_pour(process.stderr, err, most_err, beyond=True))
        try:
            async with asyncio.timeout(question.form.timeout_seconds):
                if await _pour(process.stdout, out, limit + _NOISE_BYTES):
                    await complaining
                    await process.wait_closed()
                else:
                    ended = "truncated"
        except TimeoutError:
            ended = "timed-out"
        except _errors() as error:
            self._note_loss(_line(str(error)))
        finally:
            complaining.cancel()
            abandoned = ended is not None or process.returncode is None
            await _end(process, abandoned=abandoned, gently=through_sudo or self._times_out)
        told, complaint = after_mark(bytes(out)), after_mark(bytes(err))[:MAX_ERR_BYTES]
        ended = "truncated" if ended is None and len(told) > limit else ended
        if ended is None and process.returncode is None:
            detail = self._note_loss("the connection was lost before the answer was whole")
            return told[:limit], complaint, None, "unreachable", detail
        status = process.returncode if ended is None else None
        return told[:limit], complaint, status, ended, why_ended(ended, question)

    def _note_loss(self, why: str) -> str:
        """Remember that the connection is gone, if it is; returns the detail for the answer."""
        connection = self._connection
        if connection is None or connection.is_closed():
            self._lost = self._lost or f"connection lost: {why}" if "lost" not in why else why
        return self._lost or why

    async def close(self) -> None:
        if self._reached is not None and not self._reached.done():
            self._reached.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reached
        if self._connection is not None:
            self._connection.close()
            with contextlib.suppress(TimeoutError, OSError):
                async with asyncio.timeout(3):
                    await self._connection.wait_closed()


class _Channels:
    """How many commands may run at once on a connection: fewer once the server says that it is too many."""

    def __init__(self, limit: int) -> None:
        self._limit, self._busy = limit, 0
        self._changed = asyncio.Condition()

    @contextlib.asynccontextmanager
    async def open(
        self, connection: asyncssh.SSHClientConnection, command: str
    ) -> AsyncIterator[asyncssh.SSHClientProcess[bytes]]:
        """Start the command. Raises asyncssh.Error, OSError or TimeoutError if no session is to be had."""
        process = await self._opened(connection, command)
        try:
            yield process
        finally:
            await self._leave()

    async def _opened(
        self, connection: asyncssh.SSHClientConnection, command: str
    ) -> asyncssh.SSHClientProcess[bytes]:
        import asyncssh

        refused_alone = 0.0
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: self._busy < self._limit)
                self._busy += 1
            try:
                async with asyncio.timeout(CHANNEL_SECONDS):
                    return await connection.create_process(
                        command, stdin=asyncssh.DEVNULL, encoding=None, request_pty=False
                    )
            except asyncssh.ChannelOpenError:
                await self._leave()
                if connection.is_closed() or refused_alone > CHANNEL_SECONDS:
                    raise
            except BaseException:
                await self._leave()
                raise
            self._limit = max(1, min(self._limit, self._busy))
            if self._busy == 0:  # MaxSessions: the server may not have seen the end of the last command yet
                refused_alone += 0.1
                await asyncio.sleep(0.1)

    async def _leave(self) -> None:
        self._busy -= 1
        async with self._changed:
            self._changed.notify_all()


def _errors() -> tuple[type[Exception], ...]:
    """What asyncssh raises when a connection or session ends or is not to be had."""
    import asyncssh

    return (asyncssh.Error, OSError, TimeoutError)


async def _pour(
    stream: asyncssh.SSHReader[bytes], into: bytearray, limit: int, *, beyond: bool = False
) -> bool:
    """Read the stream to its end (True) or to the limit (False); *beyond*: read on, but keep nothing more."""
    while chunk := await stream.read(1 << 16):
        into += chunk[: max(0, limit + 1 - len(into))]
        if len(into) > limit:
            del into[limit:]
            if not beyond:
                return False
    return True


async def _end(process: asyncssh.SSHClientProcess[bytes], *, abandoned: bool, gently: bool) -> None:
    """Close the session; end what is not done yet if the server can (OpenSSH 7.9 and newer).

    *gently*: by TERM, which sudo hands on to what it runs, and after which a login shell that is still at its
    start-up files takes its locks away. `timeout` kills what does not heed it.
    """
    if abandoned:
        with contextlib.suppress(OSError):
            process.send_signal("TERM" if gently else "KILL")
    process.close()
    with contextlib.suppress(TimeoutError, OSError):
        async with asyncio.timeout(0.5 if abandoned else 5):
            await process.wait_closed()


def _parsed(address: str) -> tuple[str, str, int | None]:
    """Host, user and port of an ssh:// address. Raises ValueError."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ValueError(f"{address!r}: {error}; say ssh://user@host[:port]") from error
    if parts.password is not None:
        raise ValueError(
            "an address must not hold a password: use a key (ssh-copy-id) and say ssh://user@host"
        )
    if not host or host.startswith("-") or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(f"{address!r} is no SSH address: say ssh://user@host[:port]")
    written = parts.netloc.rpartition("@")[2]
    if not written.startswith("["):
        host = written.partition(":")[0]  # as written: aliases of ~/.ssh/config know upper and lower case
    return host, unquote(parts.username or ""), port


def _line(text: str) -> str:
    """Text from outside as one printable line."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()] or [""]
    return "".join(c if c.isprintable() else "?" for c in lines[0])[:200]
