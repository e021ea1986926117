"""A session with the REST API of Veeam Backup & Replication: its revision, the login, requests, the logout.

The password goes into the login alone, the token into no answer. Redirects are never followed. Source: the
REST API reference of Veeam Backup & Replication, on authorization and on its revisions.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from typing import TYPE_CHECKING, Any

from collectors.redact import mark
from collectors.targets.https import pinned, read_bounded, trusted
from collectors.targets.veeam_address import Place

if TYPE_CHECKING:
    import requests

REVISIONS = ("1.3-rev1", "1.3-rev0", "1.2-rev1", "1.2-rev0", "1.1-rev2", "1.1-rev1", "1.1-rev0")
"""Newest first: a caller chooses, and the server refuses what it does not know."""
TIME, TOKEN, LOGOUT = "/api/v1/serverTime", "/api/oauth2/token", "/api/oauth2/logout"
SMALL_BYTES = 1 << 20
LOGIN_SECONDS = 60.0


class NoSession(Exception):
    """Why there is no session, and what to do, in one line."""


class Session:
    """One login, used by several threads, each with a connection of its own."""

    def __init__(self, place: Place, secret: str, connect_seconds: float) -> None:
        self._place, self._secret, self._connect = place, secret, connect_seconds
        self._token = ""
        self._refusal = ""
        self._mine = threading.local()
        self._connections: list[requests.Session] = []
        self._logging_in = threading.Lock()
        self.revision = place.revision

    def open(self) -> None:
        """Find the revision and log in. Raises NoSession, requests.RequestException, OSError."""
        if not self.revision:
            self.revision = self._newest()
        self._log_in("")

    def get(self, path: str, parameters: dict[str, str], seconds: float, most: int) -> tuple[int, bytes]:
        """Status and body. Raises NoSession, requests.RequestException, TooLarge, TooSlow.

        A token that has expired is renewed by another login, once.
        """
        token = self._token
        status, body = self._send("GET", path, token, parameters, None, seconds, most)
        if status == 401:
            self._log_in(token)
            status, body = self._send("GET", path, self._token, parameters, None, seconds, most)
        return status, self._clean(body)

    def _newest(self) -> str:
        """The newest revision that the server answers to; its time is told to anybody."""
        for revision in REVISIONS:
            self.revision = revision
            status, body = self._send("GET", TIME, "", {}, None, LOGIN_SECONDS, SMALL_BYTES)
            if status in (401, 403) or (status == 200 and body.lstrip()[:1] == b"{"):
                return revision
            if body.lstrip()[:1] == b"<" and status < 400:
                break
        what = "a web page" if body.lstrip()[:1] == b"<" else f"something else (HTTP status {status})"
        raise NoSession(
            f"{what} answered instead of the Veeam REST API on port {self._place.port}; is a proxy or another"
            f" server there, or does it know none of the revisions {REVISIONS[-1]} to {REVISIONS[0]}?"
        )

    def _log_in(self, stale: str) -> None:
        with self._logging_in:
            if self._token != stale:
                return  # another thread has done it
            if self._refusal:
                raise NoSession(self._refusal)  # asking again and again would lock the account
            asked = {"grant_type": "password", "username": self._place.user, "password": self._secret}
            status, body = self._send("POST", TOKEN, "", {}, asked, LOGIN_SECONDS, SMALL_BYTES)
            told = _object(body)
            token = told.get("access_token")
            if status < 300 and isinstance(token, str) and token:
                self._token = token
                return
            self._refusal = self._no_login(status, told, body)
            raise NoSession(self._refusal)

    def _no_login(self, status: int, told: dict[str, Any], body: bytes) -> str:
        said = self.words(body)
        user = "".join(c if c.isprintable() else "?" for c in self._place.user)
        if "mfa_token" in told:
            return f"{user} needs a second factor: take a service account for which it is switched off"
        if status in (400, 401, 403):
            why = "wrong user name or password, or no role in Veeam"
            return f"the login of {user} is refused: {why} ({said})"
        return f"the login of {user} was not answered as expected: {status} {said}"

    def words(self, body: bytes) -> str:
        """What the server says of a failure, as one printable line."""
        told = _object(body)
        parts = [told.get(name) for name in ("errorCode", "error", "message", "error_description")]
        said = " ".join(one for one in parts if isinstance(one, str) and one)
        if not said:
            raw = body[:400].decode("utf-8", "replace")
            said = "a web page" if raw.lstrip().startswith("<") else raw
        if self._secret:
            said = said.replace(self._secret, mark("password").decode())
        said = self._clean(said.encode()).decode("utf-8", "replace")
        return "".join(c if c.isprintable() else "?" for c in " ".join(said.split()))[:300]

    def _clean(self, body: bytes) -> bytes:
        return body.replace(self._token.encode(), mark("token")) if self._token else body

    def _send(
        self,
        method: str,
        path: str,
        token: str,
        parameters: dict[str, str],
        form: dict[str, str] | None,
        seconds: float,
        most: int,
    ) -> tuple[int, bytes]:
        headers = {"x-api-version": self.revision}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        response = self._connection().request(
            method,
            f"{self._place.url}{path}",
            params=parameters,
            data=form,
            headers=headers,
            timeout=(min(self._connect, seconds), seconds),
            allow_redirects=False,
            stream=True,
        )
        read_bounded(response, most, time.monotonic() + seconds)
        return response.status_code, response.content

    def _connection(self) -> requests.Session:
        """The connection of this thread."""
        import requests
        from requests.utils import get_environ_proxies

        known: requests.Session | None = getattr(self._mine, "connection", None)
        if known is not None:
            return known
        new = self._mine.connection = requests.Session()
        new.trust_env = False  # ~/.netrc holds nothing for us
        new.proxies = get_environ_proxies(self._place.url)
        new.verify = False if self._place.fingerprint else trusted()
        new.headers["Accept"] = "application/json"
        if self._place.fingerprint:
            new.mount("https://", pinned(self._place.fingerprint))
        self._connections.append(new)
        return new

    def close(self) -> None:
        """End the session on the server; if it is over already, or the server is gone, that is as well."""
        with contextlib.suppress(Exception):
            if self._token:
                self._send("POST", LOGOUT, self._token, {}, None, 5.0, SMALL_BYTES)
        for one in self._connections:
            with contextlib.suppress(Exception):
                one.close()


def _object(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
