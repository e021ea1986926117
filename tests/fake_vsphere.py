"""A small vSphere of our own, SOAP over TLS: it honours maxObjects and its tokens, and fails on request.

govmomi's simulator, whom the other tests ask, gives everything in one page. This one is written from the API
reference alone and shares no code with what it tests; of each machine it tells name, UUID and power state.
"""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.sax.saxutils import escape

from tests.lab.vcsim import certify

ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope '
    'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>{}</soapenv:Body></soapenv:Envelope>'
)
FAULT = (
    "<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>{1}</faultstring><detail>"
    '<{0}Fault xmlns="urn:vim25" xsi:type="{0}">{2}</{0}Fault></detail></soapenv:Fault>'
)
CONTENT = (
    '<rootFolder type="Folder">group-d1</rootFolder>'
    '<propertyCollector type="PropertyCollector">propertyCollector</propertyCollector>'
    '<viewManager type="ViewManager">ViewManager</viewManager>'
    "<about><name>Own vCenter</name><fullName>Own vCenter 1.0</fullName><vendor>own</vendor>"
    "<version>7.0.3</version><build>1</build><osType>linux</osType><productLineId>vpx</productLineId><apiType>VirtualCenter</apiType>"
    "<apiVersion>7.0.3.0</apiVersion></about>"
    '<sessionManager type="SessionManager">SessionManager</sessionManager>'
)
VERSIONS = ("6.7.3", "6.7", "6.5", "5.5")
PAGE = "text/html", b"<html><body>The proxy could not reach the server.</body></html>"


