"""`holdwater bundle`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from holdwater import options
from holdwater.errors import CannotRun

BUNDLE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(
    epilog="""\b
Examples:
  holdwater bundle verify audits/db1.evidence.zip          was it damaged or changed?
  holdwater bundle list audits/db1.evidence.zip            every question and what became of it
  holdwater bundle extract audits/db1.evidence.zip raw/    every answer as a file
  holdwater bundle anonymise audits/db1.evidence.zip       to hand it on without names"""
)
def bundle() -> None:
    """Verify, list or extract an evidence bundle."""


@bundle.command(
    epilog="\b\nExample:\n  holdwater bundle verify db1.evidence.zip && holdwater audit db1.evidence.zip"
)
@click.argument("file", type=BUNDLE)
@options.as_json
def verify(file: Path, as_json: bool) -> None:
    """Check every hash of a bundle. Exit 1 if anything was damaged or changed."""
    from collectors.bundle import verify as verified
    from reports import json
    from reports.text import one_line

    problems = [problem.message for problem in verified(file)]
    if as_json:
        click.echo(json.dumps({"bundle": str(file), "whole": not problems, "problems": problems}))
    else:
        for problem in problems:
            click.echo(one_line(problem))
        click.echo(f"{file}: {'damaged or changed' if problems else 'whole and unchanged'}")
    raise SystemExit(1 if problems else 0)


@bundle.command(
    name="list",
    epilog="\b\nExample:\n  holdwater bundle list db1.evidence.zip | grep denied",
)
@click.argument("file", type=BUNDLE)
@options.salvage
@options.as_json
def list_(file: Path, salvage: bool, as_json: bool) -> None:
    """List every question of a bundle with what became of it."""
    from collectors.bundle import BundleError, listing
    from reports import json, table_text

    try:
        rows = [asdict(entry) for entry in listing(file, salvage=salvage)]
    except BundleError as error:
        raise CannotRun(str(error)) from error
    click.echo(json.dumps(rows) if as_json else table_text.aligned(rows))


@bundle.command(epilog="\b\nExample:\n  holdwater bundle anonymise db1.evidence.zip -o for-the-list/")
@click.argument("file", type=BUNDLE)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder or file; default: beside FILE.")
@click.option("--map", "map_path", type=click.Path(dir_okay=False, path_type=Path), help="Map of aliases.")
@options.as_json
def anonymise(file: Path, output: Path | None, map_path: Path | None, as_json: bool) -> None:
    """Write a bundle under aliases: names, addresses, serial numbers, users, guests.

    The map that undoes them is kept beside FILE, readable by you alone; it gives the next audit of the site
    the same aliases. What the bundle judges stays the same. Look through it before you hand it on.
    """
    from holdwater import anonymous
    from reports import json

    kept = map_path or anonymous.map_beside(file)
    told = anonymous.anonymise(file, output or file.parent, kept)
    if as_json:
        click.echo(json.dumps({"bundle": str(told.bundle), "map": str(kept)}))
    else:
        click.echo(f"{told.bundle}\nThe map is {kept}: keep it to yourself.")


@bundle.command(
    epilog="""\b
Examples:
  holdwater bundle extract db1.evidence.zip raw/ && grep -rl sda raw/
  holdwater bundle extract damaged.evidence.zip raw/ --salvage"""
)
@click.argument("file", type=BUNDLE)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@options.salvage
@options.as_json
def extract(file: Path, folder: Path, salvage: bool, as_json: bool) -> None:
    """Write every answer of a bundle as a file of its own."""
    from collectors.bundle import BundleError
    from collectors.bundle import extract as extracted
    from reports import json

    try:
        paths = [str(path) for path in extracted(file, folder, salvage=salvage)]
    except BundleError as error:
        raise CannotRun(str(error)) from error
    except OSError as error:
        raise CannotRun(
            f"{error.filename or folder}: {error.strerror or error}; {folder}/ holds a part only"
        ) from error
    click.echo(json.dumps({"files": paths}) if as_json else f"{len(paths)} files in {folder}/")
