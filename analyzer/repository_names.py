"""Whether a name that somebody wrote means a repository."""

from __future__ import annotations

from collectors.backup_tables import BackupRepository


def _names(row: BackupRepository) -> list[str]:
    return [one.lower() for one in (row.repository, row.name, row.location or "", row.path or "") if one]


def means(name: str, row: BackupRepository) -> bool:
    """Whether a block of the site file is about this repository: its name, or the end of one."""
    wanted = name.lower()
    return any(one == wanted or one.endswith(("/" + wanted, ":" + wanted)) for one in _names(row))
