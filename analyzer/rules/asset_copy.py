"""Rules on the copies of one system in one repository."""

from __future__ import annotations

from analyzer.derived.asset_copy import AssetCopy
from analyzer.guest_judging import aged
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict, fault_if
from analyzer.wording import many, size


@rule("backup/same-storage", on=AssetCopy, severity="critical", controls=("C10",))
def same_storage(row: AssetCopy) -> Verdict:
    """The copy lies on the storage of the system itself.

    Why it matters
        The failed array, the deleted pool or datastore takes both at once.

    What to do
        Send it to storage that shares nothing with the system.

    What not to do
        Do not count it as a backup until then.

    References
        BSI CON.3 A2: backups on separate media.
    """
    if not row.good:
        return NA
    return fault_if(
        row.same_storage,
        f"{row.asset}: its copies in {row.repository_name} rest on {row.shared_storage}, as it does",
        "same_storage",
        unknown=f"{row.asset}: which disks {row.repository_name} lies on is not known",
    )


@rule("backup/same-host", on=AssetCopy, severity="high", controls=("C10",))
def same_host(row: AssetCopy) -> Verdict:
    """The copy needs the machine that it protects.

    Why it matters
        If the machine is lost, so is the copy, or at least the way to it.

    What to do
        Put the repository on a machine of its own.

    What not to do
        Do not run the backup server as a guest on the hypervisor whose guests it protects, without a copy
        elsewhere.

    References
        Proxmox recommends a dedicated backup server.
    """
    if not row.good or row.same_storage:
        return NA
    return fault_if(
        row.same_host,
        f"{row.asset}: its copies in {row.repository_name} need {row.shared_host}, as it does itself",
        "same_host",
        unknown=f"{row.asset}: which machine {row.repository_name} needs is not known",
    )


@rule("backup/same-credentials", on=AssetCopy, severity="high", controls=("C11",))
def same_credentials(row: AssetCopy) -> Verdict:
    """The credentials of production also rule the copy.

    Why it matters
        One stolen password ends both.

    What to do
        A separate account for the backup, outside of the production directory, with a second factor.

    What not to do
        Do not join the backup server to the domain that it protects.

    References
        CIS Controls 11.4; Essential Eight ISM-1707.
    """
    if not row.good or row.out_of_reach:
        return NA
    return fault_if(
        row.same_admin,
        f"{row.asset}: whoever administers it can also delete its copies in {row.repository_name}",
        "same_admin",
        unknown=f"{row.asset}: who administers {row.repository_name} was not told (site.toml: admin)",
    )


@rule("backup/verify-failed", on=AssetCopy, severity="high", controls=("C7",))
def verify_failed(row: AssetCopy) -> Verdict:
    """A check found a copy damaged.

    Why it matters
        It is proven that what is stored is not what was written. What damaged one copy damages others.

    What to do
        1. Make a new full backup to other storage.
        2. Then look for the cause: disk, memory, network of the repository.
        3. Then see which older copies are whole.

    What not to do
        Do not prune or collect garbage, and do not delete the damaged chain before a new full one is checked.

    References
        Proxmox Backup Server: verification; restic and borg: check.
    """
    if row.check_failed_days is None and not row.failed_checks:
        return NA if row.verified_days is None else OK
    severity: Severity | None = "critical" if row.newest_failed or row.check_failed_days is not None else None
    what = (
        f"{many(row.failed_checks, 'copy', 'copies')} of {row.points} in {row.repository_name} found damaged"
        if row.failed_checks
        else f"the last check of {row.repository_name} failed"
    )
    newest = ", the newest among them" if row.newest_failed else ""
    return Fail(f"{row.asset}: {what}{newest}", severity, "failed_checks")


@rule("backup/no-good-copy", on=AssetCopy, severity="high", controls=("C7",))
def no_good_copy(row: AssetCopy) -> Verdict:
    """None of the copies in a repository is whole.

    Why it matters
        There is something to see in the repository, and nothing to restore.

    What to do
        Make a full backup now, to other storage if this one is doubtful.

    What not to do
        Do not delete what is there before the new one was restored.

    References
        Incomplete and damaged copies, by the word of the product.
    """
    if row.good:
        return OK
    if row.untimed and row.untimed + row.future == row.points:
        return Unknown(
            f"{row.asset}: the {many(row.points, 'copy', 'copies')} in {row.repository_name} tell no time"
        )
    return Fail(
        f"{row.asset}: none of {many(row.points, 'copy', 'copies')} in {row.repository_name} is whole",
        None,
        "good",
    )


