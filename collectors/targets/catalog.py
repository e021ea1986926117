"""The catalog of Bacula or Bareos in its database, asked by SELECT only, in a session that cannot write.

Addresses: `bacula+sqlite:///path`, `bacula+postgresql://user@host[:port]/database`, `bacula+mysql://…`. The
password is named by reference (a file, a command) or stands in the environment, never in the address.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from collectors.question import Answer, Question, Refusal
from collectors.redact import mark
from collectors.targets.password import password
from collectors.targets.repository_address import Access

if TYPE_CHECKING:
    from sqlalchemy import Engine

PASSWORD = "HOLDWATER_BACULA_PASSWORD"
_ADDRESS = re.compile(
    r"bacula\+(?:sqlite://(?P<path>/.+)|(?P<kind>postgresql|mysql)://(?:(?P<user>[^:@/\s]+)@)?"
    r"(?P<host>\[[0-9A-Fa-f:]+\]|[A-Za-z0-9][\w.-]*)?(?::(?P<port>\d{1,5}))?/(?P<database>[\w.-]+))"
)
_OTHER_RELEASE = r"no such column|unknown column|column \S+ does not exist"
_OLD = "the catalog is of another release: save what `llist jobs` and `list volumes` of bconsole tell"
_REFUSED: tuple[tuple[str, Refusal], ...] = (
    (r"password|authentication|access denied|permission denied|not permitted", "denied"),
    (r"timeout|timed out", "timed-out"),
    (r"connection|connect|could not translate|unable to open|no such file|unknown database", "unreachable"),
)


@dataclass(frozen=True, slots=True)
class CatalogPlace:
    """A database. *path*: of SQLite's file, else empty."""

    kind: str
    path: str
    user: str
    host: str
    port: int | None
    database: str


def parsed(address: str) -> CatalogPlace:
    """The place of an address. Raises ValueError, whose words repeat no part of it: it may hold a secret."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise ValueError(
            "a catalog is bacula+sqlite:///path, bacula+postgresql://user@host/database or"
            f" bacula+mysql://user@host/database; its password goes into the environment variable {PASSWORD},"
            " or into a file named as password_file in site.toml, never into the address"
        )
    port = int(found["port"]) if found["port"] else None
    return CatalogPlace(
        found["kind"] or "sqlite",
        found["path"] or "",
        found["user"] or "",
        (found["host"] or "").strip("[]"),
        port,
        found["database"] or "",
    )


class CatalogTarget:
    """A catalog. Every answer is an object of `columns` (small letters) and `rows`."""

    kind = "catalog"

    def __init__(
        self, address: str, *, name: str = "", connect_timeout: float = 15.0, access: Access | None = None
    ) -> None:
        self._place = parsed(address)
        self.name = name or f"bacula-{self._place.host or socket.gethostname()}"
        self.address = address
        self.about = {"system": "bacula"}
        self._seconds = connect_timeout
        self._access = access or Access()
        self._secret = ""
        self._engine: Engine | None = None
        self._reached: str | None = None

    async def reach(self) -> str:
        if self._reached is None:
            self._reached = await asyncio.to_thread(self._open)
        return self._reached

    def _open(self) -> str:
        try:
            self._secret = secret(self._access, os.environ)
            self._engine = engine(self._place, self._secret, self._seconds)
        except ImportError as error:
            return f"no driver of {self._place.kind} ({error.name}): pip install 'holdwater[catalog]'"
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            return f"the password of the catalog cannot be read: {type(error).__name__}"
        return ""

    async def ask(self, question: Question) -> Answer:
        reason = await self.reach()
        if reason:
            return Answer(question, refusal="unreachable", detail=reason)
        begun_at, begun = datetime.now(UTC), time.monotonic()
        limit = question.form.timeout_seconds + self._seconds
        try:
            async with asyncio.timeout(limit):
                told = await asyncio.to_thread(self._select, question)
        except TimeoutError:
            told = {"refusal": "timed-out", "detail": f"no answer within {limit:g} s"}
        seconds = round(time.monotonic() - begun, 3)
        return Answer(question, started_at=begun_at, duration_seconds=seconds, **told)

    def _select(self, question: Question) -> dict[str, Any]:
        """Runs in a thread. Whatever happens is an answer."""
        from sqlalchemy import text
        from sqlalchemy.exc import SQLAlchemyError

        assert self._engine is not None
        try:
            with self._engine.connect() as connection:
                result = connection.execute(text(question.argv[1]))
                columns = [name.lower() for name in list(result.keys())]
                rows = [[_plain(value) for value in row] for row in result]
        except SQLAlchemyError as error:
            return self._refused(str(getattr(error, "orig", None) or error))
        raw = json.dumps({"columns": columns, "rows": rows}, ensure_ascii=False).encode("utf-8", "replace")
        if len(raw) > question.form.max_bytes:
            return {"refusal": "truncated", "detail": f"more than {question.form.max_bytes} bytes"}
        return {"stdout": raw, "status": 0}

    def _refused(self, said: str) -> dict[str, Any]:
        words = " ".join(said.split())[:300]
        if re.search(_OTHER_RELEASE, words, re.IGNORECASE):
            words += f"; {_OLD}"
        if self._secret:
            words = words.replace(self._secret, mark("password").decode())
        for pattern, refusal in _REFUSED:
            if re.search(pattern, words, re.IGNORECASE):
                return {"refusal": refusal, "detail": words}
        return {"status": 1, "stderr": words.encode()}

    async def close(self) -> None:
        if self._engine is not None:
            self._engine.dispose()


def secret(access: Access, environment: Mapping[str, str]) -> str:
    """The password: of the file or command that is named, else of the environment. Raises OSError."""
    return password(access, environment, PASSWORD)


def engine(place: CatalogPlace, password: str, seconds: float) -> Engine:
    """Nothing is connected yet; every session of it is read-only. Raises ImportError without a driver."""
    from sqlalchemy import URL, NullPool, create_engine

    if place.kind == "sqlite":
        import sqlite3

        file = f"file:{quote(place.path)}?mode=ro"
        return create_engine(
            "sqlite://", creator=lambda: sqlite3.connect(file, uri=True, timeout=5), poolclass=NullPool
        )
    driver, options = _DRIVERS[place.kind]
    url = URL.create(
        driver,
        username=place.user or None,
        password=password or None,
        host=place.host or None,
        port=place.port,
        database=place.database,
    )
    return create_engine(url, poolclass=NullPool, connect_args=options | {"connect_timeout": int(seconds)})


_DRIVERS: dict[str, tuple[str, dict[str, Any]]] = {
    "postgresql": (
        "postgresql+psycopg",
        {"options": "-c default_transaction_read_only=on -c statement_timeout=300000"},
    ),
    "mysql": ("mysql+pymysql", {"init_command": "SET SESSION TRANSACTION READ ONLY", "read_timeout": 300}),
}


def _plain(value: Any) -> Any:
    """A value as JSON can hold it. MySQL tells names as bytes, SQLite times as text."""
    match value:
        case datetime() | date():
            return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
        case bytes() | memoryview():
            return bytes(value).decode("utf-8", "replace")
        case Decimal():
            return int(value)
        case _:
            return value if value is None or isinstance(value, bool | int | float | str) else str(value)
