"""Aliases: nothing of whose systems these are is left, and everything is judged as before."""

from __future__ import annotations

import asyncio
import io
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from click.testing import CliRunner

from collectors.alias_names import is_name, names
from collectors.aliases import Aliases, loads
from collectors.anonymise import Anonymiser, candidates
from collectors.anonymise_bundle import _answer, vocabulary
from collectors.asking import collect
from collectors.bundle import Bundle, BundleWriter, verify
from collectors.collector import load
from collectors.fact import Absent, Fact, Gap
from collectors.question import Answer, Form, Question
from collectors.reading import read_answer
from holdwater import anonymous, api, documents
from holdwater.cli import cli
from holdwater.judging import judged as judged_with
from holdwater.site_file import SiteFile
from reports.formats import FORMATS
from reports.mail import letter
from tests.canned import BEGAN
from tests.recorded import BUNDLES, SUFFIX
from tests.sites.record import SiteTarget
from tests.sites.world import Copies, host, restic
from tests.test_readers import CASES, recorded

KINDS = sorted({case.parts[-3] for case in CASES})
WORDS = vocabulary()
OTHERWISE = {("mountinfo", "network-and-escapes")}
"""A mount point that no question may name can be asked about once it has an alias of plain letters."""


def knowing(told: Iterable[object], raw: bytes) -> Anonymiser:
    who = Anonymiser(Aliases(key=bytes(32)), WORDS)
    for kind, word in (*names(told), *candidates(raw)):
        who.learn(kind, word)
    return who


def shape(told: Iterable[object]) -> Counter[Any]:
    """What was read but for its texts."""
    seen: Counter[Any] = Counter()
    for one in told:
        match one:
            case Fact():
                values = (
                    getattr(one.row, column.name) for column in fields(one.row) if column.name != "guid"
                )
                plain = [v if isinstance(v, int | float | datetime | None) else "" for v in values]
                seen[(type(one.row).TABLE, *plain)] += 1
            case Gap():
                seen[("gap", one.table.TABLE, one.reason)] += 1
            case Absent():
                seen[("absent", one.table.TABLE)] += 1
    return seen


