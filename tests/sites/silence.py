"""Jobs that stopped without a word, and jobs that run."""

from __future__ import annotations

from tests.sites.scenario import ALL, APART, FILES, KEY, NAS, PBS, SERVER, SILENCE, Scenario, copies, dc
from tests.sites.world import DAILY, TANK, Copies, cluster

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="stopped-in-october",
        shows="the newest copy is 40 days old; nobody was told",
        about=SILENCE,
        holds=False,
        parts=(SERVER, NAS, copies(Copies("files", ages=tuple(960.0 + 24 * n for n in range(60))))),
        declared=APART + KEY + FILES,
        systems={"files": (2, "doubtful")},
        fires=("backup/rpo-missed@files", "backup/rhythm-broken@files"),
        silent=("backup/none@files",),
    ),
    Scenario(
        name="last-night",
        shows="the same job, which ran last night",
        about=SILENCE,
        holds=True,
        parts=(SERVER, NAS, copies(Copies("files"))),
        declared=APART + KEY + FILES,
        systems={"files": (3, "plausible")},
        silent=("backup/rpo-missed@files", "backup/rhythm-broken@files"),
    ),
    Scenario(
        name="empty-copies",
        shows="the last copies hold a hundredth of what they held: the source was not mounted",
        about=SILENCE,
        holds=False,
        parts=(SERVER, NAS, copies(Copies("files", paths=("/srv",), size_bytes=10**9))),
        declared=APART + KEY + FILES,
        systems={"files": (2, "doubtful")},
        fires=("backup/incomplete@files",),
    ),
    Scenario(
        name="job-switched-off",
        shows="a backup job of the hypervisor that somebody switched off",
        about=SILENCE,
        holds=False,
        parts=(
            cluster(
                "pve1", (dc(copies={"pbs": DAILY}),), storages=(TANK, PBS), jobs=({**ALL, "enabled": 0},)
            ),
        ),
        declared='[[assets]]\nname = "dc01"\ntier = 1\n',
        systems={"dc01": (2, "plausible")},
        fires=("backup/job-disabled@pve1",),
    ),
    Scenario(
        name="job-runs",
        shows="the same job, switched on",
        about=SILENCE,
        holds=True,
        parts=(cluster("pve1", (dc(copies={"pbs": DAILY}),), storages=(TANK, PBS), jobs=(ALL,)),),
        declared='[[assets]]\nname = "dc01"\ntier = 1\n',
        silent=("backup/job-disabled@pve1", "backup/none@dc01"),
    ),
    Scenario(
        name="repository-locked-for-weeks",
        shows="a lock that a dead run left three weeks ago",
        about=SILENCE,
        holds=False,
        parts=(SERVER, NAS, copies(Copies("files"), lock_hours=24.0 * 21)),
        declared=APART + KEY + FILES,
        systems={"files": (3, "plausible")},
        fires=("backup/repo-locked@restic:sftp:backup@nas:/backup/r",),
    ),
    Scenario(
        name="repository-in-use",
        shows="a lock of five minutes: a backup is running",
        about=SILENCE,
        holds=True,
        parts=(SERVER, NAS, copies(Copies("files"), lock_hours=0.1)),
        declared=APART + KEY + FILES,
        systems={"files": (3, "plausible")},
        silent=("backup/repo-locked@restic:sftp:backup@nas:/backup/r",),
    ),
    Scenario(
        name="two-copies-left",
        shows="all but two copies are gone",
        about=SILENCE,
        holds=False,
        parts=(SERVER, NAS, copies(Copies("files", ages=(6.0, 30.0)))),
        declared=APART + KEY + FILES,
        fires=("backup/few-points@files",),
    ),
    Scenario(
        name="copies-from-the-future",
        shows="the clock of the source is a year ahead: its copies are not counted",
        about=SILENCE,
        holds=False,
        parts=(SERVER, NAS, copies(Copies("files", ages=(-8760.0, -8736.0, 960.0)))),
        declared=APART + KEY + FILES,
        systems={"files": (2, "doubtful")},
        fires=("backup/points-from-future@files", "backup/rpo-missed@files"),
    ),
)
