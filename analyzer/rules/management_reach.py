"""Rules on ports of backup and management systems that could be reached."""

from __future__ import annotations

from analyzer.derived.management_reach import ManagementReach
from analyzer.rule import rule
from analyzer.verdict import OK, Fail, Unknown, Verdict


@rule("exposure/mgmt-reachable", on=ManagementReach, severity="high", controls=("C11",))
def management_reachable(row: ManagementReach) -> Verdict:
    """A backup or management system can be reached from a network that has no business with it.

    Why it matters
        Whoever takes over one desk there can try passwords and holes of the systems that keep the
        copies, and wipe those first.

    What to do
        A network of its own for management and backup; let the firewall pass only what backups need.

    What not to do
        Do not move a service to another port and take that for a barrier.

    References
        CISA StopRansomware guide; the port is a hint at the service, no proof.
    """
    if not row.exposed:
        return OK
    where = f"{row.address}{f', {row.role},' if row.role else ''}"
    match row.network:
        case "management":
            return OK
        case "internet":
            return Fail(f"{where} can be reached from the internet: {row.exposed}", "critical", "exposed")
        case "users":
            return Fail(f"{where} can be reached from the users' network: {row.exposed}", None, "exposed")
        case "production":
            if not row.beyond_need:
                return OK
            return Fail(
                f"{where} can be reached from production, which does not need it for backups:"
                f" {row.beyond_need}",
                None,
                "beyond_need",
            )
        case _:
            seen = row.seen_from or "where holdwater ran"
            return Unknown(
                f"{where} can be reached from {seen}: {row.exposed}; which network that is was not told"
                " (site.toml: [exposure] probe_from)"
            )
