# SPDX-License-Identifier: Apache-2.0
"""`holdwater audit ssh://…` as a person runs it, against a real sshd with real disks and real sudo.

HOME is the bed's: the address is an alias of its ~/.ssh/config, the host key comes from its known_hosts.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from . import md
from .beds import must
from .guest import MEGARAID, NVME, SATA, Guest

pytestmark = pytest.mark.lab_slow
SUDOERS = "/etc/sudoers.d/holdwater"
PROGRESS = re.compile(r"\d+ s: ")
"""What is told on stderr of anything that takes longer than a second."""


@dataclass
class Audit:
    """What one run of `holdwater audit --json` gave."""

    status: int
    complaint: str
    told: dict[str, Any]
    bundle: Path
    faults: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for finding in self.told["findings"]:
            assert finding["outcome"] != "error", finding
            if finding["outcome"] == "fail":
                self.faults.setdefault(finding["rule"], []).append(finding)

    def gaps(self, reason: str) -> list[dict[str, Any]]:
        """The gaps of one reason."""
        return [gap for gap in self.told["gaps"] if gap["reason"] == reason]


class Client:
    """A home directory with an ssh configuration, and holdwater run in it."""

    def __init__(self, guest: Guest, home: Path) -> None:
        self.guest, self.home, self._count = guest, home, 0
        (home / ".ssh").mkdir(parents=True)
        self.trust(guest.known_hosts)

    def trust(self, known_hosts: Path) -> None:
        """Name the guest `lab-guest`, reached by the bed's key, known by that file."""
        (self.home / ".ssh" / "config").write_text(
            f"Host lab-guest\n  HostName {self.guest.host}\n  Port {self.guest.port}\n"
            f"  IdentityFile {self.guest.key}\n  IdentitiesOnly yes\n  UserKnownHostsFile {known_hosts}\n"
        )

    def holdwater(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command line with nothing of this machine's ssh."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SSH_")}
        command = [sys.executable, "-m", "holdwater", *arguments]
        environment["HOME"] = str(self.home)
        environment["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
        return subprocess.run(
            command, env=environment, cwd=self.home, capture_output=True, text=True, timeout=120
        )

    def audit(self, user: str, *arguments: str) -> Audit:
        """Audit the guest as that user into a folder of its own."""
        self._count += 1
        folder = self.home / f"audit{self._count}"
        done = self.holdwater("audit", f"ssh://{user}@lab-guest", "--json", "-o", str(folder), *arguments)
        assert done.stdout, done.stderr
        (bundle,) = folder.glob("*.evidence.zip")
        assert list(folder.glob("*.html"))
        return Audit(done.returncode, done.stderr, json.loads(done.stdout), bundle)


@pytest.fixture(scope="module")
def client(guest: Guest, tmp_path_factory: pytest.TempPathFactory) -> Client:
    """The home directory of the person who audits."""
    return Client(guest, tmp_path_factory.mktemp("client") / "home")


@pytest.fixture
def sudoers(guest: Guest, client: Client) -> Iterator[None]:
    """The very lines which `holdwater plan` prints, and nothing else."""
    lines = client.holdwater("plan", "--sudoers", "auditor")
    assert lines.returncode == 0, lines.stderr
    path = shlex.quote(SUDOERS)
    must(guest, f"umask 227; printf %s {shlex.quote(lines.stdout)} >{path} && visudo -cf {path}")
    yield
    must(guest, f"rm -f {path}")


def rows(client: Client, audit: Audit, table: str) -> list[dict[str, Any]]:
    """A table of the audit's bundle, by `holdwater show`."""
    done = client.holdwater("show", table, str(audit.bundle), "--json")
    assert done.returncode == 0, done.stderr
    told: list[dict[str, Any]] = json.loads(done.stdout)
    return told


def named(guest: Guest, device: str) -> str:
    """A SATA disk as messages name it: the kernel's names change from boot to boot, serial numbers do not."""
    return f"{device.removeprefix('/dev/')} (serial {SATA[guest.disks.index(device)]})"


def test_root_sees_every_kind_of_disk(client: Client) -> None:
    """SATA, NVMe and the disk behind the controller are found by serial number; nothing is denied."""
    audit = client.audit("root")
    grave = {
        rule
        for rule, found in audit.faults.items()
        if any(one["severity"] in ("critical", "high") for one in found)
    }
    # a controller whose tool is missing, the sense errors that its emulation answers with, and what its
    # kernel still tells of arrays that other tests of this run made fail
    assert grave <= {"blind-spot/controller-cli-missing", "fs/io-errors-kernel", "raid/array-failure-logged"}
    assert "blind-spot/controller-cli-missing" in grave
    assert audit.status == 1
    assert audit.gaps("denied") == []
    drives = {row["serial"]: row for row in rows(client, audit, "drive")}
    assert drives.keys() >= {*SATA, *NVME, MEGARAID}
    assert {drives[serial]["protocol"] for serial in SATA} == {"ATA"}
    assert {drives[serial]["protocol"] for serial in NVME} == {"NVMe"}
    assert "megaraid" in drives[MEGARAID]["device"]
    # Emulated disks behind a hypervisor say nothing of their health, and that is said.
    assert MEGARAID in str(audit.faults["blind-spot/no-smart"])


def test_degraded_and_rebuilding_arrays(client: Client, guest: Guest) -> None:
    """Arrays over the SATA disks: the message tells array, slot, device, and what to leave alone."""
    with md.SCENARIOS["raid1-degraded"](guest) as array:
        audit = client.audit("root")
        failed, healthy = (named(guest, device) for device in array.members)
        assert audit.status == 1
        (finding,) = audit.faults["raid/degraded-no-margin"]
        assert finding["severity"] == "critical"
        for text in ("md1 (raid1 of 2)", "slot 0: missing", f"slot 1: {healthy}", f"{failed} FAILED"):
            assert text in finding["message"]
        states = {row["serial"]: row["state"] for row in rows(client, audit, "array_member")}
        assert states[SATA[0]] == "failed"
        assert states[SATA[1]] == "in-sync"
    with md.SCENARIOS["raid1-rebuilding"](guest) as array:
        audit = client.audit("root")
        (finding,) = audit.faults["raid/rebuilding"]
        assert f"slot 1: {named(guest, array.members[1])} rebuilding" in finding["message"]
        assert audit.status == 1


@pytest.mark.usefixtures("sudoers")
def test_printed_sudoers_lines_are_enough(client: Client, guest: Guest) -> None:
    """With exactly those lines, nothing is denied: not with a member removed, not with an array asleep."""
    assert guest.ssh("auditor", ["sudo", "-n", "id"]).status == 1
    assert guest.ssh("auditor", ["sudo", "-n", "cat", "/etc/shadow"]).status == 1
    with md.SCENARIOS["raid1-removed"](guest):
        audit = client.audit("auditor")
        assert audit.gaps("denied") == []
        (finding,) = audit.faults["raid/degraded-no-margin"]
        assert "slot 0: missing" in finding["message"]
        assert audit.status == 1
    with md.SCENARIOS["raid5-inactive"](guest):
        audit = client.audit("auditor")
        assert audit.gaps("denied") == []
        assert audit.faults["raid/failed"]
        assert rows(client, audit, "md_superblock")


def test_printed_sudoers_lines_allow_no_more(client: Client, guest: Guest, sudoers: None) -> None:
    """Neither other arguments, nor files which no form names, nor an option in the place of a name."""
    for command in (
        "smartctl -t short /dev/sda",
        "smartctl --json=cu -n standby -x -d sat -s off",
        "mdadm --stop /dev/md0",
        "mdadm --detail --scan",
        "stat -c '%Y %n' /root/.ssh/id",
        "grep -aHEi root /etc/shadow",
    ):
        answer = guest.ssh("auditor", f"sudo -n -- {command}")
        assert "password is required" in answer.complaint, (command, answer)


def test_sudo_refused_is_never_health(client: Client, guest: Guest) -> None:
    """What was denied is a gap of that reason, and no drive is said to be well."""
    with md.SCENARIOS["raid1-degraded"](guest):
        audit = client.audit("auditor")
    denied = audit.gaps("denied")
    assert {f"/dev/{name}" for name in ("nvme0", "nvme1")} <= {gap["subject"] for gap in denied}
    assert {"drive", "md_detail"} <= {gap["table"] for gap in denied}
    assert all("sudo" in gap["detail"] for gap in denied)
    assert not [rule for rule in audit.told["passed"] if rule.startswith("smart/")]
    assert not [row for row in rows(client, audit, "drive") if row.get("passed") is not None]
    assert audit.faults["blind-spot/permission-gaps"]
    # What /proc/mdstat tells everybody is known all the same.
    assert "md1 (raid1 of 2)" in audit.faults["raid/degraded-no-margin"][0]["message"]
    assert audit.status == 1
    assert client.audit("auditor", "--fail-on", "never").status == 0


def test_nvme_warning_set_while_it_runs(client: Client, guest: Guest) -> None:
    """The warning bit is in the findings and in the report."""
    guest.warn_nvme(NVME[0], 4)
    try:
        audit = client.audit("root")
    finally:
        guest.warn_nvme(NVME[0], 0)
    (finding,) = audit.faults["smart/nvme-critical-warning"]
    assert finding["severity"] == "critical"
    assert f"serial {NVME[0]}" in finding["message"]
    assert "reliability degraded" in finding["message"]
    assert audit.status == 1
    page = Path(str(audit.bundle).removesuffix(".evidence.zip") + ".html").read_text()
    assert "critical warning 0x04" in page


def test_wrong_host_key_is_refused(client: Client, guest: Guest) -> None:
    """Nothing is asked of a machine with another key; one line says so, and that nothing was examined."""
    client.trust(guest.wrong_known_hosts)
    try:
        audit = client.audit("root")
    finally:
        client.trust(guest.known_hosts)
    assert audit.status == 2
    (complaint,) = [line for line in audit.complaint.splitlines() if not PROGRESS.match(line)]
    assert "WRONG HOST KEY" in complaint
    assert {gap["reason"] for gap in audit.told["gaps"]} == {"unreachable"}
    assert not [rule for rule in audit.told["passed"] if rule.startswith(("smart/", "raid/", "fs/"))]
    assert audit.told["score"]["grade"] == "U"
