"""What could step in for a failed member, and what only looks so."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.derived.spare_coverage import SpareCoverage
from analyzer.engine import judge
from collectors.block_tables import MdMember, MdMonitor, MdStatus, MdSysfs
from collectors.question import Answer, Question
from collectors.raid_controller_tables import RaidController, RaidDisk, RaidVolume
from collectors.table import Row
from collectors.tools.md_monitor import MD_MONITOR, read
from collectors.zfs_tables import ZpoolVdev
from tests.derived_sites import disk, site_of

NEEDED = 4_000_000_000_000
SPARE = "sdd"


def raid5(array: str, names: tuple[str, str, str], spare: str = "") -> list[Row]:
    rows: list[Row] = [
        MdStatus(
            array=array,
            active=True,
            level="raid5",
            members=" ".join(f"{name}[{slot}]" for slot, name in enumerate(names))
            + (f" {spare}[4](S)" if spare else ""),
            spare_members=spare,
            slots=3,
            slots_in_sync=3,
            slot_map="UUU",
        ),
        MdSysfs(
            array=array,
            level="raid5",
            array_state="clean",
            raid_disks=3,
            degraded=0,
            sync_action="idle",
            member_size_bytes=NEEDED,
        ),
    ]
    rows += [
        MdMember(array=array, member=name, slot=slot, state="in_sync", errors=0, bad_blocks=0)
        for slot, name in enumerate(names)
    ]
    if spare:
        rows.append(MdMember(array=array, member=spare, state="spare", errors=0, bad_blocks=0))
    return rows


def with_spare(**spare: Any) -> list[Row]:
    disks = [
        disk(name, number, logical_sector_bytes=512) for number, name in enumerate(("sda", "sdb", "sdc"))
    ]
    return [*disks, disk(SPARE, 4, **spare), *raid5("md0", ("sda", "sdb", "sdc"), SPARE)]


def covered(rows: list[Row]) -> dict[str, SpareCoverage]:
    return {fact.row.name: fact.row for fact in site_of(rows).facts(SpareCoverage)}


def failed(rows: list[Row], rule: str) -> list[str]:
    return [f.message for f in judge(site_of(rows)).findings if f.rule == rule and f.outcome == "fail"]


@pytest.mark.parametrize(
    ("spare", "column", "said"),
    [
        ({"size_bytes": NEEDED - 1}, "unfit", "too small"),
        ({"size_bytes": NEEDED}, "unfit", ""),
        ({"rotational": False}, "unlike", "solid-state among disks"),
        ({"logical_sector_bytes": 4096}, "unlike", "sectors of 4096 bytes, its members have 512"),
        ({"logical_sector_bytes": 512}, "unlike", ""),
        ({}, "unread", "health of the spare was not read"),
        ({"size_bytes": None}, "unread", "size of the spare"),
    ],
)
def test_a_spare_is_held_against_the_members(spare: dict[str, Any], column: str, said: str) -> None:
    row = covered(with_spare(**spare))["md0"]
    told = getattr(row, column)
    assert said in told if said else not told
    assert row.spares == 1
    assert ("serial ZC1A0004" in told) == bool(said)


def test_a_small_spare_covers_nothing() -> None:
    rows = with_spare(size_bytes=NEEDED - 1)
    assert covered(rows)["md0"].fit == 0
    assert "too small" in failed(rows, "raid/spare-unusable")[0]


def test_a_spare_group_is_shared_and_expected_as_configured() -> None:
    """md1 has no spare of its own; mdadm moves that of md0, which is one short of what is configured."""
    disks = [disk(f"sd{letter}", number) for number, letter in enumerate("abcdefg")]
    rows = [*disks, *raid5("md0", ("sda", "sdb", "sdc"), SPARE), *raid5("md1", ("sde", "sdf", "sdg"))]
    assert covered(rows)["md1"].spares == 0
    told = MdMonitor(name="mdadm", spares_expected="md0\t2\tone\nmd1\t\tone")
    found = covered([*rows, told])
    assert (found["md1"].spares, found["md1"].expected) == (1, 2)
    assert len(failed([*rows, told], "raid/no-hot-spare")) == 2


def test_spares_of_the_configuration_are_read() -> None:
    text = (
        "/etc/mdadm/mdadm.conf:ARRAY /dev/md/0 metadata=1.2 spares=1 spare-group=one"
        " UUID=2984a9c2:acb74f3e:bb3a902f:b50faa90\n"
        "/etc/mdadm/mdadm.conf:ARRAY /dev/md1 UUID=00000000:acb74f3e:bb3a902f:b50faa91\n"
    )
    question = Question(MD_MONITOR.argv, MD_MONITOR)
    (row,) = (told for told in read(Answer(question, stdout=text.encode())) if isinstance(told, MdMonitor))
    assert row.spares_expected == "0 2984a9c2acb74f3ebb3a902fb50faa90\t1\tone"


def zpool(spare: str, state: str) -> list[Row]:
    shared: dict[str, Any] = {"pool": "tank"}
    top = ZpoolVdev(
        place="raidz1-0",
        vdev="raidz1-0",
        kind="raidz1",
        role="data",
        top="raidz1-0",
        number=0,
        state="ONLINE",
        **shared,
    )
    leaves = [
        ZpoolVdev(
            place=f"raidz1-0/{name}", vdev=name, kind="disk", role="data", parent="raidz1-0", top="raidz1-0",
            number=number, state="ONLINE", **shared,
        )
        for number, name in enumerate(("sda", "sdb", "sdc", "sde"))
    ]  # fmt: skip
    return [
        top,
        *leaves,
        ZpoolVdev(
            place=f"spares/{spare}",
            vdev=spare,
            kind="disk",
            role="spare",
            top=f"spares/{spare}",
            number=0,
            state=state,
            **shared,
        ),
    ]


def test_a_pool_expects_the_spares_it_is_configured_with() -> None:
    (found,) = covered(zpool(SPARE, "AVAIL")).values()
    assert (found.expected, found.spares, found.lost, found.used) == (1, 1, "", "")
    (found,) = covered(zpool(SPARE, "UNAVAIL")).values()
    assert (found.expected, found.spares, found.lost) == (1, 0, "sdd UNAVAIL")
    assert "sdd UNAVAIL" in failed(zpool(SPARE, "UNAVAIL"), "raid/no-hot-spare")[0]
    (found,) = covered(zpool(SPARE, "INUSE")).values()
    assert (found.used, found.spares) == ("sdd", 0)
    assert "sdd has stepped in" in failed(zpool(SPARE, "INUSE"), "raid/no-hot-spare")[0]


def test_one_spare_of_a_controller_is_held_against_each_volume() -> None:
    def drive(slot: int, size: int, **more: Any) -> RaidDisk:
        told: dict[str, Any] = {
            "state": "online",
            "size_bytes": size,
            "predictive_failures": 0,
            "smart_alert": False,
        } | more
        return RaidDisk(controller="megaraid:0", slot=f"32:{slot}", **told)

    rows: list[Row] = [
        RaidController(controller="megaraid:0", spare_count=1),
        *(drive(slot, NEEDED, group="0") for slot in range(4)),
        *(drive(slot, 2 * NEEDED, group="1") for slot in range(4, 8)),
        drive(8, NEEDED, state="spare"),
        *(
            RaidVolume(
                controller="megaraid:0",
                volume=str(group),
                group=str(group),
                level="raid6",
                state="optimal",
                members_expected=4,
            )
            for group in range(2)
        ),
    ]
    found = covered(rows)
    assert (found["megaraid:0/v0"].fit, found["megaraid:0/v1"].fit) == (1, 0)
    (said,) = failed(rows, "raid/spare-unusable")
    assert said.startswith("megaraid:0/v1")
    assert "32:8" in said
