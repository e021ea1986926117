"""Connects to vSphere: certificate, API version, login, logout; every failure in one line that helps."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import re
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.parsers.expat import ExpatError

if TYPE_CHECKING:
    from collectors.targets.vsphere import Address

ANSWER_SECONDS = 120.0
"""How long the server may be silent in the middle of an answer."""
OLDEST = 5
"""Release of vSphere that is old enough: earlier ones cannot give page by page."""
_VERSIONS = "/sdk/vimServiceVersions.xml"
_EXPIRED, _NOT_YET, _OTHER_NAME = 10, 9, (62, 64)
"""Codes of OpenSSL's verification: X509_V_ERR_…"""


class CannotConnect(Exception):
    """Why there is no session, and what to do, in one line."""


@dataclass(slots=True)
class Session:
    """A session on the server. *content*: its ServiceContent; *about*: what it says of itself."""

    stub: Any
    content: Any
    about: dict[str, str]

    def logout(self) -> None:
        """End the session; if it is over already, or the server is gone, that is as well."""
        with contextlib.suppress(Exception):
            self.content.sessionManager.Logout()
        with contextlib.suppress(OSError):
            self.stub.DropConnections()


class _Pinned(ssl.SSLContext):
    """Takes one certificate, by its thumbprint, and no other. Its issuer and dates do not count."""

    thumbprint = ""

    def wrap_socket(self, *given: Any, **named: Any) -> ssl.SSLSocket:
        wrapped = super().wrap_socket(*given, **named)
        if thumbprint_of(wrapped.getpeercert(True) or b"", len(self.thumbprint)) != self.thumbprint:
            wrapped.close()
            raise _OtherCertificate
        return wrapped


class _OtherCertificate(OSError):
    """The certificate is not the pinned one."""


def thumbprint_of(certificate: bytes, digits: int = 64) -> str:
    """SHA-256 (or SHA-1, for 40 digits) of a certificate, in lower-case hexadecimal."""
    how = hashlib.sha1 if digits == 40 else hashlib.sha256
    return how(certificate).hexdigest()


def connect(to: Address, password: str, seconds: float) -> Session:
    """Log in. Raises CannotConnect."""
    context = _context(to.thumbprint)
    try:
        version, certificate = _version(to, context, seconds)
        return _login(to, password, context, version, certificate)
    except CannotConnect:
        raise
    except Exception as error:  # pyVmomi raises bare exceptions too
        raise CannotConnect(f"{to.host}:{to.port}: {said(error, to)}") from error


def _context(thumbprint: str) -> ssl.SSLContext:
    if not thumbprint:
        return ssl.create_default_context()
    pinned = _Pinned(ssl.PROTOCOL_TLS_CLIENT)
    pinned.check_hostname = False
    pinned.verify_mode = ssl.CERT_NONE  # the thumbprint is compared instead, at every connection
    pinned.thumbprint = thumbprint
    return pinned


def _version(to: Address, context: ssl.SSLContext, seconds: float) -> tuple[str, str]:
    """The newest API version that the server and pyVmomi both know, and the certificate's thumbprint."""
    from pyVmomi.VmomiSupport import GetServiceVersions, versionIdMap

    connection = http.client.HTTPSConnection(to.host, to.port, context=context, timeout=seconds)
    try:
        connection.connect()
        certificate = thumbprint_of(connection.sock.getpeercert(True) or b"")
        connection.request("GET", _VERSIONS)
        with connection.getresponse() as answer:
            told = answer.read(1 << 20)
    finally:
        connection.close()
    offered = set(re.findall(rb"<version>\s*([\w.]{1,40})\s*</version>", told))
    if answer.status != 200 or not offered:
        raise _NoVsphere(f"{answer.status} {answer.reason}, {answer.getheader('Content-Type', 'no type')}")
    for version in GetServiceVersions("vim25"):
        name = str(versionIdMap[version]).encode()
        if name in offered and _release(name) >= OLDEST:
            return str(version), certificate
    newest = ", ".join(sorted(one.decode() for one in offered)[-3:])
    if all(_release(one) < OLDEST for one in offered):
        raise CannotConnect(
            f"{to.host}:{to.port}: its API is too old ({newest}): release {OLDEST} or later can be asked"
        )
    raise CannotConnect(
        f"{to.host}:{to.port}: speaks only versions of the API that pyVmomi does not ({newest}):"
        " install the pyVmomi of its release"
    )


