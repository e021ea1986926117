"""`holdwater top`."""

from __future__ import annotations

import click

from holdwater import options

WORST = """
SELECT severity, site, target, label, message, others, rule FROM (
  SELECT *, count(*) OVER thing - 1 AS others,
    row_number() OVER (thing ORDER BY severity_rank DESC, probability DESC NULLS LAST, rule) AS place
  FROM finding WHERE outcome = 'fail' WINDOW thing AS (PARTITION BY site, target, root)
) WHERE place = 1 ORDER BY severity_rank DESC, probability DESC NULLS LAST, others DESC, site, target, label
LIMIT $most
"""
ASSETS = """
SELECT g.grade, g.site, g.target, g.tier, g.number, g.low, g.high, g.confidence_percent,
  (SELECT arg_max(f.message, (f.severity_rank, f.probability, f.rule)) FROM finding f
   WHERE f.site = g.site AND f.system = g.target AND f.outcome = 'fail') AS worst
FROM asset_grade g
ORDER BY list_position(['F', 'U', 'E', 'D', 'C', 'B', 'A', 'A+'], g.grade), g.number NULLS FIRST, g.tier,
  g.site, g.target LIMIT $most
"""


@click.command(
    epilog="""\b
Examples:
  holdwater top                 the ten things to mend first
  holdwater top --assets -n 20  the systems that are worst off
  holdwater top --format markdown"""
)
@click.option("-n", "--most", type=click.IntRange(1), default=10, show_default=True, help="How many lines.")
@click.option("--assets", is_flag=True, help="Systems instead of faults.")
@options.of_store
@options.answer_format
def top(most: int, assets: bool, site: str | None, audit: str | None, format: str) -> None:
    """What matters most now: the worst faults of all sites, one line for each thing at fault."""
    from holdwater.commands.query import show_rows
    from holdwater.store import asking

    asked = asking.opened(options.store_folder(), site=site, audit=audit)
    answer = asking.ask(asked, ASSETS if assets else WORST, {"most": most})
    show_rows(answer.dicts(), answer.names, format)
