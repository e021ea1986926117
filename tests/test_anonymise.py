"""Aliases: nothing of whose systems these are is left, and everything is judged as before."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from collectors.alias_names import is_name, names
from collectors.aliases import Aliases, loads
from collectors.anonymise import Anonymiser, candidates
from collectors.anonymise_bundle import _answer, vocabulary
from collectors.bundle import verify
from collectors.fact import Absent, Fact, Gap
from collectors.question import Question
from collectors.reading import read_answer
from holdwater import anonymous, api
from reports.formats import FORMATS
from tests.anonymised import judged, written
from tests.recorded import BUNDLES, SUFFIX
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
