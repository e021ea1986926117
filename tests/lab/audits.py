# SPDX-License-Identifier: Apache-2.0
"""An audit of a bed as holdwater does it: the real collectors, a real bundle, the real rules."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from analyzer.engine import Judgement
from analyzer.finding import Finding
from analyzer.verdict import Severity
from collectors import asking
from collectors.bundle import BundleWriter
from collectors.collector import load
from collectors.targets import Target
from holdwater import api

Expected = dict[str, Severity]
"""Rule id → severity of the fault which has to be found."""


def collected(target: Target, path: Path, only: Iterable[str] = ()) -> Path:
    """Ask the target everything, or only what the named collectors want, and write the bundle at *path*."""
    known = load()
    chosen = [known[name] for name in only] or list(known.values())
    writer = BundleWriter(path, site=target.name, tool="holdwater lab")
    asyncio.run(asking.collect([target], chosen, writer))
    return path


def audited(target: Target, path: Path, only: Iterable[str] = ()) -> Judgement:
    """Collect into a bundle at *path* and judge it; no rule may break on what a real machine says."""
    judgement = api.judge(collected(target, path, only))
    broken = [finding for finding in judgement.findings if finding.outcome == "error"]
    assert not broken, broken
    return judgement


def faults(judgement: Judgement, rules: Iterable[str], about: str = "") -> dict[str, Finding]:
    """The faults which the rules found, by rule; *about* has to be in label, subject or message."""
    wanted = set(rules)
    return {
        finding.rule: finding
        for finding in judgement.failed()
        if finding.rule in wanted and about in f"{finding.label} {finding.subject} {finding.message}"
    }


def severities(found: dict[str, Finding]) -> Expected:
    """The severity of each fault, to compare with what was expected."""
    return {rule: finding.severity for rule, finding in found.items()}
