"""Addresses of Proxmox VE and Proxmox Backup Server, and the secrets of tokens, never in an address."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

TOKEN = "HOLDWATER_PVE_TOKEN"
PBS_TOKEN = "HOLDWATER_PBS_TOKEN"
"""Environment variable with the secret; `HOLDWATER_PVE_TOKEN_HOST` (upper case, _ for other characters) comes
before it where several clusters have tokens of their own."""

_ADDRESS = re.compile(
    r"(?P<scheme>pve|pbs)://(?P<user>[^\s:/@!=]+@[A-Za-z][\w.-]*)!(?P<token>[A-Za-z][\w.-]*)"
    r"@(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][\w.-]*)(?::(?P<port>\d{1,5}))?/?"
    r"(?:\?fingerprint=(?P<print>[0-9A-Fa-f:]+))?"
)
_SHAPE = "user@realm!tokenid@host[:port][?fingerprint=SHA256]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What differs between the two products. *shell*: how its own shell shows its certificate."""

    title: str
    code: str
    daemon: str
    port: int
    token: str
    shell: str


SERVICES = {
    "pve": Service(
        title="Proxmox VE",
        code="PVE",
        daemon="pveproxy",
        port=8006,
        token=TOKEN,
        shell="openssl x509 -noout -fingerprint -sha256 -in /etc/pve/local/pve-ssl.pem",
    ),
    "pbs": Service(
        title="Proxmox Backup Server",
        code="PBS",
        daemon="proxmox-backup-proxy",
        port=8007,
        token=PBS_TOKEN,
        shell="proxmox-backup-manager cert info",
    ),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A cluster, by one of its nodes, or a backup server, and the token to ask it with."""

    scheme: str
    user: str
    token: str
    host: str
    port: int
    fingerprint: str

    @property
    def service(self) -> Service:
        return SERVICES[self.scheme]

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
        scheme = "pbs" if address.startswith("pbs:") else "pve"
        raise ValueError(
            f"a {SERVICES[scheme].title} address is {scheme}://{_SHAPE}, in single quotes; the token's secret"
            f" goes into the environment variable {SERVICES[scheme].token}, never into the address"
        )
    port = int(found["port"] or SERVICES[found["scheme"]].port)
    fingerprint = (found["print"] or "").replace(":", "").lower()
    if not 0 < port < 65536:
        raise ValueError(f"{port} is no port")
    if found["print"] and len(fingerprint) != 64:
        raise ValueError("a fingerprint is the SHA-256 of the certificate: 64 hexadecimal digits")
    return Place(found["scheme"], found["user"], found["token"], found["host"], port, fingerprint)


def secret_for(place: Place) -> str:
    """The token's secret, also out of `user@realm!id=secret` (PBS: a colon); empty if there is none."""
    token = place.service.token
    own = f"{token}_{re.sub('[^A-Z0-9]', '_', place.bare_host.upper())}"
    told = (os.environ.get(own) or os.environ.get(token) or "").strip()
    return re.split("[=:]", told)[-1] if "!" in told else told