@dataclass
class Fake:
    """What the server holds and how it fails. Pages are counted from 1, over the whole session.

    *cap*: gives no more objects to a page than this, whatever was asked; *lose_session_after*,
    *html_after*, *drop_after*: pages given before that happens; *vanish*: called before each page after the
    first, may take machines away; *silent_loss*: machines that stand in the view and are never told.
    """

    machines: dict[str, str]
    versions: tuple[str, ...] = VERSIONS
    cap: int = 10_000
    lose_session_after: int = 0
    html_after: int = 0
    drop_after: int = 0
    vanish: Callable[[Fake, int], None] = lambda fake, page: None
    silent_loss: frozenset[str] = frozenset()
    sessions: set[str] = field(default_factory=set)
    waiting: dict[str, list[str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    logins: int = 0

    def version_page(self) -> bytes:
        told = "".join(f"<version>{one}</version>" for one in self.versions)
        name = "<name>urn:vim25</name>"
        return f"<namespaces version='1.0'><namespace>{name}{told}</namespace></namespaces>".encode()

    def answer(self, said: str, cookie: str) -> str | tuple[str, bytes] | None:
        """The body of the answer; (type, page) for what is no SOAP; None: the connection is dropped."""
        match = re.search(r"<(?:\w+:)?Body[^>]*>\s*<(\w+)", said)
        method = match[1] if match else ""
        self.asked.append(method)
        if method == "RetrieveServiceContent":
            return self._returned(method, CONTENT)
        if method == "Login":
            return self._login(said)
        if cookie not in self.sessions:
            return FAULT.format("NotAuthenticated", "The session is not authenticated.", _NO_SESSION)
        if method == "Logout":
            self.sessions.discard(cookie)
            return '<LogoutResponse xmlns="urn:vim25"></LogoutResponse>'
        if method == "CreateContainerView":
            return self._returned(method, "view-1", 'type="ContainerView"')
        if method in ("RetrievePropertiesEx", "ContinueRetrievePropertiesEx"):
            return self._page(method, said, cookie)
        if method == "DestroyView":
            return '<DestroyViewResponse xmlns="urn:vim25"></DestroyViewResponse>'
        return FAULT.format("NotSupported", "Not here.", "")

    def _login(self, said: str) -> str:
        if not re.search(r"<password[^>]*>correct</password>", said):
            return FAULT.format("InvalidLogin", "Cannot complete login.", "")
        self.logins += 1
        key = f"session-{self.logins}"
        self.sessions.add(key)
        time = "2026-11-26T13:00:00Z"
        return self._returned(
            "Login",
            f"<key>{key}</key><userName>auditor</userName><fullName>auditor</fullName><loginTime>{time}</loginTime>"
            f"<lastActiveTime>{time}</lastActiveTime><locale>en</locale><messageLocale>en</messageLocale>",
        )

    def _page(self, method: str, said: str, cookie: str) -> str | tuple[str, bytes] | None:
        if re.search(r"<pathSet[^>]*>view</pathSet>", said):
            refs = "".join(
                f'<ManagedObjectReference type="VirtualMachine">{one}</ManagedObjectReference>'
                for one in self.machines
            )
            value = f'<val xsi:type="ArrayOfManagedObjectReference">{refs}</val>'
            told = f'<obj type="ContainerView">view-1</obj><propSet><name>view</name>{value}</propSet>'
            return self._returned(method, f"<objects>{told}</objects>")
        page = len(self.sizes) + 1
        if page > 1:
            self.vanish(self, page)
        if self.lose_session_after and page > self.lose_session_after:
            self.sessions.discard(cookie)
            return FAULT.format("NotAuthenticated", "The session is not authenticated.", _NO_SESSION)
        if self.html_after and page > self.html_after:
            return PAGE
        if self.drop_after and page > self.drop_after:
            return None
        if method == "RetrievePropertiesEx":
            asked = re.search(r"<maxObjects[^>]*>(\d+)</maxObjects>", said)
            most = min(int(asked[1]) if asked else self.cap, self.cap)
            here = [one for one in self.machines if one not in self.silent_loss]
        else:
            token = (re.search(r"<token[^>]*>([^<]+)</token>", said) or ["", ""])[1]
            if token not in self.waiting:
                return FAULT.format("InvalidArgument", "A specified parameter was not correct: token", "")
            here, most = self.waiting.pop(token), int(token.partition("-")[0])
        return self._objects(method, here, most)

    def _objects(self, method: str, here: list[str], most: int) -> str:
        page, rest = here[:most], here[most:]
        token = ""
        if rest:
            key = f"{most}-{len(self.sizes)}"
            self.waiting[key] = rest
            token = f"<token>{key}</token>"
        there = [one for one in page if one in self.machines]
        self.sizes.append(len(there))
        return self._returned(method, token + "".join(self._machine(one) for one in there))

    def _machine(self, reference: str) -> str:
        number = int(reference.partition("-")[2])
        properties = (
            ("name", "xsd:string", escape(self.machines[reference])),
            ("config.instanceUuid", "xsd:string", f"50000000-0000-0000-0000-{number:012d}"),
            ("runtime.powerState", "VirtualMachinePowerState", "poweredOn"),
        )
        told = "".join(
            f'<propSet><name>{name}</name><val xsi:type="{kind}">{value}</val></propSet>'
            for name, kind, value in properties
        )
        return f'<objects><obj type="VirtualMachine">{reference}</obj>{told}</objects>'

    def _returned(self, method: str, value: str, attributes: str = "") -> str:
        told = f"<returnval {attributes}>{value}</returnval>"
        return f'<{method}Response xmlns="urn:vim25">{told}</{method}Response>'


_NO_SESSION = '<object type="Folder">group-d1</object><privilegeId>System.View</privilegeId>'


@contextmanager
def serving(fake: Fake, folder: Path) -> Iterator[int]:
    """The port of the fake on this host; its certificate is `folder/localhost.pem`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certify(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(fake))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _handler(fake: Fake) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send(200, "text/xml", fake.version_page())

        def do_POST(self) -> None:
            said = self.rfile.read(int(self.headers["Content-Length"])).decode()
            cookie = re.search(r'vmware_soap_session="?([\w-]+)', self.headers.get("Cookie", ""))
            before = fake.logins
            told = fake.answer(said, cookie[1] if cookie else "")
            if told is None:
                self.close_connection = True
                self.connection.close()
            elif isinstance(told, tuple):
                self._send(502, *told)
            else:
                status = 500 if "soapenv:Fault" in told else 200
                session = f"session-{fake.logins}" if fake.logins > before else ""
                self._send(status, "text/xml; charset=utf-8", ENVELOPE.format(told).encode(), session)

        def _send(self, status: int, kind: str, body: bytes, session: str = "") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            if session:
                self.send_header("Set-Cookie", f'vmware_soap_session="{session}"; Path=/; HttpOnly; Secure')
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing to the console."""

    return Handler
