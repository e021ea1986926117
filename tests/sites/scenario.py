"""What a site of the library is. Each shows one way in which a backup holds or fails. Near misses hold where
their neighbour fails.

*systems*: name → (level, standing). *fires*: `rule@system` that must fail. *silent*: `rule@system` that must
not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.sites.world import (
    Copies,
    Machine,
    Part,
    Storage,
    host,
    restic,
)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A site and what must come out. *about*: the reason for failing backups that it belongs to."""

    name: str
    shows: str
    about: str
    holds: bool
    parts: tuple[Part, ...]
    declared: str = ""
    systems: Mapping[str, tuple[int | None, str]] = field(default_factory=dict)
    fires: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()


VERIFICATION = "lack of verification"
COVERAGE = "incomplete coverage"
SILENCE = "silent failures"
SNAPSHOTS = "snapshot dependency"
PLANNING = "no recovery planning"
EXPOSURE = "security exposure"
STORAGE = "failing storage"
FATE = "shared fate"

APART = """
[site]
place = "office"
admin = "domain"
[[repositories]]
name = "/backup/r"
place = "branch"
admin = "backup team"
encrypted = true
"""
"""Production in the office, the repository in a branch under other credentials."""

LOCKED = APART + 'lock_mode = "compliance"\nlock_days = 30\n'
KEY = '[[keys]]\nopens = "/backup/r"\nkept = ["paper in the safe"]\ntested_at = 2026-10-01\n'
FILES = '[[assets]]\nname = "files"\ntier = 1\nrpo = "24h"\nrto = "48h"\n'
TEST = (
    '[[restore_tests]]\nasset = "files"\nat = 2026-10-01\nresult = "ok"\nkind = "machine"\n'
    'size = "2 TB"\nseconds = 20000\nartefact = "restore-2026-10-01/hashes.txt"\n'
)

NAS = host("nas")
SERVER = host("files")


def copies(*of: Copies, **more: object) -> Part:
    """The repository on the NAS."""
    return restic("r", "nas", "/backup/r", *of, **more)


def dc(**more: object) -> Machine:
    return Machine(101, "dc01", **more)


PBS = Storage("pbs", "pbs", "backup", shared=True, more={"server": "backup1.example", "datastore": "main"})
NFS = Storage("nas", "nfs", "backup", shared=True, more={"server": "nas", "export": "/srv/dump"})
ALL = {
    "id": "nightly",
    "type": "vzdump",
    "enabled": 1,
    "all": 1,
    "storage": "pbs",
    "schedule": "02:00",
    "mode": "snapshot",
    "prune-backups": {"keep-daily": "14"},
    "mailto": "ops@example.com",
}
