"""Rules on `spare_coverage`: whether anything steps in when a member of an array fails."""

from __future__ import annotations

from analyzer.derived.spare_coverage import SpareCoverage
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict
from analyzer.wording import many

_REDUNDANT = ("raid1", "raid4", "raid5", "raid6", "raid10")


@rule("raid/no-hot-spare", on=SpareCoverage, severity="medium", controls=("C2",))
def no_hot_spare(row: SpareCoverage, *, from_slots: int = 4) -> Verdict:
    """A larger array has no hot spare.

    Why it matters
        Without a spare the rebuild starts when a person arrives with a drive. Until then the array is
        exposed.

    What to do
        Add a spare at least as large as the largest member, or share one between arrays with a spare group,
        and see once that it steps in. Waive this where somebody is on site day and night.

    What not to do
        Do not take a drive as spare that failed elsewhere.

    References
        mdadm(8): spare-group, SparesMissing.
    """
    if row.level not in _REDUNDANT or row.state in ("failed", "inactive") or not (row.slots or row.expected):
        return NA
    if row.lost:
        return Fail(f"{row.said}: spare {row.lost} is configured and gone", None, "lost")
    if row.spares is None:
        few = (row.slots or 0) < from_slots and not row.expected
        return OK if few else Unknown(f"{row.said}: spares were not told")
    used = f"; {row.used} has stepped in already" if row.used else ""
    if row.spares < row.expected:
        return Fail(
            f"{row.said}: {many(row.spares, 'idle spare')}, {row.expected} expected{used}", None, "expected"
        )
    if row.spares or (row.slots or 0) < from_slots:
        return OK
    return Fail(f"{row.said}: no spare; expected from {from_slots} members on", None, "spares")


@rule("raid/spare-unusable", on=SpareCoverage, severity="high", controls=("C2",))
def spare_unusable(row: SpareCoverage) -> Verdict:
    """The spare cannot take over.

    Why it matters
        When a member fails, the rebuild will not start, or will end on a drive that is failing too. Nobody
        looks at a spare until that day.

    What to do
        Replace the spare by one that is healthy and at least as large as the largest member.

    What not to do
        Do not leave it for the next maintenance: the array counts on it.

    References
        mdadm(8).
    """
    if not row.spares:
        return NA
    if row.unfit:
        return Fail(f"{row.said}: {row.unfit}", None, "unfit")
    if row.unlike:
        return Fail(f"{row.said}: {row.unlike}", "medium" if "sectors" in row.unlike else "low", "unlike")
    if row.unread or not row.names:
        return Unknown(f"{row.said}: {row.unread or 'nothing is told of its spares but their number'}")
    return OK
