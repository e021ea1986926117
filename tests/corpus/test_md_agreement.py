"""Saved outputs about arrays, disks and file systems get the conclusion that the corpus gives them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

import pytest

from collectors.block_tables import FsUsage
from collectors.fact import Fact
from collectors.question import decode
from collectors.reading import Told
from tests.corpus import agreement
from tests.corpus.agreement import NEEDED, Outcome, Reading, Recording, Subject, compare, conclusion

ABOUT_DESIGN = {
    *("raid/no-redundancy", "raid/no-hot-spare", "raid/write-hole-unprotected", "raid/no-bitmap"),
    *("raid/scrub-stale", "fs/ext4-errors-continue", "fs/ext-never-checked", "fs/no-journal"),
    *("fs/nfs-soft", "power/write-cut-unprotected"),
}
"""Rules on how a thing was built or is cared for; the labels only tell the state it is in."""

DISAGREE = {
    r"disk-usage__(three-mounts-mixed-state|windows-drives)": "a file system is 98 or 90 % full: the"
    " label is the name of the case, not a conclusion",
    r"fs-ro__malformed-proc-mounts": "not a list of mounts: refused",
    r"fs-ro__(one|three)-readonly-mount": "an ISO image is read-only by nature; of the ext4 one nothing"
    " tells that it should be writable, which is unknown and no fault",
    r"2020-03-01__examine__a714901f": "event counts one apart are those of a running array",
    r"2020-10-06__examine__3a2b12e1": "event counts that differ belong to three arrays, each in agreement",
    r"2021-03-12__mdstat__bd8cdfa3|2021-04-06__mdstat__8a0b25c6": "md127 is a container, but md126"
    " is an array in it (external:/md127/0) that does not run",
}
"""File → why our conclusion differs from its label."""

pytestmark = NEEDED


def read(one: Recording) -> Reading:
    """What our readers say of the file, or what the tests of another program put into theirs."""
    found = agreement.read(one)
    return found if found.kind else Reading("", tuple(_other_programs_input(decode(one.raw()))))


def _other_programs_input(text: str) -> Iterator[Told]:
    """Usage and inodes in the words of another program's tests: rows for our rules."""
    try:
        given = json.loads(text)
    except ValueError:
        return
    if not isinstance(given, dict):
        return
    for where, one in given.get("usage", {}).items():
        row = FsUsage(
            mountpoint=where,
            fs_type="ext4",
            size_bytes=one["total"],
            used_bytes=one["used"],
            available_bytes=one["free"],
        )
        yield Fact("corpus", row)
    for one in given.get("disks", ()):
        if one.get("files") is not None and one.get("ffree") is not None:
            row = FsUsage(
                mountpoint=one["mp"],
                fs_type="ext4",
                inodes=one["files"],
                inodes_used=one["files"] - one["ffree"],
            )
            yield Fact("corpus", row)


SUBJECT = Subject(
    ("md", "block", "fs-meta"),
    read,
    partial(conclusion, design=ABOUT_DESIGN, doubts={"raid/failed"}),
    DISAGREE,
)


def heading(one: Outcome) -> str:
    return agreement.tally(one) if one.agrees is None else f"{one.recording.kind} {one.verb()}"


def test_conclusions_agree_with_the_labels(capsys: pytest.CaptureFixture[str]) -> None:
    compare(SUBJECT, capsys, heading)
