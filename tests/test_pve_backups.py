"""Proxmox VE by its API: logs of backups, leftovers, replication, locks, pools, chains of volumes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from analyzer.calendar_event import interval_hours
from analyzer.derived.pve_backup_run import BackupRun
from collectors.guest_backup_tables import GuestBackupRun
from collectors.targets.proxmox_address import TOKEN
from collectors.vzdump_log import runs_of
from holdwater import api
from tests.lab import pve as lab
from tests.lab import pve_evidence as more
from tests.test_pve import failed, gaps, rows, site_of

MIB = 1 << 20
NOW = int(time.time())


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[lab.Cluster, str]]:
    monkeypatch.setenv(TOKEN, lab.SECRET)
    pve = lab.seeded(NOW)
    pve.allow(lab.RIGHTS)
    more.complete(pve)
    with lab.serving(pve, tmp_path) as address:
        yield pve, address


def test_the_log_of_a_backup_tells_size_duration_and_speed() -> None:
    task = str(more.task("vzdump", NOW)["upid"])
    machine, container, lost = runs_of(more.log_of_backup(NOW), task, "pve1")
    assert (machine.guest, machine.duration_seconds, machine.transferred_bytes) == (
        "qemu/100",
        85.0,
        32 << 30,
    )
    assert machine.bytes_per_second == pytest.approx((32 << 30) / 80)
    assert machine.archive_bytes == round(7.5 * (1 << 30))
    assert machine.rest == "agent silent"
    assert machine.excluded == "scsi1 local-lvm:vm-100-disk-1"
    assert machine.volume is not None
    assert machine.volume.startswith("nas:backup/vzdump-qemu-100-")
    # the log tells local time, two hours ahead
    assert machine.started_at is not None
    assert machine.started_at.timestamp() == NOW + 1
    assert (container.guest, container.bytes_per_second) == ("lxc/200", 51.2 * MIB)
    assert container.excluded == "mp0 /srv/data"
    assert (lost.guest, lost.succeeded, lost.outcome) == ("qemu/102", False, "VM is locked (snapshot-delete)")


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            [
                "INFO: starting new backup job: vzdump 100 --storage pbs --mode snapshot",
                "INFO: Starting Backup of VM 100 (qemu)",
                "INFO: Backup started at 2026-11-26 01:00:02",
                "INFO: creating Proxmox Backup Server archive 'vm/100/2026-11-26T00:00:02Z'",
                "INFO: issuing guest-agent 'fs-freeze' command",
                "INFO: using fast incremental mode (dirty-bitmap), 1.2 GiB dirty of 32.0 GiB total",
                "INFO: transferred 1.20 GiB in <1 seconds",
                "INFO: Finished Backup of VM 100 (00:00:03)",
                "TASK OK",
            ],
            ("pbs:backup/vm/100/2026-11-26T00:00:02Z", True, "frozen", round(1.2 * (1 << 30))),
        ),
        (
            [
                "INFO: starting new backup job: vzdump 200 --storage pbs",
                "INFO: Starting Backup of VM 200 (lxc)",
                "INFO: root.pxar: had to backup 100 MiB of 1.5 GiB (compressed 40 MiB) in 12.50 s",
                "INFO: Finished Backup of VM 200 (00:00:14)",
                "TASK OK",
            ],
            (None, True, None, round(1.5 * (1 << 30))),
        ),
        (
            ["INFO: Starting Backup of VM 100 (qemu)", "INFO: status = running", "TASK ERROR: got signal"],
            (None, False, None, None),
        ),
        (["INFO: Starting Backup of VM 100 (qemu)", "INFO: status = running"], (None, None, None, None)),
    ],
)
def test_logs_of_other_kinds(lines: list[str], told: tuple[object, ...]) -> None:
    (run,) = runs_of(lines, "saved", None)
    assert (run.volume, run.succeeded, run.rest, run.transferred_bytes) == told


def test_every_guest_of_a_job_counts_by_itself(cluster: tuple[lab.Cluster, str], tmp_path: Path) -> None:
    pve, address = cluster
    task = more.add_log(pve, NOW - 3600)
    site = site_of(address, tmp_path)
    assert {row.guest for row in rows(site, "guest_backup_run")} == {"qemu/100", "lxc/200", "qemu/102"}
    (whole,) = [row for row in rows(site, "hypervisor_task") if row.task == task]
    assert (whole.guests_told, whole.transferred_bytes) == (3, (32 << 30) + 512 * MIB)
    runs = {fact.row.guest: fact.row for fact in site.facts(BackupRun) if fact.row.node == "pve1"}
    assert runs["100"].bytes_per_second == pytest.approx((32 << 30) / 80)
    assert (runs["102"].failed_in_row, runs["100"].failed_in_row) == (1, 0)
    said = failed(api.judge(next(tmp_path.glob("*.zip"))))
    assert any("guest 102 failed (VM is locked" in message for message in said["backup/last-failed"])
    assert any("db1" in message for message in said["backup/agent-absent"])


def test_a_log_that_is_refused_is_a_gap(cluster: tuple[lab.Cluster, str], tmp_path: Path) -> None:
    pve, address = cluster
    more.add_log(pve, NOW - 3600)
    pve.fail("GET", "/log", status=596, message="Connection timed out")
    assert ("guest_backup_run", "timed-out") in gaps(site_of(address, tmp_path))


def test_leftovers_are_found_and_images_in_use_are_not(
    cluster: tuple[lab.Cluster, str], tmp_path: Path
) -> None:
    pve, address = cluster
    more.add_leftovers(pve, NOW)
    pve.vms[0].config["unused0"] = "local-lvm:vm-100-disk-9"
    pve.allow({**lab.RIGHTS, "/storage": ("Datastore.Audit", "Datastore.Allocate")})
    bundle = api.collect([address], tmp_path)
    said = failed(api.judge(bundle))
    assert any("bear number 109, which no guest has" in one for one in said["backup/orphan-points"])
    assert any("101" in one for one in said["backup/number-used-again"])
    unused = " | ".join(said["capacity/unused-image"])
    assert "vm-109-disk-0" in unused
    assert "vm-101-disk-3" in unused
    assert "vm-100-disk-9 of db1 on pve1 is detached" in unused
    for used in ("vm-100-disk-0", "vm-100-state-kid", "vm-101-cloudinit", "vm-101-disk-0"):
        assert used not in unused
    assert "vm-100-disk-7" not in unused  # its guest has snapshots, which may hold it


def test_images_are_left_out_without_the_right_to_change_things(
    cluster: tuple[lab.Cluster, str], tmp_path: Path
) -> None:
    said = [one.detail for one in site_of(cluster[1], tmp_path).gaps if one.table.TABLE == "storage_volume"]
    assert len(said) == 1
    assert "not worth granting" in said[0]


def test_replication_that_is_late_or_goes_nowhere(cluster: tuple[lab.Cluster, str], tmp_path: Path) -> None:
    pve, address = cluster
    more.add_replications(pve, NOW)
    pve.set_node_offline("pve3")
    said = failed(api.judge(api.collect([address], tmp_path)))
    assert any("100-0" in one and "due every 0.25 hours" in one for one in said["backup/replication-late"])
    assert not any("100-1" in one for one in said["backup/replication-late"])
    assert "pve3: that node is offline" in said["backup/replication-target-off"][0]


def test_a_lock_is_a_leftover_only_without_its_task(cluster: tuple[lab.Cluster, str], tmp_path: Path) -> None:
    pve, address = cluster
    pve.vms[0].lock = "snapshot"
    pve.tasklog.append(more.task("qmsnapshot", NOW - 600, guest="100", seconds=None))
    pve.tasklog.append(more.task("qmdelsnapshot", NOW - 9 * 3600, node="pve3", guest="102", seconds=5))
    said = failed(api.judge(api.collect([address], tmp_path)))["snapshot/pve-locked"]
    assert said == [
        "mail1 is locked (snapshot-delete) for 9 hours, and no task that runs holds it; limit 6 hours"
    ]


def test_who_made_a_snapshot_is_told_by_its_task(cluster: tuple[lab.Cluster, str], tmp_path: Path) -> None:
    pve, address = cluster
    made = pve.vms[0].snapshots["old"]["snaptime"]
    pve.tasklog.append(more.task("qmsnapshot", made - 2, guest="100", seconds=5) | {"user": "ops@pve"})
    said = failed(api.judge(api.collect([address], tmp_path)))["snapshot/age"]
    assert ["made by ops@pve" in one for one in said if '"old"' in one] == [True]
    assert not any("made by" in one for one in said if '"kid"' in one)


def test_members_of_pools_are_taken_by_jobs_for_pools(
    cluster: tuple[lab.Cluster, str], tmp_path: Path
) -> None:
    pve, address = cluster
    pve.own["/cluster/backup"] = [lab.job("pool", pool="prod", storage="nas", schedule="02:00")]
    pve.own["/cluster/backup-info/not-backed-up"] = []
    pve.pools["prod"] = {"poolid": "prod", "comment": "", "members": []}
    pve.vms[0].pool = "prod"
    said = failed(api.judge(api.collect([address], tmp_path)))["backup/not-in-job"]
    assert not any("db1" in one for one in said)
    assert any("mail1" in one for one in said)


def test_retention_is_looked_up_in_the_storage(cluster: tuple[lab.Cluster, str], tmp_path: Path) -> None:
    pve, address = cluster
    pve.own["/cluster/backup"] = [lab.job(name, all=1, storage="nas", schedule="1:00") for name in ("a", "b")]
    first = failed(api.judge(api.collect([address], tmp_path / "1")))
    assert any("job a keeps all backups for ever" in one for one in first["backup/prune-risk"])
    assert any("job a and b go to nas" in one for one in first["backup/jobs-at-once"])
    pve.storages["nas"]["prune-backups"] = "keep-daily=7"
    assert "backup/prune-risk" not in failed(api.judge(api.collect([address], tmp_path / "2")))


def test_the_tree_of_a_zfs_pool(cluster: tuple[lab.Cluster, str], tmp_path: Path) -> None:
    pve, address = cluster
    more.add_pool_tree(pve)
    site = site_of(address, tmp_path)
    assert gaps(site) == {("storage_volume", "not-asked")}
    assert [(row.place, row.state, row.checksum_errors) for row in rows(site, "zpool_vdev")] == [
        ("mirror-0", "DEGRADED", 0),
        ("mirror-0/ata-A-part3", "ONLINE", 12),
        ("mirror-0/9021415214151231", "UNAVAIL", 0),
    ]
    said = failed(api.judge(next(tmp_path.glob("*.zip"))))
    assert any("rpool" in message for rule in said if rule.startswith("raid/") for message in said[rule])


def test_the_system_disk_of_a_node_is_judged(cluster: tuple[lab.Cluster, str], tmp_path: Path) -> None:
    pve, address = cluster
    full = {"total": 100 << 30, "used": 97 << 30, "free": 3 << 30, "avail": 2 << 30}
    pve.per_node["pve2", "status"] = {"pveversion": "8", "rootfs": full}
    said = failed(api.judge(api.collect([address], tmp_path)))["capacity/used"]
    assert [one for one in said if "pve2:/" in one]
    assert not [one for one in said if "pve1:/" in one]


def test_snapshots_as_a_chain_of_volumes(cluster: tuple[lab.Cluster, str], tmp_path: Path) -> None:
    pve, address = cluster
    pve.storages["local-lvm"]["snapshot-as-volume-chain"] = 1
    database = pve.vms[0]
    above = "kid"
    for name in ("third", "fourth"):
        database.snapshots[name] = {"snaptime": NOW - lab.DAY, "parent": above}
        above = name
    database.config["parent"] = above
    said = failed(api.judge(api.collect([address], tmp_path)))["snapshot/pve-volume-chain"]
    assert said == [f"disk {disk} of db1 builds on 4 volumes; limit 4" for disk in ("scsi0", "scsi1")]


@pytest.mark.parametrize(
    ("event", "hours"),
    [
        ("*/15", 0.25),
        ("*:0/20", 1 / 3),
        ("22:00", 24),
        ("*/2:00", 2),
        ("mon..fri 1:30", 72),
        ("sun 01:00", 168),
        ("sat,sun", 144),
        ("8..17:0/30", 15),
        ("hourly", 1),
        ("daily", 24),
        ("2026-12-24", None),
        ("nonsense", None),
        (None, None),
        ("", None),
    ],
)
def test_how_often_a_calendar_event_comes(event: str | None, hours: float | None) -> None:
    told = interval_hours(event)
    assert told == (None if hours is None else pytest.approx(hours))


def test_the_rows_of_a_log_are_no_backups(cluster: tuple[lab.Cluster, str], tmp_path: Path) -> None:
    """What a log says was written may have been pruned since."""
    pve, address = cluster
    more.add_log(pve, NOW - 3600)
    site = site_of(address, tmp_path)
    assert rows(site, "guest_backup") == []
    assert site.facts(GuestBackupRun)
