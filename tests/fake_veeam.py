"""A server of Veeam Backup & Replication on loopback, written after the reference of its REST API.

It answers GET, the login and the logout. Errors are JSON with `errorCode` and `message`, as the reference
shows them.
"""

from __future__ import annotations

import hashlib
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from fakepve.certs import make_cert

USER, SECRET = "auditor", "correct horse 7"
INFRASTRUCTURE = "/backupInfrastructure"
TOKEN = "token-of-the-fake-{}"


@dataclass
class Server:
    """What it knows. *lists*: path below /api/v1 → elements; *objects*: path → one object."""

    lists: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    revisions: tuple[str, ...] = ("1.2-rev0", "1.1-rev2", "1.1-rev1", "1.1-rev0")
    faults: dict[str, Any] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    page: int = 1000
    tokens: set[str] = field(default_factory=set)
    issued: int = 0
    lasts: int = 10_000
    second_factor: bool = False

    def log_in(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if form.get("grant_type") != "password" or (form.get("username"), form.get("password")) != (
            USER,
            SECRET,
        ):
            return 401, {"errorCode": "AccessDenied", "message": "Authentication failed."}
        if self.second_factor:
            return 200, {"mfa_token": "one-more-step"}
        self.issued += 1
        token = TOKEN.format(self.issued)
        self.tokens.add(token)
        return 200, {"access_token": token, "token_type": "bearer", "refresh_token": "r", "expires_in": 900}

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, dict[str, Any]]:
        below = path.removeprefix("/api/v1")
        if below in self.objects:
            return 200, self.objects[below]
        if below not in self.lists:
            return 404, {"errorCode": "NotFound", "message": f"{path} was not found"}
        skip, limit = int(query.get("skip", 0)), min(int(query.get("limit", 200)), self.page)
        every = self.lists[below]
        part = every[skip : skip + limit]
        return 200, {
            "data": part,
            "pagination": {"total": len(every), "count": len(part), "skip": skip, "limit": limit},
        }


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.123456+00:00")


def point(identity: str, name: str, at: datetime, backup: str = "b-1", **more: Any) -> dict[str, Any]:
    """A restore point as the API lists it."""
    return {
        "id": identity,
        "name": name,
        "platformName": "VMware",
        "platformId": "00000000-0000-0000-0000-000000000000",
        "creationTime": stamp(at),
        "backupId": backup,
        "allowedOperations": ["StartViVMInstantRecovery"],
        "type": "Increment",
        "malwareStatus": "Clean",
        "originalSize": 50 << 30,
        **more,
    }


def session(identity: str, job: str, at: datetime, result: str, kind: str = "BackupJob") -> dict[str, Any]:
    """A run as the API lists it; without a result it still runs."""
    told = {
        "result": result,
        "message": "" if result == "Success" else f"{result}: see the log",
        "isCanceled": False,
    }
    ended = {"endTime": stamp(at + timedelta(minutes=20))} if result != "None" else {}
    return {
        "id": identity,
        "name": "Nightly",
        "jobId": job,
        "activityId": identity,
        "sessionType": kind,
        "creationTime": stamp(at),
        "state": "Working" if result == "None" else "Stopped",
        "result": told,
        "usn": 1,
        **ended,
    }


def task_session(
    identity: str, name: str, at: datetime, restore_point: str, kind: str = "SureBackup"
) -> dict[str, Any]:
    """A task session: one machine in one run."""
    return {
        "id": identity,
        "type": "Backup" if kind != "RestoreVm" else "Restore",
        "sessionId": "s-9",
        "sessionType": kind,
        "creationTime": stamp(at),
        "endTime": stamp(at + timedelta(minutes=5)),
        "name": name,
        "usn": 1,
        "state": "Stopped",
        "restorePointId": restore_point,
        "result": {"result": "Success", "message": "", "isCanceled": False},
        "progress": {"processedSize": 50 << 30},
    }


