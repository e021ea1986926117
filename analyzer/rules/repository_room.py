"""Rules on the room that repositories have left."""

from __future__ import annotations

from analyzer.derived.repository_room import RepositoryRoom
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict
from analyzer.wording import size


@rule("capacity/backup-repo-forecast", on=RepositoryRoom, severity="high", controls=("C4", "C6"))
def repository_forecast(row: RepositoryRoom, *, limit_days: float = 30.0) -> Verdict:
    """The repository has no room for what comes next.

    Why it matters
        A full repository stops the backups, or pruning takes the older copies to make room.

    What to do
        Make it larger, or move copies, before it is full.

    What not to do
        Do not shorten what is kept without a word from those who need it. What is locked stays anyway.

    References
        Room for one more full copy of the largest system, and a month at the growth of earlier audits.
    """
    if row.free_bytes is None:
        if row.next_bytes is None:
            return NA
        return Unknown(f"{row.name}: its free space was not told")
    if row.next_bytes is not None and row.free_bytes < row.next_bytes:
        return Fail(
            f"{row.name}: {size(row.free_bytes)} free, the newest full copy of {row.next_of} took"
            f" {size(row.next_bytes)}: the next one does not fit",
            None,
            "free_bytes",
        )
    if row.days_to_full is not None and row.days_to_full <= limit_days:
        return Fail(
            f"{row.name}: {size(row.free_bytes)} free, full in {row.days_to_full:.0f} days by the growth over"
            f" {row.samples} audits; limit {limit_days:g} days",
            None,
            "days_to_full",
        )
    return OK if row.days_to_full is not None else NA  # one audit shows no growth
