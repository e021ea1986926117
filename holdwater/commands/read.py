"""`holdwater read`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from holdwater import options
from holdwater.errors import CannotRun

MOST_BYTES = 512 * 1024 * 1024


@click.command(
    epilog="""\b
Examples:
  holdwater read smartctl-sda.txt mdstat.txt
  holdwater read outputs.zip mail.eml
  ssh nas smartctl -x /dev/sda | holdwater read -
  holdwater read --as mdstat --json mail-attachment.txt"""
)
@click.argument("file", nargs=-1, required=True)
@click.option(
    "--as",
    "kind",
    default="",
    shell_complete=lambda c, p, begun: _complete(begun),
    help="Kind of output, if it is not recognised; see --kinds.",
)
@click.option(
    "--kinds",
    is_flag=True,
    is_eager=True,
    callback=lambda c, p, v: _kinds(c, v),
    expose_value=False,
    help="List the kinds that can be read.",
)
@options.config
@options.fail_on
@options.as_json
def read(file: tuple[str, ...], kind: str, config: Path | None, fail_on: str, as_json: bool) -> None:
    """Read saved tool outputs and judge them: a consultant is often just mailed one file.

    Each FILE (- for standard input) holds the output of one tool, or of several: a copied terminal, an
    archive (zip, tar, gz, bz2, xz), a saved mail with attachments. What is recognised is read by the same
    code as a live answer; what is not is refused in one line. Outputs of one host are better judged
    together: holdwater audit FOLDER, or the archive.
    """
    from holdwater import api, site_file
    from reports import json
    from reports.text import one_line

    settings = site_file.load(config)
    told: list[dict[str, Any]] = []
    status = 0
    for name in file:
        raw, at = _content(name)
        parts = list(api.saved_parts(raw, name=name, kind=kind, at=at, settings=settings))
        for part, saved in parts:
            if saved is None:
                click.echo(f"Error: {one_line(part.fault)}", err=True)
                status = 2
                continue
            status = max(status, options.exit_status(saved.judgement.counts(), fail_on))
            if not _holds(saved):
                click.echo(
                    f"Error: {one_line(part.name)}: nothing of it could be read as {saved.kind}{_why(saved)}",
                    err=True,
                )
                status = 2
            if as_json:
                told.append({"file": part.name, **json.saved(saved.kind, saved.judgement)})
            else:
                _print(part.name, saved)
    if as_json and told:
        click.echo(json.dumps(told[0] if len(file) == 1 and len(told) == 1 else told))
    raise SystemExit(status)


def _content(name: str) -> tuple[bytes, datetime]:
    try:
        if Path(name).is_dir():
            raise CannotRun(f"{name} is a folder; holdwater audit {name} reads a folder of saved outputs")
        if name == "-":
            return sys.stdin.buffer.read(MOST_BYTES), datetime.now(UTC)
        path = Path(name)
        if path.stat().st_size > MOST_BYTES:
            raise CannotRun(
                f"{name}: larger than {MOST_BYTES >> 20} MiB; cut it to the part that matters, or audit the"
                " folder it lies in: a log is gone through as a stream there"
            )
        return path.read_bytes(), datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as error:
        raise CannotRun(f"{name}: {error.strerror or error}") from error


def _holds(saved: Any) -> bool:
    """Whether anything was read: a row, or the proof that there is nothing."""
    site = saved.judgement.site
    return any(site.tables.values()) or bool(site.absences) or not site.gaps


def _why(saved: Any) -> str:
    """What the first gap says; cleaned, for it may quote the file."""
    from reports.text import one_line

    details = [gap.detail for gap in saved.judgement.site.gaps if gap.detail]
    return f": {one_line(details[0])}" if details else ""


def _print(name: str, saved: Any) -> None:
    from reports import terminal
    from reports.text import one_line

    judgement = saved.judgement
    tables = ", ".join(
        f"{len(f)} {t.TABLE}"
        for t, f in judgement.site.tables.items()
        if f and t.__module__.startswith("collectors")
    )
    click.echo(f"{one_line(name)}: {saved.kind}: {tables or 'no rows'}")
    click.echo(terminal.findings(judgement, width=100, colour=sys.stdout.isatty()))


def _complete(begun: str) -> list[str]:
    from collectors.collector import READERS, load

    load()
    return sorted(kind for kind in READERS if kind.startswith(begun))


def _kinds(ctx: click.Context, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    from collectors.collector import READERS, load

    load()
    for kind, reader in sorted(READERS.items()):
        click.echo(f"{kind:<20} {reader.title}")
    ctx.exit()