def left_over(who: Anonymiser, text: bytes) -> list[str]:
    """Names and identifiers that stand in the text though they have an alias."""
    aliases = {alias for mine in who.aliases.names.values() for alias in mine.values()}
    real = {name for mine in who.aliases.names.values() for name in mine} | set(who.aliases.identifiers)
    return [
        name
        for name in sorted(real - aliases - set(who.aliases.identifiers.values()))
        if len(name) > 3
        and re.search(
            rb"(?<![A-Za-z0-9\x80-\xff])"
            + re.escape(name.encode("utf-8", "surrogatepass"))
            + rb'(?![A-Za-z0-9\x80-\xff]|"\s*:)',
            text,
            re.IGNORECASE,
        )
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_every_answer_reads_the_same_under_aliases_and_holds_no_name(kind: str) -> None:
    for case in (one for one in CASES if one.parts[-3] == kind):
        answer = recorded(case.parent, kind)
        told = list(read_answer("t", answer))
        who = knowing(told, answer.stdout)
        clean = _answer(answer, who)
        asked = Question(clean.question.argv, answer.question.form)
        again = read_answer("t", replace(clean, question=asked))
        if (kind, case.parts[-2]) not in OTHERWISE:
            assert shape(again) == shape(told), case
        everything = clean.stdout + b"\n" + clean.stderr + b"\n" + " ".join(asked.argv).encode()
        assert left_over(who, everything.replace(b".example", b"")) == [], case


def judged(path: Path) -> tuple[Counter[Any], Any, int]:
    judgement = api.judge(path)
    found = Counter((f.rule, f.outcome, f.severity) for f in judgement.findings)
    return found, (judgement.score.number, judgement.score.grade), len(judgement.blind_spots)


@pytest.mark.parametrize("bundle", sorted(BUNDLES.glob(f"*{SUFFIX}")), ids=lambda path: path.name)
def test_a_bundle_gives_the_same_verdicts_and_no_format_leaks(bundle: Path, tmp_path: Path) -> None:
    kept = tmp_path / "map.json"
    told = anonymous.anonymise(bundle, tmp_path, kept)
    assert verify(told.bundle) == []
    assert judged(told.bundle) == judged(bundle)
    who = Anonymiser(loads(kept.read_text("utf-8")))
    with ZipFile(told.bundle) as zipped:
        assert left_over(who, b"\n".join(zipped.read(name) for name in zipped.namelist())) == []
        assert "map.json" not in zipped.namelist()
    judgement = api.judge(told.bundle)
    for name in (name for name in FORMATS if name != "pdf"):
        assert left_over(who, written(name, judgement, told.bundle)) == [], name


def written(name: str, judgement: Any, bundle: Path) -> bytes:
    from holdwater import formats

    raw = formats.content(FORMATS[name], judgement, bundle, SiteFile())
    if name != "xlsx":
        return raw
    with ZipFile(io.BytesIO(raw)) as parts:
        return b"\n".join(parts.read(part) for part in parts.namelist())


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


def test_identifiers_keep_their_look_and_their_beginnings() -> None:
    aliases = Aliases()
    one, two = (aliases.identifier(f"WD-WCC7K0ABC{i}") for i in (1, 2))
    assert one[:-1] == two[:-1]
    assert one != two
    assert re.fullmatch(r"[A-Z]{2}-[A-Z]{3}\d[A-Z]\d[A-Z]{3}\d", one)
    assert Aliases().identifier("WD-WCC7K0ABC1") != one
    assert loads(aliases.dumps()).identifier("WD-WCC7K0ABC1") == one
    assert aliases.identifier("50014ee2b1234567", keep=7, hexadecimal=True).startswith("50014ee")


def test_forms_of_one_identifier_have_one_alias() -> None:
    who = Anonymiser(Aliases())
    naa = who.raw(b"wwn-0x50014ee2b1234567").removeprefix(b"wwn-0x")
    assert who.raw(b"0x50014ee2b1234567") == b"0x" + naa
    assert who.raw(b"5 0014ee 2b1234567").replace(b" ", b"") == naa
    assert who.raw(b"f 120000 1795700000.5 dump.sql") == b"f 120000 1795700000.5 dump.sql"
    assert who.raw(b"IEEE EUI-64: 002538 5411500001") != b"IEEE EUI-64: 002538 5411500001"
    number = int("2b1234567", 16)
    told = who.raw(b'"oui": 5358, "id": %d' % number)
    assert int(told.rpartition(b" ")[2]) == int(naa[7:], 16)
    dashed = who.raw(b"64fd4923-466d-2528-0bee-8aeb1a13cfdd").replace(b"-", b"")
    assert who.raw(b"64fd4923:466d2528:0bee8aeb:1a13cfdd").replace(b":", b"") == dashed


@pytest.mark.parametrize(
    ("text", "same"),
    [
        (b"127.0.0.1 ::1 0.0.0.0", True),
        (b"FW Version 24.21.0.151", True),
        (b"12:34:56 0000:01:00.0", True),
        (b"192.168.1.7", False),
        (b"fe80::5054:ff:fe12:3456%eth0", False),
        (b"backup@disk.timer", True),
    ],
)
def test_what_is_an_address_and_what_is_not(text: bytes, same: bool) -> None:
    assert (Anonymiser(Aliases()).raw(text) == text) is same


@pytest.mark.parametrize("word", ["sda1", "nvme0n1", "data", "md127", "2026-11-23", "v1.2", "ab", "", "tank"])
def test_words_that_are_no_names(word: str) -> None:
    assert not is_name(word)


def test_utf_16_is_cleaned_too_and_columns_stay_in_line() -> None:
    who = Anonymiser(Aliases())
    who.learn("machine", "kunde-nord")
    wide = b"\xff\xfe" + "Name: KUNDE-NORD".encode("utf-16-le")
    assert who.raw(wide).decode("utf-16") == "Name: machine1"
    assert who.raw(b"kunde-nord  up\n") == b"machine1    up\n"
    who.learn("name", "abc")
    assert who.raw(b"abc     up") == b"name3   up"


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
