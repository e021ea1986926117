"""Saved answers of virsh: each is recognised and read, and nothing is called wrong that is not."""

from __future__ import annotations

from functools import partial

import pytest

from analyzer.verdict import rank
from collectors.fact import Gap
from collectors.hypervisor_tables import DiskImage, Guest
from tests.corpus.agreement import NEEDED, Reading, Recording, Subject, conclusion, judged, read_as_mailed

pytestmark = NEEDED


def read(one: Recording) -> Reading:
    return read_as_mailed(one, "corpus")


SUBJECT = Subject(("libvirt",), read, partial(conclusion, design={"blind-spot/"}, targets=("corpus",)))


@pytest.mark.parametrize("one", SUBJECT.recordings(), ids=lambda one: one.file)
def test_every_file_is_read_without_alarm(one: Recording) -> None:
    """All of them are for format only; no label says that anything is wrong."""
    found = read(one)
    assert found.kind == ("virsh-list" if "list" in one.file else "virsh-dumpxml")
    assert found.rows(Guest)
    assert not [told for told in found.told if isinstance(told, Gap) and told.table is not DiskImage]
    _, findings = judged(found.told, targets=("corpus",))
    assert not [f for f in findings if f.outcome == "fail" and rank(f.severity) > 1 and f.subject != "corpus"]
