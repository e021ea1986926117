"""Mail over SMTP: encrypted, authenticated, tried again where the server asks for it, and never lost."""

from __future__ import annotations

import base64
import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage

from holdwater.mail_file import MailSettings

FULL = "5.2.2"
"""Enhanced status of a full mailbox."""


class Refused(Exception):
    """The message was not taken. *lighter*: it was too large, and may be taken without attachments; *locked*:
    the password was refused, as it will be for the next message too.
    """

    def __init__(
        self, told: str, *, temporary: bool = False, lighter: bool = False, locked: bool = False
    ) -> None:
        super().__init__(told)
        self.temporary = temporary
        self.lighter = lighter
        self.locked = locked


Progress = Callable[[str], None]


def deliver(
    message: EmailMessage, settings: MailSettings, password: str, progress: Progress | None = None
) -> None:
    """Hand one message to the server, as often as the settings allow. Raises Refused."""
    import tenacity

    def waiting(state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if progress and state.next_action:
            progress(f"{error}; again in {state.next_action.sleep:.0f} s")

    for attempt in tenacity.Retrying(
        stop=tenacity.stop_after_attempt(settings.attempts),
        wait=tenacity.wait_exponential(multiplier=settings.wait_seconds, max=900),
        retry=tenacity.retry_if_exception(lambda error: isinstance(error, Refused) and error.temporary),
        before_sleep=waiting,
        reraise=True,
    ):
        with attempt:
            _once(message, settings, password)


def _once(message: EmailMessage, settings: MailSettings, password: str) -> None:
    where = f"{settings.server}:{settings.port}"
    try:
        with _connected(settings) as server:
            if settings.user:
                _log_in(server, settings.user, password)
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code, told = next(iter(error.recipients.values()))
        raise _refused(f"{where} refused the recipient", code, told) from error
    except smtplib.SMTPAuthenticationError as error:
        refused = _refused(
            f"{where} refused the user {settings.user!r} or the password", error.smtp_code, error.smtp_error
        )
        refused.locked = not refused.temporary
        raise refused from error
    except smtplib.SMTPResponseException as error:
        raise _refused(f"{where} refused the message", error.smtp_code, error.smtp_error) from error
    except smtplib.SMTPNotSupportedError as error:
        raise Refused(f"{where} cannot do what is asked: {error}; see mail.security") from error
    except smtplib.SMTPException as error:
        raise Refused(f"{where} broke off: {error}", temporary=True) from error
    except ssl.SSLCertVerificationError as error:
        raise Refused(
            f"{where}: its certificate is not to be trusted ({error.verify_message});"
            " name the certificate of its issuer as mail.certificates"
        ) from error
    except ssl.SSLError as error:
        raise Refused(f"{where}: no encrypted connection: {error.reason}; see mail.security") from error
    except OSError as error:
        raise Refused(f"{where} is not reached: {error.strerror or error}", temporary=True) from error


def _connected(settings: MailSettings) -> smtplib.SMTP:
    context = ssl.create_default_context(cafile=settings.certificates)
    if settings.security == "tls":
        return smtplib.SMTP_SSL(
            settings.server, settings.port, timeout=settings.timeout_seconds, context=context
        )
    server = smtplib.SMTP(settings.server, settings.port, timeout=settings.timeout_seconds)
    if settings.security == "starttls":
        try:
            server.starttls(context=context)
        except BaseException:
            server.close()
            raise
    return server


def _log_in(server: smtplib.SMTP, user: str, password: str) -> None:
    """Log in once, by the first way both sides know: a second try of a wrong password may lock the account.

    smtplib's own login tries every way in turn, and knows ASCII alone.
    """
    server.ehlo_or_helo_if_needed()
    ways = server.esmtp_features.get("auth", "").upper().split()
    if "PLAIN" in ways:
        code, told = server.docmd("AUTH", "PLAIN " + _base64(f"\0{user}\0{password}"))
    elif "LOGIN" in ways:
        code, told = server.docmd("AUTH", "LOGIN " + _base64(user))
        if code == 334:
            code, told = server.docmd(_base64(password))
    else:
        raise smtplib.SMTPNotSupportedError("it knows neither AUTH PLAIN nor AUTH LOGIN")
    if code not in (235, 503):
        raise smtplib.SMTPAuthenticationError(code, told)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")


def _refused(what: str, code: int, told: bytes | str) -> Refused:
    from reports.text import one_line

    said = told.decode("utf-8", "replace") if isinstance(told, bytes) else told
    full = FULL in said
    hint = "; the mailbox is full" if full or code == 452 else ""
    return Refused(
        f"{what}: {code} {one_line(said, 200)}{hint}",
        temporary=400 <= code < 500,
        lighter=code == 552 and not full,
    )
