"""Addresses of a Veeam Backup & Replication server: `veeam://user@host[:9419][?fingerprint=…&api=1.2-rev0]`."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

PASSWORD = "HOLDWATER_VEEAM_PASSWORD"
"""Environment variable with the password; `HOLDWATER_VEEAM_PASSWORD_HOST` (upper case, _ for other
characters) comes before it where several servers have passwords of their own."""
PORT = 9419

_ADDRESS = re.compile(
    r"veeam://(?P<user>[^\s:/?]+)@(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][\w.-]*)(?::(?P<port>\d{1,5}))?/?"
    r"(?:\?(?P<options>[\w=&:.%-]+))?"
)
_SHAPE = (
    "a Veeam address is veeam://user@host[:9419][?fingerprint=SHA256], in single quotes; the password goes"
    f" into the environment variable {PASSWORD}, or into a file named as password_file in site.toml, never"
    " into the address"
)


class Place(NamedTuple):
    """A server. *fingerprint*: lower-case hexadecimal or empty; *revision*: of the API; empty: the newest."""

    user: str
    host: str
    port: int
    fingerprint: str
    revision: str

    @property
    def url(self) -> str:
        return f"https://{self.host}:{self.port}"

    @property
    def bare_host(self) -> str:
        """Without the brackets of an IPv6 address."""
        return self.host.strip("[]")

    @property
    def variables(self) -> tuple[str, str]:
        """Environment variables that may hold the password."""
        return f"{PASSWORD}_{re.sub('[^A-Z0-9]', '_', self.bare_host.upper())}", PASSWORD


def is_veeam(address: str) -> bool:
    """Whether the address names a Veeam server."""
    return address.startswith("veeam://")


def parsed(address: str) -> Place:
    """The place of an address. Raises ValueError, whose words repeat no part of it: it may hold a secret."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise ValueError(_SHAPE)
    options = dict(parse_qsl(found["options"] or "", keep_blank_values=True))
    if set(options) - {"fingerprint", "api"}:
        raise ValueError(f"{_SHAPE}; after the ? only fingerprint and api may stand")
    port = int(found["port"] or PORT)
    fingerprint = options.get("fingerprint", "").replace(":", "").lower()
    if not 0 < port < 65536:
        raise ValueError(f"{port} is no port")
    if "fingerprint" in options and not re.fullmatch("[0-9a-f]{64}", fingerprint):
        raise ValueError("a fingerprint is the SHA-256 of the certificate: 64 hexadecimal digits")
    revision = options.get("api", "")
    if revision and not re.fullmatch(r"\d\.\d{1,2}-rev\d{1,2}", revision):
        raise ValueError("api is a revision of the REST API, such as 1.2-rev0")
    return Place(unquote(found["user"]), found["host"], port, fingerprint, revision)
