"""No page and no mail under aliases names anything: planted names, and a site with backups and waivers."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from collectors.asking import collect
from collectors.bundle import Bundle, BundleWriter
from collectors.collector import load
from collectors.question import Answer, Form, Question
from holdwater import anonymous, api, documents
from holdwater.cli import cli
from holdwater.judging import judged as judged_with
from reports.formats import FORMATS
from reports.mail import letter
from tests.anonymised import written
from tests.canned import BEGAN
from tests.recorded import SUFFIX
from tests.sites.record import SiteTarget
from tests.sites.world import Copies, host, restic

SMART = b"""{"json_format_version":[1,0],"smartctl":{"version":[7,3],"exit_status":0},
"device":{"name":"/dev/sda","type":"sat","protocol":"ATA"},"model_name":"WDC WD40EFRX-68N32N0",
"serial_number":"WD-WCC7K0ABCDEF","wwn":{"naa":5,"oui":5358,"id":11142356789},
"firmware_version":"82.00A82","smart_status":{"passed":true}}"""


TEXTS = {
    ("hostname",): b"fileserver-meier\n",
    ("df", "-PT"): b"Filesystem Type 1024-blocks Used Available Capacity Mounted on\n"
    b"/dev/mapper/vg--meier-daten xfs 1000 900 100 90% /srv/kanzlei-meier\n"
    b"nas.meier-recht.de:/export/akten nfs4 1000 900 100 90% /mnt/akten\n",
    ("smartctl", "--json=c", "-x", "/dev/sda"): SMART,
    ("last",): b"hmeier pts/0 192.168.77.12 Mon Nov 23 06:00\nmail to h.meier@meier-recht.de\n"
    b"ether 52:54:00:aa:bb:cc inet6 2001:db8:77::12 uuid 6f1c1d3e-9e0b-4c3a-8f1d-2b7f3a9c1e55\n"
    b"/home/hmeier/x SHA256:abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ\nfirmware 24.21.0.1\n",
}


SECRET = (
    *("meier", "kanzlei", "akten", "WCC7K0ABCDEF", "11142356789", "192.168.77.12", "52:54:00:aa:bb:cc"),
    *("2001:db8:77::12", "6f1c1d3e", "abcdefghijklmnopqrstuvwxyz", "daten"),
)


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """A bundle full of names, users and addresses."""
    folder = tmp_path / "private"
    folder.mkdir()
    at = datetime.fromisoformat("2026-11-23T06:00:00+00:00")
    writer = BundleWriter(folder / f"meier{SUFFIX}", site="Kanzlei Meier", tool="holdwater 0.1.0", at=at)
    name = "fileserver-meier"
    writer.open_target(name, "ssh", "ssh://hmeier@nas.meier-recht.de:22")
    for argv, text in TEXTS.items():
        question = Question(argv, Form(argv, reads="", why=""))
        writer.add(name, Answer(question, stdout=text, status=0, started_at=at))
    writer.close_target(name, about={"user": "hmeier", "uid": "1000"})
    writer.open_target("backup.meier-recht.de", "ssh", "ssh://root@10.9.8.7")
    writer.close_target("backup.meier-recht.de", unreachable="10.9.8.7 (backup.meier-recht.de): no route")
    return writer.finish()


def test_planted_names_are_gone_from_the_bundle_and_every_format(planted: Path, tmp_path: Path) -> None:
    kept = tmp_path / "map.json"
    (tmp_path / "out").mkdir()
    told = anonymous.anonymise(planted, tmp_path / "out", kept)
    assert "meier" not in told.bundle.name.lower()
    with Bundle(told.bundle) as opened:
        everything = repr(opened.manifest) + "".join(
            repr(answer.question.argv) + answer.stdout.decode() + answer.detail
            for target in opened.targets()
            for answer in target.answers()
        )
    assert [one for one in SECRET if one.lower() in everything.lower()] == []
    for kept_as_it_was in ("WDC WD40EFRX-68N32N0", "82.00A82", "firmware 24.21.0.1", "Mounted on"):
        assert kept_as_it_was in everything
    judgement = api.judge(told.bundle)
    for name in (name for name in FORMATS if name != "pdf"):
        text = written(name, judgement, told.bundle).decode("utf-8", "replace").lower()
        assert [one for one in SECRET if one.lower() in text] == [], name


def test_the_map_is_private_and_aliases_stay_the_same(planted: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke
    first = run(cli, ["bundle", "anonymise", str(planted), "-o", str(tmp_path / "a.zip")])
    assert first.exit_code == 0, first.output
    kept = planted.parent / "Kanzlei_Meier.aliases.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    again = run(cli, ["bundle", "anonymise", str(planted), "-o", str(tmp_path / "b.zip")])
    assert again.exit_code == 0, again.output
    assert api.open_site(tmp_path / "a.zip").targets == api.open_site(tmp_path / "b.zip").targets
    other = run(cli, ["bundle", "anonymise", str(planted), "-o", str(tmp_path / "c.zip"), "--map", "m.json"])
    assert other.exit_code == 0 or "m.json" in other.output
    Path("m.json").unlink(missing_ok=True)


def test_a_map_that_is_none_is_refused(planted: Path, tmp_path: Path) -> None:
    bad = tmp_path / "map.json"
    bad.write_text('{"format": 3}', "utf-8")
    done = CliRunner().invoke(cli, ["bundle", "anonymise", str(planted), "--map", str(bad)])
    assert done.exit_code == 2
    assert "name another map" in done.output


def test_reports_assets_and_waivers_are_told_under_aliases(planted: Path, tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text(
        "[site]\nname = 'Kanzlei Meier'\n"
        "[[assets]]\nname = 'fileserver-meier'\ntier = 1\nowner = 'Hans Meier'\n"
        "[[waivers]]\nrule = 'blind-spot/no-history'\ntarget = 'fileserver-meier'\nby = 'Hans Meier'\n"
        "reason = 'Meier will es so'\nuntil = 2027-01-01\n",
        "utf-8",
    )
    for suffix in ("html", "json", "md"):
        file = tmp_path / f"r.{suffix}"
        words = ["report", str(planted), "-c", str(site), "--anonymise", "-o", str(file)]
        done = CliRunner().invoke(cli, words)
        assert done.exit_code == 0, done.output
        text = file.read_text("utf-8").lower()
        assert [one for one in (*SECRET, "hans") if one.lower() in text] == []
        assert "reason withheld" in text


def test_an_audit_under_aliases_keeps_the_evidence_and_tells_no_name(planted: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ["audit", str(planted), "-o", str(out), "--anonymise", "--also", "csv", "--no-history"]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code in (0, 1), done.output
    shown = [one for one in out.iterdir() if one.suffix in (".html", ".json", ".csv")]
    assert len(shown) == 3
    for file in shown:
        text = file.name + file.read_text("utf-8")
        assert [one for one in SECRET if one.lower() in text.lower()] == []


MEIER = """
[site]
place = "Kanzlei Meier"
admin = "AD-Meier"
[[repositories]]
name = "/kanzlei/r"
place = "Akten-Keller"
admin = "hildegard"
[[assets]]
name = "srv-meier"
tier = 1
owner = "Hildegard Meier"
[[waivers]]
rule = "recovery/never-tested"
target = "srv-meier"
by = "Hildegard Meier"
reason = "die Kanzlei will es so"
until = 2027-05-01
"""


NAMES = ("meier", "kanzlei", "akten", "hildegard", "keller")


@pytest.fixture
def with_backups(tmp_path: Path) -> Path:
    """A server, its repository on another machine, and a site file that names people and places."""
    folder = tmp_path / "office"
    folder.mkdir()
    parts = (
        host("srv-meier"),
        host("nas-meier"),
        restic("r", "nas-meier", "/kanzlei/r", Copies("srv-meier", paths=("/", "/srv/akten"))),
    )
    writer = BundleWriter(folder / f"meier{SUFFIX}", site="Kanzlei Meier", tool="holdwater", at=BEGAN)
    asyncio.run(collect([SiteTarget(part) for part in parts], list(load().values()), writer))
    (folder / "site.toml").write_text(MEIER, "utf-8")
    return writer.path


@pytest.mark.parametrize(
    "more",
    [("--management", "--language", "de"), ("--management",), (), ("--format", "csv"), ("--format", "json")],
)
def test_no_page_leaks_systems_repositories_or_who_waives(with_backups: Path, more: tuple[str, ...]) -> None:
    settings = with_backups.with_name("site.toml")
    told = CliRunner().invoke(
        cli, ["report", str(with_backups), "--anonymise", *more, "--config", str(settings), "-o", "-"]
    )
    assert told.exit_code == 0, told.output
    text = told.stdout.lower()
    assert [word for word in NAMES if word.lower() in text] == []


def test_no_mail_leaks_either(with_backups: Path) -> None:
    settings = with_backups.with_name("site.toml")
    with anonymous.disguised(with_backups, config=settings, history=True, map_path=None) as told:
        judgement = judged_with(told.bundle, settings=told.settings, store=told.bundle.parent / "none")
        sent = letter(documents.page_of(judgement, told.settings))
    text = f"{sent.subject}\n{sent.html}\n{sent.text}".lower()
    assert "answerable" in text
    assert [word for word in NAMES if word.lower() in text] == []
