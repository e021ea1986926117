"""Rules on repositories of backups: who can write and delete, keys, locks, redundancy."""

from __future__ import annotations

from analyzer.derived.repository import Repository
from analyzer.guest_judging import aged
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict
from analyzer.wording import listed, many

_PORTABLE = ("tape", "removable", "cloud", "s3")


@rule("exposure/repo-writable", on=Repository, severity="high", controls=("C11",))
def repository_writable(row: Repository) -> Verdict:
    """A repository is mounted writable on production machines.

    Why it matters
        What encrypts the production machine encrypts its backups in the same hour.

    What to do
        Let the backup server pull, or use append-only access; unmount it between backups.

    What not to do
        Do not map the repository as a drive.

    References
        BSI CON.3 A14.
    """
    if row.offline or not row.located or not row.holds:
        return NA
    if row.writable_on:
        where = listed(row.writable_on.split(chr(10)), 4)
        severity: Severity = "high" if row.out_of_reach else "critical"
        return Fail(f"{row.name}: mounted writable on {where}", severity, "writable_on")
    return OK


@rule("exposure/client-can-delete", on=Repository, severity="high", controls=("C11",))
def client_can_delete(row: Repository) -> Verdict:
    """Machines that are backed up can delete their own copies.

    Why it matters
        An intruder on the machine deletes first and encrypts then.

    What to do
        Access that can only add: append-only, a token without the right to prune, object lock; prune
        on the server.

    What not to do
        Do not give the client the administrator's token because it is simpler.

    References
        Proxmox Backup Server and restic advise it.
    """
    if row.offline or row.out_of_reach or row.product == "declared" or not row.holds:
        return NA
    if row.append_only:
        return OK
    if row.can_delete is None and row.append_only is None:
        return Unknown(f"{row.name}: whether clients can delete their copies was not told")
    if row.can_delete is False:
        return OK
    return Fail(f"{row.name}: what writes to it can also delete from it", None, "can_delete")


@rule("backup/lock-governance", on=Repository, severity="medium", controls=("C11",))
def lock_governance(row: Repository, *, least_days: float = 14.0) -> Verdict:
    """The lock on copies can be lifted, or is too short.

    Why it matters
        A lock that an administrator can lift, an intruder can lift; one of a few days ends before
        anybody notices.

    What to do
        Compliance mode, at least as long as damage goes unnoticed, in an account of its own. Try a
        deletion.

    What not to do
        Do not switch on compliance mode with a wrong, long time: it cannot be shortened.

    References
        Amazon S3 object lock: governance and compliance.
    """
    if row.lock_mode is None or row.lock_mode == "none":
        return NA
    if row.lock_mode == "governance":
        return Fail(f"{row.name}: locked in governance mode, which can be lifted", None, "lock_mode")
    if row.lock_days is None:
        return Unknown(f"{row.name}: for how long copies are locked was not told")
    if row.lock_days < least_days:
        return Fail(
            f"{row.name}: copies locked for {row.lock_days:.0f} days; limit {least_days:g} days",
            None,
            "lock_days",
        )
    return OK


@rule("backup/key-with-backup", on=Repository, severity="critical", controls=("C12",))
def key_with_backup(row: Repository) -> Verdict:
    """The key is only kept on systems of the site.

    Why it matters
        It is lost together with what it opens.

    What to do
        Keep it in a second place: paper in a safe, a vault elsewhere.

    What not to do
        Do not mail it to a mailbox of the site.

    References
        Proxmox: paper key, master key.
    """
    if not row.encrypted or not row.holds:
        return NA
    if row.keys_kept is None:
        return Unknown(f"{row.name}: encrypted; where its key is kept was not told (site.toml: keys)")
    if row.keys_inside:
        return Fail(f"{row.name}: its key is only kept on {row.keys_inside}", None, "keys_inside")
    return OK


