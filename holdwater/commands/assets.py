"""`holdwater assets`."""

from __future__ import annotations

from pathlib import Path

import click

from holdwater import options


@click.command(
    epilog="""\b
Examples:
  holdwater assets                              of the latest audit, worst of the most important first
  holdwater assets --csv > systems.csv
  holdwater assets --json | jq '.[] | select(.standing != "proven")'"""
)
@click.argument("bundle", required=False, type=click.Path(path_type=Path))
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@options.config
@options.salvage
@options.as_json
def assets(bundle: Path | None, as_csv: bool, config: Path | None, salvage: bool, as_json: bool) -> None:
    """Every system: can it be restored, losing how much, by when. `holdwater why NAME` gives the argument."""
    from holdwater.judging import judged
    from reports import json, table_text
    from reports.systems_text import listing, summary

    judgement = judged(bundle, config=config, salvage=salvage)
    if as_json:
        click.echo(json.dumps(summary(judgement)))
    elif as_csv:
        click.echo(table_text.csv_text(listing(judgement)), nl=False)
    else:
        click.echo(table_text.aligned(listing(judgement)))
