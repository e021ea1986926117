"""`holdwater analyze`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from holdwater import options


@click.command(
    epilog="""\b
Examples:
  holdwater analyze                       the latest audit
  holdwater analyze office.evidence.zip --json | jq '.findings[].message'
  holdwater analyze broken.evidence.zip --salvage"""
)
@click.argument("bundle", required=False, type=click.Path(path_type=Path))
@options.config
@options.no_history
@options.salvage
@options.fail_on
@options.as_json
def analyze(
    bundle: Path | None, config: Path | None, no_history: bool, salvage: bool, fail_on: str, as_json: bool
) -> None:
    """Judge a bundle: findings, blind spots and grade."""
    from holdwater.judging import judged
    from reports import json, terminal

    judgement = judged(bundle, config=config, history=not no_history, salvage=salvage)
    if as_json:
        click.echo(json.dumps(json.judgement(judgement)))
    else:
        from holdwater.commands.audit import _width

        click.echo(terminal.summary(judgement, width=_width(), colour=sys.stdout.isatty()))
    raise SystemExit(options.exit_status(judgement.counts(), fail_on))
