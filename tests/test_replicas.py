"""Replicas of ZFS and btrfs count as copies where both ends show them, and only as far as they go."""

from __future__ import annotations

from datetime import timedelta

import pytest

from analyzer.derived.asset_copy import AssetCopy
from analyzer.derived.repository import Repository
from analyzer.derived.volume_coverage import VolumeCoverage
from analyzer.site import Site
from collectors.block_tables import FsUsage, Mount
from collectors.btrfs_tables import BtrfsSubvolume
from collectors.fact import Gap, GapReason
from collectors.table import Row
from collectors.zfs_tables import ZfsDataset, ZfsSnapshotSet
from tests.derived_sites import AT
from tests.protected_sites import nas, one, points, site

TB = 10**12


def dataset(name: str, *hours: float, of: int = 0, days: float = 900, where: str = "") -> list[Row]:
    """A mounted dataset of that age, and its snapshots: those of the same data have the same GUIDs."""
    told = " ".join(f"{of}{int(age)}@{int((AT - timedelta(hours=age)).timestamp())}" for age in hours)
    where = where or f"/{name}"
    rows: list[Row] = [
        ZfsDataset(
            dataset=name,
            pool=name.partition("/")[0],
            type="filesystem",
            referenced_bytes=TB,
            created_at=AT - timedelta(days=days),
            encryption="off",
        ),
        ZfsSnapshotSet(dataset=name, family="sanoid", count=len(hours), guids=told),
    ]
    if where.startswith("/"):
        rows.append(Mount(mountpoint=where, source=name, fs_type="zfs", options="rw", read_only=False))
        rows.append(FsUsage(mountpoint=where, source=name, fs_type="zfs", size_bytes=2 * TB, used_bytes=TB))
    return rows


def copies(made: Site) -> list[AssetCopy]:
    return [fact.row for fact in made.facts(AssetCopy)]


NIGHTS = [6.0 + 24 * night for night in range(20)]


def test_what_another_machine_received_is_a_copy_of_the_sender() -> None:
    made = site({"files": dataset("tank/a", *NIGHTS), "vault": dataset("safe/a", *NIGHTS[1:], days=100)})
    (copy,) = copies(made)
    assert (copy.asset, copy.repository, copy.good) == ("files", "zfs:vault/safe/a", 19)
    assert (copy.age_hours, copy.size_bytes, copy.consistent) == (pytest.approx(30), TB, "crash")
    (store,) = (fact.row for fact in made.facts(Repository))
    assert (store.host, store.path, store.product) == ("vault", "/safe/a", "zfs")
    assert "vault\tpool:safe" in store.nodes


@pytest.mark.parametrize(
    ("files", "vault"),
    [
        ([*dataset("tank/a", *NIGHTS), *dataset("tank/b", *NIGHTS, days=100)], []),
        (dataset("tank/a", *NIGHTS), dataset("tank/a", *NIGHTS)),
        (dataset("tank/a", *NIGHTS), dataset("safe/a", *NIGHTS, of=7, days=100)),
        (dataset("tank/a", *NIGHTS, where="none"), dataset("safe/a", *NIGHTS, days=100)),
    ],
    ids=["the same pool", "one pool seen twice", "other snapshots", "data that is mounted nowhere"],
)
def test_no_copy(files: list[Row], vault: list[Row]) -> None:
    assert not copies(site({"files": files, "vault": vault}))


def test_another_pool_of_the_same_machine_falls_with_it() -> None:
    (copy,) = copies(site({"files": [*dataset("tank/a", *NIGHTS), *dataset("usb/a", *NIGHTS, days=9)]}))
    assert (copy.asset, copy.same_host) == ("files", True)


def test_a_chain_is_two_copies_of_its_origin() -> None:
    far = dataset("far/a", *NIGHTS, days=50)
    made = site(
        {"files": dataset("tank/a", *NIGHTS), "vault": dataset("safe/a", *NIGHTS, days=100), "branch": far}
    )
    assert {(one.asset, one.repository) for one in copies(made)} == {
        ("files", "zfs:vault/safe/a"),
        ("files", "zfs:branch/far/a"),
    }


