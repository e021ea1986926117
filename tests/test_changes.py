"""What changed between two audits: each kind, on both sides of its border, and in words."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from analyzer.changes import KINDS, Audited, changes
from analyzer.finding import BlindSpot, Finding, Outcome
from analyzer.score_card import Grade
from analyzer.scoring import STALE
from analyzer.verdict import Severity
from collectors.drive_tables import Drive
from collectors.fact import Gap
from holdwater.store import rebuilding
from reports.changes import as_json, compared, text
from tests.canned import host
from tests.store_sites import FIRST, bundle, weeks

ROOT = Path(__file__).parent.parent
NOW = FIRST + timedelta(days=7)


def finding(
    rule: str, subject: str, outcome: Outcome = "fail", severity: Severity = "high", message: str = "said"
) -> Finding:
    return Finding(
        rule=rule,
        outcome=outcome,
        severity=severity,
        target="db",
        subject=subject,
        root=subject,
        message=message,
    )


def audited(
    *findings: Finding,
    blind: tuple[BlindSpot, ...] = (),
    later: bool = False,
    targets: tuple[str, ...] = ("db",),
    ruleset: str = "1",
    grade: Grade = "C",
    number: float = 60.0,
) -> Audited:
    return Audited(
        at=NOW if later else FIRST,
        targets=targets,
        findings=findings,
        blind_spots=blind,
        grade=grade,
        number=number,
        ruleset=ruleset,
        scoring="1",
    )


def gap(*rules: str, subject: str = "") -> BlindSpot:
    return BlindSpot(Gap("db", Drive, "denied", "sudo", subject), rules)


def kinds(before: Audited, after: Audited) -> list[tuple[str, str]]:
    return [(one.kind, one.subject) for one in changes(before, after).items]


BAD = finding("smart/x", "sda")


def test_nothing_changed() -> None:
    told = changes(audited(BAD), audited(BAD, later=True))
    assert (told.items, told.unchanged) == ((), 1)


@pytest.mark.parametrize(
    ("before", "after", "urgent"),
    [
        ([], [finding("smart/x", "a")], True),
        ([], [finding("smart/x", "a", severity="medium")], False),
        ([finding("smart/x", "a", severity="medium")], [finding("smart/x", "a")], True),
        ([finding("smart/x", "a")], [finding("smart/x", "a", severity="medium")], False),
        ([finding("smart/x", "a")], [finding("smart/x", "a", "pass")], False),
        ([finding("smart/x", "a")], [finding("smart/x", "a", "unknown")], True),
        ([finding("smart/x", "a", "pass")], [finding("smart/x", "a", "unknown")], False),
    ],
    ids=["new", "new and mild", "worse", "better", "fixed", "not seen again", "never a fault"],
)
def test_what_cannot_wait_for_the_weekly_mail(
    before: list[Finding], after: list[Finding], urgent: bool
) -> None:
    assert changes(audited(*before), audited(*after, later=True)).urgent is urgent


def test_a_gap_where_something_was_judged_cannot_wait() -> None:
    before, after = audited(finding("smart/x", "a", "pass")), audited(blind=(gap("smart/x"),), later=True)
    assert changes(before, after).urgent


def test_each_kind() -> None:
    before = audited(
        finding("smart/x", "worse", severity="low"),
        finding("smart/x", "better", severity="critical"),
        finding("smart/x", "fixed"),
        finding("smart/x", "gone"),
        finding("smart/y", "hidden"),
        finding("smart/x", "fell", "pass"),
    )
    after = audited(
        finding("smart/x", "worse", severity="medium"),
        finding("smart/x", "better", severity="high"),
        finding("smart/x", "fixed", "pass"),
        finding("smart/x", "fell"),
        finding("smart/x", "came"),
        blind=(gap("smart/y"),),
        later=True,
    )
    assert set(kinds(before, after)) == {
        ("new", "fell"),
        ("new", "came"),
        ("worse", "worse"),
        ("unseen", "hidden"),
        ("unseen", "drive"),
        ("better", "better"),
        ("fixed", "fixed"),
        ("fixed", "gone"),
    }
    assert [kind for kind, _ in kinds(before, after)] == sorted(
        (kind for kind, _ in kinds(before, after)), key=[*KINDS].index
    )


def test_a_waived_fault_is_neither_fixed_nor_new() -> None:
    waived = replace(BAD, outcome="waived")
    assert kinds(audited(BAD), audited(waived, later=True)) == [("waived", "sda")]
    assert kinds(audited(waived), audited(BAD, later=True)) == [("reopened", "sda")]
    assert changes(audited(waived), audited(waived, later=True)).unchanged == 1
    stale = replace(waived, message=f"said{STALE}")
    assert kinds(audited(waived), audited(stale, blind=(gap("smart/x"),), later=True))[0] == ("unseen", "sda")


def test_what_a_gap_hides_is_never_fixed() -> None:
    after = audited(finding("smart/x", "sdb", "pass"), blind=(gap("smart/x"),), later=True)
    assert ("fixed", "sda") not in kinds(audited(BAD), after)
    assert ("unseen", "sda") in kinds(audited(BAD), after)


def test_a_target_that_is_no_longer_audited_is_never_fixed() -> None:
    told = changes(audited(BAD), audited(later=True, targets=("other",)))
    assert [(one.kind, one.subject) for one in told.items] == [("unseen", "sda")]
    assert (told.targets_gone, told.targets_new) == (("db",), ("other",))


def test_what_was_carried_over_is_unseen_once() -> None:
    stale = replace(BAD, message=f"said{STALE}")
    blind = (gap("smart/x"),)
    assert ("unseen", "sda") in kinds(audited(BAD), audited(stale, blind=blind, later=True))
    again = changes(audited(stale, blind=blind), audited(stale, blind=blind, later=True))
    assert again.items == ()
    seen = kinds(audited(stale, blind=blind), audited(replace(BAD, outcome="pass"), later=True))
    assert seen == [("fixed", "sda")]


def test_a_gap_where_nothing_was_judged_before_is_no_news() -> None:
    assert kinds(audited(), audited(blind=(gap("smart/x"),), later=True)) == []
    assert (
        kinds(audited(BAD, blind=(gap("smart/x"),)), audited(BAD, blind=(gap("smart/x"),), later=True)) == []
    )


def test_order_does_not_matter() -> None:
    chance = random.Random(5)
    before = [finding("smart/x", f"d{n}", severity=chance.choice(["low", "high"])) for n in range(30)]
    after = [finding("smart/x", f"d{n}", severity=chance.choice(["low", "high"])) for n in range(10, 40)]
    told = changes(audited(*before), audited(*after, later=True))
    chance.shuffle(before)
    chance.shuffle(after)
    assert changes(audited(*before), audited(*after, later=True)) == told
    assert told.unchanged + len(told.of("worse")) + len(told.of("better")) == 20


def test_grades_by_other_rules_are_not_compared() -> None:
    told = compared(changes(audited(BAD), audited(BAD, later=True, ruleset="2", grade="B")), {})
    assert "not compared" in told.grades
    assert "C" not in told.grades.split(";")[0]
    assert any("different rules" in note for note in told.notes)
    same = compared(changes(audited(BAD), audited(BAD, later=True, grade="B", number=70.0)), {})
    assert same.grades == "grade B · 70, before C · 60"


def test_in_words_and_for_programs() -> None:
    found = changes(
        audited(BAD), audited(finding("smart/x", "sda", "pass"), finding("fs/y", "/"), later=True)
    )
    lines = text(compared(found, {}))
    assert "1 new, 1 fixed" in lines[0]
    assert any("[fs/y]" in line for line in lines)
    told = json.loads(json.dumps(as_json(found), default=str))
    assert [(one["kind"], one["rule"]) for one in told["changes"]] == [("new", "fs/y"), ("fixed", "smart/x")]


def holdwater(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "holdwater", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "HOLDWATER_AUDITS": str(folder)},
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("audits")
    list(weeks(made, 4, sick=lambda week: week == 3))
    bundle(made, 1, host("x"), site="other", name="x")
    rebuilding.rebuild(made / "store", made)
    return made


def test_diff_of_the_store_and_of_bundles_agree(folder: Path) -> None:
    last = holdwater(folder, "diff", "--json")
    assert last.returncode == 0
    told = json.loads(last.stdout)
    assert told["counts"]["new"] >= 8
    bundles = sorted(str(path) for path in folder.glob("audit-*-db.evidence.zip"))[-2:]
    assert json.loads(holdwater(folder, "diff", *bundles, "--json").stdout) == told
    days = ("2026-12-08", "2026-12-15")
    assert json.loads(holdwater(folder, "diff", *days, "--site", "site", "--json").stdout) == told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.evidence.zip"], "no such file"),
        (["1999"], "no audit of the store begins so"),
        (["2026-12-15", "2026-12-08"], "swap them"),
        (["--site", "nobody"], "two audits"),
    ],
)
def test_diff_says_what_to_do(folder: Path, arguments: list[str], said: str) -> None:
    done = holdwater(folder, "diff", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert len([line for line in done.stderr.splitlines() if " s: " not in line]) == 1


def test_history_compares_only_what_the_same_rules_gave(folder: Path, tmp_path: Path) -> None:
    rows = json.loads(holdwater(folder, "history", "--site", "site", "--json").stdout)
    assert len(rows) == 4
    assert [row["same_rules"] for row in rows] == [False, True, True, True]
    import shutil

    shutil.copytree(folder, tmp_path / "audits")
    for number, path in enumerate(sorted((tmp_path / "audits" / "store").rglob("unit.json"))):
        told = json.loads(path.read_text())
        for one in told["audits"]:
            one["ruleset"] = f"{one['ruleset']} {number % 2}"
        path.write_text(json.dumps(told))
    done = holdwater(tmp_path / "audits", "history", "--site", "site")
    assert "other rules" in done.stdout