def seeded(now: datetime) -> Server:
    """Three repositories, a job of the night and a disabled copy job, a week of copies of two machines."""
    server = Server()
    zeros = "00000000-0000-0000-0000-000000000000"
    daily = {"isEnabled": True, "localTime": "22:00", "dailyKind": "Everyday", "days": []}
    server.objects = {
        "/serverInfo": {"vbrId": zeros, "name": "vbr1", "buildVersion": "12.1.2.172", "patches": []},
        "/configBackup": {
            "isEnabled": True,
            "backupRepositoryId": "r-1",
            "restorePointsToKeep": 10,
            "schedule": {"isEnabled": True, "daily": daily},
            "lastSuccessfulBackup": {
                "lastSuccessfulTime": stamp(now - timedelta(hours=20)),
                "sessionId": "s-7",
            },
            "encryption": {"isEnabled": True},
        },
    }
    server.lists = {
        f"{INFRASTRUCTURE}/repositories": [
            {
                "id": "r-1",
                "name": "Default",
                "type": "WinLocal",
                "hostId": "h-1",
                "repository": {"path": "D:\\Backup", "maxTaskCount": 4},
            },
            {
                "id": "r-2",
                "name": "Hardened",
                "type": "LinuxHardened",
                "hostId": "h-2",
                "repository": {"path": "/srv/veeam", "makeRecentBackupsImmutableDays": 14},
            },
            {
                "id": "r-3",
                "name": "Cloud",
                "type": "AmazonS3",
                "bucket": {"bucketName": "copies", "immutability": {"isEnabled": True, "daysCount": 30}},
            },
        ],
        f"{INFRASTRUCTURE}/repositories/states": [
            {
                "id": "r-1",
                "name": "Default",
                "type": "WinLocal",
                "hostName": "vbr1.example",
                "path": "D:\\Backup",
                "capacityGB": 1000.0,
                "freeGB": 400.0,
                "usedSpaceGB": 600.0,
                "isOnline": True,
            },
            {
                "id": "r-2",
                "name": "Hardened",
                "type": "LinuxHardened",
                "hostName": "store1.example",
                "path": "/srv/veeam",
                "capacityGB": 4000.0,
                "freeGB": 1000.0,
                "usedSpaceGB": 3000.0,
                "isOnline": True,
            },
            {
                "id": "r-3",
                "name": "Cloud",
                "type": "AmazonS3",
                "capacityGB": 0.0,
                "freeGB": 0.0,
                "usedSpaceGB": 0.0,
                "isOnline": True,
            },
        ],
        f"{INFRASTRUCTURE}/scaleOutRepositories": [],
        "/jobs": [
            {
                "id": "j-1",
                "name": "Nightly",
                "type": "VSphereBackup",
                "isDisabled": False,
                "virtualMachines": {
                    "includes": [
                        {"inventoryObject": {"name": "dc1", "type": "VirtualMachine"}},
                        {"inventoryObject": {"name": "web1", "type": "VirtualMachine"}},
                    ],
                    "excludes": {"vms": []},
                },
                "storage": {
                    "backupRepositoryId": "r-1",
                    "retentionPolicy": {"type": "Days", "quantity": 14},
                    "advancedSettings": {
                        "notifications": {
                            "emailNotifications": {"isEnabled": True, "recipients": ["it@example.com"]}
                        }
                    },
                },
                "guestProcessing": {"appAwareProcessing": {"isEnabled": True}},
                "schedule": {"runAutomatically": True, "daily": daily},
            },
            {
                "id": "j-2",
                "name": "To the bunker",
                "type": "BackupCopy",
                "isDisabled": True,
                "target": {"backupRepositoryId": "r-2", "retentionPolicy": {"type": "Days", "quantity": 30}},
                "schedule": {"runAutomatically": False},
            },
        ],
        "/jobs/states": [
            {
                "id": "j-1",
                "name": "Nightly",
                "type": "VSphereBackup",
                "status": "Inactive",
                "lastResult": "Success",
                "lastRun": stamp(now - timedelta(hours=18)),
                "nextRun": stamp(now + timedelta(hours=6)),
                "repositoryId": "r-1",
                "repositoryName": "Default",
                "objectsCount": 2,
            },
            {
                "id": "j-2",
                "name": "To the bunker",
                "type": "BackupCopy",
                "status": "Disabled",
                "lastResult": "Failed",
                "lastRun": stamp(now - timedelta(days=40)),
                "repositoryId": "r-2",
                "repositoryName": "Hardened",
                "objectsCount": 2,
            },
        ],
        "/backups": [
            {
                "id": "b-1",
                "name": "Nightly",
                "jobId": "j-1",
                "platformName": "VMware",
                "platformId": zeros,
                "creationTime": stamp(now - timedelta(days=300)),
                "repositoryId": "r-1",
                "repositoryName": "Default",
            },
            {
                "id": "b-2",
                "name": "To the bunker",
                "jobId": zeros,
                "platformName": "VMware",
                "platformId": zeros,
                "creationTime": stamp(now - timedelta(days=300)),
                "repositoryId": "r-2",
                "repositoryName": "Hardened",
            },
        ],
        "/sessions": [
            session(f"s-{n}", "j-1", now - timedelta(days=n, hours=-6), "Success") for n in range(1, 8)
        ],
        "/taskSessions": [
            task_session("t-1", "dc1", now - timedelta(days=2), "p-dc1-3"),
            task_session("t-2", "web1", now - timedelta(days=3), "p-web1-3", "RestoreVm"),
            {**task_session("t-3", "web1", now - timedelta(days=1), "p-web1-1", "BackupJob")},
        ],
        "/restorePoints": [
            point(
                f"p-{name}-{n}",
                name,
                now - timedelta(days=n, hours=-6),
                type="Full" if n == 7 else "Increment",
            )
            for name in ("dc1", "web1")
            for n in range(1, 8)
        ],
    }
    server.lists["/restorePoints"] += [
        point("p-old", "dc1", now - timedelta(days=41), "b-2", type="Full"),
        point("p-ill", "web1", now - timedelta(days=41), "b-2", type="Full", malwareStatus="Infected"),
    ]
    return server


