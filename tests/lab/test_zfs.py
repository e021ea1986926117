# SPDX-License-Identifier: Apache-2.0
"""`holdwater audit` over SSH of a guest whose ZFS pools are in trouble."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .beds import BedMissing
from .guest import SATA
from .test_audits_guest import Audit, Client, rows
from .zfs import SCENARIOS, ZfsGuest, zfs_guest

pytestmark = [pytest.mark.lab_slow, pytest.mark.timeout(1800)]  # compiling ZFS takes 6 to 11 minutes, once

OF_EMULATED_DISKS = {"raid/no-erc", "raid/smr-member", "raid/same-batch"}
"""QEMU's disks know no error recovery control, rotate and take TRIM, and are all of one age."""


@pytest.fixture(scope="module")
def guest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZfsGuest]:
    """The guest with ZFS loaded."""
    try:
        with zfs_guest(tmp_path_factory.mktemp("zfs")) as bed:
            yield bed
    except BedMissing as missing:
        pytest.skip(f"ZFS guest: {missing}")


@pytest.fixture(scope="module")
def client(guest: ZfsGuest, tmp_path_factory: pytest.TempPathFactory) -> Client:
    """The home directory of the person who audits."""
    return Client(guest, tmp_path_factory.mktemp("client") / "home")


def zfs_faults(audit: Audit) -> set[str]:
    """The rules on ZFS and arrays that found something worse than a remark."""
    return {
        rule
        for rule, findings in audit.faults.items()
        if rule.startswith(("fs/zfs-", "raid/")) and any(f["severity"] != "info" for f in findings)
    }


def test_healthy(client: Client, guest: ZfsGuest) -> None:
    """Nothing is denied, no gap is left; only the snapshots without a copy are told."""
    with SCENARIOS["healthy"](guest):
        audit = client.audit("root")
        assert not [gap for gap in audit.told["gaps"] if gap["table"].startswith(("zfs", "zpool"))]
        assert zfs_faults(audit) - OF_EMULATED_DISKS == {"fs/zfs-snapshots-local-only"}
        (pool,) = rows(client, audit, "zfs_pool")
        assert (pool["pool"], pool["state"], pool["scan_kind"]) == ("tank", "ONLINE", "scrub")
        assert pool["scrub_age_days"] < 1
        (array,) = (row for row in rows(client, audit, "array") if row["kind"] == "zfs")
        assert (array["name"], array["level"], array["state"]) == ("tank/mirror-0", "raid1", "clean")
        members = [row for row in rows(client, audit, "array_member") if row["kind"] == "zfs"]
        assert {row["serial"] for row in members} == set(SATA[:3])
        sets = {(row["dataset"], row["family"]): row for row in rows(client, audit, "zfs_snapshot_set")}
        assert sets["tank/home", "sanoid"]["count"] == 1
        assert sets["tank/home", "other"]["held"] == 1
        edges = {(row["upper"], row["lower"]) for row in rows(client, audit, "rests_on")}
        assert ("mount:/tank/home", "pool:tank") in edges
        assert ("pool:tank", "array:zfs:tank/mirror-0") in edges


def test_a_mirror_that_lost_a_half(client: Client, guest: ZfsGuest) -> None:
    """The rule on arrays judges it, naming the drive by its serial number; the pool is a remark."""
    with SCENARIOS["mirror-degraded"](guest):
        audit = client.audit("root")
        assert audit.status == 1
        (finding,) = audit.faults["raid/degraded-no-margin"]
        assert finding["severity"] == "critical"
        assert "tank/mirror-0 (raid1 of 2)" in finding["message"]
        assert SATA[1] in finding["message"]
        assert "FAULTED" in finding["message"]
        assert [f["severity"] for f in audit.faults["fs/zfs-degraded"]] == ["info"]


def test_a_scrub_that_repaired(client: Client, guest: ZfsGuest) -> None:
    """Healed errors are told with the device that made them."""
    with SCENARIOS["scrub-repaired"](guest):
        audit = client.audit("root")
        assert audit.faults["fs/zfs-scrub-errors"][0]["severity"] == "medium"
        (device,) = audit.faults["fs/zfs-device-errors"]
        assert SATA[1] in device["message"]
        assert "fs/zfs-data-errors" not in audit.faults


def test_permanent_errors_of_a_pool_that_is_online(client: Client, guest: ZfsGuest) -> None:
    """Lost data are critical whatever the state says."""
    with SCENARIOS["permanent-errors"](guest):
        audit = client.audit("root")
        (pool,) = rows(client, audit, "zfs_pool")
        assert pool["state"] == "ONLINE"
        (finding,) = audit.faults["fs/zfs-data-errors"]
        assert finding["severity"] == "critical"
        assert "/one/big" in finding["message"]


def test_zfs_of_a_user_without_rights(client: Client, guest: ZfsGuest) -> None:
    """What an ordinary user is not told is a gap, never health."""
    with SCENARIOS["healthy"](guest):
        audit = client.audit("auditor")
        told = [gap for gap in audit.told["gaps"] if gap["table"].startswith(("zfs", "zpool"))]
        assert told
        assert {gap["reason"] for gap in told} == {"denied"}


def test_suspended(client: Client, guest: ZfsGuest) -> None:
    """Last: the disks do not come back. Its devices call themselves ONLINE."""
    with SCENARIOS["suspended"](guest):
        audit = client.audit("root")
        (finding,) = audit.faults["fs/zfs-faulted"]
        assert finding["severity"] == "critical"
        assert "SUSPENDED" in finding["message"]
        assert audit.status == 1
