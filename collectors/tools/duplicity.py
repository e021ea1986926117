"""`duplicity collection-status`: chains of full and incremental backups (duplicity(1))."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.backup_tables import BackupRepository, RestorePoint
from collectors.collector import reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.moments import ctime
from collectors.question import Answer

_SET = re.compile(r"\s*(Full|Incremental)\s+(\w{3} \w{3} +\d+ \d\d:\d\d:\d\d \d{4})\s+(\d+)\s*$")
_ARCHIVE = re.compile(r"^Archive dir(?:ectory)?: \S*/([0-9a-f]{32})\s*$", re.MULTILINE)


def _recognises(text: str) -> float:
    return 0.95 if "Collection Status" in text and "backup chain" in text else 0.0


@reader("duplicity-status", fills=(RestorePoint, BackupRepository), recognises=_recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """backups of duplicity; it tells times by the clock of its machine, read as UTC, and no sizes

    The name of the archive folder is the checksum of the repository's address: that is its identity.
    """
    text = answer.text
    if "Collection Status" not in text:
        yield Missing(RestorePoint, "failed", answer.complaint or "duplicity told no collection status")
        return
    archive = _ARCHIVE.search(text)
    repository = f"duplicity:{archive[1]}" if archive else "duplicity:?"
    yield BackupRepository(repository=repository, name="", product="duplicity", reachable=True)
    full: str | None = None
    before: str | None = None
    count = 0
    for number, line in enumerate(text.splitlines(), 1):
        found = _SET.fullmatch(line)
        if found is None:
            continue
        count += 1
        at = ctime(found[2])
        point = f"{found[1].lower()} {at:%Y-%m-%dT%H:%M:%S}" if at else " ".join(line.split())
        is_full = found[1] == "Full"
        full, before = (point, None) if is_full else (full, before or full)
        yield At(
            RestorePoint(
                repository=repository,
                point=point,
                source="",
                source_kind="files",
                kind="full" if is_full else "incremental",
                parent=before,
                created_at=at,
                complete=True,
            ),
            f"line {number}",
        )
        before = point
    orphaned = re.search(r"^.*(?:orphaned|incomplete) backup sets? found.*$", text, re.MULTILINE)
    if orphaned and not orphaned[0].startswith("No "):
        yield Missing(RestorePoint, "failed", orphaned[0].strip(), "orphaned")
    if not count:
        yield NotHere(RestorePoint, "the repository holds no backup set")
