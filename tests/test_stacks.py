"""Stacks that few hosts have: what is asked where, and what is worked out of the answers."""

from __future__ import annotations

import dataclasses

import pytest

from analyzer.derived.bcache_state import BcacheState
from analyzer.derived.ceph_state import CephState
from analyzer.derived.disk import Disk
from analyzer.derived.network_mount import NetworkMount
from analyzer.derived.remote_disk import RemoteDisk
from analyzer.derived.swap_state import SwapState
from analyzer.site import Site
from collectors.block_tables import BlockDevice, FsUsage, Mount, SwapArea
from collectors.ceph_tables import CephCheck, CephCluster
from collectors.collector import COLLECTORS, load
from collectors.drive_tables import Drive
from collectors.fact import Gap, Origin, Source
from collectors.question import Answer, Question
from collectors.remote_disk_tables import IscsiSession, MultipathMap, MultipathPath, NvmePath
from collectors.replicated_disk_tables import BcacheDevice
from collectors.table import Row
from collectors.tools.stacks import STACKS
from tests.derived_sites import HOST, disk, part, site_of

load()


def asked(collector: str, *answers: Answer) -> list[Question]:
    """What the collector asks after these answers, batch by batch."""
    asking = COLLECTORS[collector].ask()
    last = list(next(asking))
    for answer in answers:
        try:
            beside = [Answer(one, stdout=LSBLK.get(collector, b""), status=0) for one in last[1:]]
            last = list(asking.send([answer, *beside]))
        except StopIteration:
            return []
    return last


LSBLK = {"stacks": b'{"blockdevices": [{"name": "sda", "type": "disk", "fstype": "ext4"}]}'}
"""What every other question of a first batch is answered."""


def stacks(text: str) -> Answer:
    return Answer(STACKS(), stdout=text.encode(), status=2, stderr=b"grep: x: No such file or directory\n")


def words(questions: list[Question]) -> list[str]:
    return [question.argv[0] for question in questions]


def test_a_host_without_any_of_them_costs_one_question() -> None:
    assert asked("stacks", stacks("")) == []


@pytest.mark.parametrize(
    ("line", "tools"),
    [
        ("/sys/block/dm-1/dm/uuid:mpath-3600", ["multipath"]),
        ("/proc/drbd:version: 9.1.16 (api:2/proto:110-121)", ["drbdsetup"]),
        ("/proc/drbd: 0: cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----", []),
        ("/etc/ceph/ceph.conf:[global]", ["ceph", "ceph", "ceph"]),
        ("/sys/block/dm-0/dm/uuid:CRYPT-INTEGRITY-0f6a-home_dif", ["dmsetup"]),
        (
            "/sys/block/dm-2/dm/uuid:CRYPT-LUKS2-0f6a-secret\n/sys/block/dm-2/slaves/sda3/dev:8:3",
            ["cryptsetup"],
        ),
        ("/sys/block/dm-2/dm/uuid:CRYPT-LUKS2-0f6a-secret\n/sys/block/dm-2/slaves/a b;c/dev:8:3", []),
        ("/sys/block/dm-0/dm/uuid:LVM-abc\n/sys/block/dm-0/slaves/sda2/dev:8:2", []),
    ],
)
def test_only_what_is_there_is_asked_further(line: str, tools: list[str]) -> None:
    assert words(asked("stacks", stacks(line + "\n"))) == tools


def test_a_disk_made_for_bcache_is_asked_for_though_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = b'{"blockdevices": [{"name": "sdc", "type": "disk", "fstype": "bcache"}]}'
    monkeypatch.setitem(LSBLK, "stacks", waits)
    assert words(asked("stacks", stacks(""))) == ["grep"]


