"""`[mail]`, `[[webhooks]]`, `[schedule]` and secrets: what they may say, and what is refused in one line."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend

from holdwater import documents, mail_file, secret, site_file
from holdwater.errors import CannotRun
from holdwater.judging import judged
from holdwater.schedule_file import Schedule, moments

MAIL = '[mail]\nserver = "mail.example"\nfrom = "a@b.example"\n[[mail.to]]\naddress = "c@d.example"\n'


def load(folder: Path, text: str) -> site_file.SiteFile:
    (folder / "site.toml").write_text(text, "utf-8")
    return site_file.load(folder / "site.toml")


def test_defaults_are_safe(tmp_path: Path) -> None:
    mail = load(tmp_path, MAIL).mail
    assert mail is not None
    assert (mail.port, mail.security, mail.attempts) == (587, "starttls", 4)
    assert load(tmp_path, "").mail is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (MAIL.replace("mail.example", "mail.example:99999"), "mail.server"),
        (MAIL.replace("a@b.example", "nobody"), "mail.from"),
        (MAIL.replace("c@d.example", "a@b, c@d"), "mail.to.address"),
        (MAIL.replace("c@d.example", "ü@d.example"), "mail.to.address"),
        ('[mail]\nserver = "x"\nfrom = "a@b.c"\n', "[[mail.to]]"),
        ('[mail]\nserver = "x"\nuser = "u"\nfrom = "a@b.c"\n', "belong together"),
        ('[mail]\nserver = "x"\nuser = "u"\npassword = "hunter2"\nfrom = "a@b.c"\n', "env:NAME"),
        (
            MAIL.replace("[[", 'user = "u"\npassword = "env:X"\nsecurity = "none"\n[['),
            "unencrypted",
        ),
        (MAIL.replace("[[", "timeout_seconds = true\n[["), "timeout_seconds"),
        (MAIL.replace("[[", 'sevrer = "x"\n[['), "'sevrer' is not known"),
        (MAIL + 'documents = ["pdfs"]\n', "page, page-pdf"),
        (MAIL + 'days = ["Monday"]\n', "Mon, Tue"),
        ('[[webhooks]]\nkind = "teams"\nurl = "https://teams.example/secret-part"\n', "env:NAME"),
        ('[[webhooks]]\nurl = "ftp://x"\n', "env:NAME"),
        ('[[webhooks]]\nurl = "https://u:pw@x.example"\n', "holds a password"),
        ('[[webhooks]]\nkind = "ntfy"\nurl = "https://ntfy.example"\n', "topic"),
        ('[[webhooks]]\nkind = "irc"\nurl = "https://x"\n', "json, teams, slack, ntfy"),
        ("webhooks = 3\n", "[[webhooks]]"),
        ('[schedule]\nat = "Funday 06:00"\n', "no day"),
        ('[schedule]\nat = "Mon 25:00"\n', "no time"),
        ('[schedule]\nping = "mailto:x"\n', "schedule.ping"),
        ('[schedule]\nwhen = "x"\n', "'when' is not known"),
    ],
)
def test_one_line_says_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(CannotRun) as caught:
        load(tmp_path, text)
    assert said in caught.value.message
    assert "\n" not in caught.value.message
    for hidden in ("hunter2", "secret-part", "pw@"):
        assert hidden not in caught.value.message


@pytest.mark.parametrize(
    ("at", "days", "longest"),
    [
        ("Mon 06:00", (0,), 168),
        ("daily 05:30", (0, 1, 2, 3, 4, 5, 6), 24),
        ("05:30", (0, 1, 2, 3, 4, 5, 6), 24),
        ("thursday, Mon 18:00", (0, 3), 96),
        ("Sun,Mon 18:00", (0, 6), 144),
    ],
)
def test_times_of_a_week(at: str, days: tuple[int, ...], longest: int) -> None:
    told, hour, minute = moments(at)
    assert told == days
    assert Schedule(days=told, hour=hour, minute=minute).longest_hours == longest


def test_every_document_can_be_made() -> None:
    bundle = Path("fixtures/bundles/md-degraded.evidence.zip")
    judgement = judged(bundle, history=False)
    made = [
        documents.document(name, judgement, bundle, site_file.SiteFile())
        for name in mail_file.DOCUMENTS
        if "pdf" not in name or importlib.util.find_spec("weasyprint")
    ]
    assert len({one.name for one in made}) == len(made)
    for one in made:
        assert len(one.content) > 500
        assert one.name.startswith("md-degraded.")


class Drawer(KeyringBackend):
    priority = 1

    def get_password(self, service: str, username: str) -> str | None:
        return {("holdwater", "mail"): "from-the-keyring"}.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError

    def delete_password(self, service: str, username: str) -> None:
        raise NotImplementedError


def test_secrets_come_from_three_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOLDWATER_TEST_SECRET", "from-the-environment")
    before = keyring.get_keyring()
    keyring.set_keyring(Drawer())
    try:
        assert secret.secret("env:HOLDWATER_TEST_SECRET") == "from-the-environment"
        assert secret.secret("keyring:holdwater/mail") == "from-the-keyring"
        assert secret.secret(f"command:{sys.executable} -c \"print('from a command')\"") == "from a command"
        with pytest.raises(CannotRun, match="keyring set holdwater nobody"):
            secret.secret("keyring:holdwater/nobody")
    finally:
        keyring.set_keyring(before)


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("env:HOLDWATER_NOT_SET", "the environment has no HOLDWATER_NOT_SET"),
        ("command:/no/such/program --token x", "could not be run"),
        ("command:false", "status 1"),
        ("command:true", "holds no secret"),
        ("command:printf a\\\\033b", "control characters"),
        ('command:"', "could not be run"),
    ],
)
def test_a_secret_that_is_not_there_is_said(reference: str, said: str) -> None:
    with pytest.raises(CannotRun) as caught:
        secret.secret(reference)
    assert said in caught.value.message
    assert "token" not in caught.value.message


def test_site_files_without_mail_load_no_mail() -> None:
    script = (
        "import sys; from holdwater import site_file; print([m for m in sys.modules if 'mail_file' in m])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
