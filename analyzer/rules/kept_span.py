"""Rules on how far back the copies of a system reach."""

from __future__ import annotations

from analyzer.derived.kept_span import KeptSpan
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict


@rule("capacity/retention-unmet", on=KeptSpan, severity="high", controls=("C17",))
def retention_unmet(row: KeptSpan, *, slack_cycles: float = 1.0) -> Verdict:
    """The copies reach back less far than was promised.

    Why it matters
        Damage is often noticed late. If room is short, or pruning is set up wrongly, the copies from before
        it are gone, and nobody was told.

    What to do
        Find out which copies are gone and why. Make the repository larger, or agree in writing on a shorter
        time.

    What not to do
        Do not prune by hand to make room before the owners agreed to what goes.

    References
        Of a policy only what is proved counts: copies that an earlier audit saw, copies known for longer than
        the time wanted, or a repository that is full before. BSI CON.3 A4.
    """
    who = f"{row.asset} in {row.repository_name}"
    if row.span_days is None:
        return Unknown(f"{who}: how far back its copies reach was not told")
    if row.span_days >= row.wanted_days - slack_cycles * row.cycle_days:
        return OK
    said = (
        f"{who}: copies reach back {row.span_days:.0f} days, {row.wanted_days:.0f} wanted by {row.wanted_by}"
        f" (limit {slack_cycles:g} cycle of {row.cycle_days:.0f} days less)"
    )
    if row.lost_days is not None:
        return Fail(
            f"{said}; an earlier audit saw one that would be {row.lost_days:.0f} days old", None, "lost_days"
        )
    if row.seen_days is not None and row.seen_days >= row.wanted_days:
        return Fail(f"{said}; there have been copies for {row.seen_days:.0f} days", None, "seen_days")
    if row.days_to_full is not None and row.days_to_full < row.wanted_days - row.span_days:
        return Fail(f"{said}; the repository is full in {row.days_to_full:.0f} days", None, "days_to_full")
    if row.stated:
        return Fail(said, None, "span_days")
    return NA  # as far as is known it is only young
