"""`holdwater tables`."""

from __future__ import annotations

import click

from holdwater import completing, options


@click.command(epilog="\b\nExamples:\n  holdwater tables\n  holdwater tables drive")
@click.argument("name", required=False, shell_complete=completing.table_names)
@options.as_json
def tables(name: str | None, as_json: bool) -> None:
    """List the tables, or the columns of one."""
    from analyzer.site import DERIVED
    from holdwater import registry
    from reports import json, reference

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
    columns = reference.columns(registry.table(name))
    if as_json:
        click.echo(json.dumps(columns))
        return
    for column in columns:
        click.echo(f"{column['column']:<34} {column['type']:<18} {column['about']}")