def test_several_datasets_are_as_new_as_the_one_furthest_behind() -> None:
    mine = [*dataset("tank/a", *NIGHTS), *dataset("tank/b", *NIGHTS, of=1)]
    theirs = [
        *dataset("safe/x/a", *NIGHTS, days=100),
        *dataset("safe/x/b", *NIGHTS[5:], of=1, days=100),
    ]
    (copy,) = copies(site({"files": mine, "vault": theirs}))
    assert (copy.repository, copy.age_hours, copy.size_bytes) == (
        "zfs:vault/safe/x",
        pytest.approx(126),
        2 * TB,
    )
    assert copy.paths == "/tank/a\n/tank/b"


def test_a_dataset_below_that_was_not_sent_is_not_held() -> None:
    mine = [*dataset("tank/a", *NIGHTS), *dataset("tank/a/mail", *NIGHTS, of=1)]
    made = site({"files": mine, "vault": dataset("safe/a", *NIGHTS, days=100)})
    held = {fact.row.mountpoint: fact.row.held for fact in made.facts(VolumeCoverage)}
    assert held == {"/tank/a": "whole", "/tank/a/mail": "none"}


@pytest.mark.parametrize(("reason", "standing"), [("denied", "unknown"), ("not-asked", "no")])
def test_a_machine_whose_snapshots_were_refused_may_hold_a_copy(reason: GapReason, standing: str) -> None:
    made = site(
        {
            "files": [*dataset("tank/a", *NIGHTS)],
            "vault": [],
            "*r": [nas(), *points("restic:1f", "other", 12)],
        }
    )
    made.add([Gap("vault", ZfsSnapshotSet, reason, "permission denied")])
    row = one(made, "files")
    assert row.standing == standing, row.proof


def snapshots(*hours: float, of: str = "data", where: str = "/srv", subtree: str = "/") -> list[Row]:
    """A btrfs of a subvolume and its snapshots, made so many hours ago, mounted where its subtree says."""
    rows: list[Row] = [BtrfsSubvolume(place=where, uuid=of, path=of)]
    for age in hours:
        at = AT - timedelta(hours=age)
        rows.append(
            BtrfsSubvolume(
                place=where, uuid=f"{of}-{age}", path=f"snap/{of}-{age}", parent_uuid=of, created_at=at
            )
        )
    return [*rows, *btrfs_mount(where, None if subtree == "/" else subtree)]


def btrfs_mount(where: str, subtree: str | None = None, device: str = "0:40") -> list[Row]:
    return [
        Mount(
            mountpoint=where,
            source="/dev/sdb",
            fs_type="btrfs",
            options=f"rw,subvol={subtree or '/'}",
            read_only=False,
            device_number=device,
            subtree=subtree,
        ),
        FsUsage(mountpoint=where, source="/dev/sdb", fs_type="btrfs", size_bytes=2 * TB, used_bytes=TB),
    ]


def received(*hours: float, of: str = "data", where: str = "/vault", late: float = 1.0) -> list[Row]:
    """Increments of that subvolume, received *late* hours after they were made, oldest last."""
    rows: list[Row] = []
    for age, older in zip(hours, (*hours[1:], None), strict=True):
        rows.append(
            BtrfsSubvolume(
                place=where,
                uuid=f"got-{of}-{age}",
                path=f"of-files/{of}-{age}",
                parent_uuid=f"got-{of}-{older}" if older else None,
                received_uuid=f"{of}-{age}",
                created_at=AT - timedelta(hours=age - late) if older else None,
            )
        )
    return [*rows, *btrfs_mount(where)]


