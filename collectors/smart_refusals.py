"""Why a drive's answer holds nothing to judge: the reasons of the gap, from the tool's own words."""

from __future__ import annotations

import re
from typing import NamedTuple

from collectors.fact import GapReason
from collectors.smart_identity import is_raid_volume, is_virtual
from collectors.smart_values import Tree, at, flag, items, text


class Reason(NamedTuple):
    reason: GapReason
    detail: str


def _pattern(*parts: str) -> re.Pattern[str]:
    return re.compile("|".join(parts), re.IGNORECASE)


_REASONS: tuple[tuple[GapReason, re.Pattern[str]], ...] = (
    ("standby", _pattern(r"Device is in [\w ]*(?:STANDBY|SLEEP|IDLE|STOPPED|\(OS\))[\w ()]* mode")),
    (
        "denied",
        _pattern("Permission denied", "Operation not permitted", "Access is denied", "must be root"),
    ),
    (
        "unsupported",
        _pattern(
            "Unknown USB bridge",
            "Unable to detect device type",
            "specify device type",
            "Unsupported (?:USB|device|field)",
            "does not support SMART",
            "SMART support is: *Unavailable",
            "lacks SMART capability",
            "not (?:yet )?supported",
            "RAID controller",
        ),
    ),
    ("failed", _pattern("failed", "No such device", "error", "cannot")),
)


def reason_of(said: str) -> Reason:
    """The reason that *said*, a message of smartctl, gives."""
    for reason, pattern in _REASONS:
        if pattern.search(said):
            return Reason(reason, said[:300])
    return Reason("empty", said[:300])


def why_nothing(tree: Tree, complaint: str = "") -> Reason:
    """Why *tree* holds no health. *complaint*: what the tool wrote to stderr."""
    said = [text(one.get("string")) or "" for _, one in items(tree, "smartctl.messages")]
    for words in [*said, complaint]:
        if words and (found := reason_of(words)).reason in ("standby", "denied"):
            return found
    if is_virtual(tree):
        return Reason("unsupported", "a virtual disk: its health is that of the storage below")
    if is_raid_volume(tree):
        return Reason(
            "unsupported", "a RAID volume: ask its disks through the controller (-d megaraid,N, -d cciss,N)"
        )
    for words in [*said, complaint]:
        if words and (found := reason_of(words)).reason != "empty":
            return found
    if flag(at(tree, "smart_support.available")) is False or tree.get("smart_support") is False:
        return Reason("unsupported", "the device offers no SMART")
    if flag(at(tree, "smart_support.enabled")) is False:
        return Reason("unsupported", "SMART is switched off")
    return Reason("empty", next(filter(None, [*said, complaint]), "the answer holds no health"))
