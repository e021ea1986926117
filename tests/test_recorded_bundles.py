"""Recorded audits of real machines give, replayed, the findings they are known to give.

`python -m tests.lab.record_bundles` records them anew; with `--expect` it only writes what today's rules
make of the bundles that are there, for a person to read the difference.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.bundle import verify
from holdwater import api
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
