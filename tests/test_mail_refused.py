"""What mail servers refuse: said in one line, tried again where that helps, kept where it does not."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from pathlib import Path

import pytest
from click.testing import Result

from tests import mail_sending
from tests.mail_sending import SECURE, bodies, run
from tests.mail_server import PASSWORD, Sink, certificate, free_port, serving, site_toml

bundle, sink, port = mail_sending.bundle, mail_sending.sink, mail_sending.port


def refused(tmp_path: Path, done: Result, *said: str) -> EmailMessage:
    """The message that was kept, after one clear line and exit status 2."""
    assert done.exit_code == 2, done.output
    (kept,) = (tmp_path / "audits/outbox").glob("*.eml")
    lines = [line for line in done.output.splitlines() if "NOT delivered" in line]
    assert len(lines) == 1
    for one in (*said, kept.name, "--resend"):
        assert one in lines[0]
    assert kept.stat().st_mode & 0o077 == 0
    message = message_from_bytes(kept.read_bytes(), policy=POLICY)
    assert isinstance(message, EmailMessage)
    assert "What was not examined" in bodies(message)[0]
    assert (tmp_path / "audits/md-degraded.evidence.zip").exists()
    return message


def test_a_wrong_password_is_said_once_and_never_shown(
    tmp_path: Path, bundle: Path, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    cert = certificate(tmp_path / "cert.pem")
    monkeypatch.setenv("MAIL_PASSWORD", "wrong-one")
    with serving(sink, certificate=cert) as port:
        site_toml(tmp_path, port, mail=SECURE + 'security = "starttls"\n')
        done = run()
    kept = refused(tmp_path, done, "refused the user 'auditor' or the password", "535")
    assert "wrong-one" not in done.output + kept.as_string()
    assert sink.logins == 1, "a wrong password is not tried again: accounts get locked"


def test_a_wrong_password_is_not_tried_for_every_reader(
    tmp_path: Path, bundle: Path, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    cert = certificate(tmp_path / "cert.pem")
    monkeypatch.setenv("MAIL_PASSWORD", "wrong-one")
    readers = "".join(f'[[mail.to]]\naddress = "{name}@example.org"\n' for name in "abc")
    with serving(sink, certificate=cert) as port:
        site_toml(tmp_path, port, mail=SECURE + 'security = "starttls"\n', to=readers)
        done = run()
        again = run("--resend")
    assert done.output.count("refused the user 'auditor' or the password") == 3
    assert len(list((tmp_path / "audits/outbox").glob("*.eml"))) == 3
    assert again.exit_code == 2
    assert sink.logins == 2, "once a run"


def test_a_certificate_of_somebody_else_is_not_trusted(
    tmp_path: Path, bundle: Path, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = certificate(tmp_path / "served.pem")
    certificate(tmp_path / "cert.pem")
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    with serving(sink, certificate=served) as port:
        site_toml(tmp_path, port, mail=SECURE + 'security = "starttls"\n')
        done = run()
    refused(tmp_path, done, "certificate is not to be trusted", "mail.certificates")
    assert sink.logins == 0


def test_no_password_crosses_a_server_without_encryption(
    tmp_path: Path, bundle: Path, sink: Sink, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate(tmp_path / "cert.pem")
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    site_toml(tmp_path, port, mail=SECURE + 'security = "starttls"\n')
    refused(tmp_path, run(), "STARTTLS")
    assert sink.logins == 0


def test_greylisting_is_waited_for(tmp_path: Path, bundle: Path, sink: Sink, port: int) -> None:
    site_toml(tmp_path, port)
    sink.answers["RCPT"] = ["451 4.7.1 greylisted, come again"] * 2
    done = run()
    assert done.exit_code == 0, done.output
    assert done.output.count("greylisted") == 2, "each attempt is said"
    assert len(sink.taken) == 1


@pytest.mark.parametrize(
    ("stage", "answer", "said"),
    [
        ("RCPT", ["550 5.1.1 no such user"], ["550", "no such user"]),
        ("RCPT", ["452 4.2.2 mailbox full"] * 9, ["452", "the mailbox is full"]),
        ("DATA", ["552 5.2.2 over quota"], ["552", "the mailbox is full"]),
        ("DATA", ["451 4.3.0 later"] * 9, ["451"]),
        ("DATA", ["554 5.7.1 spam\x1b[2J"], ["554"]),
    ],
)
def test_what_is_refused_is_kept_and_said(
    tmp_path: Path, bundle: Path, sink: Sink, port: int, stage: str, answer: list[str], said: list[str]
) -> None:
    site_toml(tmp_path, port)
    sink.answers[stage] = list(answer)
    done = run()
    refused(tmp_path, done, *said)
    assert "\x1b" not in done.output
    sink.answers.clear()
    again = run("--resend")
    assert again.exit_code == 0, again.output
    assert len(sink.taken) == 1
    assert not list((tmp_path / "audits/outbox").iterdir())


def test_one_refused_reader_keeps_no_other_from_it(
    tmp_path: Path, bundle: Path, sink: Sink, port: int
) -> None:
    to = "".join(f'[[mail.to]]\naddress = "{name}@example.org"\n' for name in ("a", "gone", "b"))
    site_toml(tmp_path, port, to=to)
    sink.answers["gone@example.org"] = ["550 5.1.1 no such user"]
    done = run()
    refused(tmp_path, done, "gone@example.org")
    assert [to for to, _ in sink.taken] == [["a@example.org"], ["b@example.org"]]


def test_too_large_goes_without_attachments(tmp_path: Path, bundle: Path, sink: Sink, port: int) -> None:
    site_toml(tmp_path, port, to='[[mail.to]]\naddress = "a@example.org"\ndocuments = ["report"]\n')
    sink.largest = 60_000
    done = run()
    assert done.exit_code == 0, done.output
    assert "without its attachments" in done.output
    ((_, message),) = sink.taken
    assert not list(message.iter_attachments())
    assert "What was not examined" in bodies(message)[0]


def test_a_server_that_is_down_is_tried_and_said(tmp_path: Path, bundle: Path) -> None:
    site_toml(tmp_path, free_port(), mail="attempts = 3\n")
    done = run()
    refused(tmp_path, done, "is not reached", "refused")
    assert done.output.count("again in") == 2
