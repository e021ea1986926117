"""What rests on what, and what is lost with each thing."""

from __future__ import annotations

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.derived.array import Array
from analyzer.derived.array_member import ArrayMember
from analyzer.derived.blast_radius import BlastRadius
from analyzer.derived.disk import Disk
from analyzer.derived.filesystem import Filesystem
from analyzer.derived.rests_on import RestsOn
from analyzer.site import Site
from collectors.block_tables import BlockDevice, FsUsage, MdStatus, Mount
from collectors.table import Row
from tests.derived_sites import HOST, disk, mirror, part, site_of

ARRAY = "array:md:2984a9c2acb74f3ebb3a902fb50faa90"
SDA, SDB = "disk:wwn:5000c500aabbcc01", "disk:wwn:5000c500aabbcc02"


def edges(site: Site) -> set[tuple[str, str, str]]:
    return {(f.row.upper, f.row.lower, f.row.relation) for f in site.facts(RestsOn)}


def radius(site: Site) -> dict[str, BlastRadius]:
    return {f.row.node: f.row for f in site.facts(BlastRadius)}


def test_from_mount_down_to_the_host() -> None:
    assert edges(site_of(mirror())) == {
        ("mount:/srv", "block:dm-0", "is on"),
        ("block:dm-0", ARRAY, "maps"),
        (ARRAY, "block:sda1", "member slot 0"),
        (ARRAY, "block:sdb1", "member slot 1"),
        ("block:sda1", SDA, "part of"),
        ("block:sdb1", SDB, "part of"),
        (SDA, f"host:{HOST}", "in"),
        (SDB, f"host:{HOST}", "in"),
    }


def test_an_empty_slot_is_drawn() -> None:
    assert (ARRAY, "slot:md0/1", "member slot 1") in edges(site_of(mirror(broken=True)))


def test_half_a_mirror_takes_nothing_with_it() -> None:
    rows = radius(site_of([*mirror(), FsUsage(mountpoint="/srv", used_bytes=700, available_bytes=300)]))
    assert (rows[SDA].depends, rows[SDA].depends_bytes, rows[SDA].lost) == ("/srv", 700, "")
    assert (rows[ARRAY].lost, rows[ARRAY].lost_bytes) == ("/srv", 700)
    assert rows[f"host:{HOST}"].lost == "/srv"


def test_the_last_half_of_a_mirror_takes_everything() -> None:
    rows = radius(site_of(mirror(broken=True)))
    assert rows[SDA].lost == "/srv"
    assert rows[SDB].depends == ""


def test_one_disk_that_holds_both_halves_is_the_end_of_the_mirror() -> None:
    rows: list[Row] = [
        disk("sda", 1),
        part("sda1", "sda"),
        part("sda2", "sda"),
        MdStatus(
            array="md0", active=True, level="raid1", members="sda1[0] sda2[1]", slots=2, slots_in_sync=2
        ),
        Mount(mountpoint="/", source="/dev/md0", fs_type="ext4", options="rw", read_only=False),
        BlockDevice(name="md0", type="raid1", parents="sda1 sda2"),
    ]
    found = radius(site_of(rows))
    assert found["block:sda1"].lost == ""
    assert found[SDA].lost == "/"


def test_a_spare_takes_nothing_with_it() -> None:
    rows: list[Row] = [
        *(disk(f"sd{letter}", n) for n, letter in enumerate("abcd")),
        MdStatus(
            array="md5",
            active=True,
            level="raid5",
            members="sda[0] sdb[1] sdc[3] sdd[4]",
            spare_members="sdd",
            slots=3,
            slots_in_sync=2,
        ),
        Mount(mountpoint="/", source="/dev/md5", fs_type="ext4", options="rw", read_only=False),
    ]
    found = radius(site_of(rows))
    assert found["disk:wwn:5000c500aabbcc03"].lost == ""
    assert found["disk:wwn:5000c500aabbcc00"].lost == "/"


def test_a_kernel_array_that_md_did_not_describe_still_has_redundancy() -> None:
    rows: list[Row] = [disk("sda", 1), disk("sdb", 2)]
    rows.append(BlockDevice(name="md0", type="raid1", parents="sda sdb", mountpoints="/"))
    assert radius(site_of(rows))[SDA].lost == ""


