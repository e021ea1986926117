"""Snapshots of ZFS and btrfs that another machine received, and those that stay where they are."""

from __future__ import annotations

from tests.sites.btrfs_world import Subvolume, btrfs_host
from tests.sites.scenario import FILES, SNAPSHOTS, Scenario
from tests.sites.world import DAILY, Copies, restic
from tests.sites.zfs_world import Dataset, zfs_host

SENDER = zfs_host("files", Dataset("tank/data", "/data", "shop"))
BTRFS_SENDER = btrfs_host("files", Subvolume("data"))

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="zfs-snapshots-on-their-pool",
        shows="a snapshot of every night, and all of them on the pool of the data",
        about=SNAPSHOTS,
        holds=False,
        parts=(
            SENDER,
            zfs_host("vault", Dataset("tank/other", "/other", "others")),
            restic("r", "vault", "/other/r", Copies("mail")),
        ),
        declared=FILES,
        systems={"files": (1, "no")},
        fires=("backup/none@files", "fs/zfs-snapshots-local-only@files"),
    ),
    Scenario(
        name="zfs-replicated",
        shows="the same snapshots, received every night by a pool of another machine",
        about=SNAPSHOTS,
        holds=True,
        parts=(SENDER, zfs_host("vault", Dataset("tank/files", "/tank/files", "shop", created=4000.0))),
        declared=FILES + '[site]\nplace = "office"\nadmin = "domain"\n'
        '[[repositories]]\nname = "tank/files of vault"\nplace = "branch"\nadmin = "backup team"\n',
        systems={"files": (3, "plausible")},
        silent=("backup/none@files", "backup/same-storage@files", "backup/same-host@files"),
    ),
    Scenario(
        name="zfs-replication-that-stopped",
        shows="the other machine received the last snapshot 20 days ago",
        about=SNAPSHOTS,
        holds=False,
        parts=(
            SENDER,
            zfs_host(
                "vault",
                Dataset("tank/files", "none", "shop", created=4000.0, ages=[a for a in DAILY if a > 480]),
            ),
        ),
        declared=FILES,
        systems={"files": (2, "doubtful")},
        fires=("backup/rpo-missed@files",),
        silent=("backup/none@files",),
    ),
    Scenario(
        name="btrfs-snapshots-on-their-disks",
        shows="a snapshot of every night on the btrfs that it is of, and none anywhere else",
        about=SNAPSHOTS,
        holds=False,
        parts=(
            BTRFS_SENDER,
            btrfs_host("vault", Subvolume("other")),
            restic("r", "vault", "/srv/r", Copies("mail")),
        ),
        declared=FILES,
        systems={"files": (1, "no")},
        fires=("backup/none@files",),
    ),
    Scenario(
        name="btrfs-received-elsewhere",
        shows="the same snapshots, received every night by another machine",
        about=SNAPSHOTS,
        holds=True,
        parts=(BTRFS_SENDER, btrfs_host("vault", Subvolume("data", received_of="files"))),
        declared=FILES + '[site]\nplace = "office"\nadmin = "domain"\n'
        '[[repositories]]\nname = "/srv/files of vault"\nplace = "branch"\nadmin = "backup team"\n',
        systems={"files": (3, "plausible")},
        silent=("backup/none@files", "backup/rpo-missed@files", "backup/same-host@files"),
    ),
    Scenario(
        name="btrfs-replication-that-stopped",
        shows="the other machine received the last snapshot 20 days ago",
        about=SNAPSHOTS,
        holds=False,
        parts=(
            BTRFS_SENDER,
            btrfs_host("vault", Subvolume("data", [a for a in DAILY if a > 480], received_of="files")),
        ),
        declared=FILES,
        systems={"files": (2, "doubtful")},
        fires=("backup/rpo-missed@files", "backup/rhythm-broken@files"),
        silent=("backup/none@files",),
    ),
)
