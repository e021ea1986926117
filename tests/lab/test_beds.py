# SPDX-License-Identifier: Apache-2.0
"""The beds really bring up what they promise; the arrays are looked at in test_audits_md.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from . import filesystems, md
from .beds import must
from .filesystems import FilesystemBed
from .guest import NVME, Guest
from .smartshim import DRIVES, MEANING
from .uml import Uml

# smartctl's exit status for each kind of drive.
SMART_STATUS = {
    "healthy": 0,
    "reallocated": 192,
    "failing": 24,
    "worn-ssd": 0,
    "sas-healthy": 0,
    "sas-failing": 136,
    "standby": 0,
    "nvme-healthy": 0,
    "nvme-spare-low": 8,
    "nvme-read-only": 8,
}


def smartctl(directory: Path, *arguments: str) -> tuple[int, Any]:
    """The bed's smartctl: status and JSON."""
    environment = os.environ | {"PATH": f"{directory}:{os.environ['PATH']}"}
    done = subprocess.run(["smartctl", "--json=c", *arguments], env=environment, capture_output=True)
    return done.returncode, json.loads(done.stdout)


@pytest.mark.lab
def test_uml_keeps_status_and_both_outputs_apart(uml: Uml) -> None:
    """Bytes of any value come through, from shell text and from an argument list."""
    assert uml.run(r"printf 'a\0\377\n'; echo complaint >&2; exit 7") == (7, b"a\0\xff\n", b"complaint\n")
    assert uml.run(["printf", "%s", "two words\n$HOME"]) == (0, b"two words\n$HOME", b"")
    assert uml.run(["no-such-program"]).status == 127
    assert uml.run("sleep 60", timeout=1).status == 124
    assert uml.run("true").status == 0


@pytest.mark.lab
def test_uml_runs_our_python_on_shared_directories(uml: Uml, tmp_path: Path) -> None:
    """The project itself can run inside: host directories are shared, and what is written arrives."""
    (tmp_path / "program.py").write_text(
        "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text('inside')"
    )
    inside = uml.share(tmp_path)
    try:
        must(uml, [sys.executable, f"{inside}/program.py", f"{inside}/written"])
    finally:
        must(uml, ["umount", inside])
    assert (tmp_path / "written").read_text() == "inside"


@pytest.mark.lab
@pytest.mark.parametrize("name", filesystems.SCENARIOS)
def test_filesystem_scenario(volumes: FilesystemBed, name: str) -> None:
    """Each file system shows the trouble it was given."""
    with filesystems.SCENARIOS[name](volumes) as volume:
        assert must(volumes, f"findmnt -no SOURCE {volume.mount}") == volume.device
        writable = volumes.run(["touch", f"{volume.mount}/new"]).status == 0
        assert writable == (not name.endswith(("no-inodes", "read-only", "shut-down")))
        if volume.mount.endswith("ext4"):
            errors = int(must(volumes, f"cat /sys/fs/ext4/{volume.name}/errors_count"))
            assert (errors > 0) == (name in {"ext4-errors", "ext4-emergency-read-only"})
        if volume.mount.endswith("btrfs"):
            stats = must(volumes, f"btrfs device stats {volume.mount}")
            assert ("[devid:2]" in stats) == (name == "btrfs-degraded")


@pytest.mark.lab
def test_smart_scan_finds_every_fabricated_drive(smart_path: Path) -> None:
    """The real scan, over fabricated names."""
    status, found = smartctl(smart_path, "--scan-open")
    assert status == 0
    assert [device["name"] for device in found["devices"]] == [f"/dev/{name}" for name in DRIVES]


@pytest.mark.lab
@pytest.mark.parametrize("kind", MEANING)
def test_smart_drive(smart_path: Path, kind: str) -> None:
    """The real smartctl judges each drive as its kind says."""
    status, data = smartctl(smart_path, "-x", f"/dev/{MEANING[kind]}")
    # smartctl 7.4 sets bit 2 where a SAS drive has no log of general statistics
    assert status & ~4 == SMART_STATUS[kind]
    assert data["serial_number"] == DRIVES[MEANING[kind]].serial
    assert data["smart_status"]["passed"] == (not status & 8)
    if kind == "healthy":
        assert data["ata_device_statistics"]["pages"][0]["name"] == "General Statistics"


@pytest.mark.lab
def test_smart_knows_standby_and_absent_drives(smart_path: Path) -> None:
    """A sleeping drive is left alone when asked so, and no real drive is reachable."""
    assert smartctl(smart_path, "-n", "standby", "-x", f"/dev/{MEANING['standby']}")[0] == 2
    assert smartctl(smart_path, "-x", "/dev/sdz")[0] == 2


@pytest.mark.lab_slow
def test_guest_has_disks_of_three_kinds(guest: Guest) -> None:
    """SATA and NVMe disks answer smartctl; a critical warning can be set while it runs."""
    assert guest.run(["smartctl", "-H", guest.disks[0]]).status == 0
    assert guest.run(["smartctl", "-H", "/dev/nvme0"]).status == 0
    guest.warn_nvme(NVME[0], 4)
    guest.warn_nvme(NVME[1], 4)
    assert guest.run(["smartctl", "-H", "/dev/nvme0"]).status == 8
    guest.warn_nvme(NVME[0], 0)
    guest.warn_nvme(NVME[1], 0)
    assert "megaraid" in guest.run(["smartctl", "--scan"]).text


@pytest.mark.lab_slow
def test_guest_gives_sudo_only_when_told(guest: Guest) -> None:
    """The user's sudo is refused, granted, and refused again."""
    assert guest.ssh("auditor", ["id", "-un"]).text == "auditor\n"
    assert guest.ssh("auditor", ["sudo", "-n", "true"]).status == 1
    guest.allow_sudo("ALL=(root) NOPASSWD: /usr/sbin/mdadm --detail *")
    try:
        allowed = guest.ssh("auditor", ["sudo", "-n", "mdadm", "--detail", "/dev/md0"])
        assert "cannot open /dev/md0" in allowed.complaint
        assert guest.ssh("auditor", ["sudo", "-n", "id"]).stdout == b""
    finally:
        guest.allow_sudo(None)
    assert guest.ssh("auditor", ["sudo", "-n", "true"]).status == 1


@pytest.mark.lab_slow
def test_guest_has_degraded_array_on_real_disks(guest: Guest) -> None:
    """The md scenarios work in the guest as well."""
    with md.SCENARIOS["raid1-degraded"](guest):
        assert "[2/1] [_U]" in guest.run("cat /proc/mdstat").text


@pytest.mark.lab_slow
def test_guest_host_key_is_checked(guest: Guest) -> None:
    """With the false known_hosts file ssh refuses the guest."""
    options = ["-F", "none", "-i", str(guest.key), "-p", str(guest.port), "-o", "BatchMode=yes"]
    options += ["-o", "StrictHostKeyChecking=yes", "-o", f"UserKnownHostsFile={guest.wrong_known_hosts}"]
    done = subprocess.run(["ssh", *options, f"auditor@{guest.host}", "true"], capture_output=True, text=True)
    assert done.returncode == 255
    assert "Host key verification failed" in done.stderr
