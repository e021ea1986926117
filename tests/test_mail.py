"""Mail over SMTP: delivered whole, tried again, refused in words, and never lost."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import SMTP as POLICY
from pathlib import Path

import pytest

from analyzer.changes import changes
from analyzer.engine import audited
from holdwater import result, site_file
from holdwater.judging import judged
from holdwater.news import News
from holdwater.post import Post
from reports.language import words
from reports.mail import LARGEST, Unfit, letter
from reports.management import management
from tests import mail_sending
from tests.mail_sending import SECURE, bodies, run, words_of
from tests.mail_server import PASSWORD, Sink, certificate, serving, site_toml
from tests.site_factory import build

bundle, sink, port = mail_sending.bundle, mail_sending.sink, mail_sending.port


def test_it_arrives_whole(tmp_path: Path, bundle: Path, sink: Sink, port: int) -> None:
    site_toml(tmp_path, port)
    done = run()
    assert done.exit_code == 0, done.output
    ((to, message),) = sink.taken
    assert to == ["boss@example.org"]
    assert message["To"].addresses[0].display_name == "Die Leitung"
    assert message["From"].addresses[0].display_name == "Prüfung"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@example.org>")
    assert message["Date"].datetime.tzinfo is not None
    page = management(judged(bundle), words())
    assert message["Subject"] == page.subject
    plain, html = bodies(message)
    for told in (
        page.meaning,
        page.number_text,
        page.standings.text,
        *page.held,
        *page.unseen,
        *page.changes,
    ):
        assert " ".join(told.split()) in " ".join(plain.split()), told
        assert " ".join(told.split()) in words_of(html), told
    assert not list(message.iter_attachments())
    counts = ", ".join(count.text for count in page.counts if count.count)
    assert words_of(html).startswith(f"{counts}. {page.standings.text}."), "what a list of mails shows"


@pytest.mark.parametrize("language", ["en", "de"])
def test_both_bodies_say_the_same_numbers_and_words(language: str) -> None:
    page = management(build(hosts=9, findings=60, unread=20).judgement, words(language))
    told = letter(page, link="https://reports.example/7?a=1&b=2", attached=["a.html"])
    plain, html = " ".join(told.text.split()), words_of(told.html)
    assert sorted(set(re.findall(r"\d+", plain))) == sorted(set(re.findall(r"\d+", html)))
    for threat in page.worst:
        for said in (threat.title, threat.place, threat.lost, threat.likely, threat.first, threat.takes):
            assert " ".join(said.split()) in plain
            assert " ".join(said.split()) in html
    for step in page.path:
        assert step.text in plain
        assert step.text in html
    assert "https://reports.example/7?a=1&b=2" in plain
    assert 'href="https://reports.example/7?a=1&amp;b=2"' in told.html


def test_it_needs_no_other_file_and_no_style_sheet() -> None:
    told = letter(management(build().judgement, words()), link="https://reports.example/")
    assert "<style" not in told.html
    assert "class=" not in told.html or "style=" in told.html
    assert not re.search(r"<(img|script|link|svg|video|iframe)\b", told.html)
    assert set(re.findall(r"https?://[^\s\"<]+", told.html)) == {"https://reports.example/"}
    assert "var(" not in told.html
    assert "<!--[if mso]>" in told.html


def test_it_stays_small_whatever_the_site_says() -> None:
    page = management(
        build(hosts=300, findings=4000, disks=8, unread=900, hostile=True).judgement, words("de")
    )
    told = letter(page)
    assert len(told.html.encode()) < LARGEST / 2
    assert "<script" not in told.html
    assert "\x1b" not in told.text
    assert "\u202e" not in told.text + told.html
    assert max(len(line) for line in told.text.splitlines() if "http" not in line) < 200


def test_a_template_that_says_nothing_is_not_sent(tmp_path: Path) -> None:
    (tmp_path / "mail.html").write_text("<p>hello</p>")
    with pytest.raises(Unfit, match="does not say"):
        letter(management(build().judgement, words()), templates=tmp_path)


def test_readers_get_their_own_documents_and_language(
    tmp_path: Path, bundle: Path, sink: Sink, port: int
) -> None:
    to = (
        '[[mail.to]]\naddress = "boss@example.org"\nlanguage = "de"\n'
        '[[mail.to]]\naddress = "Ädmin <admin@bücher.example>"\ndocuments = ["report", "json", "page"]\n'
    )
    site_toml(tmp_path, port, to=to)
    assert run().exit_code == 0
    (_, german), (address, english) = sink.taken
    assert "nicht wiederherstellbar" in bodies(german)[0]
    assert address == ["admin@xn--bcher-kva.example"]
    assert english["To"].addresses[0].display_name == "Ädmin"
    attached = {part.get_filename(): part for part in english.iter_attachments()}
    assert set(attached) == {f"md-degraded{end}" for end in (".html", ".json", ".management.html")}
    assert attached["md-degraded.json"].get_content_type() == "application/json"
    assert "Attached: md-degraded.html" in bodies(english)[0]


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
@pytest.mark.parametrize("tls", [False, True], ids=["starttls", "tls"])
def test_encrypted_and_logged_in(
    tmp_path: Path, bundle: Path, sink: Sink, monkeypatch: pytest.MonkeyPatch, tls: bool
) -> None:
    cert = certificate(tmp_path / "cert.pem")
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    with serving(sink, certificate=cert, tls=tls) as port:
        site_toml(tmp_path, port, mail=SECURE + f'security = "{"tls" if tls else "starttls"}"\n')
        done = run()
    assert done.exit_code == 0, done.output
    assert len(sink.taken) == 1
    assert sink.logins == 1


def test_a_bundle_that_saw_nothing_is_a_failure(tmp_path: Path, bundle: Path, sink: Sink, port: int) -> None:
    bundle.write_bytes(b"PK\3\4 half a file")
    site_toml(tmp_path, port, more='[site]\nname = "Werk 1/2"\n')
    done = run(bundle)
    assert done.exit_code == 0, done.output
    ((_, message),) = sink.taken
    assert message["Subject"] == "[Werk 1/2] Audit failed – nothing is known now"
    plain, html = bodies(message)
    for told in ("Silence is not health", "md-degraded.evidence.zip", "There is no earlier audit"):
        assert told in " ".join(plain.split())
        assert told in words_of(html)
    assert "restorable" not in plain


def test_a_dry_run_writes_what_would_be_sent(tmp_path: Path, bundle: Path) -> None:
    assert run("--dry-run", "monday.eml").exit_code == 0
    message = message_from_bytes(Path("monday.eml").read_bytes(), policy=POLICY)
    assert message["To"] == "holdwater <holdwater@localhost>"
    site_toml(tmp_path, 25, to='[[mail.to]]\naddress = "a@b.example"\n[[mail.to]]\naddress = "c@b.example"\n')
    done = run("--dry-run", "x.eml")
    assert (done.exit_code, "2 readers" in done.output) == (2, True)
    done = run("--dry-run", "folder")
    assert sorted(path.name for path in Path("folder").iterdir()) == [
        "1-a@b.example.eml",
        "2-c@b.example.eml",
    ]


MONDAY = datetime(2026, 11, 23, 12).astimezone()


@pytest.mark.parametrize(
    ("last", "now", "serious", "wanted"),
    [
        (-1, 0, False, True),
        (0, 1, False, False),
        (0, 0, False, False),
        (-3, 2, False, True),
        (-30, 2, False, True),
        (0, 1, True, True),
        (3, 1, False, False),
        (None, 1, False, True),
    ],
    ids=["its day", "another", "twice", "missed", "a month", "serious", "clock set back", "the first"],
)
def test_a_weekly_reader_waits_unless_something_serious_came_up(
    tmp_path: Path, sink: Sink, port: int, last: int | None, now: int, serious: bool, wanted: bool
) -> None:
    daily, weekly = (
        '[[mail.to]]\naddress = "daily@b.example"\n',
        '[[mail.to]]\naddress = "weekly@b.example"\n',
    )
    site_toml(tmp_path, port, to=f'{daily}{weekly}days = ["Mon"]\n')
    settings = site_file.load(tmp_path / "site.toml")
    judgement = build().judgement
    told = audited(judgement)
    before = replace(
        told, findings=tuple(f for f in told.findings if f.severity != "critical" or not serious)
    )
    news = News(settings, "site", MONDAY, judgement=replace(judgement, changes=changes(before, told)))
    news.last = None if last is None else MONDAY + timedelta(days=last)
    assert settings.mail is not None
    post = Post(settings.mail, tmp_path / "outbox", sent_at=MONDAY + timedelta(days=now))
    outcomes = list(post.send(news))
    assert [outcome.due for outcome in outcomes] == [True, wanted]
    assert [to for to, _ in sink.taken] == [["daily@b.example"], ["weekly@b.example"]][: 1 + wanted]
    assert (
        wanted
        or result.said(outcomes[1]) == "mail waits for its day, for weekly@b.example: nothing got worse"
    )
    sink.taken.clear()
    assert all(one.due for one in post.send(replace(news, judgement=None, reasons=("no answer",))))
    assert len(sink.taken) == 2, "that there is no result is told everybody"


def test_no_header_is_made_of_a_name(tmp_path: Path, bundle: Path) -> None:
    evil = "Evil\\r\\nBcc: everybody@example.org\\r\\n\\r\\n<b>"
    Path("site.toml").write_text(
        f'[mail]\nserver="h"\nfrom="{evil} <a@b.c>"\n[[mail.to]]\naddress="a@b.c"\n', "utf-8"
    )
    done = run("--dry-run", "x.eml")
    assert done.exit_code == 2
    assert "line break" in done.output
    built = build(name="Evil\r\nBcc: everybody@example.org\r\n\r\nbody")
    told = letter(management(built.judgement, words()))
    assert "\n" not in told.subject
    assert "\r" not in told.subject


def test_without_mail_settings_it_says_so(bundle: Path) -> None:
    done = run()
    assert done.exit_code == 2
    assert "has no [mail]" in done.output
    assert len(done.output.splitlines()) == 1


def test_a_broken_template_is_said_and_the_audit_kept(
    tmp_path: Path, bundle: Path, sink: Sink, port: int
) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own/mail.html").write_text("<p>{{ p.site }</p>")
    site_toml(tmp_path, port, more='[site]\ntemplates = "own"\n')
    done = run()
    assert done.exit_code == 2
    assert "own/mail.html, line 1" in done.output
    assert bundle.exists()


def test_a_language_that_is_not_there_stops_one_reader_only(
    tmp_path: Path, bundle: Path, sink: Sink, port: int
) -> None:
    to = '[[mail.to]]\naddress = "a@b.example"\nlanguage = "xx"\n[[mail.to]]\naddress = "c@b.example"\n'
    site_toml(tmp_path, port, to=to)
    done = run()
    assert done.exit_code == 2
    assert "there is no language 'xx'" in done.output
    assert [to for to, _ in sink.taken] == [["c@b.example"]]
