"""A Proxmox Backup Server on loopback; tests/pbs_api.toml says after what, test_pbs_api.py holds it to that.

It answers GET only. Errors are plain text with their status, as the real server tells them.
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
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from fakepve.certs import make_cert

USER, TOKEN, SECRET = "auditor@pbs", "holdwater", "9d3b6f0a-0c1e-4e57-8f0b-6c1f7a2d4b11"
DAY = 86_400
JSON = "application/json;charset=UTF-8"
"""Content type of everything, plain text of an error too."""
AUDIT = {"Datastore.Audit": True}
AUDITOR: dict[str, dict[str, bool]] = {
    "/datastore": AUDIT,
    "/system": {"Sys.Audit": True},
    "/access": {"Sys.Audit": True},
    "/remote": {"Remote.Audit": True},
}


class Refused(Exception):
    """A status of failure with the server's words."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


def upid(worker: str, identity: str, at: int, user: str = "root@pam") -> str:
    name = identity.replace(":", "\\x3a").replace("/", "-")
    return f"UPID:pbs1:0000029A:00001234:00000001:{at:08X}:{worker}:{name}:{user}:"


@dataclass
class Store:
    """A datastore. *snapshots*: namespace → list as the API tells it; *usage*: total, used, avail."""

    path: str
    snapshots: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {"": []})
    usage: tuple[int, int, int] = (4 << 40, 1 << 40, 3 << 40)
    garbage: dict[str, Any] = field(default_factory=dict)
    schedule: str | None = "daily"
    maintenance: str | None = None
    device: str | None = None
    mounted: bool = True

    @property
    def mount_status(self) -> str:
        return "nonremovable" if self.device is None else "mounted" if self.mounted else "notmounted"


@dataclass
class Server:
    """What it knows. *acl*: account → path → privilege → whether it is handed down."""

    stores: dict[str, Store] = field(default_factory=dict)
    jobs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    acl: dict[str, dict[str, dict[str, bool]]] = field(default_factory=dict)
    faults: dict[str, Any] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    answered: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    old: bool = False

    def rights(self, account: str, path: str) -> dict[str, bool]:
        """Privileges at a path: those of the nearest rule above it that is handed down."""
        rules = self.acl.get(account, {})
        if path in rules:
            return dict(rules[path])
        above = path
        while above != "/":
            above = above.rpartition("/")[0] or "/"
            if above in rules:
                return {name: True for name, handed in rules[above].items() if handed}
        return {}

    def permissions(self, account: str) -> dict[str, Any]:
        paths = ["/", "/access", "/datastore", "/remote", "/system"]
        for rule in (rule for rules in self.acl.values() for rule in rules):
            parts = rule.strip("/").split("/")
            paths += ["/" + "/".join(parts[: end + 1]) for end in range(len(parts))]
        return {path: held for path in dict.fromkeys(paths) if (held := self.rights(account, path))}

    def need(self, account: str, path: str, *privileges: str) -> None:
        """One of the privileges is needed."""
        if not set(privileges) & set(self.rights(account, path)):
            raise Refused(403, f"permission check failed - missing {'|'.join(privileges)} on {path}")

    def answer(self, account: str, path: str, query: dict[str, str]) -> Any:
        parts = path.strip("/").split("/")
        match parts:
            case ["version"]:
                return {"release": "1", "repoid": "0f1e2d3c", "version": "3.2"}
            case ["access", "permissions"]:
                wanted = query.get("auth-id", account)
                if wanted != account and "Sys.Audit" not in self.rights(account, "/access"):
                    raise Refused(400, f"not allowed to list permissions of {wanted}")
                return self.permissions(wanted)
            case ["admin", "datastore"]:
                return [self._listed(name, store) for name, store in self._seen(account, "Backup")]
            case ["status", "datastore-usage"]:
                return [self._usage(name, store) for name, store in self._seen(account, "Backup")]
            case ["config", "datastore"]:
                return [
                    {"name": name, "path": store.path}
                    | ({"gc-schedule": store.schedule} if store.schedule else {})
                    | ({"backing-device": store.device} if store.device else {})
                    for name, store in self._seen(account)
                ]
            case ["admin", "prune" | "verify" | "sync" as sort]:
                if self.old and "sync-direction" in query:
                    raise Refused(
                        400,
                        "parameter verification errors\n\nparameter 'sync-direction': schema does not allow",
                    )
                listed = self.jobs.get(sort, [])
                if sort == "sync" and query.get("sync-direction") != "all":
                    listed = [job for job in listed if job.get("sync-direction") != "push"]
                return listed
            case ["admin", "datastore", name, what]:
                return self._of_store(account, name, what, query.get("ns", ""))
            case ["nodes", "localhost", "tasks"]:
                return self._tasks(account, query)
        raise Refused(404, f"Path '/api2/json{path}' not found.")

    def _seen(self, account: str, *more: str) -> list[tuple[str, Store]]:
        wanted = {"Datastore.Audit", *(f"Datastore.{one}" for one in more)}
        return [
            (name, store)
            for name, store in self.stores.items()
            if wanted & set(self.rights(account, f"/datastore/{name}"))
        ]

    def _listed(self, name: str, store: Store) -> dict[str, Any]:
        told: dict[str, Any] = {"store": name, "comment": None}
        told |= {"maintenance": store.maintenance} if store.maintenance else {}
        return told if self.old else told | {"mount-status": store.mount_status, "backend-type": "filesystem"}

    def _usage(self, name: str, store: Store) -> dict[str, Any]:
        told: dict[str, Any] = {"store": name}
        told |= {} if self.old else {"mount-status": store.mount_status, "backend-type": "filesystem"}
        if not store.mounted:
            return told
        if wrong := self._away(name, store):
            return told | {"error": wrong}
        total, used, avail = store.usage
        gc = {key: value for key, value in collection(name).items() if key not in ("store", "schedule")}
        return told | {"total": total, "used": used, "avail": avail, "gc-status": gc | {"disk-bytes": used}}

    def _away(self, name: str, store: Store) -> str:
        mode = (store.maintenance or "").split(",")[0]
        if mode and mode != "read-only":
            return f"datastore '{name}' is unavailable: {mode} maintenance mode: "
        return "" if store.mounted else f"datastore '{name}' is not mounted"

    def _of_store(self, account: str, name: str, what: str, namespace: str) -> Any:
        path = f"/datastore/{name}" + (f"/{namespace}" if namespace else "")
        if what == "snapshots":
            self.need(account, path, "Datastore.Audit", "Datastore.Backup")
        elif "Datastore.Audit" not in self.rights(account, path):
            raise Refused(403, "permission check failed")
        store = self.stores.get(name)
        if store is None:
            raise Refused(400, f"no such datastore '{name}'")
        if wrong := self._away(name, store):
            raise Refused(400, wrong)
        if what == "namespace":
            # the caller may not see all of them; the root is listed to whoever may ask
            return [{"ns": one} for one in store.snapshots if not one or self._shown(account, name, one)]
        if what == "gc":
            return store.garbage or collection(name, store.schedule)
        if what == "snapshots" and namespace in store.snapshots:
            all_of_them = "Datastore.Audit" in self.rights(account, path)
            return [one for one in store.snapshots[namespace] if all_of_them or one.get("owner") == account]
        raise Refused(404, f"unable to find {what} of {name}")

    def _shown(self, account: str, name: str, namespace: str) -> bool:
        return "Datastore.Audit" in self.rights(account, f"/datastore/{name}/{namespace}")

    def _tasks(self, account: str, query: dict[str, str]) -> list[dict[str, Any]]:
        whole = "Sys.Audit" in self.rights(account, "/system/tasks")
        wanted = [one for one in self.tasks if query.get("typefilter", "") in one["worker_type"]]
        return [one for one in wanted if whole or one["user"] == account][: int(query.get("limit", 50))]


