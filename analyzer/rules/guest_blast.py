"""Rules on what becomes of guests when the storage below them fails."""

from __future__ import annotations

from analyzer.derived.blast_radius import BlastRadius
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict
from analyzer.wording import listed, many


@rule("raid/guests-on-degraded", on=BlastRadius, severity="high", controls=("C2",))
def guests_on_degraded(row: BlastRadius) -> Verdict:
    """Guests lie on an array that has lost a member.

    Why it matters
        The next failure does not cost a disk but every one of these machines at once, and their snapshots
        with them: these lie on the same array.

    What to do
        Back up these guests to other storage now, the most important first; then replace the member that is
        missing.

    What not to do
        Do not remove snapshots or move many guests while the array rebuilds: both load it when it bears
        least.

    References
        The way from guest to array: image or device, file system, volume, array.
    """
    if row.kind != "array" or not row.guests_count:
        return NA
    if row.redundancy is None or row.redundancy_left is None:
        return Unknown(f"{row.label}: what it can still lose was not told")
    if row.redundancy_left >= row.redundancy:
        return OK
    guests = f"{many(row.guests_count, 'guest')} ({listed(row.guests.split(chr(10)), 10)})"
    return Fail(
        f"{row.label}, which can lose {row.redundancy_left} of {many(row.redundancy, 'member')}, carries"
        f" {guests}",
        "critical" if row.redundancy_left == 0 else None,
        "guests",
    )
