"""`holdwater store`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from holdwater import options
from holdwater.errors import CannotRun

if TYPE_CHECKING:
    from holdwater.store.layout import Content, Stored


@click.group(
    epilog="""\b
Examples:
  holdwater store verify
  holdwater store rebuild audits/
  holdwater store prune --older-than 730 --dry-run

\b
The store is the folder `store` beside the bundles, or $HOLDWATER_STORE: the facts and findings of
every audit as Parquet. It can be made anew from the bundles at any time."""
)
def store() -> None:
    """Rebuild, pack, prune or verify the store of all audits."""


@store.command(
    epilog="\b\nExample:\n  holdwater store rebuild audits/      after new rules, or when it was damaged"
)
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@options.config
@options.as_json
def rebuild(folder: Path | None, config: Path | None, as_json: bool) -> None:
    """Judge every bundle of FOLDER (default: the audits) by today's rules and put it into the store.

    Audits whose bundle is not there are left as they are.
    """
    from holdwater.store import rebuilding
    from reports import json

    folder = folder or options.audits_folder()
    place = options.store_folder(folder)
    added, problems = rebuilding.rebuild(place, folder, config)
    if as_json:
        click.echo(json.dumps({"store": str(place), "audits": added, "problems": problems}))
    else:
        click.echo(f"{place}: {added} audits")
    for one in [] if as_json else problems:
        click.echo(f"Error: {one}", err=True)
    raise SystemExit(2 if problems else 0)


@store.command(epilog="\b\nExample:\n  holdwater store compact")
@options.as_json
def compact(as_json: bool) -> None:
    """Put the older audits of each site into one pack, which is smaller and quicker to ask."""
    from holdwater.store import upkeep
    from reports import json

    place = options.store_folder()
    before = upkeep.size_bytes(place)
    packed, units = upkeep.compact(place)
    told = {"packed": packed, "units": units, "bytes_before": before, "bytes": upkeep.size_bytes(place)}
    text = f"{packed} audits packed; {told['bytes_before']:,} bytes before, {told['bytes']:,} now"
    click.echo(json.dumps(told) if as_json else text)


@store.command(
    epilog="""\b
Examples:
  holdwater store prune --older-than 730         audits of the last two years stay
  holdwater store prune --site old-customer      everything of one site
  holdwater store prune --keep 52 --dry-run"""
)
@click.option("--older-than", type=click.IntRange(1), metavar="DAYS", help="Audits older than so many days.")
@click.option("--keep", type=click.IntRange(1), metavar="N", help="All but the newest N of each site.")
@click.option("--site", help="Only of this site; alone: all of it.")
@click.option("--damaged", is_flag=True, help="What cannot be read any more.")
@click.option("--dry-run", is_flag=True, help="Say what would go; take nothing away.")
@options.as_json
def prune(
    older_than: int | None, keep: int | None, site: str | None, damaged: bool, dry_run: bool, as_json: bool
) -> None:
    """Take audits out of the store. Evidence bundles are not touched."""
    from holdwater.store import upkeep
    from reports import json
    from reports.text import one_line

    if not (older_than or keep or site or damaged):
        raise CannotRun("say what shall go: --older-than DAYS, --keep N, --site NAME or --damaged")
    place = options.store_folder()
    dropped = upkeep.drop_damaged(place) if damaged and not dry_run else []

    def unwanted(content: Content) -> list[Stored]:
        if not (older_than or keep or site):
            return []
        return _unwanted(content, older_than=older_than, keep=keep, site=site)

    gone = upkeep.prune(place, unwanted, dry_run=dry_run)
    if as_json:
        told = [{"site": one.site, "audit_at": one.at, "audit_id": one.audit} for one in gone]
        click.echo(json.dumps({"audits": told, "damaged": dropped, "dry_run": dry_run}))
        return
    for one in gone:
        click.echo(one_line(f"{'would go' if dry_run else 'gone'}: {one.site} {one.at:%Y-%m-%d %H:%M}"))
    for name in dropped:
        click.echo(f"gone: {name} (damaged)")
    if not gone and not dropped:
        click.echo("nothing to prune")


def _unwanted(
    content: Content, *, older_than: int | None, keep: int | None, site: str | None
) -> list[Stored]:
    if site is not None and site not in content.sites():
        raise CannotRun(
            f"there is no site {site!r} in the store; it has {', '.join(content.sites()) or 'none'}"
        )
    gone = []
    for name in content.sites() if site is None else [site]:
        audits = content.audits(name)
        if keep is not None:
            audits = audits[:-keep]
        if older_than is not None:
            first = datetime.now(UTC) - timedelta(days=older_than)
            audits = [one for one in audits if one.at < first]
        gone += audits
    return gone


@store.command(epilog="\b\nExample:\n  holdwater store verify || holdwater store rebuild")
@options.as_json
def verify(as_json: bool) -> None:
    """Check every file of the store against its hash. Exit 1 if anything is damaged."""
    from holdwater.store import upkeep
    from reports import json
    from reports.text import one_line

    place = options.store_folder()
    problems = upkeep.verify(place)
    sites = upkeep.summary(place)
    if as_json:
        click.echo(
            json.dumps({"store": str(place), "whole": not problems, "problems": problems, "sites": sites})
        )
    else:
        for one in problems:
            click.echo(one_line(one))
        for told in sites:
            span = f"{told['first']:%Y-%m-%d} to {told['last']:%Y-%m-%d}"
            click.echo(one_line(f"{told['site']}: {told['audits']} audits, {span}"))
        mend = (
            "damaged; `holdwater store rebuild` mends what has its bundle, `prune --damaged` drops the rest"
        )
        click.echo(f"{place}: {mend if problems else 'whole'}")
    raise SystemExit(1 if problems else 0)
