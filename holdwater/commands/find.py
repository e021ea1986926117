"""`holdwater find`."""

from __future__ import annotations

from typing import Any

import click

from holdwater import options

LONGEST = 160
NOT_IN = ("evidence", "limits", "site", "audit_id")


@click.command(
    epilog="""\b
Examples:
  holdwater find WCC7K0123456            where a serial number turns up
  holdwater find /srv/backup --site office
  holdwater find "read failure" --format json"""
)
@click.argument("text")
@click.option(
    "--most", type=click.IntRange(1), default=200, show_default=True, help="Places to show at most."
)
@options.of_store
@options.answer_format
def find(text: str, most: int, site: str | None, audit: str | None, format: str) -> None:
    """Find a text in all tables of the newest audit: names, serials, paths, messages.

    Capital or small letters make no difference. Exit 1 if it is nowhere.
    """
    from holdwater.commands.query import show_rows
    from holdwater.store import asking

    asked = asking.opened(options.store_folder(), site=site, audit=audit)
    rows = places(asked, text, most + 1)
    show_rows(rows[:most], ("site", "target", "table", "column", "value"), format)
    if len(rows) > most:
        click.echo(f"more than {most} places; --most shows more", err=True)
    raise SystemExit(0 if rows else 1)


def places(asked: Any, text: str, most: int) -> list[dict[str, Any]]:
    """Site, target, table, column and value of every place, table by table."""
    from holdwater.store import asking

    found: list[dict[str, Any]] = []
    seen: set[tuple[str, ...]] = set()
    for table, answer in asking.holding(asked, text, NOT_IN):
        for row in answer.dicts():
            for column, value in row.items():
                if column in NOT_IN or not isinstance(value, str) or text.lower() not in value.lower():
                    continue
                where = (row["site"], str(row.get("target", "")), table, column, _around(value, text))
                if where not in seen:
                    seen.add(where)
                    found.append(
                        dict(zip(("site", "target", "table", "column", "value"), where, strict=True))
                    )
                    if len(found) >= most:
                        return found
    return found


def _around(value: str, text: str) -> str:
    """The value, or what stands around the text in a long one."""
    if len(value) <= LONGEST:
        return value
    at = max(0, value.lower().find(text.lower()) - LONGEST // 3)
    return f"{'…' if at else ''}{value[at : at + LONGEST]}…"
