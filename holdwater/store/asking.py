"""Questions to the store in SQL: DuckDB over exactly the files that a question is about, and nothing else.

Every table is a view of the newest audit of each site; `all_TABLE` is one of every audit. What a question may
do is held three times: only one SELECT (or EXPLAIN of one) is accepted, DuckDB runs with external access off
and its configuration locked, and it may open only the files of the tables that the question names.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdwater.errors import CannotRun
from holdwater.store import layout
from holdwater.store.layout import Content, Stored, StoreError, Unit

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

EVERY = "all_"
_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_CATALOG = re.compile(r"\b(information_schema|duckdb_\w+|pg_\w+|sqlite_master|show)\b", re.IGNORECASE)
_MISSING = re.compile(r"[Tt]able with name \"?(\w+)\"? does not exist")
_EXPLAIN = re.compile(r"\s*explain\s+(analyze\s+)?(\([^)]*\)\s*)?", re.IGNORECASE)


class QuestionError(CannotRun):
    """The question cannot be answered; the message says where it goes wrong."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Columns and rows."""

    names: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def dicts(self) -> list[dict[str, Any]]:
        """A dictionary for each row; a second column of the same name becomes NAME_2."""
        names: list[str] = []
        for name in self.names:
            count = sum(one == name or one.startswith(f"{name}_") for one in names)
            names.append(f"{name}_{count + 1}" if name in names else name)
        return [dict(zip(names, row, strict=True)) for row in self.rows]


@dataclass(slots=True)
class Asked:
    """The store as a question sees it: which audits are the newest, and which are all."""

    store: Path
    content: Content
    current: tuple[Stored, ...]
    every: tuple[Stored, ...]
    _files: dict[tuple[str, bool], tuple[list[Path], list[str] | None]] = field(default_factory=dict)

    def tables(self) -> list[str]:
        """Names of the tables that have rows, sorted."""
        return sorted({name for unit in self.content.units if unit.live for name in unit.tables})

    def files(self, table: str, *, every: bool) -> tuple[list[Path], list[str] | None]:
        """Files of a table, and the audits in them that count; None: all do."""
        wanted = {one.audit for one in (self.every if every else self.current)}
        paths, names, whole = [], [], True
        for unit in self.content.units:
            live = [one.audit for one in unit.live if one.audit in wanted]
            path = unit.file(table) if live else None
            if path is not None:
                paths.append(path)
                names += live
                whole = whole and len(live) == len(unit.audits)
        return paths, None if whole else names

    def pattern(self, table: str) -> Unit | None:
        """A unit that has the table, for its columns."""
        return next((unit for unit in self.content.units if unit.live and table in unit.tables), None)


def opened(store: Path, *, site: str | None = None, audit: str | None = None) -> Asked:
    """The store, of one site or all, as of the newest audits or the named one. Raises StoreError, CannotRun.

    *audit*: the beginning of an audit's date or name; the newest that begins so, of each site, is the current
    one.
    """
    content = layout.content(store)
    if content.damaged:
        folder, why = content.damaged[0]
        raise StoreError(f"{folder}: {why}; `holdwater store rebuild` mends it")
    every = content.audits(site)
    if not every:
        raise CannotRun(_nothing(store, content, site))
    chosen = every if audit is None else [one for one in every if begins(one, audit)]
    if not chosen:
        raise CannotRun(f"no audit of the store begins with {audit!r}; `holdwater history` lists them")
    newest = {one.site: one for one in chosen}
    return Asked(store, content, tuple(newest.values()), tuple(every))


def begins(one: Stored, name: str) -> bool:
    """Whether the audit's name or date begins so."""
    return one.audit.startswith(name) or f"{one.at:%Y-%m-%d %H:%M}".startswith(name)


def _nothing(store: Path, content: Content, site: str | None) -> str:
    if content.sites():
        return f"there is no site {site!r} in the store; it has {', '.join(content.sites()[:8])}"
    return f"there is no audit in the store {store}; run `holdwater audit`, or `holdwater store rebuild`"


def ask(asked: Asked, sql: str, values: Mapping[str, Any] | Sequence[Any] = ()) -> Answer:
    """The answer to one question. Raises QuestionError, StoreError."""
    import duckdb

    empty: dict[str, Any] = {}
    while True:
        with duckdb.connect(":memory:", config={"autoload_known_extensions": False}) as connection:
            _only_a_question(connection, sql)
            try:
                prepare(connection, asked, sql, empty)
                told = connection.execute(sql, values or None)
                names = tuple(one[0] for one in told.description or ())
                return Answer(names, tuple(told.fetchall()))
            except duckdb.CatalogException as error:
                missing = _MISSING.search(str(error))
                if missing is None or missing[1].lower() in empty:
                    raise QuestionError(_said(error)) from error
                empty[missing[1].lower()] = _declared(missing[1].lower(), asked, error)
            except (duckdb.IOException, duckdb.InvalidInputException) as error:
                raise _trouble(asked, error) from error
            except duckdb.Error as error:
                raise QuestionError(_said(error)) from error