MOUNTS = (
    b"22 1 8:1 / / rw - ext4 /dev/root rw\n"
    b"23 22 8:2 / /srv rw - ext4 /dev/sda2 rw\n"
    b"24 22 8:2 /x /mnt/x rw - ext4 /dev/sda2 rw\n"
    b"25 22 8:3 /hosts /etc/hosts rw - ext4 /dev/sda3 rw\n"
    b"26 22 8:4 / /data rw - xfs /dev/sda4 rw\n"
)


def mounted(collector: str) -> list[tuple[str, ...]]:
    first = next(COLLECTORS[collector].ask())[0]
    return [question.argv for question in asked(collector, Answer(first, stdout=MOUNTS, status=0))]


def test_superblocks_are_asked_once_for_each_whole_file_system() -> None:
    assert mounted("ext-superblock") == [
        ("dumpe2fs", "-h", "/dev/block/8:1"),
        ("dumpe2fs", "-h", "/dev/sda2"),
    ]
    assert mounted("xfs") == [("xfs_info", "/data")]


def remote(site: Site) -> dict[str, RemoteDisk]:
    return {fact.row.name: fact.row for fact in site.facts(RemoteDisk)}


def a_map(name: str, **states: str) -> list[Row]:
    rows: list[Row] = [MultipathMap(name=name, device="dm-1", vendor="EXAMPLE", product="SAN")]
    for path, state in states.items():
        dm = "failed" if state == "faulty" else "active"
        rows.append(
            MultipathPath(map=name, path=path, dm_state=dm, checker_state=state, device_state="running")
        )
    return rows


def test_paths_are_counted_and_the_broken_ones_named() -> None:
    row = remote(site_of(a_map("mpatha", sdb="ready", sdc="ghost", sdd="faulty")))["mpatha"]
    assert (row.paths, row.working, row.expected) == (3, 2, 3)
    assert row.broken == "sdd (failed faulty running)"


def test_a_path_that_vanished_is_missed_by_its_siblings_or_by_the_audit_before() -> None:
    site = site_of([*a_map("mpatha", sdb="ready"), *a_map("mpathb", sdc="ready", sdd="ready")])
    assert remote(site)["mpatha"].expected == 2
    before = site_of(a_map("mpatha", sdb="ready", sdc="ready"))
    now = site_of(a_map("mpatha", sdb="ready"), days=1, history=(before,))
    assert remote(now)["mpatha"].expected == 2


def test_a_path_of_unknown_state_is_not_counted_as_working() -> None:
    rows = [MultipathMap(name="mpatha"), MultipathPath(map="mpatha", path="sdb")]
    assert remote(site_of(rows))["mpatha"].working is None


def test_sessions_and_connections_are_paths_of_their_target() -> None:
    rows: list[Row] = [
        IscsiSession(session="session1", target_name="iqn.x", portal="10.0.0.1", state="LOGGED_IN"),
        IscsiSession(session="session2", target_name="iqn.x", portal="10.0.0.1", state="FAILED"),
        NvmePath(
            controller="nvme1", subsystem="nqn.y", transport="tcp", state="live", ana_state="inaccessible"
        ),
        NvmePath(controller="nvme2", subsystem="nqn.y", transport="tcp", state="live", ana_state="optimized"),
    ]
    found = remote(site_of(rows))
    assert (found["iqn.x"].paths, found["iqn.x"].working) == (2, 1)
    assert (found["nqn.y"].paths, found["nqn.y"].working) == (2, 1)
    assert found["nqn.y"].broken == "nvme1 (live inaccessible)"


@pytest.mark.parametrize(("kind", "mirrored"), [("raid1", True), ("disk", False)])
def test_a_cache_is_mirrored_only_if_all_below_it_is(kind: str, mirrored: bool) -> None:
    rows: list[Row] = [
        BcacheDevice(device="bcache0", state="dirty", cache_mode="writeback"),
        BlockDevice(name="bcache0", type="disk", parents="md0 nvme0n1"),
        BlockDevice(name="md0", type="raid1", parents="sda sdb"),
        BlockDevice(name="nvme0n1", type=kind),
    ]
    (fact,) = site_of(rows).facts(BcacheState)
    assert fact.row.mirrored is mirrored


