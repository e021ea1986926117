"""ZFS datasets with what rules ask of them: sync, keys, snapshots."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.joining import sources
from analyzer.site import Site, derived
from collectors.fact import Fact
from collectors.table import Row, column, table
from collectors.zfs_tables import ZfsDataset, ZfsSnapshotSet, ZpoolProperties

_WEIGHTY = re.compile(
    r"(?:^|[/_.-])(?:vms?|vm-\d+|images?|base-\d+|subvol-\d+|db|databases?|mysql|mariadb|postgres\w*|pgdata|mongo\w*|"
    r"oracle|mssql|sql|exchange|mail|nfs|iscsi|esxi?|vmware|proxmox|pve|libvirt|docker|k8s|etcd)(?:[/_.\d-]|$)",
    re.IGNORECASE,
)


@table("zfs_dataset_state", key=("dataset",))
class ZfsDatasetState(Row):
    """A file system or volume of ZFS."""

    dataset: str = column("Its name")
    pool: str = column("Its pool")
    type: str | None = column("filesystem or volume", default=None)
    sync: str | None = column("standard, always or disabled", default=None)
    sync_inherited: bool = column("The dataset above it has the same setting", default=False)
    weighty: bool = column("A volume, or named like machines, databases or mail", default=False)
    encryption_root: bool | None = column("Holds a key of its own; None if not told", default=None)
    key_location: str | None = column("prompt, file:///… or https://…", default=None)
    key_on_pool: bool = column("The key file lies on a mountpoint of the same pool", default=False)
    snapshots: int | None = column("How many snapshots it has", default=None)
    oldest_days: float | None = column("Age of the oldest", default=None)
    newest_days: float | None = column("Age of the newest", default=None)
    snapshot_bytes: int | None = column("Space freed if all its snapshots went", default=None)
    snapshot_percent: float | None = column("The same as a share of the pool", default=None)


@derived(ZfsDatasetState, out_of=(ZfsDataset, ZfsSnapshotSet))
def zfs_dataset_state(site: Site) -> Iterator[Fact[ZfsDatasetState]]:
    datasets = {(fact.target, fact.row.dataset): fact for fact in site.facts(ZfsDataset)}
    if not datasets:
        return
    sets: dict[tuple[str, str], list[Fact[ZfsSnapshotSet]]] = {}
    for told in site.facts(ZfsSnapshotSet):
        sets.setdefault((told.target, told.row.dataset), []).append(told)
    blind = {gap.target for gap in site.gaps if gap.table is ZfsSnapshotSet}
    sizes = {(f.target, f.row.pool): f.row.size_bytes for f in site.facts(ZpoolProperties)}
    for (target, name), fact in datasets.items():
        mine = sets.get((target, name), [])
        above = datasets.get((target, name.rpartition("/")[0]))
        pool = sizes.get((target, fact.row.pool))
        mounts = [
            one.row.mountpoint
            for (of, _), one in datasets.items()
            if of == target and one.row.pool == fact.row.pool and fact.row.key_location
        ]
        row = _row(site, fact.row, mine, above.row if above else None, pool, [m for m in mounts if m])
        if target in blind and not mine:
            row = _without_count(row)
        yield Fact(target, row, sources(fact, *mine))


def _without_count(row: ZfsDatasetState) -> ZfsDatasetState:
    import dataclasses

    return dataclasses.replace(row, snapshots=None)


def _row(
    site: Site,
    row: ZfsDataset,
    sets: list[Fact[ZfsSnapshotSet]],
    above: ZfsDataset | None,
    pool_bytes: int | None,
    mounts: list[str],
) -> ZfsDatasetState:
    oldest = min((f.row.oldest_at for f in sets if f.row.oldest_at), default=None)
    newest = max((f.row.newest_at for f in sets if f.row.newest_at), default=None)
    own_key = None if row.encryption is None else row.encryption_root == row.dataset
    path = (row.key_location or "").removeprefix("file://")
    held = row.snapshot_bytes
    return ZfsDatasetState(
        dataset=row.dataset,
        pool=row.pool,
        type=row.type,
        sync=row.sync,
        sync_inherited=above is not None and above.sync == row.sync and row.type != "volume",
        weighty=row.type == "volume" or _WEIGHTY.search(row.dataset) is not None,
        encryption_root=own_key,
        key_location=row.key_location,
        key_on_pool=_lies_below(path, mounts),
        snapshots=sum(f.row.count for f in sets),
        oldest_days=(site.at - oldest).total_seconds() / 86_400 if oldest else None,
        newest_days=(site.at - newest).total_seconds() / 86_400 if newest else None,
        snapshot_bytes=held,
        snapshot_percent=100.0 * held / pool_bytes if held is not None and pool_bytes else None,
    )


def _lies_below(path: str, mounts: list[str]) -> bool:
    return any(where.startswith("/") and path.startswith(where.rstrip("/") + "/") for where in mounts)
