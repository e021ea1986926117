"""Recorded audits of real machines give, replayed, the findings they are known to give.

`python -m tests.lab.record_bundles` records them anew; with `--expect` it only writes what today's rules
make of the bundles that are there, for a person to read the difference.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.bundle import verify
from holdwater import api
from reports.terminal import findings, summary
from tests.recorded import BUNDLES, SUFFIX, expectation, expected

RECORDED = sorted(BUNDLES.glob(f"*{SUFFIX}"))
MOST_BYTES = 40_000


def name_of(bundle: Path) -> str:
    return bundle.name.removesuffix(SUFFIX)


def test_there_are_recordings() -> None:
    assert {"md-degraded", "md-healthy", "drives", "ssh-sudo-refused"} <= {name_of(b) for b in RECORDED}


@pytest.mark.parametrize("bundle", RECORDED, ids=name_of)
def test_replay_gives_what_is_known(bundle: Path) -> None:
    judgement = api.judge(bundle)
    assert not [finding for finding in judgement.findings if finding.outcome == "error"]
    told, known = expectation(judgement), expected(bundle)
    assert told["findings"] == known["findings"]
    assert told["gaps"] == known["gaps"]
    # rules that came later may pass too
    assert {rule: told["passed"].get(rule) for rule in known["passed"]} == known["passed"]


@pytest.mark.parametrize("bundle", RECORDED, ids=name_of)
def test_bundle_is_whole_and_small(bundle: Path) -> None:
    assert verify(bundle) == []
    assert bundle.stat().st_size < MOST_BYTES


def test_what_was_not_asked_is_said_and_passes_nothing() -> None:
    """An old recording lacks what later collectors ask: a check that did not run must be seen not to have."""
    judgement = api.judge(BUNDLES / f"md-healthy{SUFFIX}")
    unasked = {spot.gap.table for spot in judgement.blind_spots if spot.gap.reason == "not-asked"}
    told = {type(fact.row) for facts in judgement.site.tables.values() for fact in facts}
    assert unasked - told
    passed = {judgement.rules[one.rule].on for one in judgement.findings if one.outcome == "pass"}
    assert not passed & (unasked - told)
    for text in (summary(judgement), findings(judgement)):
        assert "not asked in this audit" in " ".join(text.split())