def _release(version: bytes) -> int:
    """`6.5` → 6; 0 for what does not begin with a number."""
    return int(re.findall(rb"^\d{1,4}|$", version)[0] or 0)


class _NoVsphere(Exception):
    """What answers is no vSphere."""


def _login(to: Address, password: str, context: ssl.SSLContext, version: str, certificate: str) -> Session:
    from pyVmomi import SoapStubAdapter, vim

    stub = SoapStubAdapter(
        host=to.host,
        port=to.port,
        version=version,
        sslContext=context,
        httpConnectionTimeout=ANSWER_SECONDS,
        connectionPoolTimeout=-1,
    )
    try:
        content = vim.ServiceInstance("ServiceInstance", stub).RetrieveContent()
        content.sessionManager.Login(to.user, password, None)
    except BaseException:
        stub.DropConnections()
        raise
    told = content.about
    about = {
        "product": _line(told.fullName),
        "api_version": _line(told.apiVersion),
        "instance": _line(told.instanceUuid),
        "certificate": f"sha256:{certificate}",
    }
    return Session(stub, content, {key: value for key, value in about.items() if value})


def said(error: Exception, to: Address) -> str:
    """One line for a person: what failed and what to do."""
    from pyVmomi import vim, vmodl

    match error:
        case vim.fault.InvalidLogin():
            return f"the login of {_line(to.user)} is refused: wrong user name or password"
        case vim.fault.NotAuthenticated():
            return "the session expired, or somebody ended it: collect again"
        case vim.fault.NoPermission() | vmodl.fault.SecurityError():
            return f"{_line(to.user)} has not the right to do that: give it the role Read-only at the top"
        case vmodl.MethodFault():
            return f"the server answers {type(error).__name__.rpartition('.')[2]}: {_line(error.msg)}"
        case _NoVsphere() | http.client.HTTPException() | ExpatError():
            return f"what answers there is no vSphere API, or a proxy stands before it ({_line(error)})"
        case _OtherCertificate():
            return (
                f"its certificate is not the pinned one but has the thumbprint {_presented(to)}: find out why"
            )
        case ssl.SSLCertVerificationError():
            return _distrusted(error, to)
        case ssl.SSLError():
            return f"no TLS there: is {to.port} the port? ({_line(error.reason or error)})"
        case socket.gaierror():
            return f"the name is unknown ({_line(error.strerror)})"
        case ConnectionRefusedError():
            return "nothing listens there: is that the port, and does a firewall stand between?"
        case TimeoutError():
            return "no answer in time: is the server up, and does a firewall stand between?"
        case OSError():
            return f"the connection failed: {_line(error.strerror or error)}"
    return f"{type(error).__name__}: {_line(error)}"


def _distrusted(error: ssl.SSLCertVerificationError, to: Address) -> str:
    if error.verify_code == _EXPIRED:
        return "its certificate has expired: renew it, or pin it with ?thumbprint=" + _presented(to)
    if error.verify_code == _NOT_YET:
        return "its certificate is not valid yet: compare the clocks of both machines"
    if error.verify_code in _OTHER_NAME:
        return f"its certificate is for another name ({_line(error.verify_message)}): say the name in it"
    return (
        f"its certificate is not trusted ({_line(error.verify_message)}); if the server's own console shows"
        f" the same, pin it with ?thumbprint={_presented(to)}"
    )


def _presented(to: Address) -> str:
    """SHA-256 of the certificate that the server presents, asked without sending anything secret."""
    try:
        pem = ssl.get_server_certificate((to.host, to.port), timeout=5.0)
        return thumbprint_of(ssl.PEM_cert_to_DER_cert(pem))
    except (OSError, ValueError):
        return "…"


def _line(value: object) -> str:
    """Text from outside as one printable line."""
    text = " ".join(str(value if value is not None else "").split())
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:200]
