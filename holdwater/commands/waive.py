"""`holdwater waive`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import click

from holdwater import completing, options
from holdwater.errors import CannotRun


@click.command(
    epilog="""\b
Examples:
  holdwater waive snapshot/age:web1 --target pve1 --by "Eva Lang" \\
      --reason "kept for the court until the hearing" --until 2027-02-28
  holdwater waive power/ups-absent --target lab1 --by "Eva Lang" --reason "test machine" --until 2027-06-30"""
)
@click.argument("rule", shell_complete=completing.rule_ids)
@click.option("--target", default="", help="Only faults of this target, named as in the report.")
@click.option("--by", required=True, help="Who answers for it.")
@click.option("--reason", required=True, help="Why the fault stays.")
@click.option("--until", required=True, metavar="YYYY-MM-DD", help="Last day; at most twelve months ahead.")
@options.config
@options.as_json
def waive(
    rule: str, target: str, by: str, reason: str, until: str, config: Path | None, as_json: bool
) -> None:
    """Waive a fault for a time: it leaves the counts, and stays in the report with who, why and until when.

    RULE is a rule, or RULE:SUBJECT for one thing only; a target, a subject or both must be named. The waiver
    is added to site.toml. The grade does not change: a waiver makes no fault better than it is.
    """
    from holdwater import registry, site_file, waivers
    from reports import json

    name, _, subject = rule.partition(":")
    registry.rule(name)
    told = {"rule": name, "target": target, "subject": subject, "by": by, "reason": reason}
    path = config or Path(site_file.NAME)
    known = site_file.load(config).waivers
    try:
        waiver = waivers.understood({**told, "until": _day(until)})
    except ValueError as error:
        raise CannotRun(str(error)) from error
    if waiver in known:
        raise CannotRun(f"{path}: this waiver stands there already")
    try:
        waivers.append(path, waiver)
    except UnicodeDecodeError as error:
        raise CannotRun(f"{path}: {error}") from error
    if as_json:
        click.echo(json.dumps({"site_file": str(path), "waiver": waiver}))
    else:
        click.echo(f"{path}: {name} is waived until {waiver.until:%d %b %Y}; the next report says so")


def _day(told: str) -> date:
    from analyzer.waivers import a_year_after

    today = datetime.now(UTC).date()
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", told):
        raise CannotRun(f"--until {told}: a day such as {today.isoformat()} is wanted")
    try:
        day = date.fromisoformat(told)
    except ValueError as error:
        raise CannotRun(f"--until {told}: there is no such day") from error
    if day < today:
        raise CannotRun(f"--until {told}: that day has passed")
    if day > a_year_after(today):
        raise CannotRun(
            f"--until {told}: at most twelve months ahead, {a_year_after(today).isoformat()}; then look again"
        )
    return day