def _only_a_question(connection: DuckDBPyConnection, sql: str) -> None:
    import duckdb

    try:
        statements = connection.extract_statements(sql)
        kinds = [one.type for one in statements]
        if kinds == [duckdb.StatementType.EXPLAIN]:
            below = connection.extract_statements(_EXPLAIN.sub("", sql, count=1))
            kinds = [one.type for one in below]
    except duckdb.Error as error:
        raise QuestionError(_said(error)) from error
    if len(kinds) != 1:
        raise QuestionError(f"one question at a time, please; that are {len(kinds)}")
    if kinds != [duckdb.StatementType.SELECT]:
        raise QuestionError("the store is only read: SELECT, FROM, DESCRIBE, SHOW TABLES, EXPLAIN")


def prepare(connection: DuckDBPyConnection, asked: Asked, sql: str, empty: Mapping[str, Any]) -> None:
    """Make the views that the question names, then take everything else away from the connection."""
    known = asked.tables()
    whole = bool(_CATALOG.search(sql))
    words = set(_NAME.findall(sql.lower()))
    allowed: list[str] = []
    for name in known:
        for every in (False, True):
            view = f"{EVERY}{name}" if every else name
            if whole or view in words:
                allowed += _view(connection, asked, name, view, every=every)
    for view, columns in empty.items():
        connection.execute(_empty(view, columns))
    if whole:
        _comments(connection, known)
    connection.execute(f"SET allowed_paths = [{', '.join(map(_quoted, allowed))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _view(connection: DuckDBPyConnection, asked: Asked, table: str, view: str, *, every: bool) -> list[str]:
    paths, names = asked.files(table, every=every)
    condition = ""
    if not paths:
        unit = asked.pattern(table)
        assert unit is not None
        paths, condition = [unit.folder / f"{table}.parquet"], " WHERE false"
    elif names is not None:
        condition = f" WHERE audit_id IN ({', '.join(map(_quoted, names))})"
    listed = ", ".join(_quoted(str(path)) for path in paths)
    connection.execute(
        f'CREATE VIEW "{view}" AS SELECT * FROM read_parquet([{listed}], union_by_name = true){condition}'
    )
    return [str(path) for path in paths]


def _empty(view: str, columns: Mapping[str, tuple[Any, str]]) -> str:
    kinds = {"str": "VARCHAR", "int": "BIGINT", "float": "DOUBLE", "bool": "BOOLEAN", "datetime": "TIMESTAMP"}
    told = ", ".join(f'NULL::{kinds[kind.__name__]} AS "{name}"' for name, (kind, _) in columns.items())
    return f'CREATE VIEW "{view}" AS SELECT {told} WHERE false'


def _declared(name: str, asked: Asked, error: Exception) -> Mapping[str, Any]:
    """Columns of a table that no audit has rows of. Raises QuestionError if there is no such table."""
    known = declared()
    table = name.removeprefix(EVERY)
    if table in known:
        return known[table]
    near = difflib.get_close_matches(name, [*known, *(EVERY + one for one in known)], 1)
    meant = f" (did you mean {near[0]}?)" if near else ""
    raise QuestionError(
        f"there is no table {name!r}{meant}; `holdwater query --tables` lists them"
    ) from error


def declared() -> Mapping[str, Mapping[str, tuple[Any, str]]]:
    """Every table that may be asked, with types and sentences of its columns."""
    from holdwater import registry
    from holdwater.store import tables

    return tables.declared(registry.tables())


def _comments(connection: DuckDBPyConnection, names: Iterable[str]) -> None:
    """What tables and columns mean, where DuckDB's own catalogue tells it."""
    known = declared()
    for name in names:
        for view in (name, f"{EVERY}{name}"):
            have = {one[0] for one in connection.execute(f'DESCRIBE "{view}"').fetchall()}
            for column, (_, doc) in known.get(name, {}).items():
                if column in have:
                    connection.execute(f'COMMENT ON COLUMN "{view}"."{column}" IS {_quoted(doc)}')


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _said(error: Exception) -> str:
    """DuckDB's message in one line, without its picture of the question."""
    told = str(error).partition("\n\nLINE")[0]
    hint = '; write "array" in double quotes, it is a word of SQL' if 'near "array"' in told else ""
    return " ".join(told.split())[:300] + hint


def _trouble(asked: Asked, error: Exception) -> CannotRun:
    """A file that cannot be read, or a question that cannot be understood."""
    told = _said(error)
    if "sites/" in told and ".parquet" in told:
        return StoreError(f"{told}; `holdwater store verify` lists what is damaged, `store rebuild` mends it")
    return QuestionError(told)


def holding(asked: Asked, text: str, but: Sequence[str]) -> Iterator[tuple[str, Answer]]:
    """Rows of the newest audits that hold a text anywhere, table by table. *but*: columns not looked at."""
    import duckdb

    tables = [table for table in asked.tables() if asked.files(table, every=False)[0]]
    with duckdb.connect(":memory:", config={"autoload_known_extensions": False}) as connection:
        try:
            prepare(connection, asked, " ".join(tables), {})
            for table in tables:
                told = connection.execute(f'DESCRIBE "{table}"').fetchall()
                texts = [f'"{name}"' for name, kind, *_ in told if kind == "VARCHAR" and name not in but]
                sql = (
                    f'FROM "{table}" WHERE contains(lower(concat_ws(chr(10), {", ".join(texts)})), lower(?))'
                )
                found = connection.execute(sql, [text])
                names = tuple(one[0] for one in found.description or ())
                rows = tuple(found.fetchall())
                if rows:
                    yield table, Answer(names, rows)
        except duckdb.Error as error:
            raise _trouble(asked, error) from error
