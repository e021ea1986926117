"""Saved outputs of zpool and zfs get the conclusion that the corpus gives them, and every one is read."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import pytest

from collectors.fact import Fact
from tests.corpus.agreement import NEEDED, Subject, compare, conclusion, read, reason

ABOUT_DESIGN = {"fs/zfs-single-vdev", "fs/zfs-scrub-stale", "raid/no-redundancy", "blind-spot/"}
"""Rules on how a pool was built or is cared for; the labels only tell the state it is in."""

DISAGREE = {
    r"scrutiny-zfs__2": "labelled by its state; its scrub left two blocks unrepaired: data are lost",
}
"""File → why our conclusion differs from its label."""

NOT_OURS = {
    r"zpool-iostat": "throughput, which no rule asks for",
    r"freebsd__cache__zdataset": "an empty file",
}
"""File → why no reader takes it."""

pytestmark = NEEDED
SUBJECT = Subject(
    ("zfs",),
    read,
    partial(
        conclusion,
        design=ABOUT_DESIGN,
        critical={"fs/zfs-degraded"},
        doubts={"fs/zfs-faulted"},
        at=datetime(2026, 1, 20, tzinfo=UTC),
        targets=("corpus",),
    ),
    DISAGREE,
)


def test_conclusions_agree_with_the_labels(capsys: pytest.CaptureFixture[str]) -> None:
    compare(SUBJECT, capsys)


def test_every_file_is_read_or_said_not_to_be() -> None:
    for one in SUBJECT.recordings():
        facts = [told for told in read(one).told if isinstance(told, Fact)]
        assert bool(facts) != (reason(one.file, NOT_OURS) is not None), one.file
