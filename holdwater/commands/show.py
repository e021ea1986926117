"""`holdwater show`."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import click

from holdwater import completing, options
from holdwater.errors import CannotRun

if TYPE_CHECKING:
    from analyzer.site import Site
    from collectors.table import Row


@click.command(
    epilog="""\b
Examples:
  holdwater show drive --columns device,model,serial,power_on_hours --sort -power_on_hours
  holdwater show filesystem --where "free_percent < 20 and fs_type != 'iso9660'"
  holdwater show disk office.evidence.zip --csv > disks.csv"""
)
@click.argument("table", shell_complete=completing.table_names)
@click.argument("bundle", required=False, type=click.Path(path_type=Path))
@click.option("--where", help="Only rows for which this holds: comparisons with and, or, not, in.")
@click.option(
    "--sort", shell_complete=completing.columns, help="Column to sort by; -COLUMN for the largest first."
)
@click.option(
    "--columns",
    shell_complete=completing.columns,
    help="Columns to show, comma-separated; default: all that hold anything.",
)
@click.option("--csv", "format", flag_value="csv", help="Print CSV.")
@options.salvage
@options.answer_format
def show(
    table: str,
    bundle: Path | None,
    where: str | None,
    sort: str | None,
    columns: str | None,
    format: str,
    salvage: bool,
) -> None:
    """Show a table of a bundle or of the latest audit. `holdwater tables` lists them."""
    from collectors.bundle import BundleError
    from holdwater import api, registry
    from holdwater.condition import ConditionError, select
    from reports import json
    from reports.answers import written

    row_type = registry.table(table)
    bundle = bundle or options.latest(options.audits_folder())
    try:
        site = api.open_site(bundle, salvage=salvage)
        rows = select(
            [json.row(fact) for fact in site.facts(row_type)],
            where=where,
            sort=sort,
            columns=columns,
            names=["target", *(one.name for one in fields(row_type))],
        )
    except (BundleError, ConditionError) as error:
        raise CannotRun(str(error)) from error
    except OSError as error:
        raise CannotRun(f"{bundle}: {error.strerror or error}") from error
    text = written(rows, (), format, most=48)
    if text:
        click.echo(text)
    for line in [] if rows else _not_there(site, row_type):
        click.echo(line, err=True)
    for line in _not_seen(site, row_type):
        click.echo(line, err=True)


def _not_there(site: Site, row_type: type[Row]) -> list[str]:
    """One line for each target that proved to have none of it."""
    from reports.text import one_line

    told = (f"none: {one.target}: {one.proof}" for one in site.absences if one.table is row_type)
    return list(dict.fromkeys(map(one_line, told)))


def _not_seen(site: Site, row_type: type[Row]) -> list[str]:
    """One line for each thing that the table could not be told about."""
    from reports.text import one_line

    told = (
        one_line(
            f"not seen: {gap.target}{' ' if gap.subject else ''}{gap.subject}: {gap.reason}: {gap.detail}"
        )
        for gap in site.blind_spots(row_type)
    )
    return list(dict.fromkeys(told))
