"""What the bundles of `fixtures/bundles` are expected to give: written by their recorder, read by tests."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from analyzer.engine import Judgement

BUNDLES = Path(__file__).resolve().parent.parent / "fixtures" / "bundles"
SUFFIX = ".evidence.zip"


def expectation(judgement: Judgement) -> dict[str, Any]:
    """Findings but passes one by one, passes and gaps by number.

    What was not asked when the bundle was recorded is left out, for each new collector adds to it.
    """
    findings = [f for f in judgement.findings if f.outcome != "pass"]
    passed = Counter(f.rule for f in judgement.findings if f.outcome == "pass")
    spots = [spot.gap for spot in judgement.blind_spots if spot.gap.reason != "not-asked"]
    gaps = Counter(f"{gap.table.TABLE} {gap.reason}" for gap in spots)
    return {
        "findings": sorted([f.rule, f.outcome, f.severity, f.subject] for f in findings),
        "passed": dict(sorted(passed.items())),
        "gaps": dict(sorted(gaps.items())),
    }


def expected_path(bundle: Path) -> Path:
    """Where the expectation of a bundle stands: NAME.findings.json beside NAME.evidence.zip."""
    return bundle.with_name(bundle.name.removesuffix(SUFFIX) + ".findings.json")


def expected(bundle: Path) -> Any:
    """The checked-in expectation."""
    return json.loads(expected_path(bundle).read_text("utf-8"))


def write_expected(bundle: Path, judgement: Judgement) -> None:
    """Write the expectation, a finding a line, so that a difference reads well."""
    told = expectation(judgement)
    lines = ",\n".join(f"  {json.dumps(finding)}" for finding in told.pop("findings"))
    rest = json.dumps(told, indent=1)[1:].lstrip("\n")
    expected_path(bundle).write_text(f'{{\n "findings": [\n{lines}\n ],\n{rest}\n', "utf-8")
