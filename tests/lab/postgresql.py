# SPDX-License-Identifier: Apache-2.0
"""A real PostgreSQL on loopback, and a catalog of Bacula carried over into it from SQLite."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .beds import BedError, BedMissing, need_programs, need_root

PORT = 5497
TABLES = ("Job", "Client", "FileSet", "Pool", "Media", "JobMedia", "Storage")
_TIMES = re.compile(r"(?:Sched|Start|End|RealEnd)Time|(?:First|Last|Label)(?:Written|Date)|CreateTime")


@contextmanager
def server(folder: Path) -> Iterator[int]:
    """A cluster with an empty database `bacula`; its port. Needs root, for it runs as postgres."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    need_programs({"setpriv": "util-linux"})
    need_root()
    if not programs:
        raise BedMissing("not installed: initdb (apt package postgresql)")
    binaries = programs[-1].parent
    folder.mkdir()
    shutil.chown(folder, "postgres", "postgres")
    settings = f"-p {PORT} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    _run(
        folder,
        f"{binaries}/initdb -N -D {folder}/data -A trust >&2"
        f" && {binaries}/pg_ctl -D {folder}/data -l {folder}/log -o '{settings}' -w start >&2"
        f" && {binaries}/createdb -h 127.0.0.1 -p {PORT} bacula >&2",
    )
    try:
        yield PORT
    finally:
        _run(folder, f"{binaries}/pg_ctl -D {folder}/data -w -m immediate stop >&2")


def _run(folder: Path, script: str) -> None:
    user = ("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "bash", "-c", script)
    with (folder / "said").open("wb") as said:  # the server keeps what it is given open
        done = subprocess.run(user, stdout=said, stderr=said, timeout=90, cwd=folder, check=False)
    if done.returncode:
        raise BedError((folder / "said").read_text(errors="replace"))


def carry_over(catalog: Path, port: int) -> None:
    """Make the tables that are asked about, with names in small letters and times as PostgreSQL has them."""
    import psycopg

    source = sqlite3.connect(catalog)
    with psycopg.connect(f"host=127.0.0.1 port={port} user=postgres dbname=bacula") as target:
        for table in TABLES:
            columns = [(one[1], one[2]) for one in source.execute(f"PRAGMA table_info({table})")]
            kinds = ", ".join(f"{name} {_kind(name, kind)}" for name, kind in columns)
            target.execute(f"CREATE TABLE {table} ({kinds})".encode())
            rows = source.execute(f"SELECT * FROM {table}").fetchall()
            marks = ", ".join(["%s"] * len(columns))
            for row in rows:
                values = [None if value in ("", 0) and _TIMES.fullmatch(name) else value
                          for (name, _), value in zip(columns, row, strict=True)]  # fmt: skip
                target.execute(f"INSERT INTO {table} VALUES ({marks})".encode(), values)
    source.close()


def _kind(name: str, kind: str) -> str:
    if _TIMES.fullmatch(name):
        return "timestamp"
    return "bigint" if "INT" in kind.upper() else "text"