@rule("backup/key-not-tested", on=Repository, severity="medium", controls=("C12",))
def key_not_tested(row: Repository, *, limit_days: float = 400.0) -> Verdict:
    """The second copy of the key was never used.

    Why it matters
        A key that was mistyped or since changed is worthless, and nobody knows.

    What to do
        Take only that key in the next restore test.

    What not to do
        Do not test with the key on the machine.

    References
        BSI CON.3 A13.
    """
    if not row.encrypted or row.keys_kept is None or row.keys_inside:
        return NA
    if row.key_tested_days is None:
        return Fail(
            f"{row.name}: its key from {listed(row.keys_kept.split(chr(10)), 2)} was never used",
            None,
            "key_tested_days",
        )
    if row.key_tested_days > limit_days:
        return Fail(
            f"{row.name}: its second key was last used"
            f" {row.key_tested_days:.0f} days ago; limit {limit_days:g} days",
            None,
            "key_tested_days",
        )
    return OK


@rule("backup/unencrypted-offsite", on=Repository, severity="high", controls=("C12",))
def unencrypted_offsite(row: Repository) -> Verdict:
    """Copies that leave the house are not encrypted.

    Why it matters
        A lost disk, tape or bucket is a published one.

    What to do
        Encrypt at the source, and keep the key apart.

    What not to do
        Do not rely on the provider's encryption: he has the key.

    References
        NIST SP 800-53 CP-9(8); BSI CON.3 A13.
    """
    if not (row.offline or any(word in (row.media or "") for word in _PORTABLE)):
        return NA
    if row.encrypted is None:
        return Unknown(f"{row.name}: whether its copies are encrypted was not told")
    return (
        OK
        if row.encrypted
        else Fail(f"{row.name}: not encrypted, and it leaves the house", None, "encrypted")
    )


@rule("backup/repo-single-disk", on=Repository, severity="medium", controls=("C2",))
def repository_on_one_disk(row: Repository) -> Verdict:
    """A repository rests on storage without redundancy.

    Why it matters
        One failed disk takes all history.

    What to do
        Mirror it, or keep a second, independent copy first.

    What not to do
        Do not take the copy in the same box for one.

    References
        Found in the disks below the repository, where its host was audited.
    """
    if row.redundancy is None or not row.holds:
        return NA
    if row.redundancy < 1:
        return Fail(f"{row.name}: the next failed disk takes it", None, "redundancy")
    return OK


@rule("backup/repo-locked", on=Repository, severity="medium", controls=("C6",))
def repository_locked(row: Repository, *, limit_hours: float = 24.0) -> Verdict:
    """A lock has been held on a repository for long.

    Why it matters
        A run that died left it; pruning, checks and often backups wait for it or fail.

    What to do
        See that nothing runs any more, then let the product remove its own stale locks.

    What not to do
        Do not delete lock files by hand while something runs.

    References
        restic unlock; borg break-lock.
    """
    if row.locks is None:
        return NA
    if not row.locks:
        return OK
    if row.locked_hours is None:
        return Unknown(f"{row.name}: {many(row.locks, 'lock')} held, for how long was not told")
    if row.locked_hours <= limit_hours:
        return OK
    return Fail(
        f"{row.name}: {many(row.locks, 'lock')} held for"
        f" {aged(row.locked_hours)}; limit {limit_hours:g} hours",
        None,
        "locked_hours",
    )


@rule("capacity/dedupe-gc-idle", on=Repository, severity="medium", controls=("C4",))
def garbage_collection_idle(row: Repository, *, limit_days: float = 14.0) -> Verdict:
    """The space of deleted copies is not reclaimed.

    Why it matters
        Pruning only marks; space comes back when garbage is collected. Without it the repository
        fills up.

    What to do
        Schedule it every week, after pruning.

    What not to do
        Do not delete chunks by hand.

    References
        Proxmox Backup Server: garbage collection.
    """
    if row.cleaned_days is None and not row.cleaning_outcome:
        return NA
    if row.cleaning_outcome not in (None, "ok"):
        return Fail(
            f"{row.name}: the last one ended with {row.cleaning_outcome[:100]}", "high", "cleaning_outcome"
        )
    if row.cleaned_days is None:
        return Unknown(f"{row.name}: when it was last collected was not told")
    if row.cleaned_days > limit_days:
        return Fail(
            f"{row.name}: last collected {row.cleaned_days:.0f} days ago; limit {limit_days:g} days",
            None,
            "cleaned_days",
        )
    return OK
