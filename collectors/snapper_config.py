"""snapper's configurations: of which subvolume it takes hourly snapshots, and how many it keeps.

Shell assignments, one file for each configuration (snapper-configs(5)).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from collectors.backup_tables import BackupJob

_SETTING = re.compile(r"([A-Z_]+)=([\"']?)(.*)\2")
_KINDS = ("HOURLY", "DAILY", "WEEKLY", "MONTHLY", "QUARTERLY", "YEARLY")


def job(name: str, lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, BackupJob]]:
    """The configuration of that name as one job; none where it names no subvolume."""
    told: dict[str, str] = {}
    first = 0
    for number, line in lines:
        if found := _SETTING.fullmatch(line.strip()):
            told[found[1]] = found[3]
            first = first or number
    if not told.get("SUBVOLUME"):
        return
    takes = told.get("TIMELINE_CREATE") == "yes"
    # 0-10 is a range: at least the first number is kept
    limits = {kind: told.get(f"TIMELINE_LIMIT_{kind}", "").partition("-")[0] for kind in _KINDS}
    kept = [f"{count} {kind.lower()}" for kind, count in limits.items() if count.isdecimal() and int(count)]
    yield (
        first,
        BackupJob(
            product="snapper",
            job=name,
            name=name,
            purpose="snapshot",
            enabled=takes,
            schedule="hourly" if takes else "",
            schedule_kind="systemd",
            selects=told["SUBVOLUME"],
            retention=", ".join(kept) if kept and told.get("TIMELINE_CLEANUP") == "yes" else None,
        ),
    )
