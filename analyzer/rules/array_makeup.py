"""Rules on the members of an array taken together: weak, old or mixed drives, and the risk of a rebuild."""

from __future__ import annotations

from analyzer.derived.array_makeup import ArrayMakeup
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict
from analyzer.wording import many, percent, size

_TERABYTE = 1_000_000_000_000


@rule("raid/smart-bad-member", on=ArrayMakeup, severity="high", controls=("C2",))
def smart_bad_member(row: ArrayMakeup) -> Verdict:
    """Working members of the array are drives that show signs of failing.

    Why it matters
        The array leans on them: if another member fails, they have to be read from end to end. Two weak
        members are how arrays with redundancy are lost.

    What to do
        Check the backup, then replace the worst first, one at a time, with a full resync between.

    What not to do
        Do not replace two at once, and do not start a scrub or a long self-test on them before the backup
        is safe.

    References
        Field studies of joint disk failures in arrays; smartctl(8).
    """
    if row.sick:
        severity: Severity = "critical" if row.sick >= 2 or row.degraded else "high"
        return Fail(f"{row.name}: {row.sick_text}; limit 0 weak members", severity, "sick")
    if row.sick is None or row.unread:
        return Unknown(f"{row.name}: health of {row.unread} of {many(row.members, 'member')} was not read")
    return OK


@rule("raid/same-batch", on=ArrayMakeup, severity="medium", controls=("C2",))
def same_batch(row: ArrayMakeup, *, allowed_outside: int = 1) -> Verdict:
    """Nearly all members of the array come from one batch.

    Why it matters
        Drives made or put in service together fail together: field studies see second failures several times
        likelier than chance, and a firmware fault that counts hours stops them all in the same hour.

    What to do
        Order replacements from other lots, and replace one or two members early to stagger their ages. Keep a
        backup on other drives.

    What not to do
        Do not multiply the failure rates of such drives as if they were independent.

    References
        Schroeder and Gibson, FAST 2007; makers' notices on firmware that fails at fixed hours.
    """
    if row.members < 2:
        return NA
    if row.batch_members >= max(2, row.members - allowed_outside):
        return Fail(
            f"{row.name}: {row.batch_members} of {row.members} members are of one batch ({row.batch_text})",
            None,
            "batch_members",
        )
    if not row.batch_known:
        return Unknown(f"{row.name}: models and serial numbers of some members were not told")
    return OK


@rule("raid/age-cluster", on=ArrayMakeup, severity="medium", controls=("C2",))
def age_cluster(row: ArrayMakeup, *, years: float = 4.0) -> Verdict:
    """All members of the array are old.

    Why it matters
        Drives bought together wear out together. Where the youngest is past its fourth year, several may fail
        within one rebuild.

    What to do
        Replace them in stages, starting now, with drives of different lots.

    What not to do
        Do not renew all on one day.

    References
        Field studies of drive age and failure.
    """
    if row.youngest_hours is None:
        return Unknown(f"{row.name}: power-on hours of some members were not told")
    age = row.youngest_hours / 8766
    if age <= years:
        return OK
    return Fail(
        f"{row.name}: the youngest member has run {age:.1f} years, limit {years:g}", None, "youngest_hours"
    )


@rule("raid/sector-mixed", on=ArrayMakeup, severity="low")
def sector_mixed(row: ArrayMakeup) -> Verdict:
    """Members with different sector sizes are mixed in one array.

    Why it matters
        The array takes the largest sector size, which breaks what was formatted for the smaller; a later
        replacement of the wrong kind may be refused.

    What to do
        Keep spare drives of the size the array was made with; plan one size for the next array.

    What not to do
        Do not reformat a member's sector size while it is in use.

    References
        md(4); Documentation/ABI/stable/sysfs-block: logical_block_size.
    """
    if row.sector_kinds is None:
        return Unknown(f"{row.name}: sector sizes of some members were not told")
    if row.sector_kinds > 1:
        return Fail(f"{row.name}: sector sizes differ ({row.sector_text})", None, "sector_kinds")
    return OK


@rule("raid/single-parity-large", on=ArrayMakeup, severity="medium", controls=("C2",))
def single_parity_large(
    row: ArrayMakeup,
    *,
    from_bytes: int = 4 * _TERABYTE,
    from_hours: float = 24.0,
    many_slots: int = 8,
) -> Verdict:
    """Large drives are protected against one failure only.

    Why it matters
        While a member is rebuilt there is no redundancy, and all the others are read from end to end. The
        larger they are, the longer that takes, and the likelier one sector cannot be read. The data sheet's
        error rate is a bound for comparing designs, not a measurement.

    What to do
        At the next renewal choose RAID6, RAID10 or three-way mirrors. Until then: monthly checks, a hot
        spare, and a backup that was restored once.

    What not to do
        Do not change the level in place without a backup.

    References
        md(4). The message prints the assumptions of its numbers.
    """
    if row.level not in ("raid4", "raid5") and not (row.level == "raid1" and row.slots == 2):
        return NA
    if row.rebuild_hours is None or row.member_size_bytes is None or row.read_error_probability is None:
        return Unknown(f"{row.name}: the size of its members was not told")
    if row.rotational is None:
        return Unknown(f"{row.name}: whether its members rotate was not told")
    large = row.rotational and row.member_size_bytes >= from_bytes
    if not large and row.rebuild_hours < from_hours:
        return OK
    severity: Severity = "high" if row.level != "raid1" and (row.slots or 0) >= many_slots else "medium"
    return Fail(
        f"{row.name} ({row.level} of {row.slots}, members of {size(row.member_size_bytes)}): a rebuild takes"
        f" {row.rebuild_hours:.0f} hours or more, limits {size(from_bytes)} rotating or {from_hours:g} hours;"
        f" by the data sheet's bound a read error in it has a probability of up to"
        f" {percent(row.read_error_probability)} ({row.assumptions})",
        severity,
        "rebuild_hours",
    )


@rule("raid/rebuild-loss-risk", on=ArrayMakeup, severity="high", controls=("C2",))
def rebuild_loss_risk(
    row: ArrayMakeup, *, medium: float = 0.01, high: float = 0.05, critical: float = 0.20
) -> Verdict:
    """A rebuild of the array is likely to lose it.

    Why it matters
        The weakness of the members, the time a rebuild takes and the redundancy left during it together
        make the chance that one failure becomes a loss.

    What to do
        Replace weak members while the array is whole; make sure that the backup restores.

    What not to do
        Do not take the number as exact: it ranks arrays. Read errors are not in it.

    References
        The formula is 1 - exp(-sum of yearly rates x hours / 8766); the message prints its assumptions.
    """
    if row.loss_probability is None:
        return Unknown(f"{row.name}: the size of its members was not told")
    if row.sick is None or row.rotational is None:
        return Unknown(f"{row.name}: nothing is known of the health of its members")
    chance = row.loss_probability
    if chance < medium:
        return OK
    severity: Severity = "critical" if chance >= critical else "high" if chance >= high else "medium"
    batch = (
        f" (up to {percent(row.loss_same_batch)} if of one batch)" if row.loss_same_batch is not None else ""
    )
    return Fail(
        f"{row.name}: a rebuild loses the array with a probability of about {percent(chance)}{batch}; limits"
        f" {percent(medium)}, {percent(high)}, {percent(critical)}; assumed: {row.assumptions}",
        severity,
        "loss_probability",
        chance,
    )
