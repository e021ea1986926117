"""`holdwater explain`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from analyzer.finding import Finding
from holdwater import completing, options
from holdwater.errors import CannotRun


@click.command(
    epilog="""\b
Examples:
  holdwater explain raid/degraded
  holdwater explain smart/pending-sectors:/dev/sdb
  holdwater explain capacity/used:/srv office.evidence.zip"""
)
@click.argument("what", metavar="RULE[:SUBJECT]", shell_complete=completing.rule_ids)
@click.argument("bundle", required=False, type=click.Path(path_type=Path))
@options.config
@options.salvage
@options.as_json
def explain(what: str, bundle: Path | None, config: Path | None, salvage: bool, as_json: bool) -> None:
    """Why a rule says what it says of a subject: row, limits, verdict, and the raw answer it came from.

    SUBJECT is a part of a subject, its name or its target; without it every subject of the rule is explained.
    """
    from collectors.bundle import Bundle
    from holdwater import registry
    from holdwater.evidence import excerpt_of
    from holdwater.judging import judged
    from reports import json

    rule_id, _, subject = what.partition(":")
    rule = registry.rule(rule_id)
    bundle = bundle or options.latest(options.audits_folder())
    judgement = judged(bundle, config=config, salvage=salvage)
    found = [f for f in judgement.findings if f.rule == rule.id and _about(f, subject)]
    blind = [b for b in judgement.blind_spots if rule.id in b.rules]
    if not found and subject:
        known = sorted(
            {f"{f.target}: {f.label or f.subject}" for f in judgement.findings if f.rule == rule.id}
        )
        raise CannotRun(
            f"{rule.id} judged nothing like {subject!r}; it judged {'; '.join(known) or 'nothing'}"
        )
    with Bundle(bundle, salvage=salvage) as opened:
        excerpt = excerpt_of(opened)
        told = [
            {
                **json.finding(finding),
                "row": _row(judgement.site, rule.on, finding),
                "excerpts": [excerpt(source) for source in finding.sources],
            }
            for finding in found
        ]
    if as_json:
        click.echo(
            json.dumps({"rule": rule.id, "findings": told, "gaps": [json.blind_spot(b) for b in blind]})
        )
        return
    from reports.text import one_line

    click.echo(f"{rule.id}: {rule.title}\n")
    for one in told:
        _print(one)
    if not told:
        click.echo("No subject was judged: the table has no rows here.\n")
    for spot in blind:
        click.echo(
            one_line(f"not seen: {spot.gap.target} {spot.gap.subject}: {spot.gap.reason}: {spot.gap.detail}")
        )
    click.echo(f"`holdwater rules {rule.id}` prints why it matters and what to do.")


def _about(finding: Finding, subject: str) -> bool:
    return any(subject in name for name in (finding.subject, finding.label, finding.target))


def _row(site: Any, row_type: Any, finding: Finding) -> dict[str, Any]:
    from reports import json

    for fact in site.facts(row_type):
        if fact.target == finding.target and fact.row.subject == finding.subject:
            return json.row(fact)
    return {}


def _print(told: dict[str, Any]) -> None:
    from reports.text import one_line

    click.echo(one_line(f"{told['target']}: {told['label'] or told['subject']}"))
    click.echo(one_line(f"  verdict   {told['outcome']} ({told['severity']}) {told['message']}"))
    for name, value in told["limits"].items():
        click.echo(f"  limit     {name} = {value!r}")
    for name, value in told["row"].items():
        if value not in (None, ""):
            mark = "  <- decided" if name == told["column"] else ""
            click.echo(one_line(f"  row       {name} = {value}") + mark)
    for evidence, excerpt in zip(told["evidence"], told["excerpts"], strict=True):
        click.echo(
            one_line(f"  evidence  {' '.join(evidence['argv'])} ({evidence['where'] or 'whole answer'})")
        )
        for line in excerpt.splitlines()[:12]:
            click.echo("            | " + one_line(line))
    click.echo("")
