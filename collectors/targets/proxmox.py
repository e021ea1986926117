"""Proxmox VE and Proxmox Backup Server by their API, with a token. Only GET, ever."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from collectors.question import Answer, Form, Question, Refusal
from collectors.targets.https import Listener, TooLarge, TooSlow, failure
from collectors.targets.proxmox_address import parsed, secret_for
from collectors.targets.proxmox_session import Session

AT_ONCE = 8
"""Requests under way: pveproxy has three workers and answers more of them one after the other."""
LOST_AFTER = 5
"""So many failures to connect one after another, and nobody is there any more."""
VERSION = Form(("pve-api", "GET", "/version"), reads="pve-version", why="Whether the API answers the token")
PBS_VERSION = Form(
    ("pbs-api", "GET", "/version"), reads="pbs-version", why="Whether the API answers the token"
)


class ProxmoxTarget:
    """A cluster (or single node): `pve://user@realm!tokenid@host[:8006][?fingerprint=…]`.

    For a Proxmox Backup Server the address begins with `pbs://` and its port is 8007.
    """

    def __init__(self, address: str, *, name: str = "", connect_timeout: float = 15.0) -> None:
        self._place = parsed(address)
        self.name = name or self._place.bare_host
        self.address = address
        self.kind = "proxmox" if self._place.scheme == "pve" else "pbs"
        self.about = {"system": self.kind, "user": f"{self._place.user}!{self._place.token}"}
        self._secret = secret_for(self._place)
        self._connect_seconds = connect_timeout
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix=self._place.scheme)
        self._mine = threading.local()
        self._sessions: list[Session] = []
        self._reached: str | None = None
        self._failures = 0

    async def reach(self) -> str:
        if self._reached is None:
            self._reached = await self._reach()
        return self._reached

    async def _reach(self) -> str:
        if not self._secret:
            token = self._place.service.token
            return f"{self._place.bare_host}: no secret for {self.about['user']}; put it into {token}"
        answer = await self._ask(VERSION() if self.kind == "proxmox" else PBS_VERSION())
        if answer.refusal is not None or answer.status != 200:
            said = answer.complaint or f"HTTP status {answer.status}"
            return said if said.startswith(self._place.bare_host) else f"{self._place.bare_host}: {said}"
        if not answer.stdout.lstrip().startswith(b"{") or b'"version"' not in answer.stdout:
            what = "a web page" if answer.stdout.lstrip()[:1] == b"<" else "something else"
            return (
                f"{self._place.bare_host}: {what} answered instead of the {self._place.service.title} API on"
                f" port {self._place.port}; is a proxy or another server there?"
            )
        return ""

    async def ask(self, question: Question) -> Answer:
        reason = await self.reach()
        if reason:
            return Answer(question, refusal="unreachable", detail=reason)
        if self._failures >= LOST_AFTER:
            detail = f"{self._place.bare_host}: the connection was lost"
            return Answer(question, refusal="unreachable", detail=detail)
        return await self._ask(question)

    async def _ask(self, question: Question) -> Answer:
        loop = asyncio.get_running_loop()
        begun_at, begun = datetime.now(UTC), time.monotonic()
        answering = loop.run_in_executor(self._threads, self._get, question)
        limit = question.form.timeout_seconds + self._connect_seconds + 5
        try:
            async with asyncio.timeout(limit):
                return await answering
        except TimeoutError:
            detail = f"no answer within {limit:g} s"
            seconds = round(time.monotonic() - begun, 3)
            return Answer(
                question, started_at=begun_at, duration_seconds=seconds, refusal="timed-out", detail=detail
            )

    def _get(self, question: Question) -> Answer:
        """Runs in a thread. Whatever happens is an answer."""
        from proxmoxer.core import ResourceException
        from requests import RequestException
        from urllib3.exceptions import HTTPError

        begun_at, begun = datetime.now(UTC), time.monotonic()
        seconds = question.form.timeout_seconds
        told: dict[str, Any]
        try:
            parameters = dict(word.split("=", 1) for word in question.argv[3:])
            out = self._session().get(
                question.argv[2], parameters, seconds=seconds, most_bytes=question.form.max_bytes
            )
            told = {"stdout": self._clean(out), "status": 200}
            self._failures = 0
        except ResourceException as error:
            told = self._refused(error)
            self._failures = 0
        except TooLarge:
            told = {"refusal": "truncated", "detail": f"more than {question.form.max_bytes} bytes"}
        except TooSlow:
            told = {"refusal": "timed-out", "detail": f"not whole within {seconds:g} s"}
        except (RequestException, HTTPError, OSError, ValueError) as error:
            told = self._not_connected(error, seconds)
        duration = round(time.monotonic() - begun, 3)
        return Answer(question, started_at=begun_at, duration_seconds=duration, **told)

    def _session(self) -> Session:
        """The session of this thread."""
        session: Session | None = getattr(self._mine, "session", None)
        if session is None:
            session = self._mine.session = Session(self._place, self._secret, self._connect_seconds)
            self._sessions.append(session)
        return session

    def _clean(self, raw: bytes) -> bytes:
        """Without the token's secret, should the server repeat it."""
        return raw.replace(self._secret.encode(), "‹removed:token›".encode())

    def _refused(self, error: Any) -> dict[str, Any]:
        """An HTTP status of failure, in the server's words.

        595 and its neighbours tell that the node asked could not ask the node the question is about.
        """
        words = self._clean(" ".join(f"{error.content or ''} {error.errors or ''}".split())[:500].encode())
        said = "".join(c if c.isprintable() else "?" for c in words.decode("utf-8", "replace"))
        detail = f"{error.status_code} {said}".strip()
        refusals: dict[int, Refusal] = {401: "denied", 403: "denied", 504: "timed-out", 596: "timed-out"}
        refusal = refusals.get(error.status_code)
        if refusal is None and (error.status_code in (502, 503) or 595 <= error.status_code <= 599):
            refusal = "unreachable"
        if error.status_code == 401:
            detail = f"{detail}: the token is not accepted: wrong secret, expired, or deleted"
        if refusal is not None:
            return {"refusal": refusal, "detail": detail}
        return {"status": error.status_code, "stderr": detail.encode()}

    def _not_connected(self, error: Exception, seconds: float) -> dict[str, Any]:
        service = self._place.service
        there = Listener(
            host=self._place.bare_host,
            port=self._place.port,
            daemon=service.daemon,
            shown=f" `{service.shell}` there",
        )
        refusal, detail, lost = failure(error, there, seconds, self._connect_seconds)
        self._failures += lost
        return {"refusal": refusal, "detail": detail}

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for session in self._sessions:
            with contextlib.suppress(Exception):
                session.close()
