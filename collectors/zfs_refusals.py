"""What zpool(8) and zfs(8) say when they tell nothing: no pools, no module, no right, an unknown option."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from collectors.fact import GapReason, Missing, NotHere, Reading
from collectors.question import Answer, decode
from collectors.table import Row
from collectors.zfs_tables import (
    ZfsBookmarkSet,
    ZfsDataset,
    ZfsHold,
    ZfsSchedule,
    ZfsSnapshotSet,
    ZpoolProperties,
    ZpoolStatus,
    ZpoolVdev,
)

ALL: tuple[type[Row], ...] = (
    *(ZpoolStatus, ZpoolVdev, ZpoolProperties, ZfsDataset, ZfsSnapshotSet, ZfsBookmarkSet),
    *(ZfsHold, ZfsSchedule),
)

_NO_POOLS = re.compile(r"^no (?:pools|datasets) available", re.MULTILINE)
_NO_MODULE = re.compile(
    r"ZFS modules? (?:are|is) not loaded|/dev/zfs and /proc/self/mounts are required", re.IGNORECASE
)
_DENIED = re.compile(r"ermission denied|must be (?:run as )?root|insufficient privileges", re.IGNORECASE)
_UNKNOWN = re.compile(
    r"(?:invalid|unrecogni[sz]ed|illegal|unknown) (?:command )?option|bad property list|invalid property|"
    r"missing (?:property|pool name|dataset) argument|^usage:",
    re.IGNORECASE | re.MULTILINE,
)


def spoken(answer: Answer) -> str:
    """Both outputs as one text: old releases print complaints to either."""
    return f"{answer.text[:4000]}\n{decode(answer.stderr[:4000])}"


def not_understood(answer: Answer) -> bool:
    """Whether this release does not know an option or property: it is asked in another way."""
    if answer.refusal is not None or "\t" in answer.text[:400] or answer.text.lstrip()[:5] == "pool:":
        return False
    return answer.status != 0 and _UNKNOWN.search(spoken(answer)) is not None


def nothing(answer: Answer, *tables: type[Row]) -> Iterator[Reading]:
    """What an answer without a row means for the tables it should have filled."""
    said = spoken(answer)
    if _NO_MODULE.search(said):
        for row_type in ALL:
            yield NotHere(row_type, "the ZFS module is not loaded: no pool is imported")
        return
    if _NO_POOLS.search(said) and "no datasets" not in said:
        for row_type in ALL:
            yield NotHere(row_type, "no pool is imported")
        return
    for row_type in tables:
        if _NO_POOLS.search(said):
            yield NotHere(row_type, "there is none")
        elif _DENIED.search(said):
            yield Missing(row_type, "denied", answer.complaint)
        else:
            reason: GapReason = "failed" if answer.status or answer.complaint else "empty"
            yield Missing(row_type, reason, answer.complaint or "nothing is told")


def complaints(answer: Answer, tables: Sequence[type[Row]]) -> Iterator[Reading]:
    """Gaps for what stderr says beside an answer: part of it is missing."""
    for line in decode(answer.stderr[:4000]).splitlines():
        if line.strip() and not line.startswith("errors: "):
            reason: GapReason = "denied" if _DENIED.search(line) else "failed"
            for row_type in tables:
                yield Missing(row_type, reason, line.strip()[:200])
