"""What `holdwater serve` answers: pages out of the store, and the reports of the bundles. Only reads.

A page is found in a table that was made from the store; no part of an address ever becomes part of a path.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from holdwater.errors import CannotRun
from holdwater.rendered import Rendered, own_policy
from holdwater.store import layout
from holdwater.store.layout import Content, Stored

if TYPE_CHECKING:
    from reports.pages import AuditLine, SiteLine

LOOPBACK = "127.0.0.1"
COOKIE = "holdwater"
SUFFIX = ".evidence.zip"
MOST_REPORT_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer."""

    status: HTTPStatus
    body: str = ""
    policy: str = "default-src 'none'; frame-ancestors 'none'"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Site:
    """The store as pages. *folder*: where bundles and reports are."""

    store: Path
    folder: Path
    rendered: Rendered = field(init=False)

    def __post_init__(self) -> None:
        self.rendered = Rendered(self.store)

    def page(self, path: str) -> Reply:
        """The page at an address, or one that says that there is none."""
        from reports import pages

        try:
            content = layout.content(self.store)
            kind, _, key = path.strip("/").partition("/")
            match kind:
                case "":
                    return _ok(pages.overview(list(self._sites(content)), self._worst(content)))
                case "site":
                    return self._site(content, key)
                case "audit":
                    return self._audit(content, key)
                case "report":
                    return self._report(content, key)
        except CannotRun as error:
            return _page(HTTPStatus.INTERNAL_SERVER_ERROR, "The store cannot be read", error.message)
        return _page(HTTPStatus.NOT_FOUND, "Not found", "There is no such page.")

    def _sites(self, content: Content) -> Iterator[SiteLine]:
        for name in content.sites():
            yield self._line(content, name)

    def _line(self, content: Content, name: str) -> SiteLine:
        from holdwater.commands.history import course
        from reports.pages import SiteLine

        audits = content.audits(name)
        rows = course(audits)
        lines = [self._audit_line(one, row) for one, row in zip(audits, rows, strict=True)]
        return SiteLine(
            name=name, link=_site_link(self.store, name), audits=len(lines), newest=lines[-1], course=lines
        )

    def _audit_line(self, one: Stored, row: Mapping[str, Any]) -> AuditLine:
        from reports.pages import AuditLine

        told = one.told
        change = "" if row["change"] is None else f"{row['change']:+g}"
        if row["change"] is None and not row["first"]:
            change = "unrated" if row["same_rules"] else "other rules"
        counts = {
            "critical": told["critical"],
            "high": told["high_faults"],
            "medium": told["medium"],
            "low": told["low_faults"],
            "info": told["info"],
            "blind_spots": told["blind_spots"],
        }
        return AuditLine(
            site=one.site,
            at=one.at,
            grade=told["grade"],
            number=told["number"],
            low=told["low"],
            high=told["high"],
            confidence=told["confidence_percent"],
            counts=counts,
            change=change,
            link=f"/audit/{one.audit}",
            again=not self._beside(one, ".html"),
            report=f"/report/{one.audit}" if self._beside(one, ".html") or self._beside(one, SUFFIX) else "",
        )

    def _worst(self, content: Content) -> list[dict[str, Any]]:
        from holdwater.commands.top import WORST
        from holdwater.store import asking

        if not content.sites():
            return []
        return asking.ask(asking.opened(self.store), WORST, {"most": 10}).dicts()

    def _site(self, content: Content, key: str) -> Reply:
        from reports import pages

        for name in content.sites():
            if _site_link(self.store, name) == f"/site/{key}":
                return _ok(pages.site(self._line(content, name)))
        return _page(HTTPStatus.NOT_FOUND, "Not found", "There is no such site in the store.")

    def _audit(self, content: Content, key: str) -> Reply:
        from holdwater.store import reading
        from reports import pages

        one = _named(content, key)
        if one is None:
            return _page(HTTPStatus.NOT_FOUND, "Not found", "There is no such audit in the store.")
        line = next(a for a in self._line(content, one.site).course if a.link == f"/audit/{key}")
        unit = content.unit_of(one.audit)
        findings = [f for f in reading.read(unit, "finding", one) if f["outcome"] == "fail"]
        gaps = [g for g in reading.read(unit, "blind_spot", one) if g["reason"] != "not-asked"]
        return _ok(pages.audit(line, _site_link(self.store, one.site), findings, gaps))

    def _report(self, content: Content, key: str) -> Reply:
        one = _named(content, key)
        file = self._beside(one, ".html") if one else None
        bundle = self._beside(one, SUFFIX) if one else None
        if one is None or not (file or bundle):
            said = "Neither the report of this audit nor its bundle is in the folder that is served."
            return _page(HTTPStatus.NOT_FOUND, "No report", said)
        try:
            if file is None:
                assert bundle is not None
                return _own(bundle.name, self.rendered.report(one, bundle))
            if file.stat().st_size > MOST_REPORT_BYTES:
                raise ValueError("it is too large")
            return _own(file.name, file.read_text("utf-8"))
        except CannotRun as error:
            return _page(HTTPStatus.NOT_FOUND, "No report", error.message)
        except (OSError, ValueError) as error:
            name = file.name if file else key
            return _page(HTTPStatus.NOT_FOUND, "No report", f"{name} cannot be read: {error}")

    def _beside(self, one: Stored, suffix: str) -> Path | None:
        """The bundle of an audit, or its report beside it, if it is there and really lies there."""
        stem = Path(str(one.told.get("bundle", ""))).name.removesuffix(SUFFIX)
        file = self.folder / f"{stem}{suffix}"
        return file if stem and file.is_file() and not file.is_symlink() else None


