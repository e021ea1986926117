"""`holdwater tables`."""

from __future__ import annotations

import dataclasses
import typing
from typing import Any

import click

from holdwater import options


@click.command(epilog="\b\nExamples:\n  holdwater tables\n  holdwater tables drive")
@click.argument("name", required=False)
@options.as_json
def tables(name: str | None, as_json: bool) -> None:
    """List the tables, or the columns of one."""
    from analyzer.site import DERIVED
    from holdwater import registry
    from reports import json

    if name is None:
        told = [
            {
                "table": table,
                "derived": row_type in DERIVED,
                "about": (row_type.__doc__ or "").partition("\n")[0],
            }
            for table, row_type in registry.tables().items()
        ]
        if as_json:
            click.echo(json.dumps(told))
            return
        for one in told:
            click.echo(f"{one['table']:<22} {'derived  ' if one['derived'] else 'collected'}  {one['about']}")
        return
    columns = described(registry.table(name))
    if as_json:
        click.echo(json.dumps(columns))
        return
    for column in columns:
        click.echo(f"{column['column']:<34} {column['type']:<18} {column['about']}")


def described(row_type: Any) -> list[dict[str, str]]:
    """The columns of a table: name, type (`int?` where it may be withheld) and sentence."""
    hints = typing.get_type_hints(row_type)
    return [
        {"column": f.name, "type": _type(hints[f.name]), "about": f.metadata["doc"]}
        for f in dataclasses.fields(row_type)
    ]


def _type(hint: Any) -> str:
    arms = [arm for arm in typing.get_args(hint) if arm is not type(None)]
    return f"{arms[0].__name__}?" if arms else str(hint.__name__)