def collection(store: str, schedule: str | None = None, **more: Any) -> dict[str, Any]:
    """Garbage collection of a datastore; one that never ran unless *more* tells its task and end."""
    told: dict[str, Any] = {"store": store, "upid": None, "index-file-count": 0, "index-data-bytes": 0}
    for what in ("disk", "removed", "pending"):
        told |= {f"{what}-bytes": 0, f"{what}-chunks": 0}
    told |= {"removed-bad": 0, "still-bad": 0} | ({"schedule": schedule} if schedule else {})
    return told | {name.replace("_", "-"): value for name, value in more.items()}


def snapshot(kind: str, name: str, at: int, **more: Any) -> dict[str, Any]:
    """A snapshot as the API lists it; verified: ok, failed or nothing."""
    archive = {"vm": "drive-scsi0.img.fidx", "ct": "root.pxar.didx", "host": "data.pxar.didx"}[kind]
    mode = more.pop("mode", "none")
    verified, checked = more.pop("verified", None), more.pop("checked", at + 3600)
    told: dict[str, Any] = {
        "backup-type": kind,
        "backup-id": name,
        "backup-time": at,
        "files": [
            {"filename": archive, "crypt-mode": mode, "size": 8 << 30},
            {
                "filename": "index.json.blob",
                "crypt-mode": "sign-only" if mode == "encrypt" else "none",
                "size": 512,
            },
            {"filename": "client.log.blob"},
        ],
        "owner": "pve@pbs!cluster1",
        "protected": False,
        "size": 8 << 30,
    }
    if verified:
        told["verification"] = {"state": verified, "upid": upid("verificationjob", "main:v-1", checked)}
    return told | more


def task(
    worker: str, identity: str, at: int, status: str | None = "OK", seconds: int = 300
) -> dict[str, Any]:
    """A task as the list tells it; without a status it still runs."""
    told: dict[str, Any] = {
        "upid": upid(worker, identity, at),
        "node": "localhost",
        "pid": 666,
        "pstart": 4660,
        "starttime": at,
        "worker_type": worker,
        "worker_id": identity,
        "user": "root@pam",
    }
    return told | ({"endtime": at + seconds, "status": status} if status else {})


