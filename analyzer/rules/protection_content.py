"""Rules on what the copies of a system are worth to its applications, and on copies of configuration."""

from __future__ import annotations

from analyzer.derived.protection import Protection
from analyzer.guest_judging import aged
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict
from analyzer.wording import listed

_ROLES = ("database", "domain controller", "exchange", "mail")
_CONFIGURED = ("hypervisor", "configuration", "network")


@rule("backup/app-aware-missing", on=Protection, severity="high", controls=("C9",))
def application_aware(row: Protection) -> Verdict:
    """The copies catch a database, mail or directory server in the middle of its work.

    Why it matters
        Such a copy is like the disk after a power cut. Most start again; whether this one does is luck.

    What to do
        Let the guest agent or VSS bring the applications to rest for the copy, or copy dumps and logs made by
        the database itself as well.

    What not to do
        Do not take a machine that boots from the copy as proof that its data is sound.

    References
        Proxmox VE: backup modes and the guest agent. What runs on it is guessed from its name and system.
    """
    if row.role not in _ROLES or not row.copies:
        return NA
    if row.consistent is None:
        return Unknown(f"{row.said}: whether its {row.role} was brought to rest for the copies was not told")
    if row.consistent == "crash":
        return Fail(
            f"{row.said}: a {row.role} by its name, and nothing brought it to rest for the copies in"
            f" {listed(row.where.split(chr(10)), 2)}",
            None,
            "consistent",
        )
    return OK


@rule("backup/config-missing", on=Protection, severity="high", controls=("C9",))
def configuration_missing(row: Protection, *, limit_days: float = 30.0) -> Verdict:
    """No copy of a configuration from the last month.

    Why it matters
        Without the configuration of hypervisors, switches and firewalls, everything else is restored onto
        guesses.

    What to do
        Export it by script, and keep the export with the backups and off the site.

    What not to do
        Do not rely on a drawing or on memory.

    References
        NIS2 implementing regulation 4.2.2 (b).
    """
    if row.kind not in _CONFIGURED:
        return NA
    if not row.copies and row.no_backup:
        return Fail(f"{row.said}: nothing copies its configuration, as site.toml says", None, "no_backup")
    if not row.copies or row.age_hours is None:
        return Unknown(
            f"{row.said}: no copy of its configuration was seen, and nobody said whether there is one"
        )
    if row.age_hours > limit_days * 24:
        return Fail(
            f"{row.said}: the newest copy of its configuration is {aged(row.age_hours)} old; limit"
            f" {limit_days:g} days",
            None,
            "age_hours",
        )
    return OK


@rule("backup/mail-saas-missing", on=Protection, severity="high", controls=("C9",))
def mail_with_its_provider(row: Protection) -> Verdict:
    """All copies of a service in the cloud lie with its provider or under its credentials.

    Why it matters
        The provider's redundancy and its bin protect the provider. A deletion, a stolen administrator or a
        closed account reaches the copies as well.

    What to do
        Keep a copy in another account with another company, and restore one mailbox from it.

    What not to do
        Do not count retention settings or archives of the same account as a copy.

    References
        Of mail and services that no machine of the site runs. Where there is no copy at all, backup/none
        says so.
    """
    if not row.elsewhere or not row.copies:
        return NA
    if row.independent is None:
        return Unknown(
            f"{row.said}: whether a copy lies outside of the provider's place and account was not told"
        )
    if row.independent:
        return OK
    return Fail(
        f"{row.said}: every copy shares place or credentials with it: {listed(row.where.split(chr(10)), 3)}",
        None,
        "independent",
    )


@rule("backup/backup-server-unprotected", on=Protection, severity="high", controls=("C13",))
def backup_server_unprotected(row: Protection, *, limit_days: float = 30.0) -> Verdict:
    """Catalogue and configuration of the backup server are on no other storage.

    Why it matters
        When the backup server dies with production, the copies are there, and nothing knows what is in them
        or how they are opened.

    What to do
        Export configuration and catalogue to another system every day, and write down how the copies are read
        without them.

    What not to do
        Do not back the server up only into its own repository.

    References
        BSI CON.3 A6.
    """
    if row.kind != "backup server":
        return NA
    if row.no_backup and not row.copies:
        return Fail(f"{row.said}: nothing copies its configuration, as site.toml says", None, "no_backup")
    if not row.copies:
        return Unknown(
            f"{row.said}: no copy of its configuration was seen, and nobody said whether there is one"
        )
    if row.copies_apart is None:
        return Unknown(f"{row.said}: where the copies of its configuration lie is not known")
    if not row.copies_apart:
        return Fail(
            f"{row.said}: its own copies share its storage or machine: {listed(row.where.split(chr(10)), 3)}",
            None,
            "copies_apart",
        )
    if row.age_hours is None or row.age_hours > limit_days * 24:
        old = "of unknown age" if row.age_hours is None else f"{aged(row.age_hours)} old"
        return Fail(
            f"{row.said}: the newest copy of its configuration is {old}; limit {limit_days:g} days",
            None,
            "age_hours",
        )
    return OK
