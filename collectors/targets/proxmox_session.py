"""HTTPS to Proxmox by proxmoxer: one session for each thread, answers bounded in size and time.

Certificates are verified as the system does it, or pinned by their SHA-256. Redirects are never followed: the
token must not travel elsewhere.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from collectors.targets.https import pinned, read_bounded, trusted
from collectors.targets.proxmox_address import Place

if TYPE_CHECKING:
    import requests


class Verbatim:
    """What proxmoxer makes of an answer: the JSON of its `data`, else the bytes as they came."""

    def loads(self, response: requests.Response) -> bytes:
        try:
            data = json.loads(response.content)["data"]
            return json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")
        except (ValueError, LookupError, TypeError, RecursionError):
            return response.content

    def loads_errors(self, response: requests.Response) -> object:
        try:
            told = json.loads(response.content)
        except (ValueError, RecursionError):
            said = response.text[:400].strip()  # Proxmox Backup Server tells its errors as plain text
            return None if said.startswith("<") else said or None
        return (told.get("errors") or None) if isinstance(told, dict) else None


class Session:
    """A connection that one thread uses."""

    def __init__(self, place: Place, secret: str, connect_seconds: float) -> None:
        from proxmoxer.backends.https import ProxmoxHTTPApiTokenAuth, ProxmoxHttpSession
        from requests.utils import get_environ_proxies

        self._place, self._connect = place, connect_seconds
        self._most, self._until = 0, 0.0
        verify = False if place.fingerprint else trusted()
        self._session = ProxmoxHttpSession()
        self._auth = ProxmoxHTTPApiTokenAuth(
            place.user, place.token, secret, verify_ssl=verify, service=place.service.code
        )
        self._session.auth = self._auth
        self._session.stream = True  # so that `_bounded` reads it, and not requests without a limit
        self._session.max_redirects = 0
        # the environment is looked at once, not for each request; ~/.netrc holds nothing for us
        self._session.trust_env = False
        self._session.proxies = get_environ_proxies(place.url)
        self._session.headers["Accept"] = "application/json"
        self._session.hooks["response"].append(self._bounded)
        if place.fingerprint:
            self._session.mount("https://", pinned(place.fingerprint))

    def get(self, path: str, parameters: dict[str, str], *, seconds: float, most_bytes: int) -> bytes:
        """The JSON of `data`, or whatever came with a status of success.

        Raises proxmoxer.ResourceException, requests.RequestException, TooLarge and TooSlow.
        """
        from proxmoxer.core import ProxmoxResource

        self._most, self._until = most_bytes, time.monotonic() + seconds
        self._auth.timeout = (min(self._connect, seconds), seconds)
        resource = ProxmoxResource(
            base_url=f"{self._place.url}/api2/json{path}", session=self._session, serializer=Verbatim()
        )
        told: bytes | None = resource.get(**parameters)
        return told or b""

    def _bounded(self, response: requests.Response, *_: Any, **__: Any) -> None:
        """Read the answer, but no more and no longer than is allowed."""
        read_bounded(response, self._most, self._until)

    def close(self) -> None:
        self._session.close()
