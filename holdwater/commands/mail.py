"""`holdwater mail`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from holdwater import options
from holdwater.errors import CannotRun
from holdwater.mail_file import DOCUMENTS

if TYPE_CHECKING:
    from holdwater.mail_file import MailSettings, Recipient
    from holdwater.news import News
    from holdwater.site_file import SiteFile

OUTBOX = "outbox"


@click.command(
    epilog="""\b
Examples:
  holdwater mail                                  the latest audit, to everybody in site.toml
  holdwater mail --dry-run monday.eml             look at it first; nothing is sent
  holdwater mail --to boss@example.org --language de
  holdwater mail --resend                         what could not be delivered, once more"""
)
@click.argument("bundle", required=False, type=click.Path(path_type=Path))
@click.option("--to", multiple=True, metavar="ADDRESS", help="Send to these readers, not those of site.toml.")
@click.option("--attach", multiple=True, metavar="DOCUMENT", help=f"For --to: {', '.join(DOCUMENTS)}.")
@click.option(
    "--dry-run",
    type=click.Path(path_type=Path),
    help="Write the message to this .eml file (one each to a folder) and send nothing.",
)
@click.option("--resend", is_flag=True, help="Send what the outbox holds, and nothing else.")
@options.language
@options.config
@options.as_json
def mail(
    bundle: Path | None,
    to: tuple[str, ...],
    attach: tuple[str, ...],
    dry_run: Path | None,
    resend: bool,
    language: str | None,
    config: Path | None,
    as_json: bool,
) -> None:
    """Send the management page by mail, as [mail] of site.toml says.

    Good weeks are told too. An audit that failed or saw nothing is told as a failure, never as a blank page.
    What the server does not take is kept in the folder outbox beside the audits. Exit 2 if anything was not
    delivered.
    """
    from holdwater import post, site_file
    from holdwater.result import news_of, said, tell
    from holdwater.run_state import now
    from reports import json

    settings = site_file.load(config)
    if resend:
        channel = post.Post(_mail(settings), options.audits_folder() / OUTBOX, sent_at=now(), progress=_say)
        outcomes = list(channel.send_again())
    else:
        bundle = bundle or options.latest(options.audits_folder())
        if not bundle.is_file():
            raise CannotRun(f"{bundle}: no such bundle; without one the latest audit is sent")
        readers = _readers(to, attach, settings, language)
        if dry_run:
            news = news_of(bundle, settings, config=config)
            files = [str(path) for path in _written(news, readers, settings.mail, dry_run)]
            click.echo(json.dumps({"written": files}) if as_json else "\n".join(files))
            return
        channel = post.Post(_mail(settings, readers), bundle.parent / OUTBOX, sent_at=now(), progress=_say)
        news = news_of(bundle, settings, config=config)
        outcomes = tell(news, [channel])
    if as_json:
        click.echo(json.dumps([asdict(one) for one in outcomes]))
    else:
        for one in outcomes:
            click.echo(said(one), err=not one.delivered)
    raise SystemExit(0 if all(one.delivered for one in outcomes) else 2)


def _say(doing: str) -> None:
    from reports.text import one_line

    click.echo(one_line(doing), err=True)


def _mail(settings: SiteFile, readers: tuple[Recipient, ...] = ()) -> MailSettings:
    from dataclasses import replace

    if settings.mail is None:
        raise CannotRun(
            "site.toml has no [mail] (holdwater init writes an example); or use --dry-run FILE.eml"
        )
    return replace(settings.mail, recipients=readers) if readers else settings.mail


def _readers(
    to: tuple[str, ...], attach: tuple[str, ...], settings: SiteFile, language: str | None
) -> tuple[Recipient, ...]:
    """Those named, those of the site, or somebody for a message that is only looked at."""
    from dataclasses import replace

    from holdwater.mail_file import Recipient, address
    from holdwater.post import SENDER

    if unknown := set(attach) - set(DOCUMENTS):
        raise CannotRun(f"--attach {min(unknown)}: documents are {', '.join(DOCUMENTS)}")
    try:
        readers = tuple(Recipient(address=address(one, "--to"), documents=attach) for one in to)
    except ValueError as error:
        raise CannotRun(str(error)) from error
    readers = readers or (
        settings.mail.recipients if settings.mail else (Recipient(address=SENDER, documents=attach),)
    )
    return tuple(replace(one, days=(), language=language or one.language) for one in readers)


def _written(
    news: News, readers: tuple[Recipient, ...], mail: MailSettings | None, where: Path
) -> list[Path]:
    from holdwater import post
    from holdwater.run_state import now

    if len(readers) > 1 and where.suffix == ".eml":
        raise CannotRun(
            f"there are {len(readers)} readers; name a folder for their messages, or one reader with --to"
        )
    written = []
    for at, reader in enumerate(readers, 1):
        path = (
            where
            if where.suffix == ".eml"
            else where / f"{at}-{reader.address.addr_spec.replace('/', '_')}.eml"
        )
        written.append(post.write(post.written_to(news, reader, mail, now()), path))
    return written
