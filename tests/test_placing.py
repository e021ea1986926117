"""A message about a sick disk says its slot, its serial number and the array it belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from analyzer.engine import judge
from analyzer.site import Site
from collectors.collector import load
from collectors.drive_tables import Drive, DriveAttribute
from collectors.fact import Fact
from collectors.question import Answer, Form, Question
from collectors.reading import read_answer
from collectors.table import Row
from tests import test_lvm, test_zfs
from tests.derived_sites import HOST, mirror, site_of

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "collectors"
load()


def sick(device: str, number: int) -> list[Row]:
    drive = f"wwn:5000c500aabbcc0{number}"
    names = {"drive": drive, "device": f"/dev/{device}", "model": "ST4000", "serial": f"ZC1A000{number}"}
    return [
        Drive(**names, passed=True, smart_available=True, smart_enabled=True),
        DriveAttribute(**names, id=197, name="Current_Pending_Sector", raw=24, count=24),
    ]


def collected(site: Site) -> Iterable[Row]:
    return [f.row for facts in list(site.tables.values()) for f in facts if "collectors" in f.row.__module__]


def message(site: Site, rule: str) -> str:
    return next(f.message for f in judge(site).failed() if f.rule == rule)


@pytest.mark.parametrize(
    ("rows", "device", "number", "place"),
    [
        (mirror(), "sdb", 2, "[md0: slot 1, sdb1]"),
        (list(collected(test_zfs.mirror())), "sdb", 2, "[tank/mirror-0: slot 1, sdb1]"),
        (test_lvm.mirror(), "sdc", 3, "[vg/r1: slot 1, sdc]"),
    ],
    ids=["md", "zfs", "lvm"],
)
def test_a_rule_on_a_drive_names_the_array(rows: list[Row], device: str, number: int, place: str) -> None:
    site = site_of([*rows, *sick(device, number)])
    told = message(site, "smart/pending-sectors")
    assert told.endswith(place)
    assert f"/dev/{device}" in told
    assert f"serial ZC1A000{number}" in told
    weak = message(site, "raid/smart-bad-member")
    assert all(word in weak for word in ("slot 1", f"serial ZC1A000{number}", place[1:].partition(":")[0]))


def test_smart_that_shows_nothing_against_a_log_of_errors() -> None:
    drive = sick("sdb", 2)[:1]
    line = "[  100.0] critical medium error, dev sdb, sector 4660 op 0x0:(READ) flags 0x80700 phys_seg 1\n"
    form = Form(("dmesg",), "kernel-log", "")
    log = read_answer(HOST, Answer(Question(form.argv, form), stdout=line.encode(), status=0))
    site = site_of([*mirror(), *drive, *(one.row for one in log if isinstance(one, Fact))])
    told = message(site, "smart/clean-but-errors-logged")
    assert "sdb (ST4000, serial ZC1A0002): SMART shows nothing" in told
    assert told.endswith("[md0: slot 1, sdb1]")


@pytest.mark.parametrize(
    ("kind", "case", "rule", "words"),
    [
        ("storcli-json", "healthy", "raid/pd-predictive", ("slot 32:1", "serial ZA1AAAA1")),
        ("ssacli", "sick-no-battery-write-cache", "raid/pd-state", ("slot 1I:1:2", "serial S0M0AAA2")),
        ("sasircu", "sick-degraded", "raid/pd-state", ("slot 1:1", "serial S470AAA1", "of lsi-ir:0/v1")),
        ("arcconf", "sick-degraded", "raid/pd-predictive", ("slot 0:0", "9XG0AAA0", "of adaptec:1/v0")),
    ],
)
def test_a_rule_on_a_controller_names_slot_and_volume(
    kind: str, case: str, rule: str, words: tuple[str, ...]
) -> None:
    form = Form(("saved", "file"), kind, "")
    paths = [FIXTURES / kind / case / "answer.out"]
    if kind == "storcli-json":
        paths.append(FIXTURES / kind / "sick-drives" / "answer.out")
    answers = [Answer(Question(form.argv, form), stdout=path.read_bytes(), status=0) for path in paths]
    told = [one for answer in answers for one in read_answer(HOST, answer)]
    said = message(site_of([one.row for one in told if isinstance(one, Fact)]), rule)
    assert [word for word in words if word not in said] == [], said
