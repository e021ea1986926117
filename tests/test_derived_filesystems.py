"""Mounted file systems, their growth and their superblocks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from analyzer.derived.ext_state import ExtState
from analyzer.derived.filesystem import Filesystem
from analyzer.derived.fill_forecast import FillForecast
from analyzer.site import Site
from collectors.block_tables import BlockDevice, Ext4Errors, ExtSuperblock, FstabEntry, FsUsage, Mount
from collectors.hypervisor_tables import Datastore
from collectors.lvm_tables import LvmVolume
from collectors.table import Row
from collectors.zfs_tables import ZpoolProperties
from tests.derived_sites import AT, disk, part, site_of


def systems(site: Site) -> dict[str, Filesystem]:
    return {fact.row.mountpoint: fact.row for fact in site.facts(Filesystem)}


def mount(where: str, source: str, fs_type: str = "ext4", options: str = "rw", **more: object) -> Mount:
    read_only = "ro" in options.split(",")
    return Mount(
        mountpoint=where,
        source=source,
        fs_type=fs_type,
        options=options,
        read_only=read_only,
        **more,
    )


def test_everything_about_a_mount_is_joined() -> None:
    rows: list[Row] = [
        disk("sda", 1),
        part("sda1", "sda"),
        mount("/srv", "/dev/sda1"),
        FsUsage(
            mountpoint="/srv", size_bytes=1000, used_bytes=700, available_bytes=200, inodes=10, inodes_used=1
        ),
        FstabEntry(mountpoint="/srv/", source="UUID=x", fs_type="ext4", options="defaults"),
        Ext4Errors(device="sda1", errors_count=2, last_error_at=AT - timedelta(days=3)),
    ]
    row = systems(site_of(rows))["/srv"]
    assert (row.device, row.fstab_options, row.errors_count, row.last_error_age_days) == (
        "sda1",
        "defaults",
        2,
        3,
    )
    assert row.free_percent == pytest.approx(100 * 200 / 900)  # as df counts, without the reserve of root


@pytest.mark.parametrize(
    ("source", "more"),
    [
        ("/dev/mapper/vg-srv", {}),
        ("UUID=1234", {"device_number": "253:3"}),
        ("/dev/root", {}),
        ("/dev/dm-3", {}),
    ],
)
def test_the_device_is_found_by_any_of_its_names(source: str, more: dict[str, str]) -> None:
    device = BlockDevice(
        name="dm-3", type="lvm", mapped_name="vg-srv", device_number="253:3", mountpoints="/\n/srv"
    )
    assert systems(site_of([device, mount("/srv", source, **more)]))["/srv"].device == "dm-3"


def test_bind_mounts_and_subvolumes_are_told_apart() -> None:
    rows = [
        mount("/data", "/dev/sda1"),
        mount("/var/lib/x", "/dev/sda1", subtree="/x"),
        mount("/other", "/dev/sdb1"),
    ]
    found = systems(site_of(rows))
    assert {where: row.alias_of for where, row in found.items()} == {
        "/data": None,
        "/var/lib/x": "/data",
        "/other": None,
    }


def test_network_and_images() -> None:
    found = systems(site_of([mount("/n", "nas:/x", "nfs4"), mount("/cd", "/dev/sr0", "iso9660", "ro")]))
    assert found["/n"].network
    assert found["/cd"].read_only_medium


def test_a_kernel_that_stopped_writing_is_noticed_though_it_says_rw() -> None:
    assert systems(site_of([mount("/", "/dev/sda1", options="emergency_ro,rw")]))["/"].emergency_read_only


def growing(days: int, *, room: int = 100) -> Site:
    past = tuple(site_of([mount("/", "/dev/sda1"), usage(n, room)], days=n) for n in range(days))
    return site_of([mount("/", "/dev/sda1"), usage(days, room)], days=days, history=past)


def usage(day: int, room: int) -> FsUsage:
    return FsUsage(mountpoint="/", size_bytes=10_000, used_bytes=1000 + 10 * day, available_bytes=room)


def test_forecast_of_steady_growth() -> None:
    (fact,) = growing(20).facts(FillForecast)
    row = fact.row
    assert (row.samples, row.span_days) == (21, 20)
    assert row.growth_bytes_per_day == pytest.approx(10)
    assert row.days_to_full == pytest.approx(10)


def test_pools_are_forecast_beside_file_systems() -> None:
    def pools(day: int) -> list[Row]:
        zfs = ZpoolProperties(
            pool="tank", size_bytes=1000, allocated_bytes=500 + 10 * day, free_bytes=500 - 10 * day
        )
        thin = LvmVolume(
            name="vg/p", group="vg", volume="p", segment_type="thin-pool", size_bytes=1000,
            data_percent=10.0 + day,
        )  # fmt: skip
        return [zfs, thin]

    past = tuple(site_of(pools(n), days=n) for n in range(20))
    site = site_of(pools(20), days=20, history=past)
    found = {fact.row.mountpoint: fact.row for fact in site.facts(FillForecast)}
    assert set(found) == {"pool tank", "thin pool vg/p"}
    assert found["pool tank"].days_to_full == pytest.approx(30)
    assert found["pool tank"].fault_of == "zfs:tank"
    assert (found["thin pool vg/p"].samples, found["thin pool vg/p"].days_to_full) == (21, pytest.approx(70))


def test_datastores_are_forecast_too() -> None:
    def stores(day: int) -> list[Row]:
        return [
            Datastore(datastore="uuid:1", name="ds1", size_bytes=1000, free_bytes=500 - 10 * day),
            Datastore(datastore="uuid:2", name="lost", accessible=False, size_bytes=1000, free_bytes=1),
        ]

    past = tuple(site_of(stores(n), days=n) for n in range(20))
    (fact,) = site_of(stores(20), days=20, history=past).facts(FillForecast)
    row = fact.row
    assert (row.mountpoint, row.fault_of, row.samples) == ("datastore ds1", "uuid:1", 21)
    assert row.days_to_full == pytest.approx(30)


def test_no_history_no_forecast() -> None:
    (fact,) = growing(0).facts(FillForecast)
    assert (fact.row.samples, fact.row.days_to_full, fact.row.jump_bytes_per_day) == (1, None, None)


def test_superblock_finds_its_mount() -> None:
    told = ExtSuperblock(fs_uuid="u", device="/dev/sda1", state="clean", checked_at=AT - timedelta(days=400))
    (fact,) = site_of([mount("/srv", "/dev/sda1"), told]).facts(ExtState)
    assert (fact.row.name, fact.row.mounted, fact.row.checked_age_days) == ("/srv", True, 400)
    (alone,) = site_of([told]).facts(ExtState)
    assert (alone.row.name, alone.row.mounted) == ("/dev/sda1", None)
