"""The rule on what a power cut in mid-write does."""

from __future__ import annotations

from analyzer.derived.power_cut import PowerCut
from analyzer.rule import rule
from analyzer.verdict import OK, Fail, Unknown, Verdict


@rule("power/write-cut-unprotected", on=PowerCut, severity="medium", controls=("C15",))
def write_cut(row: PowerCut) -> Verdict:
    """A power cut in the middle of a write would damage data.

    Why it matters
        What was acknowledged may be missing, and what was half written may be taken for whole: by parity
        that no longer fits, by caches that were never emptied, or by a file system that writes in any
        order. It shows when a drive fails, or when a file is read.

    What to do
        Close what the argument names: a journal or partial parity log for parity, flushes and barriers
        switched on again, a file system with a journal. A UPS with an ordered shutdown covers the power
        cut, not the crash.

    What not to do
        Do not add more write-back cache to make up for the slower safe setting.

    References
        md(4): consistency policy; ext4(5): barrier, data=; Documentation/ABI/stable/sysfs-block:
        write_cache.
    """
    said = f"{row.name} ({row.level})" if row.level else row.name
    match row.outcome:
        case "protected" | "guarded":
            return OK
        case "at-risk":
            order = row.unflushed or row.without_barriers
            return Fail(f"{said}: {row.argument}", "high" if order else None, "argument")
    return Unknown(f"{said}: {row.argument}")
