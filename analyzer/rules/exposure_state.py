"""Rules on who can reach the backups of the site, as far as anybody said."""

from __future__ import annotations

from analyzer.derived.readiness import ExposureState
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Verdict, fault_if


@rule("exposure/backup-domain-joined", on=ExposureState, severity="high", controls=("C11",))
def backup_domain_joined(row: ExposureState) -> Verdict:
    """The backup server is a member of the production domain.

    Why it matters
        Whoever takes over the domain takes over the backups. Holes in backup software that any
        account of the domain could use have been found more than once.

    What to do
        Run it outside the domain, with accounts of its own and a second factor.

    What not to do
        Do not leave the domain before configuration and credentials are exported.

    References
        CVE-2026-44963; CISA.
    """
    if not row.backups:
        return NA
    return fault_if(
        row.backup_domain_joined,
        f"{row.site}: the backup server is in the production domain",
        "backup_domain_joined",
        unknown=f"{row.site}: whether the backup server is in the production domain was not told",
    )


@rule("exposure/shared-admin", on=ExposureState, severity="critical", controls=("C11",))
def shared_admin(row: ExposureState) -> Verdict:
    """One account administers production and backup.

    Why it matters
        One stolen password ends both.

    What to do
        A separate account for the backup, not in the production directory, with a second factor.

    What not to do
        Do not store its password where the production administrator can read it.

    References
        CIS Controls 11.4; Essential Eight ISM-1707.
    """
    if not row.backups:
        return NA
    return fault_if(
        row.shared_admin,
        f"{row.site}: one account administers production and backup",
        "shared_admin",
        unknown=f"{row.site}: whether one account administers production and backup was not told",
    )


@rule("exposure/no-mfa", on=ExposureState, severity="high", controls=("C11",))
def no_second_factor(row: ExposureState) -> Verdict:
    """The consoles of backup and hypervisor need no second factor.

    Why it matters
        Stolen passwords are the usual way in.

    What to do
        A second factor for every console that can delete copies or machines, and a sealed account for
        emergencies.

    What not to do
        Do not exempt administrators.

    References
        CISA StopRansomware guide.
    """
    if not row.backups:
        return NA
    return fault_if(
        row.mfa,
        f"{row.site}: the consoles need no second factor",
        "mfa",
        unknown=f"{row.site}: whether the consoles need a second factor was not told",
        bad=False,
    )


@rule("exposure/backup-admin-can-delete", on=ExposureState, severity="medium", controls=("C11",))
def backup_admin_can_delete(row: ExposureState) -> Verdict:
    """The backup administrator can delete copies before their time.

    Why it matters
        An intruder with that account, or an unhappy employee, needs one evening.

    What to do
        Object lock in compliance mode, a hardened repository, or a second person for deletions.

    What not to do
        Do not take a prompt for a barrier.

    References
        Essential Eight ISM-1708.
    """
    if not row.backups:
        return NA
    return fault_if(
        row.backup_admin_can_delete,
        f"{row.site}: the backup administrator can delete copies before their time",
        "backup_admin_can_delete",
        unknown=f"{row.site}: whether the backup administrator can delete copies was not told",
    )


@rule("exposure/default-credentials", on=ExposureState, severity="critical", controls=("C11",))
def default_credentials(row: ExposureState) -> Verdict:
    """Factory accounts are left on storage, power supplies or management controllers.

    Why it matters
        Their passwords are public.

    What to do
        Change them now, and all that are alike.

    What not to do
        Do not try logins to find out: read the configuration or ask.

    References
        Said in site.toml (exposure).
    """
    return fault_if(
        row.default_credentials,
        f"{row.site}: factory accounts are left on devices",
        "default_credentials",
        unknown=f"{row.site}: whether factory accounts are left was not told",
    )


