"""Every reader against its recorded answers: `fixtures/collectors/KIND/CASE/`.

A case holds `answer.out`, perhaps `answer.err` and `question.json` (argv, status, started_at), `expect.json`:
rows by table (columns that are not listed are not compared), gaps as [table, reason], absent tables.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from collectors.collector import READERS, load
from collectors.fact import Absent, Fact, Gap
from collectors.question import Answer, Form, Question, decode
from collectors.reading import read_answer

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "collectors"
CASES = sorted(FIXTURES.glob("*/*/expect.json"))

load()


def recorded(case: Path, kind: str) -> Answer:
    """The answer of a fixture folder."""
    asked = {"argv": ["saved", "file"], "status": None}
    if (case / "question.json").exists():
        asked = json.loads((case / "question.json").read_text())
    form = Form(tuple(asked["argv"]), kind, "a recorded answer")
    errors = case / "answer.err"
    return Answer(
        Question(form.argv, form),
        stdout=(case / "answer.out").read_bytes(),
        stderr=errors.read_bytes() if errors.exists() else b"",
        status=asked.get("status"),
        refusal=asked.get("refusal"),
        started_at=datetime.fromisoformat(asked["started_at"]) if asked.get("started_at") else None,
        duration_seconds=asked.get("duration_seconds", 0.0),
    )


def plain(value: Any) -> Any:
    """A column as JSON can hold it; times in ISO 8601."""
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


@pytest.mark.parametrize("expect", CASES, ids=[f"{c.parts[-3]}-{c.parts[-2]}" for c in CASES])
def test_reader(expect: Path) -> None:
    kind = expect.parts[-3]
    told = list(read_answer("t", recorded(expect.parent, kind)))
    wanted = json.loads(expect.read_text())
    rows: dict[str, list[Fact[Any]]] = {}
    for fact in told:
        if isinstance(fact, Fact):
            rows.setdefault(type(fact.row).TABLE, []).append(fact)
    assert {table: len(of) for table, of in rows.items()} == {
        table: len(of) for table, of in wanted.get("rows", {}).items()
    }
    for table, expected in wanted.get("rows", {}).items():
        for fact, columns in zip(rows[table], expected, strict=True):
            got = {name: plain(getattr(fact.row, name)) for name in columns}
            assert got == columns, f"{table} {fact.row.subject}"
    gaps = {(gap.table.TABLE, gap.reason) for gap in told if isinstance(gap, Gap)}
    assert gaps == {(table, reason) for table, reason in wanted.get("gaps", [])}
    absent = sorted(one.table.TABLE for one in told if isinstance(one, Absent))
    assert absent == sorted(wanted.get("absent", []))


@pytest.mark.parametrize("kind", sorted({case.parts[-3] for case in CASES}))
def test_every_reader_has_a_healthy_a_sick_and_a_broken_case(kind: str) -> None:
    names = {case.parts[-2] for case in CASES if case.parts[-3] == kind}
    for sort in ("healthy", "sick", "broken"):
        assert any(name.startswith(sort) for name in names), f"{kind} has no {sort} case"


@pytest.mark.parametrize("expect", CASES, ids=[f"{c.parts[-3]}-{c.parts[-2]}" for c in CASES])
def test_no_other_reader_claims_a_recording(expect: Path) -> None:
    """No other reader is surer. A few files of the kernel hold nothing that tells them apart: all say 0.

    Answers of the APIs of Proxmox and Veeam that were saved without their path are told apart by one reader
    for all.
    """
    if not json.loads(expect.read_text()).get("rows") or expect.parts[-2].startswith("broken"):
        return
    said = decode((expect.parent / "answer.out").read_bytes())
    sure = {name: reader.recognises(said) for name, reader in READERS.items()}
    if expect.parts[-3].startswith("pve-") and sure[expect.parts[-3]] == 0:
        del sure["proxmox-api"]
    if expect.parts[-3].startswith("veeam-") and sure[expect.parts[-3]] == 0:
        del sure["veeam-json"]
    assert sure[expect.parts[-3]] == max(sure.values()), sure


def test_recorded_cases_can_be_told_from_those_written_by_hand() -> None:
    """`tests/lab/record_readers.py` made those that are called …-lab-…, and says in which state of a bed."""
    asked = {path.parent: json.loads(path.read_text()) for path in FIXTURES.glob("*/*/question.json")}
    marked = {case for case, told in asked.items() if "recorded" in told}
    assert marked == {path.parent for path in FIXTURES.glob("*/*-lab-*/expect.json")}
    assert all(set(asked[case]["recorded"]) == {"state", "kernel"} for case in marked)
    assert len(marked) > 60
