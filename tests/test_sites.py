"""Whole sites give the verdicts that they are known to deserve: none silent, none crying wolf."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from analyzer.derived.protection import Protection
from analyzer.engine import Judgement
from holdwater import api, site_file

FOLDER = Path(__file__).resolve().parents[1] / "fixtures" / "sites"
SITES = sorted(path for path in FOLDER.iterdir() if path.is_dir())
REASONS = (
    "lack of verification",
    "incomplete coverage",
    "silent failures",
    "snapshot dependency",
    "no recovery planning",
    "security exposure",
    "shared fate",
    "failing storage",
)


def expected(site: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((site / "expect.json").read_text("utf-8"))
    return told


def judged(site: Path) -> Judgement:
    settings = site_file.load(site / "site.toml")
    return api.judge(site / "evidence.zip", assets=settings.assets, declared=settings.declared)


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
def test_verdicts(site: Path) -> None:
    told, wanted = judged(site), expected(site)
    assert not [finding for finding in told.findings if finding.outcome == "error"]
    rows = {fact.row.asset: fact.row for fact in told.site.facts(Protection)}
    found = {name: [rows[name].level, rows[name].standing] for name in wanted["systems"]}
    assert found == wanted["systems"], "\n".join(rows[name].proof for name in wanted["systems"])
    failed = {f"{finding.rule}@{finding.target}" for finding in told.failed()}
    assert not set(wanted["fires"]) - failed, failed
    assert not set(wanted["silent"]) & failed


def test_every_reason_has_a_site_that_fails_and_one_that_holds() -> None:
    told = Counter((expected(site)["about"], expected(site)["holds"]) for site in SITES)
    assert {(reason, holds) for reason in REASONS for holds in (True, False)} <= set(told)
    assert len(SITES) >= 40


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
def test_a_site_says_something_that_can_be_wrong(site: Path) -> None:
    wanted = expected(site)
    assert wanted["systems"] or wanted["fires"] or wanted["silent"]
    assert wanted["holds"] or wanted["fires"] or any(v[1] != "proven" for v in wanted["systems"].values())
