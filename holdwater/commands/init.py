"""`holdwater init`."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path

import click

from holdwater import options
from holdwater.errors import CannotRun
from holdwater.site_file import NAME, TEMPLATE


@click.command(epilog="\b\nExample:\n  holdwater init && $EDITOR site.toml && holdwater audit")
@click.option(
    "-o", "--output", default=NAME, show_default=True, type=click.Path(dir_okay=False, path_type=Path)
)
@click.option("--site", default="", help="Name of the site; default: this machine's name.")
@click.option("--force", is_flag=True, help="Overwrite the file if it exists.")
@options.as_json
def init(output: Path, site: str, force: bool, as_json: bool) -> None:
    """Write a commented site.toml."""
    if output.exists() and not force:
        raise CannotRun(f"{output} exists; --force overwrites it")
    import json

    name = json.dumps(site or socket.gethostname(), ensure_ascii=False)
    text = TEMPLATE.replace('"{name}"', name)
    try:
        aside = output.with_name(output.name + ".partial")
        aside.write_text(text, "utf-8")
        aside.replace(output)
    except OSError as error:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
        raise CannotRun(f"{output}: {error.strerror}; name another file with -o") from error
    click.echo(json.dumps({"written": str(output)}) if as_json else f"{output} written; next: holdwater plan")
