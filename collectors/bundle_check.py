"""What `holdwater bundle verify`, `list` and `extract` do."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from collectors.bundle_format import BundleError, Stream, slug
from collectors.bundle_reader import Bundle
from collectors.bundle_whole import Whole
from collectors.question import Answer


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a bundle cannot be relied on; *member* is empty if it is the file as a whole."""

    member: str
    message: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer in a bundle, or a target that gave none."""

    target: str
    member: str
    command: str
    status: int | None
    refusal: str
    detail: str
    seconds: float
    out_bytes: int
    err_bytes: int


def verify(path: Path) -> list[Problem]:
    """Check every hash and every record; an empty list means the file is as it was collected."""
    try:
        whole = Whole(path)
    except BundleError as error:
        return [Problem("", str(error))]
    problems = []
    try:
        for name in whole.members():
            try:
                whole.check(name)
            except BundleError as error:
                problems.append(Problem(name, str(error)))
        if not problems:
            problems += _unreadable(whole)
    finally:
        whole.close()
    return problems


def _unreadable(whole: Whole) -> list[Problem]:
    problems = []
    for name, told in sorted(whole.manifest["targets"].items()):
        try:
            found = whole.records(told["folder"])
            for stream in (stream for record in found for stream in (record.out, record.err)):
                if isinstance(stream, Stream):
                    whole.stream(stream)
            if len(found) != told["answers"]:
                message = f"{name}: {len(found)} answers where the manifest tells of {told['answers']}"
                problems.append(Problem(f"targets/{told['folder']}", message))
        except BundleError as error:
            problems.append(Problem(f"targets/{told['folder']}", str(error)))
    return problems


def listing(path: Path, *, salvage: bool = False) -> list[Entry]:
    """Every answer of every target. Raises BundleError."""
    entries = []
    with Bundle(path, salvage=salvage) as bundle:
        for target in bundle.targets():
            entries += [_entry(target.name, answer) for answer in target.answers()]
            if target.unreachable:
                nothing = Entry(target.name, "", "", None, "unreachable", target.unreachable, 0.0, 0, 0)
                entries.append(nothing)
    return entries


def _entry(target: str, answer: Answer) -> Entry:
    return Entry(
        target,
        answer.member,
        str(answer.question),
        answer.status,
        answer.refusal or "",
        answer.detail,
        answer.duration_seconds,
        len(answer.stdout),
        len(answer.stderr),
    )


def extract(path: Path, folder: Path, *, salvage: bool = False) -> list[Path]:
    """Write every stream to a file of its own below *folder*, and `answers.json` to each target's folder.

    Names are made by us, never taken from the file. Refuses (BundleError) to write into a folder that holds
    anything, so nothing is ever overwritten.
    """
    with Bundle(path, salvage=salvage) as bundle:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise BundleError(f"{folder} is not empty; name a new folder")
        written = [_write(folder / "manifest.json", json.dumps(bundle.manifest, indent=1).encode())]
        for target in bundle.targets():
            place = folder / target.folder
            place.mkdir()
            index = []
            for answer in target.answers():
                stem = f"{answer.member.rpartition('/')[2]}-{slug(os.path.basename(answer.question.argv[0]))}"
                streams = (("out", answer.stdout), ("err", answer.stderr))
                files = [_write(place / f"{stem}.{suffix}", raw) for suffix, raw in streams if raw]
                written += files
                index.append(_told(answer, files))
            written.append(_write(place / "answers.json", json.dumps(index, indent=1).encode()))
    return written


def _told(answer: Answer, files: list[Path]) -> dict[str, object]:
    return {
        "argv": answer.question.argv,
        "status": answer.status,
        "started_at": answer.started_at.isoformat() if answer.started_at else None,
        "seconds": answer.duration_seconds,
        "refusal": answer.refusal,
        "detail": answer.detail,
        "via": answer.via,
        "files": [file.name for file in files],
    }


def _write(path: Path, raw: bytes) -> Path:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(raw)
    return path
