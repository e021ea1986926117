"""`holdwater coverage`."""

from __future__ import annotations

from pathlib import Path

import click

from holdwater import options


@click.command(
    "coverage",
    epilog="""\b
Examples:
  holdwater coverage
  holdwater coverage office.evidence.zip --json""",
)
@click.argument("bundle", required=False, type=click.Path(path_type=Path))
@options.config
@options.salvage
@options.as_json
def coverage(bundle: Path | None, config: Path | None, salvage: bool, as_json: bool) -> None:
    """What nobody has declared, what no copy holds, and copies that belong to nobody."""
    from holdwater.judging import judged
    from reports import json
    from reports.coverage_text import coverage as told
    from reports.coverage_text import text

    judgement = judged(bundle, config=config, salvage=salvage)
    click.echo(json.dumps(told(judgement)) if as_json else text(judgement))
