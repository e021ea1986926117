"""A disk that is gone between two questions is named by a gap or a finding, whoever saw it last."""

from __future__ import annotations

import asyncio
import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from collectors.asking import collect
from collectors.bundle import BundleWriter
from collectors.collector import load
from collectors.tools import diskstats, lsblk, smartctl
from holdwater import api
from tests.canned import CannedTarget, host, serial

GONE = "sdc"
NAME = "nas"
PLACES = ("lsblk", "scan", "queue")
SEEN = [
    seen for n in (1, 2, 3) for seen in itertools.combinations(PLACES, n) if set(seen) & {"lsblk", "scan"}
]


def answers(seen: tuple[str, ...]) -> dict[tuple[str, ...], bytes]:
    """A host of three disks; the third is seen by some questions and gone when smartctl opens it."""
    told = host(NAME, disks=3)
    if "lsblk" not in seen:
        told[lsblk.LSBLK().argv] = _without(told[lsblk.LSBLK().argv], "blockdevices", GONE)
    if "scan" not in seen:
        told[smartctl.SCAN().argv] = _without(told[smartctl.SCAN().argv], "devices", f"/dev/{GONE}")
    if "queue" not in seen:
        lines = told[diskstats.DISKSTATS().argv].splitlines(keepends=True)
        told[diskstats.DISKSTATS().argv] = b"".join(one for one in lines if GONE.encode() not in one)
    message = {"string": f"Smartctl open device: /dev/{GONE} failed: No such device", "severity": "error"}
    failed = json.dumps({"smartctl": {"version": [7, 3], "messages": [message], "exit_status": 2}}).encode()
    for kind in ("sat", "auto"):
        told[smartctl.READ(type=kind, device=f"/dev/{GONE}").argv] = failed
    return told


def _without(raw: bytes, key: str, name: str) -> bytes:
    told: dict[str, Any] = json.loads(raw)
    told[key] = [one for one in told[key] if one["name"] != name]
    return json.dumps(told).encode()


@pytest.mark.parametrize("seen", SEEN, ids="+".join)
def test_a_disk_that_goes_is_named(seen: tuple[str, ...], tmp_path: Path) -> None:
    writer = BundleWriter(tmp_path / "one.evidence.zip", site=NAME, tool="test")
    asyncio.run(collect([CannedTarget(NAME, answers(seen))], load().values(), writer))
    judgement = api.judge(tmp_path / "one.evidence.zip")
    assert not [one for one in judgement.findings if one.outcome == "error"]
    gaps = [gap for gap in judgement.site.gaps if GONE in gap.subject or GONE in gap.detail]
    assert [gap for gap in gaps if "No such device" in gap.detail], "the gap does not say why"
    named = [one for one in judgement.findings if one.outcome == "fail" and GONE in one.message]
    assert named, "no finding names it"
    if "lsblk" in seen:
        assert any(serial(NAME, 2) in one.message for one in named)
    healthy = [one for one in judgement.findings if one.outcome == "pass" and GONE in one.subject]
    assert not [one for one in healthy if one.rule.startswith("smart/")]
