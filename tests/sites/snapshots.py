"""Snapshots that pass for backups, and snapshots beside backups."""

from __future__ import annotations

from tests.sites.scenario import ALL, PBS, SNAPSHOTS, Scenario, dc
from tests.sites.world import DAILY, TANK, cluster

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="snapshots-only",
        shows="a domain controller whose only recovery points are snapshots on its own pool",
        about=SNAPSHOTS,
        holds=False,
        parts=(
            cluster(
                "pve1", (dc(snapshots=(("daily1", 20.0), ("daily2", 44.0), ("before-update", 24.0 * 40))),)
            ),
        ),
        declared='[[assets]]\nname = "dc01"\ntier = 1\n',
        systems={"dc01": (1, "no")},
        fires=("snapshot/masquerades-as-backup@pve1", "backup/none@dc01"),
    ),
    Scenario(
        name="snapshot-beside-a-backup",
        shows="a snapshot of this morning, and real copies of every night elsewhere",
        about=SNAPSHOTS,
        holds=True,
        parts=(
            cluster(
                "pve1",
                (dc(snapshots=(("before-update", 3.0),), copies={"pbs": DAILY}),),
                storages=(TANK, PBS),
                jobs=(ALL,),
            ),
        ),
        declared='[[assets]]\nname = "dc01"\ntier = 1\n',
        silent=("snapshot/masquerades-as-backup@pve1", "backup/none@dc01"),
    ),
)
