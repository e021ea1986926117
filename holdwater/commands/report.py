"""`holdwater report`."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from analyzer.engine import Judgement
from holdwater import formats, options
from holdwater.errors import CannotRun
from holdwater.site_file import SiteFile

if TYPE_CHECKING:
    from reports.formats import Format

FORMATS = ("html", "pdf", "csv", "xlsx", "json", "markdown", "sarif", "prometheus", "nagios")
"""`reports.formats` holds them; named here so that `--help` need not load it."""
STALE_DAYS = 8.0


@click.command(
    epilog="""\b
Examples:
  holdwater report                                    the latest audit, beside its bundle
  holdwater report office.evidence.zip -o office.pdf
  holdwater report --management --language de         two pages for those who decide
  holdwater report -o /var/lib/node_exporter/holdwater.prom
  holdwater report --format nagios                    one line; exit status 0, 1, 2 or 3
  holdwater report --format csv -o - | sort"""
)
@click.argument("bundle", required=False, type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path), help="File, or - ."
)
@click.option(
    "--format", "name", type=click.Choice(FORMATS), help="Default: by the file's suffix, else html."
)
@click.option(
    "--stale-after",
    type=click.FloatRange(min=0),
    default=STALE_DAYS,
    show_default=True,
    metavar="DAYS",
    help="For nagios: older evidence is UNKNOWN.",
)
@click.option("--management", is_flag=True, help="The management page instead: two sheets, no codes.")
@options.language
@options.anonymise
@options.config
@options.no_history
@options.salvage
@options.as_json
def report(
    bundle: Path | None,
    output: Path | None,
    name: str | None,
    stale_after: float,
    management: bool,
    language: str | None,
    anonymise: bool,
    config: Path | None,
    no_history: bool,
    salvage: bool,
    as_json: bool,
) -> None:
    """Write a report of a bundle: one HTML file, readable offline and without scripts, or another format.

    --management writes the page for those who decide, in their language; the technical report is English.
    """
    kind = formats.chosen(name, output)
    if kind.name == "nagios":
        if anonymise:
            raise CannotRun("--format nagios prints no more than a name; --anonymise is for documents")
        _plugin(bundle, output, stale_after, config=config, history=not no_history, salvage=salvage)
    from holdwater.judging import judged
    from reports import json

    bundle = bundle or options.latest(options.audits_folder())
    with _source(bundle, config, history=not no_history, salvage=salvage, anonymise=anonymise) as (
        path,
        settings,
    ):
        store = path.parent / "none" if anonymise else None
        judgement = judged(
            path, history=not no_history, salvage=salvage, store=store, settings=settings, config=config
        )
        suffix = kind.suffixes[0]
        if management:
            raw = _management(kind, judgement, settings, language or "")
            suffix = f".management{suffix}"
        else:
            raw = formats.content(kind, judgement, path, settings, salvage=salvage)
    if output is not None and str(output) == "-":
        sys.stdout.buffer.write(raw)
        return
    file = output or bundle.parent / (path.name.removesuffix(options.SUFFIX) + suffix)
    formats.written(file, raw, bundle)
    click.echo(json.dumps({"report": str(file), "counts": judgement.counts()}) if as_json else file)


@contextlib.contextmanager
def _source(
    bundle: Path, config: Path | None, *, history: bool, salvage: bool, anonymise: bool
) -> Iterator[tuple[Path, SiteFile]]:
    """The bundle to report and the settings to judge it by; under aliases if wanted."""
    from holdwater import anonymous, site_file

    if not anonymise:
        yield bundle, site_file.load(config)
        return
    if salvage:
        raise CannotRun("--anonymise and --salvage do not go together: what is damaged cannot be cleaned")
    with anonymous.disguised(bundle, config=config, history=history, map_path=None) as told:
        yield told.bundle, told.settings


def _management(kind: Format, judgement: Judgement, settings: SiteFile, language: str) -> bytes:
    """The management page as HTML or PDF. Raises CannotRun for other formats."""
    from holdwater import documents

    if kind.name == "pdf":
        return documents.management_pdf(judgement, settings, language=language)
    if kind.name != "html":
        raise CannotRun(f"--management is a page: html or pdf, not {kind.name}")
    return documents.management_html(judgement, settings, language=language).encode()


def _plugin(
    bundle: Path | None,
    output: Path | None,
    stale_after: float,
    *,
    config: Path | None,
    history: bool,
    salvage: bool,
) -> None:
    """Print the plugin's line and end with its status; what cannot run is UNKNOWN, never OK or CRITICAL."""
    from holdwater.judging import judged
    from reports.exports import nagios

    try:
        bundle = bundle or options.latest(options.audits_folder())
        judgement = judged(bundle, config=config, history=history, salvage=salvage)
        check = nagios.check(judgement, stale=_stale(judgement, stale_after))
        if output is not None and str(output) != "-":
            formats.written(output, check.line.encode() + b"\n", bundle)
    except (click.ClickException, OSError) as error:
        check = nagios.unknown(getattr(error, "message", "") or str(error))
    click.echo(check.line)
    raise SystemExit(check.status)


def _stale(judgement: Judgement, days: float) -> str:
    age = (datetime.now(UTC) - judgement.site.at).total_seconds() / 86400
    if age < -1:
        return "the evidence is from the future: look at the clocks"
    return f"the evidence is {age:.0f} days old" if age > days else ""
