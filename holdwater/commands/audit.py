"""`holdwater audit`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from analyzer.engine import Judgement
from holdwater import formats, options, site_file
from holdwater.commands.collect import gather, nobody_reached
from holdwater.commands.report import FORMATS
from holdwater.errors import CannotRun
from holdwater.site_file import SiteFile


@click.command(
    epilog="""\b
Examples:
  holdwater audit                                    this machine
  holdwater audit ssh://auditor@db1 ssh://root@nas   two machines, one report
  holdwater audit old.evidence.zip                   judge old evidence by today's rules
  holdwater audit sosreport-db1.tar.xz mailed/       what others collected; a folder for each host
  holdwater audit -c customer/site.toml -o customer --fail-on critical"""
)
@click.argument("target", nargs=-1)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder to write to; default: audits.")
@click.option("--site", help="Name of the site; default: from site.toml, else the machine's name.")
@click.option("--also", multiple=True, type=click.Choice(FORMATS), help="Write this format too.")
@options.anonymise
@options.probe
@options.config
@options.no_history
@options.salvage
@options.fail_on
@options.as_json
def audit(
    target: tuple[str, ...],
    output: Path | None,
    site: str | None,
    also: tuple[str, ...],
    anonymise: bool,
    probe: bool,
    config: Path | None,
    no_history: bool,
    salvage: bool,
    fail_on: str,
    as_json: bool,
) -> None:
    """Collect, judge and report: this machine, or the targets named.

    TARGET is nothing (this machine, or the targets of site.toml), local, ssh://user@host[:port], an evidence
    bundle, a sosreport, or a folder of saved outputs. Writes SITE-TIME.evidence.zip, .html and .json, and
    prints a summary.
    """
    from holdwater.judging import judged
    from reports import json, terminal

    folder = output or options.audits_folder()
    given = _bundle(target)
    bundle = given or gather(target, folder=folder, out=None, site=site, config=config, probe=probe)
    beside = _folder(output) if given and output else bundle.parent
    stem = beside / bundle.name.removesuffix(".partial").removesuffix(options.SUFFIX)
    place = options.store_folder(beside)
    try:
        judgement = judged(bundle, config=config, history=not no_history, salvage=salvage, store=place)
        if anonymise:
            shown, files = _disguised(bundle, beside, also, config, history=not no_history)
        else:
            shown = judgement
            files = write_all(judgement, bundle, stem, also, site_file.load(config), salvage=salvage)
    except KeyboardInterrupt as interrupt:
        raise CannotRun(f"interrupted; the evidence is whole: holdwater audit {bundle}") from interrupt
    try:
        if as_json:
            click.echo(json.dumps(json.judgement(shown)))
        else:
            click.echo(terminal.summary(shown, width=_width(), colour=sys.stdout.isatty()))
            for name, path in (*files.items(), ("evidence", bundle)):
                click.echo(f"{_NAMES.get(name, name):>10}  {path}")
        for line in _lost(judgement):
            click.echo(line, err=True)
    finally:  # also where nobody reads the summary to its end
        unkept = not keep(judgement, bundle, place, salvage=salvage)
    nothing = given is None and nobody_reached(bundle)
    raise SystemExit(2 if nothing or unkept else options.exit_status(judgement.counts(), fail_on))


def _lost(judgement: Judgement) -> Iterator[str]:
    """A line for each target that was reached and then lost, whose evidence is not whole."""
    from reports.text import many, one_line

    lost: dict[str, dict[str, str]] = {}
    for gap in judgement.site.gaps:
        origin = gap.source.origin if gap.source else None
        if gap.reason == "unreachable" and origin and origin.member:  # it was asked, and no answer came
            why = gap.detail.removeprefix(f"{' '.join(origin.argv)}: ")
            lost.setdefault(gap.target, {})[origin.member] = why
    for target, answers in lost.items():
        why = one_line(next(iter(answers.values())), 160)
        count = many(len(answers), "answer")
        yield f"{one_line(target)}: {why}; {count} missing, the others are kept; audit again"


def keep(judgement: Judgement, bundle: Path, place: Path, *, salvage: bool) -> bool:
    """Add the audit to the store; what goes wrong there is said and costs nothing else."""
    from holdwater.store import upkeep, writing
    from holdwater.store.layout import StoreError

    try:
        writing.keep(place, judgement, bundle, salvage=salvage)
        upkeep.pack_if_many(place, judgement.site.name)
    except StoreError as error:
        click.echo(f"Error: {error.message}", err=True)
        return False
    return True


_NAMES = {"html": "report", "json": "findings"}


def write_all(
    judgement: Judgement,
    bundle: Path,
    stem: Path,
    also: tuple[str, ...],
    settings: SiteFile,
    *,
    salvage: bool,
) -> dict[str, Path]:
    """Write the report, the findings and the formats wanted besides; format → file."""
    files = {}
    for name in dict.fromkeys(("json", "html", *also)):
        kind = formats.chosen(name, None)
        file = Path(f"{stem}{kind.suffixes[0]}")
        formats.written(file, formats.content(kind, judgement, bundle, settings, salvage=salvage), bundle)
        files[name] = file
    return {name: files[name] for name in dict.fromkeys(("html", "json", *files))}


def _disguised(
    bundle: Path, beside: Path, also: tuple[str, ...], config: Path | None, *, history: bool
) -> tuple[Judgement, dict[str, Path]]:
    """The judgement and its documents under aliases; the evidence itself stays as it is."""
    from holdwater import anonymous
    from holdwater.judging import judged

    with anonymous.disguised(bundle, config=config, history=history, map_path=None) as told:
        store = told.bundle.parent / "none"
        judgement = judged(told.bundle, history=history, store=store, settings=told.settings)
        stem = beside / told.bundle.name.removesuffix(options.SUFFIX)
        return judgement, write_all(judgement, told.bundle, stem, also, told.settings, salvage=False)


def _bundle(target: tuple[str, ...]) -> Path | None:
    from collectors.importers.open import importable
    from collectors.targets.repository_address import is_repository

    if len(target) == 1 and is_repository(target[0]):
        return None
    if len(target) == 1 and "://" not in target[0] and target[0] not in ("", "local"):
        path = Path(target[0])
        if not path.exists():
            host = target[0] if "@" in target[0] else f"root@{target[0]}"
            hint = "" if "/" in target[0] else f"; if it is a host, say ssh://{host}"
            raise CannotRun(f"{path}: no such file{hint}")
        return None if importable(path) else path
    return None


def _folder(output: Path) -> Path:
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotRun(f"{output}: {error.strerror or error}; choose another folder with -o") from error
    return output


def _width() -> int:
    import shutil

    return shutil.get_terminal_size((100, 24)).columns