def seeded(now: int) -> Server:
    """A server with two datastores, good and failed verifications, a namespace, jobs, tasks."""
    server = Server()
    days = [
        snapshot("vm", "101", now - n * DAY, comment="dc1", verified="ok" if n > 1 else None)
        for n in range(1, 8)
    ]
    days += [snapshot("ct", "102", now - DAY, comment="web1", verified="failed", mode="encrypt")]
    days += [snapshot("host", "files1", now - 2 * DAY, protected=True, owner="files1@pbs!nightly")]
    broken = snapshot("host", "files1", now - 3600)
    del broken["size"]
    branch = [snapshot("vm", "101", now - 3 * DAY, comment="branch-dc")]
    ended = {"last_run_state": "OK", "last_run_endtime": now - DAY + 900, "duration": 900}
    task_of_it = upid("garbage_collection", "main", now - DAY)
    garbage = collection("main", "daily", upid=task_of_it, disk_bytes=1 << 40, next_run=now + DAY, **ended)
    server.stores["main"] = Store(
        "/mnt/datastore/main", {"": [*days, broken], "branch/site2": branch}, garbage=garbage
    )
    server.stores["second"] = Store("/mnt/datastore/second")
    server.jobs = {
        "prune": [
            {"id": "s-main", "store": "main", "schedule": "daily", "keep-daily": 7, "keep-weekly": 4,
             "last-run-state": "OK", "last-run-endtime": now - DAY, "next-run": now + DAY,
             "last-run-upid": upid("prunejob", "main", now - DAY - 60)}
        ],
        "verify": [
            {"id": "v-1", "store": "main", "schedule": "sat 03:00", "outdated-after": 30,
             "last-run-state": "verification failed - please check the log for details",
             "ignore-verified": True, "last-run-endtime": now - 2 * DAY,
             "last-run-upid": upid("verificationjob", "main:v-1", now - 2 * DAY)}
        ],
        "sync": [
            {"id": "p-1", "store": "second", "remote": "offsite", "remote-store": "main",
             "schedule": "hourly", "last-run-state": "unknown", "last-run-endtime": now - DAY,
             "last-run-upid": upid("syncjob", "offsite:main:second::p-1", now - DAY),
             "sync-direction": "pull"},
            {"id": "p-2", "store": "main", "remote": "offsite", "remote-store": "copies",
             "last-run-state": "OK", "last-run-endtime": now - DAY, "sync-direction": "push",
             "last-run-upid": upid("syncjob", "offsite:copies:main::p-2", now - DAY)},
        ],
    }  # fmt: skip
    server.tasks = [
        task("backup", "main:vm/101", now - DAY),
        task("backup", "main:ct/102", now - DAY, "connection error: not connected"),
        task("backup", "main:ct/103", now - 60, None),
        task("verificationjob", "main:v-1", now - 2 * DAY, "verification failed - please check the log"),
        task("garbage_collection", "main", now - DAY, "WARNINGS: 2"),
        task("prunejob", "main", now - DAY - 60),
        task("syncjob", "offsite:copies:main::p-2", now - DAY),
    ]
    everything = {f"Datastore.{one}": True for one in ("Audit", "Backup", "Prune")}
    server.acl = {
        f"{USER}!{TOKEN}": dict(AUDITOR),
        "pve@pbs!cluster1": {"/datastore/main": everything},
        "files1@pbs!nightly": {"/datastore/main": {"Datastore.Backup": True}},
    }
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
        yield f"pbs://{USER}!{TOKEN}@127.0.0.1:{http.server_address[1]}?fingerprint={pin}"
    finally:
        http.shutdown()
        http.server_close()
        thread.join(10)


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Nothing is written."""

        def do_GET(self) -> None:
            place = urlsplit(self.path)
            path = unquote(place.path).removeprefix("/api2/json")
            query = dict(parse_qsl(place.query, keep_blank_values=True))
            server.requests.append((self.command, path))
            asked = path + (f"?ns={query['ns']}" if "ns" in query else "")
            fault = next((told for part, told in server.faults.items() if asked.endswith(part)), None)
            try:
                self._send(*self._told(path, query, fault))
            except (BrokenPipeError, ConnectionError, ssl.SSLError):
                self.close_connection = True

        def _told(self, path: str, query: dict[str, str], fault: Any) -> tuple[int, str, bytes]:
            if isinstance(fault, tuple):
                return fault[0], JSON, str(fault[1]).encode()
            if fault == "slow":
                time.sleep(4)
            if fault == "html":
                return 200, "text/html", b"<html><body>Sign in to the proxy</body></html>"
            try:
                account = self._account()
                data = server.answer(account, path, query)
            except Refused as refused:
                return refused.status, JSON, str(refused).encode()
            server.answered.append((path, query, data))
            raw = json.dumps({"data": data}).encode()
            return 200, JSON, raw[: len(raw) // 2] if fault == "cut" else raw

        def _account(self) -> str:
            told = self.headers.get("Authorization", "")
            if told != f"PBSAPIToken={USER}!{TOKEN}:{SECRET}":
                raise Refused(401, "authentication failed - invalid token")
            return f"{USER}!{TOKEN}"

        def _send(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
