"""What the name of a snapshot or of a guest tells: who made it, what runs in it. Hints, never proof."""

from __future__ import annotations

import re
from typing import Literal

SnapshotClass = Literal["operator", "schedule", "backup", "backup base", "replication", "template"]
Role = Literal["database", "domain controller", "exchange", "mail"]

_BASES = (
    ("Xen Orchestra", r"^XO_DELTA_(?:BASE_VDI_SNAPSHOT|EXPORT)|^\[XO Backup .*\]"),
    ("Proxmox replication", r"^__replicate_"),
    ("Zerto", r"\bZERTO\b"),
    ("Hyper-V Replica", r"^.* - \(Replica\)|Replica (?:Recovery|Checkpoint)"),
    ("Veeam replication", r"^Restore Point \d"),
)
"""Snapshots that stay while the product works: the state that the next backup or copy builds on."""

_PRODUCTS = (
    ("Veeam", r"^VEEAM BACKUP TEMPORARY SNAPSHOT|Veeam (?:Replica )?Working Snapshot"),
    ("VMware consolidation", r"^Consolidate Helper"),
    ("NetBackup", r"NBU_SNAPSHOT"),
    ("Commvault", r"_*GX_BACKUP"),
    ("VMware Consolidated Backup", r"^_?VCB\b|^_VCB-BACKUP_"),
    ("Proxmox vzdump", r"^vzdump$"),
    ("vRanger", r"vRanger"),
    ("Avamar", r"^Avamar-"),
    ("Spectrum Protect", r"^TSM-VM"),
    ("NAKIVO", r"NAKIVO|\bNBR_"),
    ("Acronis", r"Acronis"),
    ("Unitrends", r"Unitrends"),
    ("Rubrik", r"Rubrik"),
    ("Cohesity", r"Cohesity"),
    ("Altaro", r"Altaro"),
    ("libvirt backup", r"^(?:virtnbdbackup|backup-vm|vm-?backup|virt-?backup)\b|^backup[-_.]?tmp"),
)
"""Snapshots that a backup makes and should take away again."""

_SCHEDULE = re.compile(
    r"^(?:auto(?:snap|matic)?|zfs-auto|hourly|daily|weekly|monthly|yearly|rolling|scheduled|sched)"
    r"[\d_\-. :]|^auto(?:hourly|daily|weekly|monthly)\d|^Automatic (?:Checkpoint|Snapshot)",
    re.IGNORECASE,
)
_SORTS: tuple[tuple[SnapshotClass, tuple[tuple[str, str], ...]], ...] = (
    ("backup base", _BASES),
    ("backup", _PRODUCTS),
)
_KNOWN = tuple(
    (word, name, re.compile(pattern, re.IGNORECASE))
    for word, patterns in _SORTS
    for name, pattern in patterns
)
_ANY_PRODUCT = re.compile(
    "|".join(f"(?:{pattern})" for _, patterns in _SORTS for _, pattern in patterns), re.IGNORECASE
)
_ROLES: tuple[tuple[Role, re.Pattern[str]], ...] = (
    (
        "domain controller",
        re.compile(r"(?<![a-z])(?:[pbr]?dc|adds?|samba-?ad)(?![a-z])|domain.?controller|active.?directory"),
    ),
    ("exchange", re.compile(r"(?<![a-z])(?:ms-?)?exch(?:ange)?(?![a-z])")),
    (
        "database",
        re.compile(
            r"(?<![a-z])(?:db|ora|oracle|postgres(?:ql)?|pgsql|pg|mysql|mariadb|mongo(?:db)?|hana|db2|database)"
            r"(?![a-z])|mssql|sqlserver|(?<![a-z])sql(?![a-z])|sqlsrv"
        ),
    ),
    ("mail", re.compile(r"(?<![a-z])(?:mail|smtp|imap|zimbra|postfix|kopano)(?![a-z])")),
)
_OWNED = re.compile(
    r"\b(?:chg|change|ticket|inc|req|task|jira|rfc)[-_ #]?\d{2,}|\b[A-Z]{2,10}-\d{1,6}\b"
    r"|\b(?:expires?|expiry|until|delete[_ -]?(?:after|on)|remove[_ -]?(?:after|on)|valid|bis|owner|keep)\b",
    re.IGNORECASE,
)
_LONGEST = 2000


def sort_of(
    name: str, description: str | None, kind: str | None, creator: str | None
) -> tuple[SnapshotClass, str]:
    """Who made a snapshot, and the product where it names itself."""
    said = "\n".join(part[:_LONGEST] for part in (name, description or "", creator or "") if part)
    lines = [name[:_LONGEST], *said.split("\n")[1:3]]
    known = _KNOWN if any(_ANY_PRODUCT.search(line) for line in lines) else ()
    for word, product, pattern in known:
        if any(pattern.search(line) for line in lines):
            replicates = "eplica" in product or product == "Zerto"
            return ("replication" if replicates and word == "backup base" else word, product)
    if (kind or "").lower() in ("recovery", "backup"):
        return "backup", ""
    if (kind or "").lower() in ("replica", "replication", "appconsistentreplica", "syncedreplica"):
        return "replication", ""
    return ("schedule" if _SCHEDULE.search(name[:_LONGEST]) else "operator"), ""


def role_of(name: str, annotation: str | None, system: str | None) -> Role | None:
    """What may run in a guest by its name, its notes and its system; None: nothing tells."""
    said = "\n".join([part[:_LONGEST] for part in (name, annotation, system) if part]).lower()
    for role, pattern in _ROLES:
        if pattern.search(said):
            return role
    return None


def owned(name: str, description: str | None) -> bool:
    """Whether name or description tell a change, an owner or an expiry."""
    return _OWNED.search(f"{name[:_LONGEST]}\n{(description or '')[:_LONGEST]}") is not None
