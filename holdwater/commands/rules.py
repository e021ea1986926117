"""`holdwater rules`."""

from __future__ import annotations

import click

from holdwater import options


def _ids(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from holdwater import registry

    return [name for name in registry.rules() if name.startswith(incomplete)]


@click.command(epilog="\b\nExamples:\n  holdwater rules\n  holdwater rules smart/pending-sectors")
@click.argument("rule", required=False, shell_complete=_ids)
@options.as_json
def rules(rule: str | None, as_json: bool) -> None:
    """List the rules, or describe one."""
    from holdwater import registry
    from reports import json

    chosen = [registry.rule(rule)] if rule else list(registry.rules().values())
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
