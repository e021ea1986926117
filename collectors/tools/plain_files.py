"""Plain files as backups: folders of dated archives and dumps, and of rsnapshot's kind.

Only names, sizes and times are asked, never content. The time of a copy is that of the file, unless its name
tells another day: then it was copied here later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from collectors.backup_sign_tables import BackupSign
from collectors.backup_signs import signs_in
from collectors.backup_tables import BackupRepository, RestorePoint
from collectors.backup_values import unix_moment
from collectors.collector import Asking, collector, reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.file_series import Named, dated, named, source_of
from collectors.question import Answer, Form, decode
from collectors.tools.repository_location import LOCATION, told

LISTING = Form(
    ("find", "{folder}", "-maxdepth", "4", "-printf", "%y %s %T@ %P\\0"),
    reads="backup-files",
    why="Names, sizes and times of dumps and archives; nothing of their content",
    right="root",
    timeout_seconds=120,
    max_bytes=64 * 1024 * 1024,
)

_ENTRY = re.compile(r"([a-zA-Z?]) (\d{1,19}) (-?\d{1,12}(?:\.\d+)?) (.*)", re.DOTALL)
_TURNS = re.compile(r"[a-z]{1,16}\.\d{1,3}")
_COPIED_LATER = timedelta(hours=36)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file (`f`) or folder (`d`) below the folder asked about."""

    kind: str
    size: int
    at: datetime | None
    path: str


@collector("files", system="files", asks=(LOCATION, LISTING))
def ask() -> Asking:
    """A folder of dumps and archives: newest, sizes, rhythm"""
    (location,) = yield (LOCATION(),)
    yield (LISTING(folder=told(location)["path"]),)


def _recognises(text: str) -> float:
    return 0.9 if re.match(r"[df] \d+ \d+\.\d+ [^\n\0]*\0", text) else 0.0


@reader("backup-files", fills=(RestorePoint, BackupRepository, BackupSign), recognises=_recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """dumps and archives in a folder, by their names, sizes and times"""
    folder = answer.question.argv[1] if len(answer.question.argv) > 1 else "/"
    entries = sorted(_entries(answer.text), key=lambda one: one.path)
    if not entries:
        yield from _nothing(answer, folder)
        return
    files = [one for one in entries if one.kind == "f"]
    yield BackupRepository(
        repository=f"files:?:{folder}",
        name=folder,
        product="files",
        location=folder,
        host="?",
        path=folder,
        reachable=True,
        used_bytes=sum(one.size for one in files),
    )
    points = list(_points(entries, folder))
    yield from points
    yield from signs_in(folder, (one.path for one in files))
    for path, why in re.findall(r"^find: .(/.*?).: ([^\n]+)$", decode(answer.stderr), re.MULTILINE)[:20]:
        yield Missing(RestorePoint, "denied" if "ermission" in why else "failed", f"{path}: {why}", path)
    if not points and files:
        detail = f"{folder}: no dated archive or dump among {len(files)} files"
        yield Missing(RestorePoint, "empty", detail, folder)
    elif not points:
        yield NotHere(RestorePoint, f"{folder} is empty")


def _entries(text: str) -> Iterator[Entry]:
    """Every whole entry; what was cut off at the end is none."""
    for entry in text.split("\0")[:-1]:
        if found := _ENTRY.fullmatch(entry):
            yield Entry(found[1], min(int(found[2]), 1 << 62), unix_moment(found[3]), found[4])


def _nothing(answer: Answer, folder: str) -> Iterator[Reading]:
    complaint = answer.complaint or "find told nothing"
    away = "No such file" in complaint
    if away:
        yield BackupRepository(
            repository=f"files:?:{folder}",
            name=folder,
            product="files",
            location=folder,
            host="?",
            path=folder,
            reachable=False,
        )
    yield Missing(RestorePoint, "unreachable" if away else "failed", complaint, folder)


def _points(entries: list[Entry], folder: str) -> Iterator[Reading]:
    """Files that look like copies, then folders that hold a copy each."""
    holding: set[str] = set()
    for one in entries:
        about = named(one.path)
        if one.kind == "f" and about.is_copy and not _inside_turn(one.path):
            holding.add(one.path.partition("/")[0])
            yield At(_file(one, about, folder), one.path[:200])
    tops = {one.path: one for one in entries if one.kind == "d" and "/" not in one.path}
    filled = {one.path.partition("/")[0] for one in entries if "/" in one.path}
    for one in entries:
        top, _, below = one.path.partition("/")
        if one.kind != "d" or top not in filled:
            continue
        if _TURNS.fullmatch(top) and below and "/" not in below:
            yield At(_folder(one, folder, below, tops.get(top, one).at), one.path[:200])
        elif not below and top not in holding and dated(top)[1] is not None:
            series = dated(top)[0].strip("*-_.") or folder.rstrip("/").rpartition("/")[2]
            yield At(_folder(one, folder, series, one.at), one.path[:200])


def _inside_turn(path: str) -> bool:
    """Whether a file lies in a folder of rsnapshot's, which is a copy as a whole."""
    top, slash, _ = path.partition("/")
    return bool(slash) and _TURNS.fullmatch(top) is not None


def _file(one: Entry, about: Named, folder: str) -> RestorePoint:
    source, guest = source_of(about.series)
    at = about.at if _copied_later(about.at, one.at) else one.at
    plain = not about.packed and not about.encrypted
    return RestorePoint(
        repository=f"files:?:{folder}",
        point=one.path,
        source=source,
        source_name=about.series.rpartition("/")[2],
        source_kind=guest or about.kind,
        job=about.series,
        created_at=at,
        finished_at=one.at,
        size_bytes=one.size if plain or not one.size else None,
        stored_bytes=one.size,
        complete=False if about.unfinished or not one.size else None,
        encrypted=True if about.encrypted else None,
    )


def _copied_later(by_name: datetime | None, by_file: datetime | None) -> bool:
    return by_name is not None and (by_file is None or abs(by_file - by_name) > _COPIED_LATER)


def _folder(one: Entry, folder: str, source: str, at: datetime | None) -> RestorePoint:
    """A folder that is a copy. rsnapshot sets the time of `daily.0`; the folders in it keep their own."""
    by_name = dated(one.path)[1]
    return RestorePoint(
        repository=f"files:?:{folder}",
        point=one.path,
        source=source,
        source_name=source,
        source_kind="files",
        kind="full",
        created_at=by_name if _copied_later(by_name, at) else at,
    )