@rule("exposure/cleartext-transport", on=ExposureState, severity="medium", controls=("C12",))
def cleartext_transport(row: ExposureState) -> Verdict:
    """Copies leave the site unencrypted.

    Why it matters
        Who listens on the way reads, and may alter, all that is backed up.

    What to do
        TLS, SSH or a tunnel, with certificates that are checked.

    What not to do
        Do not trust the provider's line.

    References
        BSI CON.3 A13.
    """
    if not row.backups:
        return NA
    return fault_if(
        row.cleartext_transport,
        f"{row.site}: copies leave the site unencrypted",
        "cleartext_transport",
        unknown=f"{row.site}: how copies leave the site was not told",
    )


@rule("exposure/no-audit-log", on=ExposureState, severity="medium", controls=("C14",))
def no_audit_log(row: ExposureState) -> Verdict:
    """Deletions of copies are not logged on another machine.

    Why it matters
        Whoever deletes copies deletes the log with them.

    What to do
        Send deletions, changes of retention and logins to a machine that the backup administrator
        does not rule, with an alarm.

    What not to do
        Do not keep the only log on the backup server.

    References
        NCSC, principles for backups.
    """
    if not row.backups:
        return NA
    return fault_if(
        row.audit_log,
        f"{row.site}: deletions of copies are not logged on another machine",
        "audit_log",
        unknown=f"{row.site}: whether deletions are logged elsewhere was not told",
        bad=False,
    )


@rule("exposure/bmc-shared-lan", on=ExposureState, severity="high", controls=("C11",))
def controllers_on_user_network(row: ExposureState) -> Verdict:
    """Management controllers can be reached from the network of users.

    Why it matters
        They are hands at the machine: power, media, console, wiping.

    What to do
        A network of their own, reached through one host with a second factor, and their updates.

    What not to do
        Do not leave them on the network because it is convenient.

    References
        Said in site.toml (exposure).
    """
    return fault_if(
        row.bmc_on_user_network,
        f"{row.site}: management controllers can be reached from the network of users",
        "bmc_on_user_network",
        unknown=f"{row.site}: whether users can reach management controllers was not told",
    )


@rule("exposure/cloud-single-account", on=ExposureState, severity="high", controls=("C11",))
def cloud_single_account(row: ExposureState) -> Verdict:
    """Copies in the cloud lie in the account of production.

    Why it matters
        One lost or closed account ends both.

    What to do
        A second account, with other owners and other means of payment.

    What not to do
        Do not take another region for another account.

    References
        NCSC, principles for ransomware-resistant cloud backups.
    """
    if not row.backups:
        return NA
    return fault_if(
        row.cloud_single_account,
        f"{row.site}: copies in the cloud lie in the account of production",
        "cloud_single_account",
        unknown=f"{row.site}: whether cloud copies lie in an account of their own was not told",
    )


@rule("backup/no-heartbeat", on=ExposureState, severity="high", controls=("C14",))
def no_heartbeat(row: ExposureState) -> Verdict:
    """Nobody is told when a backup does not happen.

    Why it matters
        Jobs that do not start send no mail.

    What to do
        An alarm on the absence of success, tried every quarter.

    What not to do
        Do not take a report that comes only on errors for one.

    References
        NCSC, principles for backups.
    """
    if not row.backups:
        return NA
    return fault_if(
        row.alerting,
        f"{row.site}: nobody is told when a backup does not happen",
        "alerting",
        unknown=f"{row.site}: whether somebody is told when a backup does not happen was not told",
        bad=False,
    )


@rule("backup/licence-expiring", on=ExposureState, severity="medium", controls=("C6",))
def licence_expiring(row: ExposureState, *, medium_days: float = 30.0) -> Verdict:
    """The licence of the backup product ends soon.

    Why it matters
        Jobs stop on that day; some products then also refuse to restore.

    What to do
        Renew it, and see that restores still work without a licence.

    What not to do
        Do not wait for the reminder.

    References
        Said in site.toml (exposure: licence_ends_at).
    """
    if row.licence_days is None:
        return NA
    if row.licence_days >= medium_days:
        return OK
    if row.licence_days < 0:
        return Fail(f"{row.site}: the licence ended {-row.licence_days:.0f} days ago", "high", "licence_days")
    return Fail(
        f"{row.site}: the licence ends in {row.licence_days:.0f} days; limit {medium_days:g} days",
        None,
        "licence_days",
    )
