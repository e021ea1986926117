"""Rules on what copies build on and what each of them takes."""

from __future__ import annotations

from analyzer.derived.asset_copy import AssetCopy
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict
from analyzer.wording import many, size


@rule("backup/chain-broken", on=AssetCopy, severity="high", controls=("C7",))
def chain_broken(row: AssetCopy) -> Verdict:
    """Copies build on one that is gone or damaged.

    Why it matters
        An increment holds only what changed. Without all that it builds on, nothing can be put together.

    What to do
        Make a full copy now, and check it. Find out what removed the missing one.

    What not to do
        Do not delete the broken chain before the new full copy is checked: single files may still come out of
        it.

    References
        Judged where the product names the parent of a copy.
    """
    if row.broken:
        return Fail(
            f"{row.asset}: {many(row.broken, 'copy', 'copies')} in {row.repository_name} of {row.points}"
            " build on one that is gone or damaged, not counted",
            None,
            "broken",
        )
    if row.rootless:
        return Unknown(f"{row.asset}: increments in {row.repository_name}, and no full copy is on record")
    return OK if row.points else NA


@rule("backup/chain-long", on=AssetCopy, severity="low", controls=("C7",))
def chain_long(row: AssetCopy, *, low_copies: int = 60, medium_copies: int = 180) -> Verdict:
    """Many increments since the last full copy.

    Why it matters
        Each one is needed for all after it: one bad link breaks the rest, and the restore reads them all.

    What to do
        Have a full copy made at intervals, or have the content of the whole chain checked.

    What not to do
        Do not merge a long chain while it is the only copy.

    References
        The limits are ours.
    """
    if row.rootless or not row.good:
        return NA
    if row.chain <= low_copies:
        return OK
    severity: Severity = "medium" if row.chain > medium_copies else "low"
    return Fail(
        f"{row.asset}: {row.chain} increments in {row.repository_name} since the last full copy; limits"
        f" {low_copies} and {medium_copies}",
        severity,
        "chain",
    )


@rule("backup/size-growth", on=AssetCopy, severity="medium", controls=("C11", "C14"))
def size_growth(
    row: AssetCopy,
    *,
    medium_times: float = 3.0,
    high_times: float = 5.0,
    high_percent: float = 50.0,
    least_bytes: float = 1e9,
) -> Verdict:
    """The newest copy took far more room than those before.

    Why it matters
        So many changes at once look like mass encryption; new copies may now push out the good ones.

    What to do
        Find out what changed. Look whether files still open, and pause pruning until that is known.

    What not to do
        Do not let the older copies expire before that.

    References
        Compared with the median of the fourteen of its kind before. High: most of the system has changed.
    """
    if row.usual_added_bytes is None or not row.usual_added_bytes:
        return NA
    if row.added_bytes is None:
        return Unknown(f"{row.asset}: what its newest copy in {row.repository_name} took was not told")
    times = row.added_bytes / row.usual_added_bytes
    if times <= medium_times or row.added_bytes < least_bytes:
        return OK
    most = bool(row.size_bytes) and 100 * row.added_bytes / (row.size_bytes or 1) > high_percent
    severity: Severity = "high" if times > high_times and most else "medium"
    return Fail(
        f"{row.asset}: newest copy in {row.repository_name} took {size(row.added_bytes)}, those before"
        f" {size(row.usual_added_bytes)}, {times:.1f} times; limits {medium_times:g} and {high_times:g}",
        severity,
        "added_bytes",
    )
