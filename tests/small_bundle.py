"""A bundle with answers of every kind, for the tests that read, spoil and salvage it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collectors.bundle import (
    Bundle,
    BundleWriter,
)
from collectors.question import Answer, Form, Question

AT = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)


FORM = Form(("tool", "{device}"), reads="", why="a test")


BINARY = bytes(range(256)) * 3


LARGE = b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(8192))


def question(name: str) -> Question:
    return FORM(device=name)


def answers() -> list[Answer]:
    """One of each kind: text, nothing, binary, large, refused, both streams with line breaks at the ends."""
    return [
        Answer(question("text"), stdout="grün\n".encode(), status=0, started_at=AT, duration_seconds=0.25),
        Answer(question("nothing"), status=3, started_at=AT),
        Answer(
            question("binary"), stdout=BINARY, stderr=BINARY[::-1], status=-9, started_at=AT, via="sudo -n"
        ),
        Answer(question("large"), stdout=LARGE, stderr=b"\n\n", status=0, started_at=AT),
        Answer(question("refused"), refusal="timed-out", detail="no answer within 1 s", stdout=b"half"),
        Answer(question("last"), stdout=b"\n", stderr=b"x", status=1, started_at=AT),
    ]


def write(path: Path, *, finish: bool = True) -> Path:
    writer = BundleWriter(path, site="office", tool="test", at=AT)
    writer.open_target("db", "ssh", "ssh://db")
    writer.open_target("gone", "ssh", "ssh://gone")
    for answer in answers():
        writer.add("db", answer)
    writer.close_target("gone", unreachable="connection refused")
    writer.close_target("db", about={"user": "audit"})
    if finish:
        return writer.finish()
    writer.abandon()
    return path.with_name(path.name + ".partial")


def read(path: Path, *, salvage: bool = False) -> dict[str, Answer]:
    with Bundle(path, salvage=salvage) as bundle:
        target = bundle.target("db")
        return {a.question.argv[1]: target.answer(a.question) for a in answers()}


def same(one: Answer, other: Answer) -> bool:
    words = ("stdout", "stderr", "status", "refusal", "via", "started_at", "duration_seconds", "detail")
    return all(getattr(one, word) == getattr(other, word) for word in words)


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    return write(tmp_path / "b.evidence.zip")
