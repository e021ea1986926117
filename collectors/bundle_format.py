"""The layout of evidence bundles, shared by their writer, reader and salvager; `docs/evidence.md` is it for
readers.

A *batch* (`targets/FOLDER/NNNN.answers`) is a run of records, each ::

    SHA-256 of what follows up to the last newline, blank, header as one line of JSON, newline, stdout,
    stderr, newline

so that a reader needs one member for many answers, and every record can be checked, and saved, by itself.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, get_args

from collectors.frozen import frozen
from collectors.question import Answer, Question, Refusal

FORMAT = "holdwater-evidence"
VERSION = 1
MANIFEST = "manifest.json"

INLINE_BYTES = 128 * 1024
"""Streams up to this size stand in the batch, longer ones are members of their own."""
BATCH_BYTES = 256 * 1024
"""A batch is written once it holds this much."""

MAX_MANIFEST_BYTES = 64 * 1024 * 1024
MAX_BATCH_BYTES = 8 * 1024 * 1024
MAX_STREAM_BYTES = 256 * 1024 * 1024
"""What a reader is willing to unpack; no bundle of ours comes near."""

FOLDER = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,95}")
MEMBER = re.compile(rf"targets/({FOLDER.pattern})/([0-9]{{4,9}})\.(answers|out|err)")

REFUSALS: frozenset[str] = frozenset(get_args(Refusal))
NONSENSE = (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError)


class BundleError(Exception):
    """The file is no bundle, is damaged or was changed; the message says which and what to do."""


class CannotWrite(BundleError, OSError):
    """The bundle could not be written (disk full…); what was written so far is kept beside its name."""


@frozen
class Stream:
    """stdout or stderr of an answer that is too long for the batch: the member that holds it."""

    size: int
    member: str
    sha256: str


@frozen
class Record:
    """One answer as it stands in a batch, not yet joined with its question."""

    number: int
    argv: tuple[str, ...]
    status: int | None
    started_at: datetime | None
    seconds: float
    refusal: Refusal | None
    detail: str
    via: str
    out: bytes | Stream
    err: bytes | Stream

    def answer(self, question: Question, out: bytes, err: bytes, member: str) -> Answer:
        """The answer as it was given to the collector."""
        return Answer(
            question,
            out,
            err,
            self.status,
            self.started_at,
            self.seconds,
            self.refusal,
            self.detail,
            self.via,
            member,
        )


def encode(header: dict[str, Any], out: bytes = b"", err: bytes = b"") -> bytes:
    """One record of a batch."""
    told = json.dumps(header, separators=(",", ":"), ensure_ascii=True).encode()
    body = b"".join((told, b"\n", out, err))
    return b"".join((hashlib.sha256(body).hexdigest().encode(), b" ", body, b"\n"))


def records(batch: bytes, *, checked: bool) -> Iterator[tuple[dict[str, Any], bytes, bytes]]:
    """Header, stdout and stderr of every record.

    *checked*: verify each record's hash (for a batch whose own hash is not known to be right). Raises
    ValueError (or another of NONSENSE) at the first record that is cut short or altered.
    """
    at = 0
    while at < len(batch):
        end = batch.index(b"\n", at)
        header = _header(batch[at + 65 : end].decode())
        out = end + 1
        size, more = header.get("out"), header.get("err")
        err = out + (_inline(size) if size is not None else 0)
        after = err + (_inline(more) if more is not None else 0)
        if batch[after : after + 1] != b"\n":
            raise ValueError("record cut short")
        if checked and hashlib.sha256(batch[at + 65 : after]).hexdigest().encode() != batch[at : at + 64]:
            raise ValueError("record altered")
        yield header, batch[out:err], batch[err:after]
        at = after + 1


_DECODER = json.JSONDecoder()


def _header(line: str) -> dict[str, Any]:
    """The header as it was written, without blanks around it; any other goes the long way."""
    if line.startswith("{"):
        header: dict[str, Any]
        header, end = _DECODER.raw_decode(line)
        if end == len(line):
            return header
    header = json.loads(line)
    return header


def _inline(told: object) -> int:
    if isinstance(told, int) and told >= 0:
        return told
    if told is None or isinstance(told, dict):
        return 0
    raise ValueError("record with an odd length")


def record_of(header: dict[str, Any], out: bytes, err: bytes) -> Record:
    """The record of a header and its inline streams. Raises one of NONSENSE if the header is not ours."""
    argv, status, started = header["argv"], header["status"], header["started_at"]
    told = header.get
    refusal, long_out, long_err = told("refusal"), told("out"), told("err")
    if not isinstance(argv, list):
        raise ValueError("argv is not a list of words")
    "".join(argv)  # a TypeError if one of them is no word
    if not (status is None or isinstance(status, int)) or not (refusal is None or refusal in REFUSALS):
        raise ValueError("status or refusal is not known")
    return Record(
        int(header["n"]),
        tuple(argv),
        status,
        datetime.fromisoformat(started) if started else None,
        float(header["seconds"]),
        refusal,
        str(told("detail", "")),
        str(told("via", "")),
        _stream(long_out) if isinstance(long_out, dict) else out,
        _stream(long_err) if isinstance(long_err, dict) else err,
    )


def _stream(told: dict[str, Any]) -> Stream:
    return Stream(int(told["bytes"]), str(told["member"]), str(told["sha256"]))


def digest(raw: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(raw).hexdigest()


def slug(name: str) -> str:
    """A target's or site's name as a safe part of a file name: never empty, hidden, long, or with a slash."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._")[:80].rstrip("._")
    return safe or "unnamed"
