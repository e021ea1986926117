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
