"""Rules on what the members of arrays remember."""

from __future__ import annotations

from analyzer.derived.array_remains import ArrayRemains
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Verdict


@rule("raid/members-diverge", on=ArrayRemains, severity="high", controls=("C2",))
def members_diverge(row: ArrayRemains, *, most: int = 1) -> Verdict:
    """Members of one array remember different last moments.

    Why it matters
        The member with the lower event count fell out earlier: what it holds is old. An array assembled
        with it by force mixes old and new blocks.

    What to do
        Note event counts, times and slots of all members, image them, and find out what threw the oldest out.

    What not to do
        Do not force the assembly before the images exist, and never with the member that fell out first.

    References
        mdadm(8): --examine, --assemble --force.
    """
    if row.event_spread is None:
        return NA
    if row.event_spread <= most:
        return OK
    severity: Severity = "medium" if row.running else "high"
    return Fail(
        f"{row.name} ({row.level}): event counts differ by {row.event_spread}, limit {most}:"
        f" {row.member_text}",
        severity,
        "event_spread",
    )


@rule("raid/missing-by-metadata", on=ArrayRemains, severity="high", controls=("C2",))
def missing_by_metadata(row: ArrayRemains) -> Verdict:
    """The newest member of the array remembers that others are missing.

    Why it matters
        Before it stopped, the array had already lost a member. Whoever starts it again starts it degraded.

    What to do
        Find the missing members by their serial numbers, and check the backup before the array is started.

    What not to do
        Do not add the missing member back before its event count was compared.

    References
        mdadm(8): --examine, Array State.
    """
    if row.running:
        return NA  # the running array is judged by what it tells now
    if row.superblocks > 1 and row.without_slot == row.superblocks:
        said = f"all {row.superblocks} members that were read call themselves spares"
        return Fail(
            f"{row.name} ({row.level} of {row.slots}): {said}: {row.member_text}", None, "without_slot"
        )
    if row.missing is None:
        return NA
    if row.missing:
        return Fail(
            f"{row.name} ({row.level} of {row.slots}): {row.missing} missing ({row.newest_slot_map}):"
            f" {row.member_text}",
            None,
            "missing",
        )
    if row.replacing:
        return Fail(
            f"{row.name}: {row.replacing} being replaced ({row.newest_slot_map})", "medium", "replacing"
        )
    return OK


@rule("raid/superblock-damaged", on=ArrayRemains, severity="high", controls=("C2",))
def superblock_damaged(row: ArrayRemains) -> Verdict:
    """The superblock of a member is damaged, or its bad block log has entries.

    Why it matters
        A wrong checksum means that something wrote over the metadata; what else it wrote over is not known.
        A bad block log with entries means stripes without their redundancy.

    What to do
        Image the member, compare its metadata with that of the others.

    What not to do
        Do not update or rewrite the metadata before the image exists.

    References
        mdadm(8): --examine; md(4): bad block list.
    """
    if row.bad_checksums:
        return Fail(f"{row.name}: wrong superblock checksum on {row.bad_checksums}", None, "bad_checksums")
    if row.bad_block_members:
        return Fail(
            f"{row.name}: entries in the bad block log of {row.bad_block_members}",
            "medium",
            "bad_block_members",
        )
    return OK
