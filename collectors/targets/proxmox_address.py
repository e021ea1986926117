"""Addresses of Proxmox VE clusters and the secrets of their tokens, which never stand in an address."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

PORT = 8006
TOKEN = "HOLDWATER_PVE_TOKEN"
"""Environment variable with the secret; `HOLDWATER_PVE_TOKEN_HOST` (upper case, _ for other characters) comes
before it where several clusters have tokens of their own."""

_ADDRESS = re.compile(
    r"pve://(?P<user>[^\s:/@!=]+@[A-Za-z][\w.-]*)!(?P<token>[A-Za-z][\w.-]*)"
    r"@(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][\w.-]*)(?::(?P<port>\d{1,5}))?/?"
    r"(?:\?fingerprint=(?P<print>[0-9A-Fa-f:]+))?"
)
_SHAPE = "pve://user@realm!tokenid@host[:8006][?fingerprint=SHA256]"


@dataclass(frozen=True, slots=True)
class Place:
    """A cluster, by one of its nodes, and the token to ask it with."""

    user: str
    token: str
    host: str
    port: int
    fingerprint: str

    @property
    def url(self) -> str:
        return f"https://{self.host}:{self.port}"

    @property
    def bare_host(self) -> str:
        """Without the brackets of an IPv6 address."""
        return self.host.strip("[]")


def parsed(address: str) -> Place:
    """The place of an address. Raises ValueError, whose words repeat no part of it: it may hold a secret."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise ValueError(
            f"a Proxmox VE address is {_SHAPE}, in single quotes; the token's secret goes into the"
            f" environment variable {TOKEN}, never into the address"
        )
    port = int(found["port"] or PORT)
    fingerprint = (found["print"] or "").replace(":", "").lower()
    if not 0 < port < 65536:
        raise ValueError(f"{port} is no port")
    if found["print"] and len(fingerprint) != 64:
        raise ValueError("a fingerprint is the SHA-256 of the certificate: 64 hexadecimal digits")
    return Place(found["user"], found["token"], found["host"], port, fingerprint)


def secret_for(place: Place) -> str:
    """The token's secret, also out of `user@realm!id=secret`; empty if the environment holds none."""
    own = f"{TOKEN}_{re.sub('[^A-Z0-9]', '_', place.bare_host.upper())}"
    told = (os.environ.get(own) or os.environ.get(TOKEN) or "").strip()
    return told.rpartition("=")[2] if "!" in told else told
