"""Windows Server Backup, as saved: `Get-WBSummary | ConvertTo-Json`.

Its times are those of the host; ConvertTo-Json of PowerShell 5.1 writes them as UTC. Source: the reference of
the WindowsServerBackup module.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors import veeam_words as words
from collectors.backup_tables import BackupJob, BackupRepository
from collectors.backup_values import count_of, object_of, text_of
from collectors.collector import reader
from collectors.fact import Reading
from collectors.question import Answer

_NEEDED = ("LastSuccessfulBackupTime", "LastBackupResultHR")


def _recognises(text: str) -> float:
    return 0.95 if all(f'"{one}"' in text[:20000] for one in _NEEDED) else 0.0


@reader("windows-backup", fills=(BackupJob, BackupRepository), recognises=_recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """the summary of Windows Server Backup: last and next run, last success, target"""
    told = object_of(answer.text)
    if not any(name in told for name in _NEEDED):
        raise LookupError("the summary of Windows Server Backup was expected")
    place = text_of(told.get("LastSuccessfulBackupTargetPath")) or text_of(told.get("LastBackupTarget"))
    repository = f"windows-backup:?/{place}" if place else None
    result = told.get("LastBackupResultHR")
    begun = words.moment(told.get("LastBackupTime"))
    outcome = None if begun is None or not isinstance(result, int) else "ok" if result == 0 else "failed"
    yield BackupJob(
        product="windows-backup",
        server="?",
        job="Windows Server Backup",
        name="Windows Server Backup",
        purpose="backup",
        next_run_at=words.moment(told.get("NextBackupTime")),
        last_run_at=begun,
        last_success_at=words.moment(told.get("LastSuccessfulBackupTime")),
        last_outcome=outcome,
        repository=repository,
        retention=_versions(told),
    )
    if repository and place:
        share = place.startswith("\\\\")
        yield BackupRepository(
            repository=repository,
            name=text_of(told.get("LastSuccessfulBackupTargetLabel")) or place,
            product="windows-backup",
            kind="smb" if share else "local",
            location=place,
            host=place.strip("\\").partition("\\")[0] if share else "?",
            path=place,
        )


def _versions(told: Mapping[str, Any]) -> str | None:
    number = count_of(told.get("NumberOfVersions"))
    return f"{number} versions are there" if number is not None else None
