"""Saved outputs of hypervisors are read, or refused for the reason given here; labels are agreed with."""

from __future__ import annotations

import re
from functools import partial

import pytest

from collectors.fact import Absent, Fact
from tests.corpus.agreement import (
    NEEDED,
    Outcome,
    Reading,
    Recording,
    Subject,
    compare,
    conclusion,
    read_as_mailed,
    reason,
)

REFUSED = {
    r"MSVM_(Memory|Processor)SettingData": "how much memory and how many processors, not which guests",
    r"bar-code-scanner": "a keyboard",
    r"rrddata\.json": "curves of load: no guest, no storage is told",
    r"fog-proxmox__.*\.yml": "HTTP recorded in YAML for another program's tests: many answers in one file",
    r"esx-4\.1\.0-1\.json": "the inventory that another program made",
    r"__Login\.soap|ServiceInstance\.soap": "answers about the session, not about guests",
    r"xe_none": "empty",
}
"""File → why it is not read; each is refused in one line."""

NOTHING_ABOUT_GUESTS = {
    r"1__RetrieveProperties\.soap": "a host",
    r"VMList\.soap": "references to machines without any property",
    r"cluster_host_property|hostsystem_list|not_authenticated|retrieveResult": "clusters, hosts, sessions",
}
"""File → what it tells of instead; each is a gap that says so."""

DISAGREE = {
    r"vm_param_list_007": "the record names a snapshot and not when it was made: unknown, and said so",
}
"""File → why our conclusion differs from its label."""

ABOUT_DESIGN = {"snapshot/masquerades-as-backup"}
"""Rules that judge what else is known of a guest; the labels only tell the state of its snapshots."""

pytestmark = NEEDED


def read(one: Recording) -> Reading:
    """By the name that the file had with its owner: qemu-server/101.conf."""
    return read_as_mailed(one, re.split(r"/|__", one.file)[-1])


SUBJECT = Subject(
    ("vmware", "proxmox", "hyperv", "xen", "virt-other"),
    read,
    partial(conclusion, design=ABOUT_DESIGN, doubts={"snapshot/age"}),
    DISAGREE,
)


def test_everything_is_read_or_refused_for_a_reason() -> None:
    wrong = []
    for one in SUBJECT.recordings():
        reading = read(one)
        known = any(isinstance(told, Fact | Absent) for told in reading.told)
        if not reading.kind:
            assert "\n" not in reading.refusal
            if not reason(one.file, REFUSED):
                wrong.append(f"{one.file}: refused: {reading.refusal[:120]}")
        elif reason(one.file, REFUSED):
            wrong.append(f"{one.file} is read by now: strike it off the list")
        elif known == bool(reason(one.file, NOTHING_ABOUT_GUESTS)):
            wrong.append(f"{one.file}: {reading.told[:2]}")
        elif not reading.told:
            wrong.append(f"{one.file}: read, and nothing said")
    assert not wrong, "\n".join(wrong)


def heading(one: Outcome) -> str:
    return f"{one.recording.kind} {'robustness only' if one.agrees is None else one.verb()}"


def test_conclusions_agree_with_the_labels(capsys: pytest.CaptureFixture[str]) -> None:
    compare(SUBJECT, capsys, heading)
