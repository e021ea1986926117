"""Copies that share the fate of what they protect, and copies that do not."""

from __future__ import annotations

from tests.sites.scenario import ALL, APART, FATE, FILES, KEY, NAS, SERVER, Scenario, copies, dc
from tests.sites.world import DAILY, LOCAL, TANK, Copies, Machine, Storage, cluster, host, mounting, restic

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="backup-on-the-same-pool",
        shows="dumps of the guest on the pool that it runs from",
        about=FATE,
        holds=False,
        parts=(
            cluster(
                "pve1",
                (Machine(101, "dc01", copies={"tank": DAILY}),),
                storages=(Storage("tank", "zfspool", "images,rootdir,backup"),),
                jobs=({**ALL, "storage": "tank"},),
            ),
        ),
        declared='[[assets]]\nname = "dc01"\ntier = 1\n',
        systems={"dc01": (2, "doubtful")},
        fires=("backup/same-storage@dc01", "backup/shared-fate@dc01"),
    ),
    Scenario(
        name="backup-on-the-same-node",
        shows="dumps on the local disk of the node that runs the guest",
        about=FATE,
        holds=False,
        parts=(
            cluster(
                "pve1",
                (dc(copies={"local": DAILY}),),
                storages=(TANK, LOCAL),
                jobs=({**ALL, "storage": "local"},),
            ),
        ),
        declared='[[assets]]\nname = "dc01"\ntier = 1\n',
        systems={"dc01": (2, "doubtful")},
        fires=("backup/same-host@dc01", "backup/shared-fate@dc01"),
    ),
    Scenario(
        name="backup-on-itself",
        shows="a repository in a folder of the file server that it protects",
        about=FATE,
        holds=False,
        parts=(SERVER, restic("r", "files", "/srv/backup", Copies("files"))),
        declared=FILES,
        systems={"files": (2, "doubtful")},
        fires=("backup/same-storage@files", "backup/shared-fate@files"),
    ),
    Scenario(
        name="backup-through-a-share-on-itself",
        shows="a backup server that keeps its repository on a share of the file server that it protects",
        about=FATE,
        holds=False,
        parts=(
            SERVER,
            mounting(host("backup"), "files:/srv", "/mnt/store"),
            restic("r", "backup", "/mnt/store/r", Copies("files")),
        ),
        declared=FILES,
        systems={"files": (2, "doubtful")},
        fires=("backup/same-storage@files",),
    ),
    Scenario(
        name="backup-on-another-machine",
        shows="the same backup server with disks of its own",
        about=FATE,
        holds=True,
        parts=(SERVER, host("backup"), restic("r", "backup", "/srv/r", Copies("files"))),
        declared=FILES,
        systems={"files": (2, "plausible")},
        silent=("backup/same-storage@files", "backup/same-host@files", "backup/shared-fate@files"),
    ),
    Scenario(
        name="one-place",
        shows="server and copies in one building",
        about=FATE,
        holds=False,
        parts=(SERVER, NAS, copies(Copies("files"))),
        declared=APART.replace('"branch"', '"office"') + KEY + FILES,
        systems={"files": (2, "plausible")},
        fires=("backup/same-site@files",),
    ),
)
