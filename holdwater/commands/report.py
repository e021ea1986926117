"""`holdwater report`."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import click

from analyzer.engine import Judgement
from holdwater import options
from holdwater.errors import CannotRun


@click.command(
    epilog="""\b
Examples:
  holdwater report                                    the latest audit, beside its bundle
  holdwater report office.evidence.zip -o office.html
  holdwater report --management --language de         two pages for those who decide"""
)
@click.argument("bundle", required=False, type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write.")
@click.option("--management", is_flag=True, help="The management page instead: two sheets, no codes.")
@options.language
@options.config
@options.no_history
@options.salvage
@options.as_json
def report(
    bundle: Path | None,
    output: Path | None,
    management: bool,
    language: str | None,
    config: Path | None,
    no_history: bool,
    salvage: bool,
    as_json: bool,
) -> None:
    """Write the HTML report of a bundle: one file, readable offline, without scripts, and on paper.

    --management writes the page for those who decide, in their language; the technical report is English.
    """
    from holdwater import site_file
    from holdwater.judging import judged
    from reports import json

    bundle = bundle or options.latest(options.audits_folder())
    judgement = judged(bundle, config=config, history=not no_history, salvage=salvage)
    stem = str(bundle).removesuffix(options.SUFFIX)
    page = output or Path(stem + (".management.html" if management else ".html"))
    if management:
        from holdwater.documents import management_html

        written(page, management_html(judgement, site_file.load(config), language=language), bundle)
    else:
        write_html(judgement, bundle, page, salvage=salvage)
    click.echo(json.dumps({"report": str(page), "counts": judgement.counts()}) if as_json else page)


def write_html(judgement: Judgement, bundle: Path, page: Path, *, salvage: bool = False) -> None:
    """Render the report aside and rename it, so that a half-written one is never seen."""
    from collectors.bundle import Bundle
    from holdwater import evidence
    from reports import html

    with Bundle(bundle, salvage=salvage) as opened:
        text = html.render(judgement, evidence.manifest(opened), evidence.excerpt_of(opened))
    written(page, text, bundle)


def written(file: Path, text: str, bundle: Path) -> None:
    """Write *file* aside and rename it. Raises CannotRun, which says that the evidence is safe."""
    aside = file.with_name(f"{file.name}.{os.getpid()}.partial")
    try:
        aside.write_text(text, "utf-8")
        aside.replace(file)
    except BaseException as error:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        raise CannotRun(
            f"{file} could not be written: {error.strerror or error}; the evidence is whole:"
            f" holdwater audit {bundle} -o FOLDER, with a folder that has room"
        ) from error
