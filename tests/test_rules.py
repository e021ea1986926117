"""Every rule against its fixture file, and properties that hold for all rules."""

from __future__ import annotations

import dataclasses
import tomllib
import types
import typing
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from analyzer.engine import every_rule
from analyzer.rule import SECTIONS, Rule
from analyzer.verdict import Fail, NotApplicable, Ok, Unknown, Verdict
from collectors.table import Row

FIXTURES = Path(__file__).parent.parent / "fixtures" / "rules"
KINDS = {"bad": Fail, "good": Ok, "unknown": Unknown, "not_applicable": NotApplicable}
EXPECTATIONS = ("severity", "says")

RULES = every_rule()


@dataclasses.dataclass(frozen=True)
class Case:
    rule: Rule
    kind: str
    number: int
    row: Row
    severity: str | None = None
    says: str = ""

    def __str__(self) -> str:
        return f"{self.rule.id}-{self.kind}-{self.number}"


@cache
def cases_of(rule_id: str) -> tuple[Case, ...]:
    path = FIXTURES / f"{rule_id}.toml"
    return tuple(_cases(RULES[rule_id], path)) if path.is_file() else ()


def _cases(rule: Rule, path: Path) -> Iterator[Case]:
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    assert set(told) <= set(KINDS), f"{path}: unknown kinds of cases {set(told) - set(KINDS)}"
    for kind, rows in told.items():
        for number, columns in enumerate(rows):
            expected = {name: columns.pop(name) for name in EXPECTATIONS if name in columns}
            yield Case(rule, kind, number, rule.on(**columns), **expected)


ALL = [case for rule_id in RULES for case in cases_of(rule_id)]


def judged(rule: Rule, row: Row, **limits: Any) -> Verdict:
    return rule.judge(row, **limits)


def nullable(row_type: type[Row]) -> set[str]:
    hints = typing.get_type_hints(row_type)
    return {
        name
        for name, hint in hints.items()
        if isinstance(hint, types.UnionType) and types.NoneType in typing.get_args(hint)
    }


@pytest.mark.parametrize("case", ALL, ids=str)
def test_fixture(case: Case) -> None:
    verdict = judged(case.rule, case.row)
    assert isinstance(verdict, KINDS[case.kind]), f"{case}: {verdict}"
    if isinstance(verdict, Fail):
        assert verdict.message
        assert verdict.column == "" or hasattr(case.row, verdict.column)
        assert verdict.probability is None or 0 <= verdict.probability <= 1
        assert case.severity in (None, verdict.severity or case.rule.severity)
    assert case.says in getattr(verdict, "message", "")


@pytest.mark.parametrize("rule_id", RULES)
def test_every_rule_fires_and_stays_silent_in_its_fixture(rule_id: str) -> None:
    kinds = {case.kind for case in cases_of(rule_id)}
    assert {"bad", "good"} <= kinds, f"fixtures/rules/{rule_id}.toml lacks {{'bad', 'good'}} - {kinds}"


@pytest.mark.parametrize("rule_id", RULES)
def test_every_rule_that_can_lack_a_value_has_an_unknown_case(rule_id: str) -> None:
    """If withholding any one value of a case gives Unknown, the fixture has a case that shows it."""
    rule, cases = RULES[rule_id], cases_of(rule_id)
    lacking = [
        (case, name)
        for case in cases
        for name in nullable(rule.on)
        if getattr(case.row, name) is not None
        and isinstance(judged(rule, dataclasses.replace(case.row, **{name: None})), Unknown)
    ]
    assert not lacking or "unknown" in {case.kind for case in cases}, f"unknown without {lacking[0][1]}"


@pytest.mark.parametrize("case", [case for case in ALL if case.kind == "bad"], ids=str)
def test_withholding_a_value_never_makes_a_fault_pass(case: Case) -> None:
    """Unknown is never OK."""
    for name in nullable(case.rule.on):
        if getattr(case.row, name) is not None:
            verdict = judged(case.rule, dataclasses.replace(case.row, **{name: None}))
            assert not isinstance(verdict, Ok), f"{case} passes once {name} is not told"


@pytest.mark.parametrize("rule_id", RULES)
def test_cases_sit_on_the_limits(rule_id: str) -> None:
    """Moving any numeric limit by a little, up or down, changes the verdict on at least one case."""
    rule, cases = RULES[rule_id], cases_of(rule_id)
    for name, limit in rule.limits.items():
        if isinstance(limit, bool) or not isinstance(limit, int | float):
            continue
        step = 1 if isinstance(limit, int) else max(abs(limit) / 50, 1e-6)
        for moved in (limit + step, limit - step):
            changed = any(
                _standing(judged(rule, case.row, **{name: moved})) != _standing(judged(rule, case.row))
                for case in cases
            )
            assert changed, f"{rule_id}: no case notices when {name} is {moved} and not {limit}"


def _standing(verdict: Verdict) -> tuple[type[Verdict], str | None]:
    return type(verdict), verdict.severity if isinstance(verdict, Fail) else None


@pytest.mark.parametrize("rule_id", RULES)
def test_documentation(rule_id: str) -> None:
    rule = RULES[rule_id]
    family, _, name = rule_id.partition("/")
    assert family
    assert name
    assert rule.title.endswith("."), "the title is one sentence that states the fault"
    for heading in SECTIONS:
        assert rule.section(heading), f"{rule_id} has no section {heading!r}"
    assert [h for h in rule.text.splitlines() if h.strip() in SECTIONS] == list(SECTIONS)


def test_every_fixture_belongs_to_a_rule() -> None:
    found = {str(path.relative_to(FIXTURES).with_suffix("")) for path in FIXTURES.glob("*/*.toml")}
    assert not found - set(RULES)
