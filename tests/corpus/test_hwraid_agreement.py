"""Saved outputs of RAID controllers' tools get the conclusion that the corpus gives them."""

from __future__ import annotations

from functools import partial

import pytest

from collectors.fact import Fact
from tests.corpus.agreement import NEEDED, Subject, compare, conclusion, read, reason

ABOUT_DESIGN = {
    *("raid/no-redundancy", "raid/no-hot-spare", "raid/patrol-read-off", "raid/disk-cache-on"),
    *("raid/same-batch", "raid/age-cluster", "raid/single-parity-large"),
}
"""Rules on how a thing was built or is cared for; the labels only tell the state it is in."""

REFUSED = {
    r"afacli__|gdth__": "tools of controllers out of use since 2008; one file each",
    r"cciss__cciss__cciss0|issue83__cciss0\.out": "driver's list of volumes: no state in it",
    r"lsscsi": "a list of SCSI devices: no state in it",
    r"dmraid__": "firmware RAID by dmraid, given up for md; without a reader so far",
    r"dm__pr-134__lvm-only": "a list of plain linear volumes: no state in it",
    r"lsraid__": "raidtools of Linux 2.4: md is read from mdstat",
    r"metastat__": "Solaris Volume Manager: no target of ours",
    r"(megacli|tw_cli)__empty": "nothing in it",
    r"mpt-status-p": "which SCSI id answers: no state in it",
    r"tw_cli__unsupported__e0\.show": "an enclosure of a version that tells no controller",
}
"""File → why no reader takes it."""

_SET = "the label is the verdict on a set of outputs; what is wrong stands in another file of it"

DISAGREE = {
    r"set_state_offline_00____c0_e35_s12|one-drive-fault-drive-0|areca__cli64\.disk\.info-16": (
        "one drive out is high; critical is for its array, which this file does not tell"
    ),
    r"show_foreign_config_01": "the command failed, and yet tells 15 foreign drives: more than unknown",
    r"one-volume-fault-(drive-0|storage)": _SET,
    r"arcconf__issue105__getconfig": (
        "battery failed and the volume fell back to write-through: safe, slow, medium"
    ),
    r"arcconf__issue(105|128)__getstatus": "the task list holds no state: " + _SET,
    r"arcconf__issue190__getconfig": (
        "a first build (verify with fix) at 90 % of an array without a missing member"
    ),
    r"arcconf__issue(190|47)__getstatus2?": "the task list holds no state: " + _SET,
    r"arcconf__issue87": "it says it has five volumes and lists four: not to be called healthy",
    r"arcconf__issue47__getconfig$|arcconf__pr156": (
        "write-back without a battery: the label looks at states only"
    ),
    r"controllerSet__test03___show": "lists an adapter that has no state; that the command failed is a gap",
    r"cciss__cciss-1\.": "a version number",
    r"cciss_vol_status\.c1": "temperature of an enclosure: medium",
    r"cciss__issue100__vol_status": (
        "a failed spare is listed by slot and serial number: no reason to be silent"
    ),
    r"batteries\.bbustatus(\.2)?$|megacli__issue49__(battery|pdlist)": (
        "a battery to be replaced or a drive that"
        " predicts its failure is high; critical is a volume that writes back without one"
    ),
    r"batteries\.bbustatus\.3": "not operational because a learning cycle runs: unknown until a second look",
    r"batteries\.(ldinfo|pdlist)(\.2)?$|issue85__pdlist|tw_cli__bohr": _SET,
    r"mvcli\.info\.blk|sas2ircu-list|__LIST\.log": "a list without any state: unknown",
}
"""File → why our conclusion differs from its label."""

pytestmark = NEEDED
SUBJECT = Subject(
    ("hwraid",), read, partial(conclusion, design=ABOUT_DESIGN, proofs=(Fact,)), DISAGREE, aside=REFUSED
)


def test_every_file_is_read_or_refused_for_a_reason() -> None:
    unread = [one.file for one in SUBJECT.recordings() if not read(one).kind]
    unexplained = [file for file in unread if reason(file, REFUSED) is None]
    assert not unexplained, "\n".join(unexplained)


def test_conclusions_agree_with_the_labels(capsys: pytest.CaptureFixture[str]) -> None:
    compare(SUBJECT, capsys)
