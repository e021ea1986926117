"""Saved outputs of LVM get the conclusion that the corpus gives them."""

from __future__ import annotations

from functools import partial

import pytest

from tests.corpus.agreement import NEEDED, Subject, compare, conclusion, read, reason

ABOUT_DESIGN = {
    *("fs/lvmthin-no-autoextend", "fs/lvmthin-overcommit", "fs/lvmthin-no-pmspare"),
    *("raid/no-redundancy", "raid/scrub-stale", "raid/lvm-cache-writeback"),
}
"""Rules on how volumes were made; the labels only tell the state they are in."""

REFUSED = {
    r"pvscan_|vgscan_": "traces of a scan",
    r"DMSETUP_(EXAMPLES|INFO_\d)": "`dmsetup info`: devices without a state",
    r"FULLREPORT_NO_JSON|WARNINGS_(CONTENT|FOUND)|LVS_INFO_ERROR": "warnings or a help text alone",
    r"SYSTEM_DEVICES": "/etc/lvm/devices/system.devices: a list of what LVM may use",
    r"vdo_status": "the manager of VDO before it became part of LVM",
}
"""Files that no reader takes, and what they are."""

DISAGREE: dict[str, str] = {}
"""File → why our conclusion differs from its label."""

pytestmark = NEEDED
SUBJECT = Subject(("lvm",), read, partial(conclusion, design=ABOUT_DESIGN), DISAGREE)


def test_every_file_is_read_or_known_as_refused() -> None:
    unread = [one.file for one in SUBJECT.recordings() if not read(one).told]
    assert [file for file in unread if reason(file, REFUSED) is None] == []


def test_conclusions_agree_with_the_labels(capsys: pytest.CaptureFixture[str]) -> None:
    compare(SUBJECT, capsys)
