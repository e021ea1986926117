"""btrfs file systems joined: volumes, arrays, members, the way down to the disks."""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.derived.array import Array
from analyzer.derived.array_member import ArrayMember
from analyzer.derived.blast_radius import BlastRadius
from analyzer.derived.btrfs_device_state import BtrfsDeviceState
from analyzer.derived.btrfs_volume import BtrfsVolume
from analyzer.derived.rests_on import RestsOn
from analyzer.engine import judge
from collectors.block_tables import BlockDevice, Mount
from collectors.btrfs_tables import (
    BtrfsDevice,
    BtrfsErrors,
    BtrfsFilesystem,
    BtrfsFolder,
    BtrfsProfile,
    BtrfsRoom,
    BtrfsScrub,
    BtrfsState,
    BtrfsUsage,
)
from collectors.table import Row
from collectors.tools.lsattr import folders
from tests.derived_sites import HOST, disk, site_of

UUID = "5b0a4f52-6a43-4b0a-8a7c-0a5d3b6e7c11"
OTHER = "c21bc433-3627-4a8b-8b12-30b51b333ccd"


def signed(name: str, number: int) -> BlockDevice:
    return disk(name, number, path=f"/dev/{name}", fs_type="btrfs", fs_uuid=UUID)


def mirror(*, missing: bool = False, profile: str = "raid1", options: str = "rw") -> list[Row]:
    """A btrfs of sdb and sdc on /srv; *missing*: sdc is gone."""
    second = BtrfsDevice(uuid=UUID, device_id="2", path=None if missing else "/dev/sdc", missing=missing)
    rows: list[Row] = [
        signed("sdb", 1),
        Mount(mountpoint="/srv", source="/dev/sdb", fs_type="btrfs", options=options, read_only=False),
        BtrfsFilesystem(
            uuid=UUID, name="data", total_devices=2, listed_devices=2, missing_devices=int(missing)
        ),
        BtrfsDevice(uuid=UUID, device_id="1", path="/dev/sdb", missing=False),
        second,
        BtrfsProfile(place="/srv", kind="data", profile=profile, size_bytes=100, used_bytes=50),
        BtrfsProfile(place="/srv", kind="metadata", profile="raid1", size_bytes=10, used_bytes=5),
        BtrfsProfile(place="/srv", kind="system", profile="raid1", size_bytes=10, used_bytes=5),
        BtrfsUsage(place="/srv", size_bytes=1000, unallocated_bytes=500, missing_bytes=0),
        BtrfsState(uuid=UUID, name="data", operation="none"),
    ]
    return rows if missing else [*rows, signed("sdc", 2)]


def volume(rows: Iterable[Row]) -> BtrfsVolume:
    (fact,) = site_of(rows).facts(BtrfsVolume)
    return fact.row


def failed(rows: Iterable[Row]) -> dict[str, str]:
    return {f.rule: f.severity for f in judge(site_of(rows)).findings if f.outcome == "fail"}


def test_answers_by_mountpoint_and_by_uuid_are_one_volume() -> None:
    row = volume(mirror())
    assert (row.uuid, row.mountpoint, row.devices, row.missing) == (UUID, "/srv", 2, 0)
    assert (row.data_profiles, row.metadata_profiles, row.redundancy) == ("raid1", "raid1", 1)
    assert row.multiple_profiles is False


def test_a_mirror_is_an_array_whose_members_have_disks() -> None:
    site = site_of(mirror())
    (array,) = (fact.row for fact in site.facts(Array))
    assert (array.name, array.kind, array.level, array.state) == ("data", "btrfs", "raid1", "clean")
    members = {fact.row.member: fact.row for fact in site.facts(ArrayMember)}
    assert members["sdc"].serial == "ZC1A0002"
    assert members["sdc"].state == "in-sync"


def test_a_mount_rests_on_the_array_and_half_of_it_takes_nothing_with_it() -> None:
    site = site_of(mirror())
    edges = {(f.row.upper, f.row.lower) for f in site.facts(RestsOn)}
    array = f"array:btrfs:{UUID}"
    assert {("mount:/srv", array), (array, "disk:wwn:5000c500aabbcc01")} <= edges
    radius = {f.row.node: f.row for f in site.facts(BlastRadius)}
    assert (radius["disk:wwn:5000c500aabbcc01"].depends, radius["disk:wwn:5000c500aabbcc01"].lost) == (
        "/srv",
        "",
    )
    assert radius[f"host:{HOST}"].lost == "/srv"


