"""`holdwater recovery-plan`."""

from __future__ import annotations

from pathlib import Path

import click

from holdwater import options


@click.command(
    "recovery-plan",
    epilog="""\b
Examples:
  holdwater recovery-plan > plan.txt      print it, and keep it in the safe
  holdwater recovery-plan office.evidence.zip --json""",
)
@click.argument("bundle", required=False, type=click.Path(path_type=Path))
@options.config
@options.salvage
@options.as_json
def recovery_plan(bundle: Path | None, config: Path | None, salvage: bool, as_json: bool) -> None:
    """In which order systems come back after a total loss, when, and what to have in hand."""
    from holdwater.judging import judged
    from reports import json
    from reports.recovery_plan import steps, text

    judgement = judged(bundle, config=config, salvage=salvage)
    click.echo(json.dumps(steps(judgement)) if as_json else text(judgement))
