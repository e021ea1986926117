"""`holdwater collect`."""

from __future__ import annotations

import contextlib
import sys
import time
from dataclasses import asdict
from pathlib import Path

import click

from holdwater import options
from holdwater.errors import CannotRun


@click.command(
    epilog="""\b
Examples:
  holdwater collect                                  this machine, into audits/
  holdwater collect ssh://auditor@db1 -o db1.evidence.zip
  holdwater collect -c site.toml                     every target of the site"""
)
@click.argument("target", nargs=-1)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Bundle to write, or a folder for it.")
@click.option("--site", help="Name of the site; default: from site.toml, else the machine's name.")
@options.probe
@options.config
@options.as_json
def collect(
    target: tuple[str, ...],
    output: Path | None,
    site: str | None,
    probe: bool,
    config: Path | None,
    as_json: bool,
) -> None:
    """Ask the targets everything and write one evidence bundle.

    A sosreport or a folder of saved outputs is a target too.

    Only reads, and installs nothing on a target.
    """
    named = output is not None and output.suffix == ".zip"
    folder = output.parent if named and output else output or options.audits_folder()
    out = output if named else None
    bundle = gather(target, folder=folder, out=out, site=site, config=config, probe=probe)
    if as_json:
        from collectors.bundle import listing
        from reports import json

        click.echo(
            json.dumps({"bundle": str(bundle), "answers": [asdict(entry) for entry in listing(bundle)]})
        )
    else:
        click.echo(bundle)
    _say_what_is_missing(bundle)
    if nobody_reached(bundle):
        raise SystemExit(2)


def _say_what_is_missing(bundle: Path) -> None:
    """Say on stderr how many answers of each target are missing and what to do, a line for each reason."""
    from collections import Counter

    from collectors.bundle import listing
    from collectors.targets.sudo_refusals import cause_and_cure
    from reports.text import many, one_line
    from reports.unseen import CURES, REASONS

    missing = Counter(
        (entry.target, entry.refusal, *cause_and_cure(entry.detail)) for entry in listing(bundle)
    )
    for (target, refusal, cause, cure), count in sorted(missing.items()):
        if refusal not in _MENDABLE:
            continue
        why = f"{cause or REASONS[refusal]}; {cure or CURES[refusal]}"
        click.echo(one_line(f"{target}: {many(count, 'answer')} missing: {why}"), err=True)


_MENDABLE = ("denied", "timed-out", "truncated", "unreachable")
"""Refusals that are worth a line; that a tool is not installed is the common case."""


def nobody_reached(bundle: Path) -> bool:
    """Say on stderr which targets of a fresh bundle could not be reached and what to do; True if none was."""
    from collectors.bundle import Bundle
    from reports.text import one_line

    with Bundle(bundle) as opened:
        targets = list(opened.targets())
    for target in targets:
        if target.unreachable:
            click.echo(one_line(f"Error: {target.name} was not reached: {target.unreachable}"), err=True)
    return all(target.unreachable for target in targets)


def gather(
    targets: tuple[str, ...],
    *,
    folder: Path,
    out: Path | None,
    site: str | None,
    config: Path | None,
    probe: bool = False,
) -> Path:
    """Collect from the named targets, those of the site file, or this machine; progress goes to stderr.

    *probe*: try ports, also if the site file does not ask for it.
    """
    from collectors.bundle import BundleError
    from holdwater import api, site_file

    settings = site_file.load(config)
    chosen = [site_file.TargetEntry(address) for address in targets] or list(settings.targets)
    for one in chosen:
        if one.address.endswith(options.SUFFIX):
            raise CannotRun(
                f"{one.address}: a bundle is of a time of its own and is judged by itself: holdwater audit"
                f" {one.address}; name only the others to ask them now"
            )
    progress = Ticker()
    try:
        return api.collect(
            chosen,
            folder,
            site=site or settings.name,
            sudo=settings.sudo,
            out=out,
            probe=probe or settings.probe,
            progress=progress,
        )
    except (ValueError, BundleError) as error:
        raise CannotRun(str(error)) from error
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise CannotRun(
            f"the evidence could not be written{where}: {error.strerror or error};"
            " choose another folder with -o"
        ) from error
    except KeyboardInterrupt as interrupt:
        raise CannotRun(_interrupted(folder if out is None else out)) from interrupt
    finally:
        progress.done()


def _interrupted(place: Path) -> str:
    kept = place if place.is_file() else max(place.glob(f"*{options.SUFFIX}"), key=_written, default=None)
    if kept is None:
        return "interrupted before anything was answered"
    return f"interrupted; what was answered is kept in {kept} (holdwater audit {kept} judges it)"


def _written(path: Path) -> float:
    return path.stat().st_mtime


class Ticker:
    """Says on stderr what is being done, from the first second on.

    On a terminal that is one line that changes, elsewhere a line every ten seconds.
    """

    def __init__(self, counted: str = "answers") -> None:
        self._counted = counted
        self._begun = time.monotonic()
        self._drawn = False
        self._count = 0
        self._next = 1.0

    def __call__(self, doing: str) -> None:
        self._count += 1
        passed = time.monotonic() - self._begun
        if passed < self._next:
            return
        from reports.text import one_line

        counted = f"{self._count} {self._counted}, " if self._count > 1 else ""
        line = f"{counted}{passed:.0f} s: {one_line(doing)}"[:100]
        with contextlib.suppress(OSError):  # the terminal may have gone away
            if sys.stderr.isatty():
                sys.stderr.write(f"\r\x1b[K{line}")
                self._drawn = True
            else:
                sys.stderr.write(f"{line}\n")
                self._next = passed + 10
            sys.stderr.flush()

    def done(self) -> None:
        """Take the line away."""
        if self._drawn:
            with contextlib.suppress(OSError):
                sys.stderr.write("\r\x1b[K")
                sys.stderr.flush()