def test_a_missing_device_is_judged_as_of_every_array_and_in_the_words_of_btrfs() -> None:
    told = failed(mirror(missing=True, options="degraded,rw"))
    assert told["raid/degraded-no-margin"] == "critical"
    assert told["fs/btrfs-missing-device"] == "critical"
    (text,) = (fact.row.member_text for fact in site_of(mirror(missing=True)).facts(Array))
    assert text == "device 1: sdb (serial ZC1A0001), device 2: missing"


def test_single_data_over_two_devices_bears_no_failure() -> None:
    site = site_of(mirror(missing=True, profile="single"))
    (array,) = (fact.row for fact in site.facts(Array))
    assert (array.level, array.redundancy, array.state) == ("single", 0, "failed")


def test_an_empty_chunk_beside_a_used_one_is_no_second_profile() -> None:
    rows = [*mirror(), BtrfsProfile(place="/srv", kind="data", profile="single", size_bytes=8, used_bytes=0)]
    assert volume(rows).data_profiles == "raid1"
    rows = [*mirror(), BtrfsProfile(place="/srv", kind="data", profile="single", size_bytes=8, used_bytes=1)]
    row = volume(rows)
    assert (row.data_profiles, row.multiple_profiles, row.redundancy) == ("raid1 single", True, 0)


def test_a_chunk_of_a_mirror_needs_room_on_two_devices() -> None:
    left = [
        BtrfsRoom(place="/srv", device="/dev/sdb", unallocated_bytes=499),
        BtrfsRoom(place="/srv", device="/dev/sdc", unallocated_bytes=1),
    ]
    assert volume([*mirror(), *left]).room_bytes == 2


def test_a_status_file_of_a_file_system_long_gone_is_no_volume() -> None:
    rows = [*mirror(), BtrfsScrub(uuid=OTHER, device="1", status="finished", uncorrectable_errors=9)]
    assert volume(rows).uuid == UUID


def test_devices_of_one_scrub_are_taken_together() -> None:
    parts = [
        BtrfsScrub(uuid=UUID, device="1", status="finished", found_errors=0, uncorrectable_errors=0),
        BtrfsScrub(uuid=UUID, device="2", status="aborted", found_errors=7, uncorrectable_errors=2),
    ]
    row = volume([*mirror(), *parts])
    assert (row.scrub_status, row.scrub_found, row.scrub_uncorrectable) == ("aborted", 7, 2)


def test_nothing_but_the_mount_is_unknown_and_not_fine() -> None:
    rows = [Mount(mountpoint="/srv", source="/dev/sdb", fs_type="btrfs", options="rw", read_only=False)]
    findings = {f.rule: f.outcome for f in judge(site_of(rows)).findings if f.rule.startswith("fs/btrfs")}
    assert set(findings.values()) == {"unknown"}
    assert "fs/btrfs-missing-device" in findings


def errors(count: int) -> list[Row]:
    def counted(place: str, device: str, number: str | None) -> BtrfsErrors:
        return BtrfsErrors(
            place=place,
            device=device,
            device_id=number,
            write_errors=0,
            read_errors=count,
            flush_errors=0,
            corruption_errors=0,
            generation_errors=0,
        )

    return [*mirror(), counted("/srv", "/dev/sdc", None), counted(UUID, "devid:2", "2")]


def test_counters_of_both_sources_are_one_device_and_growth_counts() -> None:
    before = site_of(errors(2), days=-7)
    site = site_of(errors(5), history=(before,))
    rows = {f.row.device: f.row for f in site.facts(BtrfsDeviceState)}
    assert list(rows) == ["/dev/sdc"]
    assert (rows["/dev/sdc"].grown, rows["/dev/sdc"].device_text) == (3, "sdc (serial ZC1A0002)")


def test_folders_without_checksums_belong_to_the_mirror_they_lie_on() -> None:
    place = next(row.mountpoint for row in mirror() if isinstance(row, Mount))
    inside = BtrfsFolder(folder=f"{place}/images", no_checksums=True)
    rule = "fs/btrfs-nocow-images"
    assert failed([*mirror(), inside])[rule] == "medium"
    assert failed([*mirror(profile="single"), inside])[rule] == "low"
    assert rule not in failed([*mirror(), BtrfsFolder(folder=place, no_checksums=False)])
    assert failed(mirror(options="rw,nodatacow"))[rule] == "medium"


def test_folders_are_asked_for_where_btrfs_is_the_nearest_mount() -> None:
    def at(place: str, kind: str) -> Mount:
        return Mount(mountpoint=place, source="/dev/sda1", fs_type=kind, options="rw", read_only=False)

    asked = [q.argv[-1] for q in folders([at("/", "btrfs"), at("/var/lib/vz", "ext4")])]
    assert asked == ["/", "/var/lib/libvirt/images"]
    assert list(folders([at("/", "ext4")])) == []
