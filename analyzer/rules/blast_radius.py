"""Rules on what is lost with one thing."""

from __future__ import annotations

from analyzer.derived.blast_radius import BlastRadius
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict
from analyzer.wording import listed, many, size


@rule("raid/no-redundancy", on=BlastRadius, severity="high", controls=("C2",))
def no_redundancy(row: BlastRadius) -> Verdict:
    """Data lie on a single drive or on an array that bears no failure.

    Why it matters
        One failing drive loses all of it. In a striped array every further drive adds its own chance to that.

    What to do
        Build it anew as a mirror or RAID6, or accept the loss in writing, with the age of the newest backup
        as what will be lost.

    What not to do
        Do not take a snapshot or a copy on the same drive for redundancy.

    References
        md(4): mdadm cannot report a failed member of RAID0 or linear.
    """
    if row.kind == "array":
        if row.level is None:
            return NA
        if row.redundancy is None:
            return Unknown(f"{row.label}: what it can lose was not told")
        if row.redundancy > 0:
            return OK
        return Fail(f"{row.label} bears no failure of a member{_carries(row)}", None, "redundancy")
    if row.kind != "disk" or row.virtual or not (row.depends_count or row.guests_lost):
        return NA
    if row.doubtful and not row.lost:
        places = listed(row.doubtful.split("\n"))
        return Unknown(f"{row.label}: whether {places} would survive its failure was not told")
    mounts = [place for place in row.lost.split("\n") if place and not place.startswith("[swap:")]
    if not mounts and not row.guests_lost:
        return OK
    if row.in_array and not _beside(row):
        return OK
    if not mounts:
        return Fail(f"{row.label} carries{_guests(row)} alone", None, "guests_lost")
    boots_only = all(place.startswith(("/boot", "/efi")) for place in mounts)
    return Fail(
        f"{row.label} carries {listed(mounts)} alone{_amount(row)}{_with_guests(row)}",
        "low" if boots_only else None,
        "lost",
    )


def _beside(row: BlastRadius) -> bool:
    """Something of the disk lies beside its arrays, and falls with it while they stand."""
    return 0 < row.lost_count < row.depends_count


def _carries(row: BlastRadius) -> str:
    if not row.depends_count:
        return f":{_guests(row)} on it" if row.guests_count else ""
    mounts = f"{many(row.depends_count, 'mount')} on it ({listed(row.depends.split(chr(10)))})"
    return f": {mounts}{_amount(row)}{_with_guests(row)}"


def _guests(row: BlastRadius) -> str:
    return f" {many(row.guests_count, 'guest')} ({listed(row.guests.split(chr(10)))})"


def _with_guests(row: BlastRadius) -> str:
    return f", with{_guests(row)}" if row.guests_count else ""


def _amount(row: BlastRadius) -> str:
    return f", {size(row.lost_bytes)} used" if row.lost_bytes else ""
