"""A vCenter or a single ESXi host, asked by the vSphere API. Nothing is changed there.

The password comes from the environment and goes nowhere but into the login: not into the address, not into
evidence, not into messages.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from collectors.question import Answer, Question

if TYPE_CHECKING:
    from collectors.targets.vsphere_connection import Session

PASSWORD = "HOLDWATER_VSPHERE_PASSWORD"
PAGE = 250
"""Objects to a page: as many round trips as a 250th of the machines, and no answer larger than a few MB."""
LOGOUT_SECONDS = 5.0
KINDS = ("retrieve", "tasks", "browse")
"""Questions: one of each kind at a time, so that a server is not pressed and none waits for a slow one."""
T = TypeVar("T")


class Address(NamedTuple):
    """What an address of vSphere says. *thumbprint*: lower-case hexadecimal of SHA-1 or SHA-256, or empty."""

    host: str
    port: int
    user: str
    thumbprint: str
    page: int
    browse: bool = False


class VsphereTarget:
    """`vsphere://user@host[:port][?thumbprint=…&page=250&browse=yes]`; the user may hold the `@` of a domain.

    *browse*: the files on its datastores are listed too.
    """

    kind = "vsphere"

    def __init__(self, address: str, *, name: str = "", connect_timeout: float = 15.0) -> None:
        self._to = parsed(address)
        self.name = name or self._to.host
        self.address = address
        self.about: dict[str, str] = {"system": "vsphere", "user": self._to.user}
        self._connect_seconds = connect_timeout
        self._session: Session | None = None
        self._reached: asyncio.Future[str] | None = None
        self._one_at_a_time = {kind: asyncio.Lock() for kind in KINDS}
        self._retrieving: set[asyncio.Future[tuple[bytes, str]]] = set()
        self._stop = threading.Event()

    async def reach(self) -> str:
        if self._reached is None:
            self._reached = asyncio.ensure_future(self._reach())
        return await asyncio.shield(self._reached)

    async def _reach(self) -> str:
        from collectors.targets.vsphere_connection import CannotConnect, connect

        password = os.environ.get(PASSWORD, "")
        if not password:
            return f"no password: set {PASSWORD} in the environment of holdwater"
        try:
            self._session = await _in_thread(lambda: connect(self._to, password, self._connect_seconds))
        except CannotConnect as error:
            return str(error)
        self.about.update(self._session.about)
        return ""

    async def ask(self, question: Question) -> Answer:
        if question.argv[0] != "vsphere-api" or question.argv[1] not in KINDS:
            return Answer(question, refusal="tool-missing", detail="only the vSphere API can be asked here")
        if question.argv[1] == "browse" and not self._to.browse:
            return Answer(question, refusal="not-asked", detail="slow: add ?browse=yes to the address")
        reason = await self.reach()
        if reason or self._session is None:
            return Answer(question, refusal="unreachable", detail=reason or "not connected")
        return await self._retrieved(self._session, question)

    async def _retrieved(self, session: Session, question: Question) -> Answer:
        from collectors.targets.vsphere_retrieval import retrieve

        async with self._one_at_a_time[question.argv[1]]:
            started_at, begun = datetime.now(UTC), time.monotonic()
            until = begun + question.form.timeout_seconds
            most = question.form.max_bytes

            def work() -> tuple[bytes, str]:
                return retrieve(
                    session, question.argv[1:], page=self._to.page, until=until, most=most, stop=self._stop
                )

            retrieving = asyncio.ensure_future(_in_thread(work))
            self._retrieving.add(retrieving)
            out, why = await asyncio.shield(retrieving)
            self._retrieving.discard(retrieving)
        whole = not why
        return Answer(
            question,
            stdout=out,
            status=0 if whole else None,
            started_at=started_at,
            duration_seconds=round(time.monotonic() - begun, 3),
            refusal=None if whole else "truncated" if out else "unreachable",
            detail=why,
        )

    async def close(self) -> None:
        """End the session on the server, after the page or the login that is under way; a thread that waits
        longer is left to end by itself.
        """
        self._stop.set()
        for under_way in (self._reached, *self._retrieving):
            if under_way is not None and not under_way.done():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOGOUT_SECONDS):
                        await asyncio.shield(under_way)
        session, self._session = self._session, None
        if session is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOGOUT_SECONDS):
                    await _in_thread(session.logout)


def parsed(address: str) -> Address:
    """The parts of a `vsphere://` address. Raises ValueError, never repeating a password."""
    said = re.sub(r"://.*@", "://…@", address)
    try:
        parts = urlsplit(address)
        port = parts.port or 443
    except ValueError as error:
        raise ValueError(f"{said!r}: {error}; say vsphere://user@host[:port]") from error
    login, _, _ = parts.netloc.rpartition("@")
    if ":" in login:
        raise ValueError(f"an address must not hold a password: say vsphere://user@host and set {PASSWORD}")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if not parts.hostname or not login or parts.path.strip("/") or parts.fragment or set(options) - _OPTIONS:
        raise ValueError(f"{said!r} is no vSphere address: say vsphere://user@host[:port]")
    thumbprint = options.get("thumbprint", "").replace(":", "").lower()
    if "thumbprint" in options and not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", thumbprint):
        raise ValueError(
            "thumbprint: say the SHA-256 (64 digits) or SHA-1 (40 digits) of the server's certificate"
        )
    page = options.get("page", str(PAGE))
    if not re.fullmatch(r"[1-9][0-9]{0,4}", page):
        raise ValueError(f"page: say how many objects to a page, 1 to 99999, not {page[:20]!r}")
    browse = options.get("browse", "no")
    if browse not in ("yes", "no"):
        raise ValueError(f"browse: say yes or no, not {browse[:20]!r}")
    return Address(parts.hostname, port, unquote(login), thumbprint, int(page), browse == "yes")


_OPTIONS = {"thumbprint", "page", "browse"}


async def _in_thread(work: Callable[[], T]) -> T:
    """The result of *work* in a thread of its own that does not hold up the end of the program."""
    loop = asyncio.get_running_loop()
    waiting: asyncio.Future[T] = loop.create_future()

    def finish(result: T | None, error: Exception | None) -> None:
        if waiting.cancelled():
            return
        if error is not None:
            waiting.set_exception(error)
        else:
            waiting.set_result(result)  # type: ignore[arg-type]  # of the kind it waits for

    def run() -> None:
        result, failed = None, None
        try:
            result = work()
        except Exception as error:
            failed = error
        with contextlib.suppress(RuntimeError):  # nobody waits any more: the loop is closed
            loop.call_soon_threadsafe(finish, result, failed)

    threading.Thread(target=run, name="vsphere", daemon=True).start()
    return await waiting