def test_btrfs_over_two_disks_rests_on_both() -> None:
    rows: list[Row] = [disk(f"sd{x}", n, fs_type="btrfs", fs_uuid="u") for n, x in ((1, "a"), (2, "b"))]
    rows.append(Mount(mountpoint="/", source="/dev/sda", fs_type="btrfs", options="rw", read_only=False))
    found = radius(site_of(rows))
    assert (found[SDA].depends, found[SDB].depends) == ("/", "/")
    assert (found[SDA].lost, found[SDB].lost) == ("", "")
    assert found[SDA].doubtful == "/"  # whether it is a mirror was not told


def test_zfs_rests_on_the_members_of_its_pool() -> None:
    rows: list[Row] = [
        disk(f"sd{x}", n, fs_type="zfs_member", fs_label="tank") for n, x in ((1, "a"), (2, "b"))
    ]
    rows.append(Mount(mountpoint="/tank", source="tank/data", fs_type="zfs", options="rw", read_only=False))
    found = radius(site_of(rows))
    assert (found[SDB].depends, found[SDB].doubtful) == ("/tank", "/tank")


def test_lvm_over_images_is_an_array_of_unknown_redundancy() -> None:
    rows: list[Row] = [disk("sda", 1), disk("sdb", 2)]
    for number, below in ((1, "sda"), (2, "sdb")):
        name = f"vg-lv_rimage_{number - 1}"
        rows.append(BlockDevice(name=f"dm-{number}", type="lvm", mapped_name=name, parents=below))
    rows.append(
        BlockDevice(name="dm-3", type="lvm", mapped_name="vg-lv", parents="dm-1 dm-2", mountpoints="/")
    )
    found = radius(site_of(rows))
    assert (found[SDA].lost, found[SDA].doubtful) == ("", "/")


def test_one_of_two_paths_takes_nothing_with_it() -> None:
    rows: list[Row] = [
        disk(name, n, serial=None, wwn=None, model=None) for n, name in ((1, "sda"), (2, "sdb"))
    ]
    rows.append(BlockDevice(name="dm-0", type="mpath", parents="sda sdb", mountpoints="/"))
    assert radius(site_of(rows))["disk:device:sda"].lost == ""


def test_network_and_swap() -> None:
    rows: list[Row] = [
        disk("sda", 1, mountpoints="[SWAP]"),
        Mount(mountpoint="/nfs", source="nas:/x", fs_type="nfs4", options="rw", read_only=False),
    ]
    assert edges(site_of(rows)) >= {("mount:/nfs", "remote:nas:/x", "is on"), ("swap:sda", SDA, "is on")}


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=40))
def test_cycles_and_hostile_parents_end(pairs: list[tuple[int, int]]) -> None:
    """Whatever a target says of parents, the graph is finished and says nothing twice."""
    parents: dict[int, set[str]] = {}
    for upper, lower in pairs:
        parents.setdefault(upper, set()).add(f"x{lower}")
    rows: list[Row] = [
        BlockDevice(name=f"x{n}", type="lvm", parents=" ".join(sorted(told)), mountpoints=f"/{n}")
        for n, told in parents.items()
    ]
    site = site_of(rows)
    seen = [(f.row.upper, f.row.lower) for f in site.facts(RestsOn)]
    assert len(seen) == len(set(seen))
    for row in radius(site).values():
        assert row.lost_count <= row.depends_count


def large(disks: int) -> Site:
    rows: list[Row] = []
    for n in range(0, disks, 2):
        a, b = f"sd{n:04d}", f"sd{n + 1:04d}"
        rows += [
            disk(a, n, wwn=f"5{n:015x}", serial=f"S{n:06d}"),
            disk(b, n, wwn=f"5{n + 1:015x}", serial=f"S{n + 1:06d}"),
        ]
        rows.append(
            MdStatus(
                array=f"md{n}", active=True, level="raid1", members=f"{a}[0] {b}[1]", slots=2, slots_in_sync=2
            )
        )
        rows.append(BlockDevice(name=f"md{n}", type="raid1", parents=f"{a} {b}", mountpoints=f"/srv/{n}"))
    return site_of(rows)


def seconds(site: Site) -> float:
    started = time.process_time()
    for row_type in (Disk, Array, ArrayMember, Filesystem, RestsOn, BlastRadius):
        site.facts(row_type)
    return time.process_time() - started


def test_work_grows_linearly_with_the_disks() -> None:
    small, big = (min(seconds(large(disks)) for _ in range(5)) for disks in (100, 800))
    assert big < small * 8 * 3, f"{small:.4f} s for 100 disks, {big:.4f} s for 800"