def test_ceph_checks_are_told_with_the_cluster_but_silenced_ones_apart() -> None:
    rows: list[Row] = [
        CephCluster(fsid="x", health="HEALTH_WARN"),
        CephCheck(fsid="x", code="OSD_DOWN", said="1 osds down", muted=False),
        CephCheck(fsid="x", code="POOL_NO_REDUNDANCY", said="1 pool", muted=True),
    ]
    (fact,) = site_of(rows).facts(CephState)
    assert (fact.row.checks, fact.row.muted) == ("OSD_DOWN: 1 osds down", "POOL_NO_REDUNDANCY")


def nfs(where: str) -> Mount:
    return Mount(mountpoint=where, source="nas:/x", fs_type="nfs4", options="rw,soft", read_only=False)


def test_a_server_that_did_not_answer_is_told_by_the_gap_it_left() -> None:
    source = Source(Origin(HOST, ("df", "-P", "-B1", "-T", "/b"), None, ""))
    gap = Gap(HOST, FsUsage, "timed-out", "no answer within 10 s", "", source)
    rows = [nfs("/a"), nfs("/b"), nfs("/c"), FsUsage(mountpoint="/a", size_bytes=1)]
    site = site_of(rows, gaps=[gap])
    found = {fact.row.mountpoint: fact.row for fact in site.facts(NetworkMount)}
    assert [found[where].answered for where in ("/a", "/b", "/c")] == [True, False, None]
    assert found["/b"].refusal == "no answer within 10 s"
    assert found["/b"].soft is True


def test_swap_is_joined_with_the_disk_it_lies_on() -> None:
    sick = Drive(drive="wwn:5000c500aabbcc01", device="/dev/sda", passed=False)
    rows: list[Row] = [
        disk("sda", 1),
        dataclasses.replace(part("sda2", "sda"), mountpoints="[SWAP]"),
        part("sda1", "sda"),
        Mount(mountpoint="/", source="/dev/sda1", fs_type="ext4", options="rw", read_only=False),
        sick,
        SwapArea(path="/dev/sda2", type="partition"),
        SwapArea(path="/swapfile", type="file"),
        SwapArea(path="/dev/zram0", type="partition"),
    ]
    found = {fact.row.path: fact.row for fact in site_of(rows).facts(SwapState)}
    assert "predicts its own failure" in found["/dev/sda2"].sick
    assert "predicts its own failure" in found["/swapfile"].sick
    assert found["/dev/zram0"].disks == ""


def test_a_volume_of_a_storage_system_is_not_expected_to_tell_its_health() -> None:
    rows: list[Row] = [disk("sdb", 2, transport="iscsi"), disk("sdc", 3, transport="fc")]
    assert [fact.row.status for fact in site_of(rows).facts(Disk)] == ["virtual", "virtual"]


def test_a_root_of_xfs_or_btrfs_is_asked_like_any_other_place() -> None:
    """The name of the root is a single slash."""
    first = next(COLLECTORS["xfs"].ask())[0]
    root = b"22 1 8:1 / / rw - xfs /dev/root rw\n"
    found = asked("xfs", Answer(first, stdout=root, status=0))
    assert [question.argv for question in found] == [("xfs_info", "/")]
    mounts = b"22 1 0:33 /@ / rw - btrfs /dev/sda2 rw\n"
    asking = COLLECTORS["btrfs"].ask()
    sysfs, blocks, places = next(asking)
    later = asking.send(
        [
            Answer(sysfs),
            Answer(blocks, stdout=LSBLK["stacks"], status=0),
            Answer(places, stdout=mounts, status=0),
        ]
    )
    assert ("btrfs", "filesystem", "usage", "-b", "/") in [question.argv for question in later]