def test_what_was_received_on_btrfs_is_a_copy_of_the_sender() -> None:
    made = site({"files": snapshots(*NIGHTS), "vault": received(*NIGHTS[1:])})
    (copy,) = copies(made)
    assert (copy.asset, copy.repository, copy.good) == ("files", "btrfs:vault/vault/of-files", 19)
    assert (copy.age_hours, copy.consistent, copy.paths) == (pytest.approx(30), "crash", "/srv/data")
    (store,) = (fact.row for fact in made.facts(Repository))
    assert (store.host, store.path, store.product) == ("vault", "/vault/of-files", "btrfs")
    assert store.nodes == "vault\tmount:/vault"


def test_increments_whose_origin_was_deleted_are_copies_older_than_the_last_common_one() -> None:
    made = site({"files": snapshots(*NIGHTS[2:4]), "vault": received(*NIGHTS)})
    (copy,) = copies(made)
    assert copy.age_hours == pytest.approx(NIGHTS[2]), "what was received later is not proved to be of files"
    assert copy.good == 2 + 15, "the oldest of all was received whole and tells no time"


@pytest.mark.parametrize(
    ("files", "vault"),
    [
        ([*snapshots(*NIGHTS), *received(*NIGHTS, where="/srv")], []),
        (snapshots(*NIGHTS), snapshots(*NIGHTS)),
        (snapshots(*NIGHTS), received(*NIGHTS, of="other")),
        (snapshots(*NIGHTS, subtree="/elsewhere"), received(*NIGHTS)),
        (snapshots(), received(*NIGHTS)),
    ],
    ids=[
        "received on the same file system",
        "a disk that was cloned",
        "something else",
        "a subvolume that is mounted nowhere",
        "no snapshot is left to compare",
    ],
)
def test_no_copy_on_btrfs(files: list[Row], vault: list[Row]) -> None:
    assert not copies(site({"files": files, "vault": vault}))


def test_a_clone_of_the_disk_is_not_taken_for_the_origin() -> None:
    twins = {"files": snapshots(*NIGHTS), "clone": snapshots(*NIGHTS)}
    assert not copies(site({**twins, "vault": received(*NIGHTS)}))


def test_a_disk_of_the_same_machine_falls_with_it() -> None:
    disk = [*received(*NIGHTS, where="/usb")[:-2], *btrfs_mount("/usb", device="0:41")]
    (copy,) = copies(site({"files": [*snapshots(*NIGHTS), *disk]}))
    assert (copy.asset, copy.same_host) == ("files", True)


def test_subvolumes_that_were_not_sent_are_not_held() -> None:
    mine = [*snapshots(*NIGHTS, subtree="/data"), *btrfs_mount("/srv/mail", "/mail")]
    made = site({"files": mine, "vault": received(*NIGHTS)})
    (held,) = (fact.row for fact in made.facts(VolumeCoverage))
    assert (held.mountpoint, held.held, held.parts) == ("/srv", "part", "/srv")
    theirs = [*received(*NIGHTS), *received(*NIGHTS, of="mail")]
    mine += snapshots(*NIGHTS, of="mail")[:-2]
    (held,) = (fact.row for fact in site({"files": mine, "vault": theirs}).facts(VolumeCoverage))
    assert (held.mountpoint, held.held) == ("/srv", "whole")


def test_a_subvolume_of_a_file_system_is_a_part_of_it() -> None:
    made = site({"files": snapshots(*NIGHTS), "vault": received(*NIGHTS)})
    assert [(row.held, row.parts) for row in (f.row for f in made.facts(VolumeCoverage))] == [
        ("part", "/srv/data")
    ]


@pytest.mark.parametrize(("reason", "standing"), [("denied", "unknown"), ("not-asked", "no")])
def test_a_machine_whose_subvolumes_were_refused_may_hold_a_copy(reason: GapReason, standing: str) -> None:
    made = site({"files": snapshots(*NIGHTS), "vault": [], "*r": [nas(), *points("restic:1f", "other", 12)]})
    made.add([Gap("vault", BtrfsSubvolume, reason, "permission denied")])
    assert one(made, "files").standing == standing
