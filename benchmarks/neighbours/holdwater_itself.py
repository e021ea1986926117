# SPDX-License-Identifier: Apache-2.0
"""holdwater's own word: faults of medium severity and above are alarms, lower ones notes.

Rules about how a thing is built, watched or cared for (`CARE`) are no alarm about its state, whatever their
severity: they are given apart, for they also ring where nothing is broken.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from analyzer.engine import Judgement
from analyzer.finding import Finding
from analyzer.verdict import rank
from collectors.targets import Target
from tests.lab.audits import audited

from .said import Said

NAME = "holdwater"
CARE_COLUMN = "advice"
"""What it says of build and care, kept apart."""
COLLECTORS = (
    *("md", "block", "stacks", "file-systems", "fstab", "ext4", "ext-superblock", "xfs", "btrfs"),
    "kernel-log",
)
"""What looks at arrays and file systems; the other collectors find nothing of theirs in the beds."""
CARE = frozenset(
    {
        *("raid/age-cluster", "raid/monitor-off", "raid/no-bitmap", "raid/no-erc", "raid/no-hot-spare"),
        *("raid/no-redundancy", "raid/rebuild-loss-risk", "raid/same-batch", "raid/scrub-stale"),
        *("raid/sector-mixed", "raid/single-parity-large", "raid/write-hole-unprotected"),
        *("fs/btrfs-metadata-single", "fs/btrfs-raid56", "fs/btrfs-scrub-stale", "fs/btrfs-snapshot-count"),
        *("fs/ext-never-checked", "fs/ext-no-journal", "fs/ext4-errors-continue", "fs/fsck-skipped"),
        *("fs/no-journal", "fs/reserved-zero-root", "fs/xfs-v4-nocrc", "fs/btrfs-nocow-images"),
        *("fs/zfs-single-vdev", "fs/zfs-scrub-stale", "fs/zfs-autotrim", "fs/zfs-features-off"),
        *("fs/lvmthin-overcommit", "fs/lvmthin-no-autoextend", "fs/lvmthin-no-pmspare"),
        *(
            "power/drive-cache-no-plp",
            "power/ups-absent",
            "power/write-cut-unprotected",
            "power/write-cache-without-ups",
        ),
        "smart/selftest-stale",
    }
)
"""Rules about build and care."""


def audit(target: Target, only: Iterable[str] = COLLECTORS) -> Judgement:
    """Collect and judge."""
    with tempfile.TemporaryDirectory() as folder:
        return audited(target, Path(folder) / "state.evidence.zip", only)


def listed(findings: Iterable[Finding]) -> str:
    """Severities and rules, worst first."""
    worst = sorted({(f.rule, f.severity) for f in findings}, key=lambda one: (-rank(one[1]), one[0]))
    return ", ".join(f"{severity} `{rule}`" for rule, severity in worst)


def about(judgement: Judgement, *names: str) -> Said:
    """The loudest word about anything that one of *names* names."""
    found = [
        finding
        for finding in judgement.findings
        if any(name in f"{finding.subject} {finding.label} {finding.message}" for name in names)
    ]
    faults = [one for one in found if one.outcome == "fail" and one.rule not in CARE]
    if loud := [finding for finding in faults if rank(finding.severity) >= rank("medium")]:
        return Said("alarm", listed(loud))
    doubts = [one for one in found if one.outcome == "unknown"]
    gaps = [s.gap for s in judgement.blind_spots if any(name in s.gap.subject for name in names)]
    if not any(one.outcome in ("pass", "fail") for one in found) and (doubts or gaps):
        return Said("unknown", ", ".join(sorted({gap.reason for gap in gaps})) or "unknown")
    if faults:
        return Said("note", listed(faults))
    if grave := [one for one in doubts if one.severity == "critical"]:
        return Said("unknown", ", ".join(sorted({f"`{one.rule}`" for one in grave})))
    return Said("silent")


def care(judgement: Judgement) -> list[str]:
    """What was said about build and care, with severities."""
    return sorted(
        {
            f"{finding.severity} `{finding.rule}`"
            for finding in judgement.findings
            if finding.outcome == "fail" and finding.rule in CARE
        }
    )
