"""Saved messages of file system checks: e2fsck(8) and xfs_repair(8).

e2fsck's exit status: 1 corrected, 2 corrected and a restart is due, 4 damage is left, 8 it could not work.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.collector import reader
from collectors.fact import Missing, Reading
from collectors.fs_meta_tables import FsCheck
from collectors.plain_text import numbered_lines
from collectors.question import Answer

_E2FSCK = re.compile(
    r"^[> ]*(?:e2fsck \d|fsck\.ext[234]|Pass [1-5][A-D]?: |\S+: clean, \d+/\d+ files|\S+: recovering journal|"
    r".*superblock (?:is corrupt|could not be read)|Clearing orphaned inode \d+)",
    re.MULTILINE,
)
_SUMMARY = re.compile(r"(\S.*?): (?:\*+ .*|clean, )?\d+/\d+ files(?: \(.*\))?, \d+/\d+ blocks.*")
_ASKED = re.compile(r".*\? ?(?:\(y/n\))? ?(yes|no)\s*$", re.DOTALL)
_QUIET = re.compile(
    r"\s*$|Pass [1-5][A-D]?: |e2fsck \d|fsck from |\S+: recovering journal|Exit status is|Backing up journal|"
    r".*\? (?:yes|no)$|Setting free |.*\*\*\*\*\*|Filesystem did not have a UUID|Recreate|"
    r"Clearing orphaned|debugfs"
)


def recognises(text: str) -> float:
    head = text[:20000]
    if _E2FSCK.search(head) and not re.search(r"^\w{3} +\d+ \d\d:\d\d:\d\d ", head, re.MULTILINE):
        return 0.85
    return 0.85 if re.search(r"^Phase \d - ", head, re.MULTILINE) else 0.0


@reader("fs-check", fills=(FsCheck,), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """how a file system check ended, from the messages of e2fsck or xfs_repair"""
    text = "\n".join(line for _, line in numbered_lines(answer.text))
    if not text.strip():
        yield Missing(FsCheck, "empty", answer.complaint or "no message")
    elif re.search(r"^Phase \d - ", text, re.MULTILINE):
        yield _xfs_repair(text)
    elif _E2FSCK.search(text):
        yield _e2fsck(text)
    else:
        yield Missing(FsCheck, "unreadable", "not the messages of a file system check")


def _e2fsck(text: str) -> FsCheck:
    status = re.search(r"^Exit status is (\d{1,3})\s*$", text, re.MULTILINE)
    code = int(status[1]) if status else None
    lines = (text[: status.start()] if status else text).splitlines()
    summary = next((match for line in reversed(lines) if (match := _SUMMARY.fullmatch(line.strip()))), None)
    found = [
        line.strip() for line in lines if not _QUIET.match(line) and not _SUMMARY.fullmatch(line.strip())
    ]
    asked = re.findall(r"\? ?(?:\(y/n\) )?(yes|no)\s*$", text, re.MULTILINE)
    outcome = _e2fsck_outcome(text, code, summary is not None, asked)
    return FsCheck(
        name=summary[1] if summary else "file system",
        program="e2fsck",
        outcome=outcome,
        problems=max(len(asked), len(found)) if outcome != "clean" else 0,
        first_problem=found[0][:200] if found and outcome != "clean" else "",
        status=code,
        read_only="no" in asked and "yes" not in asked,
    )


def _e2fsck_outcome(text: str, code: int | None, finished: bool, asked: list[str]) -> str:
    left = "WARNING: Filesystem still has errors" in text or "UNEXPECTED INCONSISTENCY" in text
    if left or "no" in asked or (code is not None and code & 4):
        return "uncorrected"
    if (code is not None and code & 0x88) or not finished:
        broken = re.search(r"superblock|[Ee]2fsck.*(?:abort|cancel)|could not|while trying", text)
        return "aborted" if broken or (code or 0) & 0x88 else "unfinished"
    changed = "FILE SYSTEM WAS MODIFIED" in text or "FIXED" in text
    return "corrected" if changed or "yes" in asked or (code or 0) & 3 else "clean"


_XFS_BAD = re.compile(
    r"\b(?:bad|corrupt|would (?:have )?(?:clear|reset|junk|rebuil|correct|fix|mov|remov|zero)\w*|clearing|"
    r"resetting|rebuilding|junking|disconnected|moving|invalid|mismatch|out of order|duplicate|missing|"
    r"doesn't match|does not match|wrong|error)\b",
    re.IGNORECASE,
)
_XFS_STEP = re.compile(
    r"\s*(?:Phase \d|- |No modify flag|done$|$)|.*\b(?:would have )?(?:checked|verified) and corrected"
)


def _xfs_repair(text: str) -> FsCheck:
    """xfs_repair tells every step; what is damaged stands between the steps."""
    lines = [line.strip() for line in text.splitlines()]
    found = [line for line in lines if not _XFS_STEP.match(line) and _XFS_BAD.search(line)]
    dry = "No modify flag set" in text or "would have" in text
    device = re.search(r"xfs_repair (?:-\w+ )*(/\S+)", text)
    fatal = re.search(r"fatal error|couldn't|could not|cannot|ERROR: The filesystem has valuable", text)
    finished = lines[-1].startswith(("done", "No modify flag")) if lines else False
    finished = finished or any(
        line in ("done", "No modify flag set, skipping filesystem flush and exiting.") for line in lines
    )
    outcome = "aborted" if fatal else "unfinished" if not finished else "clean"
    if found and outcome == "clean":
        outcome = "uncorrected" if dry else "corrected"
    return FsCheck(
        name=device[1] if device else "file system",
        program="xfs_repair",
        outcome=outcome,
        problems=len(found),
        first_problem=found[0][:200] if found else "",
        read_only=dry,
    )
