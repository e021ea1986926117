"""Veeam Backup & Replication by its REST API. But for login and logout, only GET."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from collectors.question import Answer, Form, Question, Refusal
from collectors.targets.https import Listener, TooLarge, TooSlow, failure
from collectors.targets.password import password
from collectors.targets.repository_address import Access
from collectors.targets.veeam_address import PASSWORD, parsed
from collectors.targets.veeam_session import LOGIN_SECONDS, LOGOUT, TIME, TOKEN, NoSession, Session

ON_CONNECTING = tuple(
    Form(("veeam-api", *words), reads="veeam-server", why=why)
    for words, why in (
        (("GET", TIME), "Which revision of the API the server speaks"),
        (("POST", TOKEN), "Login with the password"),
        (("POST", LOGOUT), "Logout at the end"),
    )
)
"""Sent besides what collectors ask."""
AT_ONCE = 4
LOST_AFTER = 5
"""So many failures to connect one after another, and nobody is there any more."""
_REFUSED: dict[int, Refusal] = {
    401: "denied",
    403: "denied",
    502: "unreachable",
    503: "unreachable",
    504: "timed-out",
}


class VeeamTarget:
    """A backup server: `veeam://user@host[:9419][?fingerprint=…]`, its password by reference."""

    kind = "veeam"

    def __init__(
        self, address: str, *, name: str = "", connect_timeout: float = 15.0, access: Access | None = None
    ) -> None:
        self._place = parsed(address)
        self.name = name or self._place.bare_host
        self.address = address
        self.about: dict[str, str] = {"system": "veeam", "user": self._place.user}
        self._access = access or Access()
        self._connect_seconds = connect_timeout
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="veeam")
        self._session: Session | None = None
        self._reached: asyncio.Future[str] | None = None
        self._failures = 0

    async def reach(self) -> str:
        if self._reached is None:
            running = asyncio.get_running_loop()
            self._reached = running.run_in_executor(self._threads, self._open)
        reason = await asyncio.shield(self._reached)
        if not reason and self._session is not None:
            self.about["api"] = self._session.revision
        return reason

    def _open(self) -> str:
        """Runs in a thread: log in, or say why not."""
        from requests import RequestException

        host = self._place.bare_host
        try:
            secret = password(self._access, os.environ, *self._place.variables)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            return f"{host}: the password cannot be read: {type(error).__name__}"
        if not secret:
            return f"{host}: no password; put it into {PASSWORD}, or name it as password_file in site.toml"
        self._session = Session(self._place, secret, self._connect_seconds)
        try:
            self._session.open()
        except NoSession as error:
            return f"{host}: {error}"
        except (TooLarge, TooSlow):
            return f"{host}: the login was not answered in time; try another revision (?api=1.2-rev0)"
        except (RequestException, OSError, ValueError) as error:
            refusal, detail = self._lost(error, LOGIN_SECONDS)
            hint = "; or try another revision of the API (?api=1.2-rev0)" if refusal == "timed-out" else ""
            return f"{detail}{hint}"
        return ""

    async def ask(self, question: Question) -> Answer:
        reason = await self.reach()
        if reason:
            return Answer(question, refusal="unreachable", detail=reason)
        if self._failures >= LOST_AFTER:
            detail = f"{self._place.bare_host}: the connection was lost"
            return Answer(question, refusal="unreachable", detail=detail)
        loop = asyncio.get_running_loop()
        begun_at, begun = datetime.now(UTC), time.monotonic()
        told: dict[str, Any] = await loop.run_in_executor(self._threads, self._get, question)
        seconds = round(time.monotonic() - begun, 3)
        return Answer(question, started_at=begun_at, duration_seconds=seconds, **told)

    def _get(self, question: Question) -> dict[str, Any]:
        """Runs in a thread. Whatever happens is an answer."""
        from requests import RequestException
        from urllib3.exceptions import HTTPError

        assert self._session is not None
        form = question.form
        try:
            parameters = dict(word.split("=", 1) for word in question.argv[3:])
            status, body = self._session.get(
                question.argv[2], parameters, form.timeout_seconds, form.max_bytes
            )
        except NoSession as error:
            return {"refusal": "denied", "detail": str(error)}
        except TooLarge:
            return {"refusal": "truncated", "detail": f"more than {form.max_bytes} bytes"}
        except TooSlow:
            return {"refusal": "timed-out", "detail": f"not whole within {form.timeout_seconds:g} s"}
        except (RequestException, HTTPError, OSError, ValueError) as error:
            refusal, detail = self._lost(error, form.timeout_seconds)
            return {"refusal": refusal, "detail": detail}
        self._failures = 0
        if status == 200:
            return {"stdout": body, "status": 200}
        detail = f"{status} {self._session.words(body)}".strip()
        if status in _REFUSED:
            return {"refusal": _REFUSED[status], "detail": detail}
        return {"status": status, "stderr": detail.encode()}

    def _lost(self, error: Exception, seconds: float) -> tuple[Refusal, str]:
        there = Listener(
            host=self._place.bare_host,
            port=self._place.port,
            daemon="the Veeam RESTful API service",
            shown="the certificate in the console's menu, Options, Security",
        )
        refusal, detail, lost = failure(error, there, seconds, self._connect_seconds)
        self._failures += lost
        return refusal, detail

    async def close(self) -> None:
        """End the session on the server."""
        if self._session is not None:
            closing = asyncio.get_running_loop().run_in_executor(self._threads, self._session.close)
            await asyncio.wait([closing], timeout=10.0)
        self._threads.shutdown(wait=False, cancel_futures=True)
