"""`holdwater init`."""

from __future__ import annotations

import contextlib
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from holdwater import options
from holdwater.errors import CannotRun
from holdwater.site_file import NAME
from holdwater.site_template import TEMPLATE

if TYPE_CHECKING:
    from holdwater.interview import Block, Check, Known

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(epilog="\b\nExample:\n  holdwater init && $EDITOR site.toml && holdwater audit")
@click.option("-o", "--output", default=NAME, show_default=True, type=_FILE)
@click.option("--site", default="", help="Name of the site; default: this machine's name.")
@click.option("--force", is_flag=True, help="Overwrite the file if it exists.")
@click.option(
    "--from",
    "bundle",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An audit: its machines and guests become [[assets]].",
)
@click.option(
    "--ask/--no-ask",
    default=None,
    help="Ask for what no machine can tell; default: on a terminal. An empty answer passes, Ctrl-D ends.",
)
@options.as_json
def init(output: Path, site: str, force: bool, bundle: Path | None, ask: bool | None, as_json: bool) -> None:
    """Write a commented site.toml, with your answers to what no machine can tell."""
    if output.exists() and not force:
        raise CannotRun(f"{output} exists; --force overwrites it")
    import json

    from holdwater.interview import Known, prefilled
    from holdwater.site_blocks import quoted, with_blocks

    known = _known(bundle) if bundle else Known()
    terminal = sys.stdin.isatty() and sys.stderr.isatty()
    asked = ask if ask is not None else terminal and not as_json
    blocks = _asked(known) if asked else list(prefilled(known))
    text = with_blocks(TEMPLATE.replace('"{name}"', quoted(site or socket.gethostname())), blocks)
    try:
        aside = output.with_name(output.name + ".partial")
        aside.write_text(text, "utf-8")
        aside.replace(output)
    except OSError as error:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
        raise CannotRun(f"{output}: {error.strerror}; name another file with -o") from error
    told = {"written": str(output), "blocks": len(blocks)}
    click.echo(json.dumps(told) if as_json else f"{output} written; next: holdwater plan")


def _known(bundle: Path) -> Known:
    """What the audit has found."""
    from analyzer.derived.asset import System
    from analyzer.derived.repository import Repository
    from holdwater import api
    from holdwater.interview import Known

    site = api.open_site(bundle)
    systems = [fact.row for fact in site.facts(System)]
    return Known(
        systems={row.asset: row.kind for row in systems},
        repositories=[fact.row.name for fact in site.facts(Repository)],
        roles=frozenset(row.role for row in systems if row.role),
    )


def _asked(known: Known) -> list[Block]:
    """The answers, as far as they came: the end of the input leaves all further questions open."""
    from holdwater.interview import interview
    from reports.text import one_line

    ended = False

    def ask(question: str, check: Check) -> Any:
        nonlocal ended
        while not ended:
            try:
                said = one_line(question, 200)
                answer = click.prompt(said, default="", show_default=False, prompt_suffix=" ", err=True)
                return check(answer.strip()) if answer.strip() else None
            except ValueError as error:
                click.echo(f"  {error}", err=True)
            except click.Abort:
                click.echo("\nended: what was answered is written", err=True)
                ended = True
        return None

    click.echo("Only what no machine can tell. Empty: not said. Ctrl-D: end and write.", err=True)
    return list(interview(ask, known))
