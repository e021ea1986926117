"""`holdwater rules`."""

from __future__ import annotations

import click

from holdwater import completing, options


@click.command(
    epilog="""\b
Examples:
  holdwater rules
  holdwater rules raid
  holdwater rules smart/pending-sectors"""
)
@click.argument("rule", required=False, shell_complete=completing.rule_ids)
@options.as_json
def rules(rule: str | None, as_json: bool) -> None:
    """List the rules, those of a family (smart, raid, fs …), or describe one."""
    from holdwater import registry
    from reports import json

    known = registry.rules()
    family = rule.rstrip("/") + "/" if rule and rule not in known else ""
    if family and any(name.startswith(family) for name in known):
        chosen, rule = [one for name, one in known.items() if name.startswith(family)], None
    else:
        chosen = [registry.rule(rule)] if rule else list(known.values())
    if as_json:
        told = [
            {
                "id": one.id,
                "severity": one.severity,
                "table": one.on.TABLE,
                "controls": list(one.controls),
                "title": one.title,
                "limits": dict(one.limits),
                "text": one.text,
            }
            for one in chosen
        ]
        click.echo(json.dumps(told[0] if rule else told))
    elif rule:
        one = chosen[0]
        click.echo(f"{one.id}  ({one.severity}, judges each row of {one.on.TABLE})\n\n{one.text}")
        for name, value in one.limits.items():
            click.echo(f"  limit {name} = {value!r}")
    else:
        for one in chosen:
            click.echo(f"{one.id:<34} {one.severity:<9} {one.title}")
