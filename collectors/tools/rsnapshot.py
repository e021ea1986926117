"""rsnapshot's configuration: what is copied whereto, and how many are kept (rsnapshot(1))."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.backup_tables import BackupJob
from collectors.plain_text import file_lines
from collectors.question import Answer

PATH = "/etc/rsnapshot.conf"


def _settings(answer: Answer) -> dict[str, list[tuple[int, list[str]]]]:
    """Words after each setting's name, with their lines; settings are separated by tabs."""
    found: dict[str, list[tuple[int, list[str]]]] = {}
    for number, path, line in file_lines(answer):
        words = [word for word in line.split("\t") if word]
        if path == PATH and len(words) > 1 and not line.lstrip().startswith("#"):
            found.setdefault(words[0], []).append((number, [word.strip() for word in words[1:]]))
    return found


def root_of(answer: Answer) -> str | None:
    """The folder of rsnapshot's copies, if it is set up."""
    told = _settings(answer)
    roots = told.get("snapshot_root")
    return roots[0][1][0].rstrip("/") if roots and "backup" in told else None


def job_rows(answer: Answer) -> Iterator[tuple[str, BackupJob]]:
    """The configuration as one job, with its line; when it runs stands in cron or a timer."""
    root, told = root_of(answer), _settings(answer)
    if root is None:
        return
    kept = [" ".join(words) for _, words in told.get("retain", []) + told.get("interval", [])]
    yield (
        f"line {told['backup'][0][0]}",
        BackupJob(
            product="rsnapshot",
            job=PATH,
            name="rsnapshot",
            purpose="backup",
            selects="\n".join(words[0] for _, words in told["backup"]),
            repository=f"files:?:{root}",
            retention=", ".join(kept) or None,
        ),
    )
