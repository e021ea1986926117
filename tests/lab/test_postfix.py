"""Mail through a real server: delivered into a Maildir, read back, and equal to the report."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from holdwater.cli import cli
from holdwater.judging import judged
from reports.language import words
from reports.management import management
from reports.management_page import render
from tests.lab.postfix import arrived, postfix
from tests.mail_server import PASSWORD, USER, certificate

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(shutil.which("postfix") is None, reason="Postfix is not installed"),
]

RECORDED = Path("fixtures/bundles/md-degraded.evidence.zip").resolve()
LINK = "https://reports.example/werk/7?a=1&b=2"


@pytest.fixture
def place() -> Iterator[Path]:
    """A short path that the users of Postfix may enter."""
    with tempfile.TemporaryDirectory(prefix="mta") as made:
        path = Path(made)
        path.chmod(0o755)
        yield path


@pytest.fixture
def site(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    cert = certificate(place / "cert.pem")
    cert.chmod(0o600)
    (place / "site/audits").mkdir(parents=True)
    shutil.copy(RECORDED, place / "site/audits")
    monkeypatch.chdir(place / "site")
    monkeypatch.delenv("HOLDWATER_AUDITS", raising=False)
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    with postfix(place, cert) as port:
        Path("site.toml").write_text(
            f"""[mail]
server = "localhost:{port}"
user = "{USER}"
password = "env:MAIL_PASSWORD"
certificates = "../cert.pem"
from = "Prüfung <audit@example.test>"
link = "{LINK}"
wait_seconds = 0
attempts = 2
[[mail.to]]
address = "Die Leitung <boss@example.test>"
[[mail.to]]
address = "admin@example.test"
documents = ["page"]
language = "de"
""",
            "utf-8",
        )
        yield place


def mail(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["mail", *arguments])


def parsed(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=POLICY)
    assert isinstance(message, EmailMessage)
    return message


def bare(html: str) -> str:
    from html import unescape

    return " ".join(
        unescape(re.sub(r"<style.*?</style>|<title.*?</title>|<[^>]+>", " ", html, flags=re.DOTALL)).split()
    )


def test_delivered_and_equal_to_the_report(site: Path) -> None:
    done = mail()
    assert done.exit_code == 0, done.output
    (boss,) = map(parsed, arrived(site / "boxes/boss"))
    (admin,) = map(parsed, arrived(site / "boxes/admin"))
    page = management(judged(Path("audits/md-degraded.evidence.zip")), words())
    report = bare(render(page))
    assert boss["Subject"] == page.subject
    assert boss["Delivered-To"] == "boss@example.test"
    assert "with ESMTPSA" in boss["Received"]
    parts = {kind: boss.get_body((kind,)) for kind in ("plain", "html")}
    for kind, part in parts.items():
        assert part is not None
        told = part.get_content()
        flat = bare(told) if kind == "html" else " ".join(told.split())
        for threat in page.worst:
            for said in (threat.title, threat.lost, threat.likely, threat.first, threat.takes):
                assert " ".join(said.split()) in flat
                assert " ".join(said.split()) in report
        numbers = set(re.findall(r"\d+", flat.replace(LINK, "")))
        assert numbers == set(re.findall(r"\d+", report)), kind
        links = set(re.findall(r"https?://[^\s\"<>]+", told.replace("&amp;", "&")))
        assert links == {LINK}
    (attached,) = admin.iter_attachments()
    assert attached.get_filename() == "md-degraded.management.html"
    german = management(judged(Path("audits/md-degraded.evidence.zip")), words("de"))
    assert attached.get_content() == render(german)
    assert admin["Subject"] == german.subject


@pytest.mark.parametrize(
    ("arguments", "password", "said"),
    [
        (("--to", "nobody@example.test"), PASSWORD, "550 5.1.1"),
        (("--to", "boss@example.test"), "wrong", "535 5.7.8"),
    ],
)
def test_refusals_are_said_and_kept(
    site: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], password: str, said: str
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", password)
    done = mail(*arguments)
    assert done.exit_code == 2, done.output
    assert said in done.output
    assert len(list(Path("audits/outbox").iterdir())) == 1


def test_too_large_for_the_server(site: Path) -> None:
    done = mail("--to", "boss@example.test", "--attach", "report")
    assert done.exit_code == 0, done.output
    assert "without its attachments: localhost" in done.output
    (message,) = map(parsed, arrived(site / "boxes/boss"))
    assert not list(message.iter_attachments())
