"""What the shell is offered: rules, tables and columns by the beginning of their names."""

from __future__ import annotations

from dataclasses import fields

import click


def rule_ids(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Rules."""
    from holdwater import registry

    return [name for name in registry.rules() if name.startswith(incomplete)]


def table_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Tables, collected and derived."""
    from holdwater import registry

    return [name for name in registry.tables() if name.startswith(incomplete)]


def columns(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Columns of the table that was named; of a list the last one."""
    from holdwater import registry

    known = registry.tables()
    row_type = next(
        (known[word] for word in (str(ctx.params.get("table")), *ctx.args) if word in known), None
    )
    before, comma, begun = incomplete.rpartition(",")
    names = ["target", *(one.name for one in fields(row_type))] if row_type is not None else []
    return [f"{before}{comma}{name}" for name in names if name.startswith(begun)]
