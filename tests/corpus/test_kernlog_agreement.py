"""Excerpts of the kernel's log get the conclusion that the corpus gives them."""

from __future__ import annotations

import pytest

from collectors.collector import READERS
from collectors.fact import Fact
from collectors.kernel_log_tables import KernelLog
from tests.corpus.agreement import (
    AT,
    NEEDED,
    Conclusion,
    Outcome,
    Reading,
    Recording,
    Subject,
    compare,
    conclusion,
    read_as_mailed,
)

DISAGREE = {
    r"2019-08-21__kern__6820be37": "the link is down because nothing is plugged in: the start of every"
    " machine says so",
    r"2020-04-28__kern__faa2574c": "“3 enospc errors during balance” ends a balance and harms nothing",
    r"2020-02-17__kern-full__95efecbf": "the only “error” is the name of a function in a call trace",
    r"2020-07-03__kern__1c2b1521": "an oops of the processor (“Internal error: Oops”): no storage in it",
    r"dmesg__errors-blk-update-request-two": "both lines are discards that the device does not know",
    r"dmesg__(lorem-ipsum|no-messages)": "not a log of the kernel: refused",
    r"2020-03-11__kern__b87b5546.txt$|2020-07-22__kern__63726412.txt$|2021-11-17__kern__8293b011.txt~2": "one"
    " sector of one member that cannot be read: high; critical from ten a week, or where redundancy did not"
    " mend it",
}
"""File → why our conclusion differs from its label."""

pytestmark = NEEDED


def read(one: Recording) -> Reading:
    found = read_as_mailed(one, one.file)
    assert found.kind in ("", "kernel-log"), f"{one.file} was taken for {found.kind}"
    return found


def conclude(reading: Reading) -> Conclusion:
    """As of the end of the log; a file without a row of any table is no log."""
    ends = [row.last_at for row in reading.rows(KernelLog) if row.last_at]
    return conclusion(reading, proofs=(Fact,), at=max(ends, default=AT))


SUBJECT = Subject(("kernlog",), read, conclude, DISAGREE)


def heading(one: Outcome) -> str:
    return f"{one.recording.expected}{f': {one.conclusion.word}' if one.agrees is None else ' ' + one.verb()}"


def test_conclusions_agree_with_the_labels(capsys: pytest.CaptureFixture[str]) -> None:
    compare(SUBJECT, capsys, heading)


def test_nothing_else_takes_a_log() -> None:
    assert "kernel-log" in READERS
