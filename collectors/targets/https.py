"""HTTPS to an API: certificates verified as the system does it, or pinned; answers bounded in size and time;
failures in one line for a person.
"""

from __future__ import annotations

import os
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from collectors.question import Refusal

if TYPE_CHECKING:
    import requests

CHUNK = 1 << 16
BROKEN_OFF = "the connection broke off"


class TooLarge(Exception):
    """The answer is larger than the form allows."""


class TooSlow(Exception):
    """The answer came drop by drop and was not whole in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A server as messages name it. *daemon*: what listens; *shown*: where it shows its own certificate."""

    host: str
    port: int
    daemon: str
    shown: str


def read_bounded(response: requests.Response, most: int, until: float) -> None:
    """Read the answer into the response. Raises TooLarge beyond *most* bytes, TooSlow after *until*."""
    kept = bytearray()
    while chunk := response.raw.read1(CHUNK, decode_content=True):
        kept += chunk
        if len(kept) > most or time.monotonic() > until:
            response.close()
            raise TooLarge if len(kept) > most else TooSlow
    response._content = bytes(kept)
    response._content_consumed = True  # type: ignore[attr-defined]  # so that it reads no more
    response.raw.release_conn()


def trusted() -> str | bool:
    """The certificates that the system trusts; requests by itself would know only those it brings along."""
    told = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    return told or ssl.get_default_verify_paths().cafile or True


def pinned(fingerprint: str) -> Any:
    """An adapter of requests that accepts the one certificate, whoever signed it."""
    from requests.adapters import HTTPAdapter

    class Pinned(HTTPAdapter):
        """Compares the SHA-256 of the certificate."""

        def init_poolmanager(self, *arguments: Any, **more: Any) -> None:
            super().init_poolmanager(*arguments, assert_fingerprint=fingerprint, **more)

        def proxy_manager_for(self, proxy: Any, **more: Any) -> Any:
            return super().proxy_manager_for(proxy, assert_fingerprint=fingerprint, **more)

    return Pinned()


def shown_fingerprint(there: Listener, seconds: float) -> str:
    """SHA-256 of the certificate that the server shows, for a person to compare; empty if it shows none."""
    import hashlib
    import socket

    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((there.host, there.port), seconds) as plain,
            context.wrap_socket(plain, server_hostname=there.host) as wrapped,
        ):
            shown = wrapped.getpeercert(binary_form=True) or b""
    except OSError:
        return ""
    return hashlib.sha256(shown).hexdigest().upper() if shown else ""


def failure(error: Exception, there: Listener, seconds: float, connect: float) -> tuple[Refusal, str, bool]:
    """Refusal, one line, and whether nothing was connected at all. *seconds*: the limit of the answer."""
    from requests import ConnectTimeout, ReadTimeout, TooManyRedirects
    from requests.exceptions import ConnectionError as Broken
    from requests.exceptions import SSLError

    host = there.host
    match error:
        case ConnectTimeout():
            return "timed-out", f"{host}: no answer; is the host up, and is a firewall in between?", True
        case ReadTimeout():
            return "timed-out", f"no answer within {seconds:g} s", False
        case SSLError():
            return "unreachable", f"{host}: {_no_trust(str(error), there, connect)}", False
        case TooManyRedirects():
            detail = f"{host}: it sends the request elsewhere, which is not followed; is a proxy there?"
            return "unreachable", detail, False
        case Broken():
            return "unreachable", f"{host}: {_why(str(error), there)}", True
        case _:
            told = "timed out" if "timed out" in str(error) else type(error).__name__
            refusal: Refusal = "timed-out" if told == "timed out" else "unreachable"
            return refusal, f"{host}: the answer broke off ({told})", False


def _no_trust(said: str, there: Listener, connect: float) -> str:
    """What to tell a person whose server's certificate is not accepted."""
    if "ingerprint" in said:
        return (
            f"WRONG CERTIFICATE {shown_fingerprint(there, connect)}: not the one that was pinned; ask its"
            " administrator whether it was renewed before you pin the new one"
        )
    if "CERTIFICATE_VERIFY_FAILED" not in said:
        return f"no TLS on port {there.port}; is it the port of the API?"
    why = "has expired" if "expired" in said else "is not trusted"
    if ("match" in said and "ostname" in said) or "IP address mismatch" in said:
        why = "is made out to another name"
    shown = shown_fingerprint(there, connect) or "its fingerprint"
    cure = "then add ?fingerprint=… to the address"
    return f"its certificate {why}; compare {shown} with {there.shown}, {cure}"


def _why(said: str, there: Listener) -> str:
    """One line out of the nested words of a failed connection."""
    if "refused" in said:
        return f"connection refused; does {there.daemon} run there, and is {there.port} its port?"
    if "Name or service not known" in said or "NameResolution" in said or "getaddrinfo" in said:
        return "the name is not known; check its spelling and DNS"
    if "timed out" in said:
        return "no answer in time; is the host up, and is a firewall in between?"
    if "No route" in said or "unreachable" in said:
        return "there is no route to it"
    return BROKEN_OFF