def _own(name: str, text: str) -> Reply:
    """A report under its own policy; refused if it has none that forbids all loading."""
    policy = own_policy(text)
    if not policy:
        said = f"{name} does not forbid itself to load things, as our reports do; it is not shown."
        return _page(HTTPStatus.FORBIDDEN, "Not a report of ours", said)
    return Reply(HTTPStatus.OK, text, f"{policy}; frame-ancestors 'none'")


def _named(content: Content, audit: str) -> Stored | None:
    return next((one for one in content.audits() if one.audit == audit), None)


def _site_link(store: Path, name: str) -> str:
    return f"/site/{layout.site_folder(store, name).name}"


def _ok(body: str) -> Reply:
    from reports import pages

    return Reply(HTTPStatus.OK, body, pages.policy())


def _page(status: HTTPStatus, title: str, said: str) -> Reply:
    from reports import pages

    return Reply(status, pages.refused(title, said), pages.policy())


class Server(ThreadingHTTPServer):
    """Serves one store on the loopback address to whoever has the token."""

    daemon_threads = True

    def __init__(self, site: Site, port: int = 0, token: str = "") -> None:
        self.site = site
        self.token = token or secrets.token_urlsafe(24)
        super().__init__((LOOPBACK, port), Handler)

    @property
    def address(self) -> str:
        """Where to begin, with the token."""
        return f"http://{LOOPBACK}:{self.server_address[1]}/?token={self.token}"

    @property
    def hosts(self) -> tuple[str, ...]:
        """What a browser that really means us says in Host: a page of another name is refused."""
        port = self.server_address[1]
        return (f"{LOOPBACK}:{port}", f"localhost:{port}")


class Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD."""

    server: Server
    server_version = "holdwater"
    sys_version = ""
    timeout = 20

    def do_GET(self) -> None:
        self._answer(self._reply(), body=True)

    def do_HEAD(self) -> None:
        self._answer(self._reply(), body=False)

    def _reply(self) -> Reply:
        if self.headers.get("Host", "").lower() not in self.server.hosts:
            return Reply(HTTPStatus.MISDIRECTED_REQUEST, "")
        if self.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            return Reply(HTTPStatus.FORBIDDEN, "")
        asked = urlsplit(self.path)
        given = parse_qs(asked.query).get("token", [""])[0]
        if given:
            return self._let_in(given)
        if not self._is_known():
            return Reply(HTTPStatus.FORBIDDEN, "Open the address that `holdwater serve` printed.\n")
        return self.server.site.page(asked.path)

    def _let_in(self, given: str) -> Reply:
        """A right token becomes a cookie, so that it stands in no address any more."""
        if not hmac.compare_digest(given.encode(), self.server.token.encode()):
            return Reply(HTTPStatus.FORBIDDEN, "")
        kept = f"{self._cookie}={self.server.token}; HttpOnly; SameSite=Strict; Path=/"
        return Reply(HTTPStatus.SEE_OTHER, headers={"Location": "/", "Set-Cookie": kept})

    @property
    def _cookie(self) -> str:
        """Cookies know no ports: two servers must not take each other's."""
        return f"{COOKIE}-{self.server.server_address[1]}"

    def _is_known(self) -> bool:
        try:
            cookies: SimpleCookie = SimpleCookie(self.headers.get("Cookie", ""))
        except CookieError:
            return False
        token = cookies.get(self._cookie)
        return token is not None and hmac.compare_digest(token.value.encode(), self.server.token.encode())

    def _answer(self, reply: Reply, *, body: bool) -> None:
        raw = reply.body.encode("utf-8", "replace")
        page = reply.body.startswith("<!doctype html>")
        headers = {
            "Content-Type": f"text/{'html' if page else 'plain'}; charset=utf-8",
            "Content-Length": str(len(raw)),
            "Content-Security-Policy": reply.policy,
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "no-store",
            **reply.headers,
        }
        self.send_response(reply.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(raw)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is logged: requests hold the token."""
