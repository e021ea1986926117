# SPDX-License-Identifier: Apache-2.0
"""Arrays of a real md driver, audited in every state through the console of user-mode Linux.

What is asserted is exact both ways: the alarms which have to ring, and that none of the others does.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from analyzer.derived.array_member import ArrayMember
from collectors.block_tables import MdDetail, MdMember, MdStatus, MdSysfs
from holdwater import api

from . import md
from .audits import Expected, audited, faults, severities
from .beds import must
from .targets import BedTarget
from .uml import HIDDEN, Uml

ALARMS = (
    "raid/failed",
    "raid/degraded-no-margin",
    "raid/degraded",
    "raid/failed-member",
    "raid/rebuilding",
    "raid/rebuild-stalled",
    "raid/mismatch",
    "raid/member-bad-blocks",
    "raid/sources-disagree",
)
"""Rules which tell of trouble that is there; the other raid rules tell of care that is lacking."""

VOICES = (MdStatus, MdSysfs, MdMember, MdDetail)


@dataclass(frozen=True)
class State:
    """What holdwater has to make of a scenario."""

    mdstat: str
    alarms: Expected
    says: tuple[str, ...] = ()
    """What the message of the first alarm has to hold: array, slot and member."""
    members: dict[str, str] = field(default_factory=dict)
    """Kernel name → state in the array_member table."""


STATES = {
    "raid0-healthy": State("active raid0", {}),
    "raid1-healthy": State("[2/2] [UU]", {}, members={"ubdb": "in-sync", "ubdc": "in-sync"}),
    "raid1-bitmap": State("bitmap: ", {}),
    "raid5-healthy": State("[3](S)", {}, members={"ubde": "spare"}),
    "raid6-healthy": State("[4/4] [UUUU]", {}),
    "raid10-healthy": State("[4/4] [UUUU]", {}),
    "raid1-degraded": State(
        "[2/1] [_U]",
        {"raid/degraded-no-margin": "critical"},
        ("md1 (raid1 of 2)", "slot 0: missing", "slot 1: ubdc", "ubdb FAILED"),
        {"ubdb": "failed", "ubdc": "in-sync"},
    ),
    "raid1-removed": State(
        "[2/1] [_U]",
        {"raid/degraded-no-margin": "critical"},
        ("md1 (raid1 of 2)", "slot 0: missing", "slot 1: ubdc"),
        {"slot 0": "missing", "ubdc": "in-sync"},
    ),
    "raid1-missing": State(
        "[2/1] [U_]",
        {"raid/degraded-no-margin": "critical"},
        ("md1 (raid1 of 2)", "slot 0: ubdb", "slot 1: missing"),
        {"ubdb": "in-sync", "slot 1": "missing"},
    ),
    "raid5-degraded": State(
        "[3/2] [_UU]", {"raid/degraded-no-margin": "critical"}, ("md5 (raid5 of 3)", "ubdb FAILED")
    ),
    "raid5-broken": State(
        "[3/1] [__U]",
        {"raid/failed": "critical"},
        ("md5 (raid5 of 3) has failed", "2 of 3", "ubdb FAILED", "ubdc FAILED", "slot 2: ubdd"),
    ),
    "raid6-degraded": State(
        "[4/3] [_UUU]", {"raid/degraded": "high"}, ("md6 (raid6 of 4)", "can lose 1 more", "ubdb FAILED")
    ),
    "raid6-twice-degraded": State(
        "[4/2] [__UU]",
        {"raid/degraded-no-margin": "critical"},
        ("md6 (raid6 of 4)", "2 of 4", "slot 0: missing", "slot 1: missing", "ubdb FAILED", "ubdc FAILED"),
    ),
    "raid10-degraded": State(
        "[4/3] [_UUU]",
        {"raid/degraded-no-margin": "critical"},
        ("md10 (raid10 of 4)", "slot 0: missing", "ubdb FAILED"),
    ),
    "raid1-rebuilding": State(
        "recovery =",
        {"raid/degraded-no-margin": "critical", "raid/rebuilding": "high"},
        ("md1 (raid1 of 2)", "slot 0: ubdb", "slot 1: ubdc rebuilding"),
        {"ubdb": "in-sync", "ubdc": "rebuilding"},
    ),
    "raid5-rebuilding": State(
        "recovery =",
        {"raid/degraded-no-margin": "critical", "raid/rebuilding": "high"},
        ("md5 (raid5 of 3)", "slot 0: ubde rebuilding", "ubdb FAILED"),
        {"ubdb": "failed", "ubde": "rebuilding"},
    ),
    "raid1-resyncing": State("resync =", {"raid/rebuilding": "medium"}, ("md1 (raid1 of 2)", "% done")),
    "raid1-checking": State("check =", {}),
    "raid1-mismatched": State("[2/2] [UU]", {"raid/mismatch": "low"}, ("md1", "256 sectors")),
    "raid5-inactive": State("inactive", {"raid/failed": "critical"}, ("md5", "not running", "ubdb")),
    "raid1-pending": State(
        "resync=PENDING",
        {"raid/rebuilding": "medium", "raid/rebuild-stalled": "medium"},
        ("md1 (raid1 of 2)", "PENDING"),
    ),
    "raid1-corrected-errors": State(
        "[2/2] [UU]", {"raid/member-bad-blocks": "medium"}, ("md1", "slot 0", "read errors")
    ),
}
FAST = [
    "raid0-healthy",
    "raid1-healthy",
    "raid1-degraded",
    "raid1-removed",
    "raid1-missing",
    "raid1-rebuilding",
    "raid1-checking",
    "raid1-resyncing",
    "raid1-mismatched",
    "raid1-pending",
    "raid5-inactive",
    "raid5-broken",
    "raid6-twice-degraded",
]
WHOLE = ("raid1-healthy", "raid1-degraded")
"""Asked everything; of the others only what differs between them, for the console is slow."""
SLOW = [name for name in md.SCENARIOS if name not in FAST]


def check(uml: Uml, name: str, path: Path) -> None:
    """Audit one scenario and compare."""
    wanted = STATES[name]
    with md.SCENARIOS[name](uml) as array:
        judgement = audited(BedTarget(uml, "lab-md"), path, () if name in WHOLE else ("md", "block"))
        assert wanted.mdstat in must(uml, "cat /proc/mdstat")
    assert [fact.row.array for fact in judgement.site.facts(MdStatus)] == [array.name]
    found = faults(judgement, ALARMS)
    assert severities(found) == wanted.alarms
    message = found[next(iter(wanted.alarms))].message if wanted.alarms else ""
    assert [text for text in wanted.says if text not in message] == [], message
    members = {fact.row.member: fact.row.state for fact in judgement.site.facts(ArrayMember)}
    assert members.items() >= wanted.members.items()
    # Whatever is wrong, it is known: no gap in what the kernel and mdadm say of arrays.
    assert [gap for gap in judgement.site.gaps if gap.table in VOICES] == []
    assert "md" not in must(uml, "grep ^md /proc/mdstat || true")


@pytest.mark.lab
@pytest.mark.parametrize("name", FAST)
def test_array(uml: Uml, name: str, tmp_path: Path) -> None:
    """The most telling states."""
    check(uml, name, tmp_path / "md.evidence.zip")


@pytest.mark.lab_slow
@pytest.mark.parametrize("name", SLOW)
def test_other_array(uml: Uml, name: str, tmp_path: Path) -> None:
    """The remaining states."""
    check(uml, name, tmp_path / "md.evidence.zip")


@pytest.mark.lab
def test_every_scenario_is_audited() -> None:
    """A new scenario needs its expectation here."""
    assert STATES.keys() == md.SCENARIOS.keys()


@pytest.mark.lab_slow
def test_holdwater_itself_inside(uml: Uml, tmp_path: Path) -> None:
    """The program runs on the machine with the degraded array, and writes its report there."""
    checkout = Path(__file__).resolve().parents[2]
    places = [uml.share(place) for place in {tmp_path, checkout} if place.parts[1] in HIDDEN]
    try:
        with md.SCENARIOS["raid1-degraded"](uml):
            program = f"PYTHONPATH={checkout} {sys.executable} -m holdwater audit"
            answer = uml.run(f"cd {tmp_path} && {program} --json -o audits", timeout=240)
    finally:
        for place in reversed(places):
            must(uml, ["umount", place])
    assert answer.status == 1, answer.complaint
    told = json.loads(answer.stdout)
    (finding,) = (one for one in told["findings"] if one["rule"] == "raid/degraded-no-margin")
    assert finding["target"] == "lab-uml"
    assert "slot 0: missing" in finding["message"]
    assert "ubdb FAILED" in finding["message"]
    (page,) = (tmp_path / "audits").glob("*.html")
    assert "raid/degraded-no-margin" in page.read_text()
    (bundle,) = (tmp_path / "audits").glob("*.evidence.zip")
    assert severities(faults(api.judge(bundle), ALARMS)) == {"raid/degraded-no-margin": "critical"}
