"""A mail server on loopback that takes, delays and refuses as it is told, and a certificate for it."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

READER = '[[mail.to]]\naddress = "Die Leitung <boss@example.org>"'
USER, PASSWORD = "auditor", "s3cret-Wört"


class Sink:
    """Remembers what was delivered. *answers*: stage → answers given before it takes anything."""

    def __init__(self) -> None:
        self.taken: list[tuple[list[str], EmailMessage]] = []
        self.answers: dict[str, list[str]] = {}
        self.largest: int | None = None
        self.logins = 0

    def _answer(self, stage: str) -> str | None:
        told = self.answers.get(stage, [])
        return told.pop(0) if told else None

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, to: str, options: Any) -> str:  # noqa: N802 - the name that aiosmtpd calls
        answer = self._answer("RCPT") or self._answer(to)
        if answer:
            return answer
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - the name that aiosmtpd calls
        if answer := self._answer("DATA"):
            return answer
        if self.largest is not None and len(envelope.content) > self.largest:
            return "552 5.3.4 message too big"
        message = message_from_bytes(envelope.content, policy=POLICY)
        assert isinstance(message, EmailMessage)
        self.taken.append((list(envelope.rcpt_tos), message))
        return "250 OK"

    def login(self, server: Any, session: Any, envelope: Any, mechanism: str, told: Any) -> AuthResult:
        self.logins += 1
        good = told.login == USER.encode() and told.password == PASSWORD.encode()
        return AuthResult(success=good, handled=good)


@contextmanager
def serving(sink: Sink, *, certificate: Path | None = None, tls: bool = False) -> Iterator[int]:
    """Serve on a free port; with a certificate STARTTLS (or TLS at once) and a login are demanded."""
    port = free_port()
    options: dict[str, Any] = {}
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        options = {"ssl_context": context} if tls else {"tls_context": context, "require_starttls": True}
        options |= {"auth_required": True, "authenticator": sink.login, "auth_require_tls": not tls}
    controller = Controller(sink, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
        return port


def certificate(path: Path, names: tuple[str, ...] = ("localhost",), address: str = "127.0.0.1") -> Path:
    """Write a fresh key and self-signed certificate for loopback."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    begin = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    others = [x509.DNSName(one) for one in names]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + dt.timedelta(days=30))
        .add_extension(
            x509.SubjectAlternativeName([*others, x509.IPAddress(ipaddress.ip_address(address))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def site_toml(folder: Path, port: int, *, mail: str = "", to: str = "", more: str = "") -> Path:
    """Write a site file whose mail goes to a server on *port*."""
    path = folder / "site.toml"
    security = "" if "security" in mail else 'security = "none"\n'
    path.write_text(
        f"""[mail]
server = "127.0.0.1:{port}"
from = "Prüfung <audit@example.org>"
wait_seconds = 0
timeout_seconds = 5
{security}{mail}
{to or READER}
{more}""",
        "utf-8",
    )
    return path
