"""Rules on how an array is cared for: checks, mismatches, protection of its writes."""

from __future__ import annotations

from analyzer.derived.array import Array
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict
from analyzer.wording import size

_PARITY = ("raid4", "raid5", "raid6")
_REDUNDANT = (*_PARITY, "raid1", "raid10")
_CHECKSUMMED = ("btrfs", "zfs", "controller")
"""They are scrubbed in ways of their own, which rules of theirs judge."""
_TERABYTE = 1_000_000_000_000


@rule("raid/scrub-stale", on=Array, severity="medium", controls=("C1",))
def scrub_stale(row: Array, *, low_days: float = 35.0, medium_days: float = 90.0) -> Verdict:
    """The array has not been checked from end to end for long.

    Why it matters
        Sectors that nobody reads go bad unnoticed; most such latent errors are found only by a check. The
        next thing to read every sector would be a rebuild, when the redundancy to mend them is gone.

    What to do
        Enable the monthly check of the distribution (mdcheck timer, raid-check, checkarray) and see that it
        really runs: some ship it disabled.

    What not to do
        Do not start a check on a degraded array; replace the missing member first.

    References
        md(4): scrubbing and mismatches.
    """
    if row.level not in _REDUNDANT or row.state in ("failed", "inactive") or row.kind in _CHECKSUMMED:
        return NA
    limits = f"limits {low_days:g} and {medium_days:g} days"
    age = row.check_age_days
    if age is None and row.check_scheduled is False:
        return Fail(
            f"{row.said}: no check on record, and none is scheduled; {limits}", None, "check_scheduled"
        )
    if age is None:
        plan = "one is scheduled" if row.check_scheduled else "whether one is scheduled was not told"
        return Unknown(f"{row.said}: no check on record; {plan}")
    if age <= low_days:
        return OK
    severity: Severity = "medium" if age > medium_days else "low"
    return Fail(f"{row.said}: last known check {age:.0f} days ago, {limits}", severity, "check_age_days")


@rule("raid/mismatch", on=Array, severity="high", controls=("C5",))
def mismatch(row: Array) -> Verdict:
    """Copies or parity of the array disagree.

    Why it matters
        On parity arrays a mismatch should not happen and points to hardware: memory, cable, controller,
        drive. On mirrors the count is less reliable, most of all under swap. md cannot tell which copy is
        the right one.

    What to do
        Run the check once more. If the count stays, test memory, cables and controller, and compare files
        with a backup. The count is kept until the next check, also over a rebuild, and counts in units of
        whole reads: 128 sectors may be a single spot.

    What not to do
        Do not write `repair` blindly: on mirrors it copies one side over the others, on parity arrays it
        rewrites the parity, whichever was right.

    References
        md(4): mismatch_cnt.
    """
    if row.level not in _REDUNDANT or row.state in ("failed", "inactive") or row.kind in _CHECKSUMMED:
        return NA
    if row.mismatch_sectors is None:
        return Unknown(f"{row.said}: the mismatch count was not told")
    if row.mismatch_sectors == 0:
        return OK
    severity: Severity = "high"
    grew = row.mismatch_before is not None and row.mismatch_sectors > row.mismatch_before
    if row.level not in _PARITY:
        severity = "medium" if grew and row.carries_swap is False else "low"
    before = f", {row.mismatch_before} at the audit before" if row.mismatch_before is not None else ""
    swap = "; swap lies on it" if row.carries_swap else ""
    return Fail(
        f"{row.said}: {row.mismatch_sectors} sectors differed in the last check{before}{swap}; limit 0",
        severity,
        "mismatch_sectors",
    )


@rule("raid/write-hole-unprotected", on=Array, severity="medium", controls=("C15",))
def write_hole(row: Array) -> Verdict:
    """The parity array has no protection against interrupted writes.

    Why it matters
        A power cut in the middle of a stripe leaves parity that does not fit its data. Nothing shows it,
        until a drive fails and that parity is used to rebuild data that were never written so. A bitmap
        only shortens the resync, it does not close the hole.

    What to do
        Use a UPS with an orderly shutdown; consider the partial parity log (RAID5) or a mirrored journal
        device. Run a check after every unclean stop.

    What not to do
        Do not put the journal on a single unprotected drive: the array goes read-only with it.

    References
        md(4): write journal, partial parity log; consistency_policy.
    """
    if row.level not in _PARITY or row.state in ("failed", "inactive") or row.kind in _CHECKSUMMED:
        return NA
    if row.consistency_policy is None or row.consistency_policy == "unknown":
        return Unknown(f"{row.said}: its consistency policy was not told")
    if row.consistency_policy in ("journal", "ppl"):
        return OK
    return Fail(
        f"{row.said}: consistency policy {row.consistency_policy}; journal or ppl would protect its parity",
        None,
        "consistency_policy",
    )


@rule("raid/no-bitmap", on=Array, severity="low", controls=("C2",))
def no_bitmap(row: Array, *, from_bytes: int = _TERABYTE) -> Verdict:
    """A large array has no write-intent bitmap.

    Why it matters
        After a crash, or when a member was away for a moment, the whole array is resynchronised: hours of
        full load and exposure where a bitmap needs minutes.

    What to do
        Add one on the running array: `mdadm --grow --bitmap=internal`.

    What not to do
        Do not add it while the array is degraded or rebuilding.

    References
        md(4): bitmap write-intent logging.
    """
    if row.level not in _REDUNDANT or row.state in ("failed", "inactive") or row.kind != "md":
        return NA
    if row.size_bytes is None:
        return Unknown(f"{row.said}: its size was not told")
    if row.size_bytes < from_bytes or row.consistency_policy in ("journal", "ppl"):
        return OK
    if row.bitmap is None:
        return Unknown(f"{row.said}: whether it has a bitmap was not told")
    if row.bitmap:
        return OK
    return Fail(
        f"{row.said}: {size(row.size_bytes)} without a bitmap, limit {size(from_bytes)}", None, "bitmap"
    )