@contextmanager
def serving(server: Server, folder: Path) -> Iterator[str]:
    """Serve it; gives the address to hand to holdwater, certificate pinned."""
    certificate, key, der = make_cert(str(folder), hosts=("127.0.0.1",))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    http.daemon_threads = True
    http.socket = context.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        pin = hashlib.sha256(der).hexdigest()
        yield f"veeam://{USER}@127.0.0.1:{http.server_address[1]}?fingerprint={pin}"
    finally:
        http.shutdown()
        http.server_close()
        thread.join(10)


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Nothing is written."""

        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            form = dict(parse_qsl(self.rfile.read(size).decode()))
            server.requests.append(("POST", self.path))
            if not self._known_revision():
                return
            if self.path == "/api/oauth2/token":
                self._send(*server.log_in(form))
            elif self.path == "/api/oauth2/logout":
                server.tokens.discard(self.headers.get("Authorization", "")[7:])
                self._send(200, {})
            else:
                self._send(405, {"errorCode": "MethodNotAllowed", "message": "only GET"})

        def do_GET(self) -> None:
            place = urlsplit(self.path)
            query = dict(parse_qsl(place.query))
            server.requests.append(("GET", self.path))
            fault = server.faults.get(place.path.removeprefix("/api/v1"))
            if fault == "slow":
                time.sleep(4)
            if fault == "html":
                self._raw(200, "text/html", b"<html><body>Sign in to the proxy</body></html>")
                return
            if not self._known_revision():
                return
            if place.path == "/api/v1/serverTime":
                self._send(200, {"serverTime": stamp(datetime.now(UTC)), "timeZone": "UTC"})
                return
            token = self.headers.get("Authorization", "")[7:]
            server.lasts -= 1
            if server.lasts == 0:
                server.tokens.clear()
            if token not in server.tokens:
                self._send(401, {"errorCode": "Unauthorized", "message": f"the token {token} has expired"})
            elif isinstance(fault, tuple):
                self._send(fault[0], {"errorCode": "Refused", "message": fault[1]})
            else:
                status, told = server.answer(place.path, query)
                raw = json.dumps(told).encode()
                cut = fault == "cut" or fault == f"cut at {query.get('skip')}"
                self._raw(status, "application/json", raw[: len(raw) // 2] if cut else raw)

        def _known_revision(self) -> bool:
            if self.headers.get("x-api-version") in server.revisions:
                return True
            self._send(400, {"errorCode": "NotSupported", "message": "this revision is not supported"})
            return False

        def _send(self, status: int, told: dict[str, Any]) -> None:
            self._raw(status, "application/json", json.dumps(told).encode())

        def _raw(self, status: int, kind: str, body: bytes) -> None:
            try:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except (BrokenPipeError, ConnectionError, ssl.SSLError):
                self.close_connection = True

    return Handler
