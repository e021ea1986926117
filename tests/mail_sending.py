"""The command against a mail server on loopback, and what its messages say."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from holdwater.cli import cli
from tests.mail_server import USER, Sink, serving

RECORDED = Path("fixtures/bundles/md-degraded.evidence.zip").resolve()


SECURE = f'user = "{USER}"\npassword = "env:MAIL_PASSWORD"\ncertificates = "cert.pem"\n'


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only audit, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HOLDWATER_AUDITS", raising=False)
    (tmp_path / "audits").mkdir()
    return Path(shutil.copy(RECORDED, tmp_path / "audits"))


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def port(sink: Sink) -> Iterator[int]:
    with serving(sink) as port:
        yield port


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["mail", *map(str, arguments)])


def words_of(html: str) -> str:
    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.told: list[str] = []
            self.skipped = 0

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.skipped += tag in ("style", "title")

        def handle_endtag(self, tag: str) -> None:
            self.skipped -= tag in ("style", "title")

        def handle_data(self, data: str) -> None:
            if not self.skipped:
                self.told.append(data)

    reader = Reader()
    reader.feed(html)
    return " ".join(" ".join(reader.told).split())


def bodies(message: EmailMessage) -> tuple[str, str]:
    parts = [message.get_body((kind,)) for kind in ("plain", "html")]
    assert parts[0] is not None
    assert parts[1] is not None
    return parts[0].get_content(), parts[1].get_content()
