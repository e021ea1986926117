"""`holdwater query`."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from holdwater import options
from holdwater.errors import CannotRun

if TYPE_CHECKING:
    from holdwater.store.asking import Answer, Asked

MOST_SQL = 1_000_000


def _names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from holdwater.saved_queries import queries

    return [name for name in queries() if name.startswith(incomplete)]


@click.command(
    epilog="""\b
Examples:
  holdwater query "SELECT target, device, model FROM drive WHERE power_on_hours > 50000"
  holdwater query --list                        questions by name
  holdwater query old-drives --set years=5 --format csv
  echo "FROM all_audit" | holdwater query - --format ndjson
  holdwater query                               a shell that completes tables and columns

\b
A table holds the newest audit of each site, all_TABLE every audit. `holdwater query --tables` lists them,
`holdwater query "DESCRIBE drive"` shows columns."""
)
@click.argument("sql", required=False, metavar="[SQL|NAME|-]", shell_complete=_names)
@click.option("--list", "listed", is_flag=True, help="List the questions by name.")
@click.option("--tables", is_flag=True, help="List the tables that have rows.")
@click.option("--print", "printed", is_flag=True, help="Print the SQL of a question by name.")
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="Value of a $name in a question.")
@options.of_store
@options.answer_format
def query(
    sql: str | None,
    listed: bool,
    tables: bool,
    printed: bool,
    given: tuple[str, ...],
    site: str | None,
    audit: str | None,
    format: str,
) -> None:
    """Ask the store in SQL, or by a name: all tables, all audits, read-only.

    SQL may open no file, write nothing and reach no network: only the store's own tables can be asked.
    """
    from holdwater.store.asking import Answer

    if listed:
        from holdwater.saved_queries import queries

        rows = tuple((one.name, one.about, _set(one.values)) for one in queries().values())
        _show(Answer(("name", "about", "values"), rows), format)
        return
    if printed:
        click.echo(_saved(sql or "").sql.strip())
        return
    if sql is None and not tables and sys.stdin.isatty():
        from holdwater import query_shell

        query_shell.run(_opened(site, audit), format)
        return
    asked = _opened(site, audit)
    if tables:
        _show(_tables(asked), format)
        return
    _show(answered(asked, sql or "-", given), format)


def _opened(site: str | None, audit: str | None) -> Asked:
    from holdwater.store import asking

    return asking.opened(options.store_folder(), site=site, audit=audit)


def answered(asked: Asked, sql: str, given: tuple[str, ...] = ()) -> Answer:
    """The answer to SQL, to a question by name, to a table's name, or to what stdin holds."""
    from holdwater.store.asking import EVERY, ask

    values = _given(given)
    if sql == "-":
        sql = sys.stdin.read(MOST_SQL)
        if not sql.strip():
            raise CannotRun('no question: holdwater query "SELECT …", or pipe SQL into holdwater query -')
    if len(sql.split()) > 1 or ";" in sql:
        return ask(asked, sql, values)
    if sql.strip().removeprefix(EVERY) in asked.tables():
        return ask(asked, f'FROM "{sql.strip()}"', values)
    from holdwater.saved_queries import with_values

    saved = _saved(sql.strip())
    return ask(asked, saved.sql, with_values(saved, values))


def _given(given: tuple[str, ...]) -> dict[str, str]:
    told = {}
    for one in given:
        name, sign, value = one.partition("=")
        if not sign:
            raise CannotRun(f"--set {one}: NAME=VALUE, please")
        told[name] = value
    return told


def _saved(name: str) -> Any:
    from holdwater.saved_queries import queries

    known = queries()
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        meant = f" (did you mean {near[0]}?)" if near else ""
        raise CannotRun(f"there is no question or table {name!r}{meant}; `holdwater query --list` lists them")
    return known[name]


def _set(values: Any) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items())


def _tables(asked: Asked) -> Answer:
    """Tables with the rows of the newest audits and of all."""
    from holdwater.store.asking import Answer

    rows = []
    for table in asked.tables():
        counts = {
            unit.folder: unit.tables[table].get("rows")
            for unit in asked.content.units
            if table in unit.tables
        }
        rows.append((table, f"all_{table}", sum(count or 0 for count in counts.values())))
    return Answer(("table", "every_audit", "rows_of_all"), tuple(rows))


def _show(answer: Answer, format: str) -> None:
    show_rows(answer.dicts(), answer.names, format)


def show_rows(rows: list[dict[str, Any]], names: tuple[str, ...], format: str) -> None:
    """Print an answer."""
    import shutil

    from reports.answers import written

    width = shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else 1000
    text = written(rows, names, format, width=width)
    if text or format == "table":
        click.echo(text)


def history_file() -> Path:
    """Where the shell keeps what was asked."""
    return Path(click.get_app_dir("holdwater")) / "query-history"
