"""`holdwater history`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from holdwater import options
from holdwater.errors import CannotRun
from holdwater.store.layout import Stored

NAMES = ("critical", "high_faults", "medium", "unknown", "blind_spots")


@click.command(
    epilog="""\b
Examples:
  holdwater history
  holdwater history --site office --json"""
)
@click.option("--site", help="Only this site.")
@click.option("--csv", "format", flag_value="csv", help="Print CSV.")
@options.answer_format
def history(site: str | None, format: str) -> None:
    """Grades of every site over time.

    A grade is compared with the one before only where the same rules gave both; where they differ, that is
    said instead.
    """
    from holdwater.store import layout
    from reports.answers import written

    place = options.store_folder()
    content = layout.content(place)
    names = content.sites() if site is None else [site]
    rows = [row for name in names for row in course(content.audits(name))]
    if not rows:
        known = f"; it has {', '.join(content.sites())}" if content.sites() else ""
        raise CannotRun(f"no audit{f' of {site!r}' if site else ''} in the store {place}{known}")
    short = format in ("table", "markdown")
    click.echo(written([_short(row) for row in rows] if short else rows, (), format))
    if short and any(not row["same_rules"] and not row["first"] for row in rows):
        click.echo("other rules: judged by other rules than the audit before; not to be compared")


def course(audits: Sequence[Stored]) -> list[dict[str, Any]]:
    """A row for each audit of one site; *change*: points since the one before, None where not comparable."""
    rows: list[dict[str, Any]] = []
    before: Stored | None = None
    for one in audits:
        told = one.told
        same = before is not None and _method(before) == _method(one)
        change = None
        if same and before is not None and "U" not in (told["grade"], before.told["grade"]):
            change = round(told["number"] - before.told["number"], 1)
        rows.append(
            {
                "site": one.site,
                "audit_at": one.at,
                "grade": told["grade"],
                "number": told["number"],
                "low": told["low"],
                "high": told["high"],
                "confidence_percent": told["confidence_percent"],
                "change": change,
                "first": before is None,
                "same_rules": same,
                **{name: told[name] for name in NAMES},
                "ruleset": told["ruleset"],
                "scoring": told["scoring"],
                "audit_id": one.audit,
            }
        )
        before = one
    return rows


def _method(one: Stored) -> tuple[Any, Any]:
    return one.told["ruleset"], one.told["scoring"]


def _short(row: dict[str, Any]) -> dict[str, Any]:
    change = "" if row["change"] is None else f"{row['change']:+g}"
    if row["change"] is None and not row["first"]:
        change = "unrated" if row["same_rules"] else "other rules"
    unrated = row["grade"] == "U"
    return {
        "site": row["site"],
        "when": f"{row['audit_at']:%Y-%m-%d %H:%M}",
        "grade": row["grade"],
        "number": None if unrated else row["number"],
        "range": f"{row['low']:.0f}–{row['high']:.0f}",
        "since": change,
        "critical": row["critical"],
        "high": row["high_faults"],
        "medium": row["medium"],
        "unknown": row["unknown"],
        "gaps": row["blind_spots"],
    }
