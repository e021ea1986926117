"""Reads smartctl's text output: older versions, appliances, saved reports, mails."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.collector import reader
from collectors.drive_tables import Drive, DriveAttribute, DriveError, DriveSelfTest, DriveStatistic
from collectors.fact import At, Missing, Reading
from collectors.question import Answer
from collectors.smart_read import read_tree
from collectors.smart_refusals import reason_of
from collectors.smart_second_reader import compared
from collectors.smart_text import MARKS, asked_of, line_of, reports, unquoted
from collectors.smart_text_keys import MESSAGE

WORDS = ("smartctl", "SMART", "mode, exit(", "Model", "ID# ATTRIBUTE_NAME")


def recognises(said: str) -> float:
    """How surely *said* holds smartctl's text: by the sentences that only smartctl prints."""
    if '"json_format_version"' in said or not any(word in said for word in WORDS):
        return 0.0
    marks = sum(1 for _, _ in zip(MARKS.finditer("\n".join(unquoted(said))), range(3), strict=False))
    return (0.0, 0.8, 0.95, 1.0)[marks]


@reader(
    "smartctl-text",
    fills=(Drive, DriveAttribute, DriveStatistic, DriveSelfTest, DriveError),
    recognises=recognises,
)
def read(answer: Answer) -> Iterator[Reading]:
    """smartctl without --json: identity, health, attributes, logs of one or more drives.

    Source: smartmontools 5.x to 7.x, ataprint.cpp, nvmeprint.cpp, scsiprint.cpp.
    """
    asked = asked_of(" ".join(answer.question.argv[1:])) if answer.question.argv[0] == "smartctl" else {}
    device = asked.get("name", "?")
    found = 0
    for tree, lines in reports(answer.text, "" if device == "?" else device, asked.get("type", "")):
        found += 1
        if asked and answer.status is not None:
            tree.setdefault("smartctl", {})["exit_status"] = answer.status
        for told in compared(list(read_tree(tree, answer)), lines):
            yield At(told.row, line_of(tree, told.where)) if isinstance(told, At) else told
    if not found:
        said = next((line for line in answer.text.splitlines() if MESSAGE.search(line)), "")
        reason = reason_of(said or answer.complaint or "no smartctl output")
        for table in (Drive, DriveAttribute, DriveStatistic, DriveSelfTest, DriveError):
            yield Missing(table, reason.reason, reason.detail)
