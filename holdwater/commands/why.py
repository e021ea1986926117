"""`holdwater why`."""

from __future__ import annotations

from pathlib import Path

import click

from holdwater import options
from holdwater.errors import CannotRun


@click.command(
    epilog="""\b
Examples:
  holdwater why mail
  holdwater why dc01 office.evidence.zip"""
)
@click.argument("asset")
@click.argument("bundle", required=False, type=click.Path(path_type=Path))
@options.config
@options.salvage
@options.as_json
def why(asset: str, bundle: Path | None, config: Path | None, salvage: bool, as_json: bool) -> None:
    """The whole argument for the verdict on one system: each step with its proof, and what lifts it."""
    from holdwater.judging import judged
    from reports import json
    from reports.systems_text import argument, meant, summary

    judgement = judged(bundle, config=config, salvage=salvage)
    name = meant(judgement, asset)
    if name is None:
        known = ", ".join(one["asset"] for one in summary(judgement)[:20]) or "no system"
        raise CannotRun(f"no system is named {asset!r}; this audit knows {known}")
    if as_json:
        click.echo(json.dumps(next(one for one in summary(judgement) if one["asset"] == name)))
    else:
        click.echo(argument(judgement, name))
