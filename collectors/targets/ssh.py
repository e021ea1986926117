"""Hosts reached over SSH. Nothing is written to them, nothing installed, no terminal, no prompt ever
answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import shlex
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from collectors.question import Answer, Form, Question, Refusal, decode, expandable
from collectors.targets.local import MAX_ERR_BYTES, SEARCH, why_ended
from collectors.targets.rights import ask_with_rights, settle_status

if TYPE_CHECKING:
    import asyncssh

PROBE = Form(
    ("id", "-u"), reads="", why="whether commands can be run, and as root or not", timeout_seconds=15
)
"""Put once to every host on connecting; its answer is kept in the manifest as `user_id`."""

CHANNELS = 8
"""OpenSSH grants 10 sessions on a connection unless told otherwise (sshd_config(5), MaxSessions)."""
CHANNEL_SECONDS = 20.0
_BEGINS = b"holdwater-begins\n"
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
        self._noisy = False

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
        """Learn who we are, and whether the login shell prints anything of its own before the output."""
        self._noisy = True  # so that the output begins with the mark
        answer = await self._run(PROBE(), ())
        told = answer.stdout.strip()
        if answer.refusal == "unreachable" and answer.detail:
            return answer.detail
        if not told.isdigit():
            said = decode(answer.stdout).strip() or answer.complaint or f"exit status {answer.status}"
            return f"logged in, but commands cannot be run there: {_line(said)}; give the user a normal shell"
        self.about["user_id"] = told.decode("ascii")
        return ""

    async def ask(self, question: Question) -> Answer:
        reason = await self.reach()
        if reason:
            return Answer(question, refusal="unreachable", detail=reason)
        root = self.about.get("user_id") == "0"
        return await ask_with_rights(self._run, question, root=root, sudo=self._sudo)

    async def _run(self, question: Question, before: tuple[str, ...]) -> Answer:
        async with self._channels.one():
            started_at, begun = datetime.now(UTC), time.monotonic()
            out, err, status, ended, detail = await self._execute(question, before)
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

    async def _execute(
        self, question: Question, before: tuple[str, ...]
    ) -> tuple[bytes, bytes, int | None, Refusal | None, str]:
        """stdout, stderr, status, refusal, detail of one command."""
        import asyncssh

        out, err = bytearray(), bytearray()
        if self._lost or self._connection is None:
            return b"", b"", None, "unreachable", self._lost or "not connected"
        try:
            command = remote_command(question, before, mark=self._noisy)
            process = await self._channels.open(self._connection, command)
        except (asyncssh.Error, OSError, TimeoutError) as error:
            return (
                b"",
                b"",
                None,
                "unreachable",
                self._note_loss(f"no session was opened: {_line(str(error))}"),
            )
        ended: Refusal | None = None
        limit = question.form.max_bytes + (_NOISE_BYTES if self._noisy else 0)
        complaining = asyncio.ensure_future(_pour(process.stderr, err, MAX_ERR_BYTES, beyond=True))
        try:
            async with asyncio.timeout(question.form.timeout_seconds):
                if await _pour(process.stdout, out, limit):
                    await complaining
                    await process.wait_closed()
                else:
                    ended = "truncated"
        except TimeoutError:
            ended = "timed-out"
        except (asyncssh.Error, OSError) as error:
            self._note_loss(_line(str(error)))
        finally:
            complaining.cancel()
            await _end(process, abandoned=ended is not None)
        told = bytes(out)
        if self._noisy:
            told = told.partition(_BEGINS)[2] if _BEGINS in told else told
        if ended is None and len(told) > question.form.max_bytes:
            ended = "truncated"
        status = process.returncode
        if ended is None and status is None:
            detail = self._note_loss("the connection was lost before the answer was whole")
            return told, bytes(err), None, "unreachable", detail
        detail = why_ended(ended, question)
        return told[: question.form.max_bytes], bytes(err), status if ended is None else None, ended, detail

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
    """How many commands may run at once on a connection: fewer as soon as the server says that it is too
    many.
    """

    def __init__(self, limit: int) -> None:
        self._limit, self._open = limit, 0
        self._changed = asyncio.Condition()

    @contextlib.asynccontextmanager
    async def one(self):  # type: ignore[no-untyped-def]
        async with self._changed:
            await self._changed.wait_for(lambda: self._open < self._limit)
            self._open += 1
        try:
            yield
        finally:
            self._open -= 1
            async with self._changed:
                self._changed.notify_all()

    async def open(
        self, connection: asyncssh.SSHClientConnection, command: str
    ) -> asyncssh.SSHClientProcess[bytes]:
        """Start the command. Raises asyncssh.Error, OSError or TimeoutError if no session is to be had."""
        import asyncssh

        until = time.monotonic() + CHANNEL_SECONDS
        pause = 0.05
        while True:
            try:
                async with asyncio.timeout(CHANNEL_SECONDS):
                    return await connection.create_process(
                        command, stdin=asyncssh.DEVNULL, encoding=None, request_pty=False, env=None
                    )
            except asyncssh.ChannelOpenError:
                if connection.is_closed() or time.monotonic() > until:
                    raise
                self._limit = max(1, min(self._limit - 1, self._open - 1))
            # MaxSessions: a slot is free once the server has seen the end of another command
            await asyncio.sleep(pause)
            pause = min(1.0, pause * 1.5)


def remote_command(question: Question, before: tuple[str, ...] = (), *, mark: bool = False) -> str:
    """The command line for the login shell, whichever it is: `exec /bin/sh -c '…'` means the same to all of
    them.

    Every word is quoted, but file name patterns of forms that want them expanded.
    """
    words = [
        word if question.form.expand and expandable(word) else shlex.quote(word) for word in question.argv
    ]
    begin = f"echo {_BEGINS.decode().strip()}; " if mark else ""
    line = " ".join([*map(shlex.quote, before), *words])
    script = f'{begin}LC_ALL=C PATH="$PATH:{SEARCH}"; export LC_ALL PATH; exec {line} </dev/null'
    return f"exec /bin/sh -c {shlex.quote(script)}"


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


async def _end(process: asyncssh.SSHClientProcess[bytes], *, abandoned: bool) -> None:
    """Close the session; kill what is not done yet if the server can (OpenSSH 7.9 and newer)."""
    if abandoned:
        with contextlib.suppress(OSError):
            process.kill()
    process.close()
    with contextlib.suppress(TimeoutError, OSError):
        async with asyncio.timeout(2):
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
