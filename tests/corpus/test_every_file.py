"""No file of the corpus is taken in silence: it gives rows or a gap, or is refused in one line."""

from __future__ import annotations

import collections

import pytest

from collectors.fact import Absent, Fact, Gap
from tests.corpus.agreement import NEEDED, index, read_as_mailed

pytestmark = NEEDED
KINDS = sorted({one.kind for one in index()})


@pytest.mark.parametrize("kind", KINDS)
def test_every_file_tells_something_or_is_refused(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    found: collections.Counter[str] = collections.Counter()
    silent = []
    for one in (one for one in index() if one.kind == kind):
        reading = read_as_mailed(one, one.file)
        if reading.refusal:
            assert reading.refusal.startswith(one.file), reading.refusal
            assert len(reading.refusal.splitlines()) == 1, reading.refusal
            found["refused"] += 1
        elif any(isinstance(told, Fact) for told in reading.told):
            found["rows"] += 1
        elif any(isinstance(told, Absent) for told in reading.told):
            found["proof that there is nothing"] += 1
        elif any(isinstance(told, Gap) and told.detail for told in reading.told):
            found["gap"] += 1
        else:
            silent.append(f"{one.file} as {reading.kind}")
    with capsys.disabled():
        print(f"\n{kind}: {dict(sorted(found.items()))}")
    assert not silent, "\n".join(silent)
