"""Saved outputs of btrfs-progs get the conclusion that the corpus gives them."""

from __future__ import annotations

from functools import partial

import pytest

from tests.corpus.agreement import NEEDED, Subject, compare, conclusion, read, reason

ABOUT_DESIGN = {
    *("fs/btrfs-raid56", "fs/btrfs-metadata-single", "fs/btrfs-multiple-profiles", "fs/btrfs-scrub-stale"),
    *("raid/no-redundancy", "raid/scrub-stale", "fs/btrfs-snapshot-count"),
}
"""Rules on how a file system was made or is cared for; the labels only tell the state it is in."""

REFUSED = {
    r"rockstor__test_btrfs__L(359|427|440|457|573|610)\.": (
        "`btrfs subvolume show` and `btrfs qgroup show`: nothing in them is judged"
    ),
}
"""File → why no reader takes it."""

DISAGREE = {
    r"scrub__ba98e803": "30 checksum errors were found and none corrected",
    r"usage__(6e97a9de|1e050a79)": "metadata need room on two or four devices, and too few have any left",
    r"scrub__(039f646a|3e59a550)|rockstor__test_btrfs__L(1407|1552)": "the scrub was aborted or interrupted",
    r"usage__621475f0": "43 % are unallocated; the label was made from sizes in MiB that it misread",
    r"scrutiny-btrfs__(16|27)|usage__e87011f8": "all devices told as missing: asked without rights, no fault",
}
"""File → why our conclusion differs from its label."""

pytestmark = NEEDED
SUBJECT = Subject(("btrfs",), read, partial(conclusion, design=ABOUT_DESIGN), DISAGREE)


def test_every_file_is_read_or_known_as_refused() -> None:
    unread = [one.file for one in SUBJECT.recordings() if not read(one).told]
    assert [file for file in unread if reason(file, REFUSED) is None] == []


def test_conclusions_agree_with_the_labels(capsys: pytest.CaptureFixture[str]) -> None:
    compare(SUBJECT, capsys)
