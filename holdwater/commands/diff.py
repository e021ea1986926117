"""`holdwater diff`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from analyzer.changes import Audited
from holdwater import options
from holdwater.errors import CannotRun
from holdwater.store.layout import Content, Stored


@click.command(
    epilog="""\b
Examples:
  holdwater diff                                   the last two audits
  holdwater diff 2031-05-06 2031-06-03             two days of the store
  holdwater diff before.evidence.zip after.evidence.zip
  holdwater diff --json | jq '.changes[] | select(.kind == "new")'"""
)
@click.argument("before", required=False, metavar="[A]")
@click.argument("after", required=False, metavar="[B]")
@click.option("--site", help="Site, where the store has several; default: that of the latest audit.")
@options.config
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@options.as_json
def diff(
    before: str | None,
    after: str | None,
    site: str | None,
    config: Path | None,
    as_csv: bool,
    as_json: bool,
) -> None:
    """What is new, worse, better, fixed and no longer looked at between two audits.

    A and B are evidence bundles, or audits in the store by the beginning of their date or name. Without B it
    is the latest audit; without both, the last two.
    """
    from analyzer.changes import changes
    from analyzer.engine import every_rule
    from holdwater.store import layout
    from reports import changes as told
    from reports import json, table_text
    from reports.text import one_line

    rules = every_rule()
    content = layout.content(options.store_folder())
    a, b = _chosen(before, after, site, content, config)
    if a.at > b.at:
        raise CannotRun(f"A ({a.at:%Y-%m-%d %H:%M}) is later than B ({b.at:%Y-%m-%d %H:%M}); swap them")
    found = changes(a, b)
    if as_json:
        click.echo(json.dumps(told.as_json(found)))
    elif as_csv:
        click.echo(table_text.csv_text(told.rows(found.items)), nl=False)
    else:
        for line in told.text(told.compared(found, rules, most=1000)):
            click.echo(line[: len(line) - len(line.lstrip())] + one_line(line, 400))


def _chosen(
    before: str | None, after: str | None, site: str | None, content: Content, config: Path | None
) -> tuple[Audited, Audited]:
    if before is None:
        audits = content.audits(site or _latest_site(content))
        if len(audits) < 2:
            return _last_two_bundles(config)
        return _stored(audits[-2], content), _stored(audits[-1], content)
    if after is None:
        audits = content.audits(site or _latest_site(content))
        if not audits:
            raise CannotRun("the store holds no audit to compare with; name two bundles")
        return _one(before, site, content, config), _stored(audits[-1], content)
    return _one(before, site, content, config), _one(after, site, content, config)


def _latest_site(content: Content) -> str | None:
    audits = content.audits()
    return audits[-1].site if audits else None


def _last_two_bundles(config: Path | None) -> tuple[Audited, Audited]:
    from collectors.bundle import Bundle, BundleError

    folder = options.audits_folder()
    newest = options.latest(folder)
    try:
        with Bundle(newest) as opened:
            before = options.earlier(newest, opened.site)
    except BundleError as error:
        raise CannotRun(str(error)) from error
    if not before:
        raise CannotRun(f"there are no two audits of one site in {folder}/ or the store; name two bundles")
    return _judged(before[-1], config), _judged(newest, config)


def _judged(bundle: Path, config: Path | None) -> Audited:
    from analyzer.engine import audited
    from holdwater.judging import judged

    return audited(judged(bundle, config=config))


def _one(name: str, site: str | None, content: Content, config: Path | None) -> Audited:
    """An audit by its bundle, or by the beginning of its date or name in the store."""
    if name.endswith(options.SUFFIX) or Path(name).is_file():
        return _judged(Path(name), config)
    found = matching(name, content.audits(site))
    if not found:
        raise CannotRun(
            f"{name}: no such bundle, and no audit of the store begins so; try `holdwater history`"
        )
    if len({one.site for one in found}) > 1:
        raise CannotRun(f"{name} may be {_listed(found)}; say --site")
    return _stored(found[-1], content)


def matching(name: str, audits: Sequence[Stored]) -> list[Stored]:
    """The audits whose name or date begins so, oldest first."""
    return [
        one for one in audits if one.audit.startswith(name) or f"{one.at:%Y-%m-%d %H:%M}".startswith(name)
    ]


def _listed(found: Sequence[Stored]) -> str:
    return " or ".join(sorted({one.site for one in found})[:5])


def _stored(one: Stored, content: Content) -> Audited:
    from holdwater.store import reading

    return reading.audited(content.unit_of(one.audit), one)
