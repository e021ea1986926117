"""Settings of LVM that decide whether pools grow and are watched: lvmconfig(8)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.collector import reader
from collectors.fact import At, GapReason, Missing, Reading
from collectors.lvm_tables import LvmSetting
from collectors.plain_text import numbered_lines
from collectors.question import Answer, Form

NAMES = (
    "activation/thin_pool_autoextend_threshold",
    "activation/thin_pool_autoextend_percent",
    "activation/snapshot_autoextend_threshold",
    "activation/monitoring",
    "activation/raid_fault_policy",
)
LVM_CONFIG = Form(
    ("lvmconfig", "--typeconfig", "full", *NAMES),
    reads="lvm-config",
    why="Whether thin pools and snapshots grow by themselves, and whether dmeventd watches",
    right="root",
)
_LINE = re.compile(r'\s*(?:activation/)?(\w+)\s*=\s*"?([^"\n]*?)"?\s*')


def recognises(text: str) -> float:
    return 0.9 if re.search(r"^\s*thin_pool_autoextend_threshold\s*=", text[:20000], re.MULTILINE) else 0.0


@reader("lvm-config", fills=(LvmSetting,), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """settings of lvm.conf with their defaults, as lvmconfig tells them"""
    known = {name.partition("/")[2]: name for name in NAMES}
    found: set[str] = set()
    for number, line in numbered_lines(answer.text):
        match = _LINE.fullmatch(line)
        if match and match[1] in known and match[1] not in found:
            found.add(match[1])
            yield At(LvmSetting(name=known[match[1]], value=match[2]), f"line {number}")
    if len(found) < len(known):
        lacking = ", ".join(sorted(set(known) - found))
        reason: GapReason = "failed" if answer.complaint and answer.status else "empty"
        yield Missing(LvmSetting, reason, answer.complaint if answer.status else f"not told: {lacking}")
