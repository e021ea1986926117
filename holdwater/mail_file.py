"""`[mail]` of `site.toml`: the server, the sender, and who is sent what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.utils import getaddresses
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from holdwater.schedule_file import DAYS
from holdwater.secret import checked_reference
from holdwater.toml_value import chosen, number, only, several, text

DOCUMENTS = ("page", "page-pdf", "report", "pdf", "csv", "xlsx", "json", "markdown")
"""What may be attached: the management page, and the technical report in its formats."""
PORTS = {"starttls": 587, "tls": 465, "none": 25}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One reader: *documents* are attached; *language* empty: that of the site.

    *days*: of the week (0: Monday) on which a scheduled run tells them good news too; empty: on all.
    """

    address: Address
    documents: tuple[str, ...] = ()
    language: str = ""
    days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """How mail is sent. *password*: a reference; *wait_seconds*: before the second attempt, then doubled."""

    server: str
    port: int
    security: str
    user: str
    password: str
    sender: Address
    recipients: tuple[Recipient, ...]
    timeout_seconds: float
    attempts: int
    wait_seconds: float
    certificates: Path | None
    link: str


def understood(told: Any, folder: Path) -> MailSettings:
    """The settings of a `[mail]` table. Raises ValueError, which names the key."""
    known = {
        "server",
        "security",
        "user",
        "password",
        "from",
        "to",
        "timeout_seconds",
        "attempts",
        "wait_seconds",
        "certificates",
        "link",
    }
    mail = only(told, known, "in [mail]")
    security = chosen(mail, "security", "starttls", tuple(PORTS))
    server, port = _server(text(mail, "server"), PORTS[security])
    user, password = text(mail, "user", ""), text(mail, "password", "")
    if password:
        checked_reference(password, "mail.password")
    if bool(user) != bool(password):
        raise ValueError("mail.user and mail.password belong together")
    if user and security == "none" and not _loopback(server):
        raise ValueError('mail.password would cross the network unencrypted; set mail.security to "starttls"')
    blocks = mail.get("to", [])
    if not isinstance(blocks, list) or not blocks:
        raise ValueError("mail.to: at least one block headed [[mail.to]] with an address is wanted")
    return MailSettings(
        server=server,
        port=port,
        security=security,
        user=user,
        password=password,
        sender=address(text(mail, "from"), "mail.from"),
        recipients=tuple(_recipient(one) for one in blocks),
        timeout_seconds=number(mail, "timeout_seconds", 30, 1, 600),
        attempts=int(number(mail, "attempts", 4, 1, 20)),
        wait_seconds=number(mail, "wait_seconds", 10, 0, 3600),
        certificates=folder / text(mail, "certificates") if "certificates" in mail else None,
        link=_link(text(mail, "link", "")),
    )


def address(told: str, where: str) -> Address:
    """`Name <user@host>` or `user@host`; a host's name may hold any letters. Raises ValueError."""
    found = getaddresses([told])
    name, bare = found[0] if len(found) == 1 else ("", "")
    user, at, host = bare.rpartition("@")
    if not told.isprintable() or not at or not user or not host or not user.isascii():
        raise ValueError(f'{where}: {told!r} is no mail address like "Name <user@host>"')
    try:
        return Address(name, addr_spec=f"{user}@{host.encode('idna').decode('ascii')}")
    except (ValueError, IndexError, UnicodeError) as error:
        raise ValueError(f"{where}: {told!r} is no mail address: {error}") from error


def _recipient(told: Any) -> Recipient:
    one: Mapping[str, Any] = only(told, {"address", "documents", "language", "days"}, "in [[mail.to]]")
    return Recipient(
        address=address(text(one, "address"), "mail.to.address"),
        documents=several(one, "documents", (), DOCUMENTS),
        language=text(one, "language", ""),
        days=tuple(sorted(DAYS.index(day) for day in several(one, "days", (), DAYS))),
    )


def _server(told: str, port: int) -> tuple[str, int]:
    host, colon, given = told.rpartition(":")
    if not colon or host.endswith(":") or (":" in host and not host.startswith("[")):
        host, given = told, str(port)
    if not host or not given.isdigit() or not 0 < int(given) < 65536:
        raise ValueError(f'mail.server: {told!r} is no server like "mail.example:587"')
    return host.strip("[]"), int(given)


def _loopback(server: str) -> bool:
    try:
        return ip_address(server).is_loopback
    except ValueError:
        return server == "localhost"


def _link(told: str) -> str:
    if told and not told.startswith(("https://", "http://")):
        raise ValueError(f"mail.link must begin with https://, not {told!r}")
    return told