@rule("backup/points-from-future", on=AssetCopy, severity="medium", controls=("C16",))
def from_the_future(row: AssetCopy) -> Verdict:
    """Copies claim to be made after the audit.

    Why it matters
        A clock is wrong. Copies with wrong times are pruned too late or too early, and hide that the job
        stopped.

    What to do
        Set the clocks of source, backup server and repository, and see which copies are really the newest.

    What not to do
        Do not trust the order of copies until then.

    References
        Half an hour of difference is passed over.
    """
    if row.future:
        return Fail(
            f"{row.asset}: {many(row.future, 'copy', 'copies')} in {row.repository_name} from the future,"
            " not counted",
            None,
            "future",
        )
    return OK


@rule("backup/size-shrink", on=AssetCopy, severity="medium", controls=("C6",))
def size_shrink(row: AssetCopy, *, medium_percent: float = 30.0, high_percent: float = 60.0) -> Verdict:
    """The newest copy is much smaller than those before.

    Why it matters
        A disk was left out, a source was not mounted, a dump is empty: the job ends well and copies nothing.

    What to do
        Open the newest copy and compare what is in it with what should be.

    What not to do
        Do not let older copies expire before that.

    References
        Compared with the median of the eight before.
    """
    if not row.good or row.usual_bytes is None or not row.usual_bytes:
        return NA
    if row.size_bytes is None:
        return Unknown(f"{row.asset}: the size of its newest copy in {row.repository_name} was not told")
    lost = 100 * (1 - row.size_bytes / row.usual_bytes)
    if lost < medium_percent:
        return OK
    severity: Severity = "high" if lost >= high_percent else "medium"
    return Fail(
        f"{row.asset}: newest copy in {row.repository_name} {size(row.size_bytes)}, those before"
        f" {size(row.usual_bytes)}: {lost:.0f} % less; limits {medium_percent:g} and {high_percent:g} %",
        severity,
        "size_bytes",
    )


@rule("backup/rhythm-broken", on=AssetCopy, severity="high", controls=("C6",))
def rhythm_broken(
    row: AssetCopy, *, medium_times: float = 2.5, high_times: float = 5.0, slack_hours: float = 2.0
) -> Verdict:
    """Copies used to come regularly and have stopped.

    Why it matters
        The commonest silent failure: the job no longer runs, and nobody is told of what does not happen.

    What to do
        Find the job and its last log, mend it, and set an alarm for missing success.

    What not to do
        Do not trust that no error mail means success.

    References
        The usual time between two copies is the median of the last twenty.
    """
    if row.interval_hours is None or row.age_hours is None:
        return NA
    if row.age_hours <= medium_times * row.interval_hours + slack_hours:
        return OK
    severity: Severity = "high" if row.age_hours > high_times * row.interval_hours + slack_hours else "medium"
    return Fail(
        f"{row.asset}: copies in {row.repository_name} came every {aged(row.interval_hours)}, the newest is"
        f" {aged(row.age_hours)} old; limits {medium_times:g} and {high_times:g} times",
        severity,
        "age_hours",
    )


@rule("backup/repo-health", on=AssetCopy, severity="high", controls=("C1",))
def repository_sick(row: AssetCopy) -> Verdict:
    """The copies lie on storage that is itself sick.

    Why it matters
        The copy is needed on the day the first system fails; its own storage should not fail on the same day.

    What to do
        Mend the storage of the repository before anything of lesser weight in production.

    What not to do
        Do not start a long check of the copies on a degraded array: it is load.

    References
        The findings on that storage itself are listed with its host.
    """
    if not row.good:
        return NA
    if row.sick:
        return Fail(f"{row.asset}: {row.repository_name} lies on sick storage: {row.sick}", None, "sick")
    return OK if row.same_storage is not None else NA
