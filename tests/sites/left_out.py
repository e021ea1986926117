"""Systems, disks and mail that are in the copies, and those that were forgotten."""

from __future__ import annotations

from tests.sites.scenario import ALL, APART, COVERAGE, FILES, KEY, NAS, PBS, SERVER, Scenario, copies, dc
from tests.sites.world import DAILY, TANK, Copies, Machine, cluster, host

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="mail-never-covered",
        shows="e-mail in the cloud that nobody backs up",
        about=COVERAGE,
        holds=False,
        parts=(SERVER, NAS, copies(Copies("files"))),
        declared=APART
        + KEY
        + FILES
        + '[[assets]]\nname = "mail"\nkind = "mail"\ntier = 1\nno_backup = true\n',
        systems={"mail": (0, "no"), "files": (3, "plausible")},
        fires=("backup/none@mail",),
        silent=("backup/none@files",),
    ),
    Scenario(
        name="mail-in-another-cloud",
        shows="e-mail that a second provider copies every day",
        about=COVERAGE,
        holds=True,
        parts=(SERVER, NAS, copies(Copies("files"))),
        declared=APART
        + KEY
        + FILES
        + (
            '[[assets]]\nname = "mail"\nkind = "mail"\ntier = 1\n'
            '[[copies]]\nasset = "mail"\nwhere = "second provider"\nnewest = 2026-11-23\n'
            'oldest = 2026-01-01\nplace = "provider"\nadmin = "second account"\nmedia = "cloud"\n'
            'encrypted = true\nevidence = "export"\n'
        ),
        systems={"mail": (3, "plausible")},
        silent=("backup/none@mail",),
    ),
    Scenario(
        name="new-server-forgotten",
        shows="a server that was set up after the backups were, and is in none",
        about=COVERAGE,
        holds=False,
        parts=(SERVER, host("app"), NAS, copies(Copies("files"))),
        declared=APART + KEY + FILES,
        systems={"app": (1, "no"), "files": (3, "plausible")},
        fires=("backup/none@app",),
        silent=("backup/none@files",),
    ),
    Scenario(
        name="known-by-another-name",
        shows="the same server, whose copies bear its old name, as site.toml says",
        about=COVERAGE,
        holds=True,
        parts=(SERVER, host("app"), NAS, copies(Copies("files"), Copies("oldapp"))),
        declared=APART + KEY + FILES + '[[assets]]\nname = "app"\nknown_as = ["oldapp"]\n',
        systems={"app": (3, "plausible")},
        silent=("backup/none@app", "backup/copies-of-nobody@restic:sftp:backup@nas:/backup/r"),
    ),
    Scenario(
        name="data-volume-left-out",
        shows="the system disk is in the backup, the data are not",
        about=COVERAGE,
        holds=False,
        parts=(SERVER, NAS, copies(Copies("files", paths=("/etc", "/var", "/home"), size_bytes=20 * 10**9))),
        declared=APART + KEY + FILES,
        systems={"files": (2, "doubtful")},
        fires=("backup/incomplete@files", "backup/volume-left-out@files"),
    ),
    Scenario(
        name="only-what-matters",
        shows="the same folders, which are all that matters, as its owner says",
        about=COVERAGE,
        holds=True,
        parts=(SERVER, NAS, copies(Copies("files", paths=("/etc", "/var", "/home"), size_bytes=20 * 10**9))),
        declared=APART + KEY + FILES + 'paths = ["/etc", "/var/lib"]\n',
        systems={"files": (3, "plausible")},
        silent=("backup/volume-left-out@files",),
    ),
    Scenario(
        name="disk-of-a-guest-left-out",
        shows="a disk of a guest is marked not to be backed up",
        about=COVERAGE,
        holds=False,
        parts=(
            cluster("pve1", (dc(copies={"pbs": DAILY}, left_out=True),), storages=(TANK, PBS), jobs=(ALL,)),
        ),
        fires=("backup/disk-excluded@pve1",),
    ),
    Scenario(
        name="guest-in-no-job",
        shows="a guest that no job takes",
        about=COVERAGE,
        holds=False,
        parts=(
            cluster(
                "pve1",
                (dc(copies={"pbs": DAILY}), Machine(102, "sql01")),
                storages=(TANK, PBS),
                jobs=({**ALL, "all": 0, "vmid": "101"},),
            ),
        ),
        declared='[[assets]]\nname = "sql01"\ntier = 1\n[[assets]]\nname = "dc01"\ntier = 1\n',
        systems={"sql01": (0, "no")},
        fires=("backup/none@sql01",),
        silent=("backup/none@dc01",),
    ),
)
