"""Mail as a channel: one message for each reader, and an outbox for what could not be delivered."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from pathlib import Path

from holdwater.documents import Document
from holdwater.errors import CannotRun
from holdwater.mail_file import MailSettings, Recipient
from holdwater.news import News, Outcome
from holdwater.secret import secret
from holdwater.smtp import Progress, Refused, deliver
from reports.failure import Failure
from reports.mail import Letter

SENDER = Address("holdwater", "holdwater", "localhost")


def composed(
    letter: Letter, *, sender: Address, to: Address, sent_at: datetime, attached: Sequence[Document] = ()
) -> EmailMessage:
    """The message, whole: both bodies, attachments, and the headers that say that a machine wrote it."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, to, letter.subject
    message["Date"] = format_datetime(sent_at)
    message["Message-ID"] = make_msgid("holdwater", domain=sender.domain or "localhost")
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    for one in attached:
        kind, _, subtype = one.kind.partition("/")
        told = {"charset": "utf-8"} if kind == "text" else {}
        message.add_attachment(one.content, maintype=kind, subtype=subtype, filename=one.name, params=told)
    return message


def written_to(
    news: News, reader: Recipient, settings: MailSettings | None, sent_at: datetime
) -> EmailMessage:
    """The message of one reader. Raises CannotRun for a broken template."""
    attached = [one for name in reader.documents if (one := news.document(name, reader.language))]
    return composed(
        letter_of(news, reader.language, settings.link if settings else "", [one.name for one in attached]),
        sender=settings.sender if settings else SENDER,
        to=reader.address,
        sent_at=sent_at,
        attached=attached,
    )


def letter_of(news: News, language: str, link: str, attached: Sequence[str]) -> Letter:
    """The letter in a language. Raises CannotRun for a broken template."""
    from reports.mail import Unfit, failure_letter, letter
    from reports.templating import TemplateBroken

    page, templates = news.page(language), news.settings.templates
    try:
        if isinstance(page, Failure):
            return failure_letter(page, templates=templates)
        return letter(page, link=link, attached=attached, templates=templates)
    except (TemplateBroken, Unfit) as error:
        raise CannotRun(f"{error}; mend the template, or take it away") from error


class Post:
    """The channel of a `[mail]` table. *outbox*: folder for what could not be delivered."""

    def __init__(
        self, settings: MailSettings, outbox: Path, *, sent_at: datetime, progress: Progress | None = None
    ) -> None:
        self._settings = settings
        self._outbox = outbox
        self._sent_at = sent_at
        self._progress = progress
        self._locked: Refused | None = None

    def send(self, news: News) -> Iterator[Outcome]:
        """Send everybody their message; what the server does not take is kept in the outbox."""
        for reader in self._settings.recipients:
            if not due(reader, news, self._sent_at):
                yield Outcome("mail", str(reader.address), True, "nothing got worse", due=False)
                continue
            try:
                message = written_to(news, reader, self._settings, self._sent_at)
            except CannotRun as error:
                yield Outcome("mail", str(reader.address), False, error.message)
            else:
                yield self._hand_over(message)

    def send_again(self) -> Iterator[Outcome]:
        """Send what the outbox holds; what is taken now leaves it."""
        for path in sorted(self._outbox.glob("*.eml")):
            message = message_from_bytes(path.read_bytes(), policy=SMTP)
            assert isinstance(message, EmailMessage)
            try:
                self._deliver(message)
            except Refused as error:
                yield Outcome("mail", str(message["To"]), False, str(error), str(path))
            else:
                path.unlink()
                yield Outcome("mail", str(message["To"]), True, f"from the outbox: {path.name}")

    def _hand_over(self, message: EmailMessage) -> Outcome:
        to = str(message["To"])
        try:
            try:
                self._deliver(message)
            except Refused as error:
                if not error.lighter or not list(message.iter_attachments()):
                    raise
                self._deliver(without_attachments(message))
                return Outcome("mail", to, True, f"without its attachments: {error}")
        except (Refused, CannotRun) as error:
            kept = keep(message, self._outbox)
            told = error.message if isinstance(error, CannotRun) else str(error)
            return Outcome("mail", to, False, told, str(kept))
        return Outcome("mail", to, True)

    def _deliver(self, message: EmailMessage) -> None:
        """Raises Refused. A password that was refused once is not tried again for the next reader."""
        if self._locked:
            raise self._locked
        password = secret(self._settings.password) if self._settings.password else ""
        try:
            deliver(message, self._settings, password, self._progress)
        except Refused as error:
            self._locked = error if error.locked else None
            raise


def due(reader: Recipient, news: News, at: datetime) -> bool:
    """Whether a reader is told now: if one of their days has come since the last audit, if something serious
    came up, or if there is no result.
    """
    if not reader.days or news.judgement is None or news.last is None:
        return True
    found = news.judgement.changes
    if found is None or found.urgent:
        return True
    today = at.astimezone().date()
    passed = min((today - news.last.astimezone().date()).days, 7)
    return any((today - timedelta(days=back)).weekday() in reader.days for back in range(passed))


def without_attachments(message: EmailMessage) -> EmailMessage:
    """The same message with its bodies alone."""
    light = EmailMessage(policy=SMTP)
    for name in ("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress"):
        light[name] = message[name]
    for subtype in ("plain", "html"):
        part = message.get_body((subtype,))
        told = part.get_content() if part else ""
        if subtype == "plain":
            light.set_content(told, cte="quoted-printable")
        else:
            light.add_alternative(told, subtype=subtype, cte="quoted-printable")
    return light


def keep(message: EmailMessage, outbox: Path) -> Path:
    """Write the message into the outbox, aside and renamed, for nobody else to read. Raises CannotRun."""
    stem = str(message["Message-ID"]).strip("<>").partition("@")[0]
    return write(message, outbox / f"{stem}.eml")


def write(message: EmailMessage, path: Path) -> Path:
    """Write a message as a file that mail programs open. Raises CannotRun."""
    aside = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as opened:
            opened.write(message.as_bytes())
        aside.replace(path)
    except OSError as error:
        raise CannotRun(f"{path} could not be written: {error.strerror or error}") from error
    return path
