"""How one logs in, as we read it from sshd_config and as the real sshd understands the same files."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analyzer.advisory_table import holes
from analyzer.host_roles import host_roles
from analyzer.site import Site
from analyzer.support_table import support_ends
from collectors.backup_tables import BackupRepository
from collectors.block_tables import Host
from collectors.exposure_tables import NfsExport, SshServer
from collectors.fact import Fact
from collectors.question import Answer
from collectors.reading import read_answer
from collectors.tools.shares import SHARES, SSHD_TELLS, ask
from tests.sshd import SSHD, new_key


def rows_of(answer: Answer) -> list[object]:
    return [fact.row for fact in read_answer("t", answer) if isinstance(fact, Fact)]


@pytest.mark.parametrize(
    ("target", "system", "role"), [("app", None, ""), ("restic:sftp:b@app:/srv/r", "restic", "repository")]
)
def test_an_empty_folder_of_a_product_makes_no_repository_host(
    target: str, system: str | None, role: str
) -> None:
    site = Site("s", datetime(2026, 11, 26, tzinfo=UTC), tuple(dict.fromkeys(("app", target))))
    site.systems = {target: system} if system else {}
    row = BackupRepository(repository="r", name="/srv/r", product="restic", host="app", path="/srv/r")
    site.add([Fact("app", Host(hostname="app")), Fact(target, row)])
    assert host_roles(site).of("app") == role


CONFIGURATIONS = (
    ("", ""),
    ("PermitRootLogin yes\n", ""),
    ("PermitRootLogin no\nPermitRootLogin yes\nPasswordAuthentication no\n", ""),
    ("Include {folder}/sshd_config.d/*.conf\nPermitRootLogin no\n", "PermitRootLogin yes\n"),
    ("PermitRootLogin without-password\nInclude {folder}/sshd_config.d/*.conf\n", "PermitRootLogin yes\n"),
    ("PasswordAuthentication no\nUsePAM yes\nKbdInteractiveAuthentication yes\n", ""),
    ("PasswordAuthentication no\nUsePAM yes\nChallengeResponseAuthentication no\n", ""),
    ("permitrootlogin=yes\n  PASSWORDAUTHENTICATION   no  # closed\n", ""),
    ("Match User backup\nPermitRootLogin yes\nPasswordAuthentication no\n", ""),
    (
        "Include {folder}/sshd_config.d/*.conf\nPasswordAuthentication no\n",
        "Match User a\nPermitRootLogin yes\n",
    ),
    ('PermitRootLogin "forced-commands-only"\n', ""),
)


@pytest.mark.skipif(SSHD is None, reason="sshd is not installed (apt install openssh-server)")
@pytest.mark.parametrize("number", range(len(CONFIGURATIONS)))
def test_a_configuration_means_to_us_what_it_means_to_sshd(number: int, tmp_path: Path) -> None:
    main, extra = (text.format(folder=tmp_path) for text in CONFIGURATIONS[number])
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    new_key(tmp_path / "key")
    (tmp_path / "sshd_config.d").mkdir()
    (tmp_path / "sshd_config.d" / "10.conf").write_text(extra, "utf-8")
    config = tmp_path / "sshd_config"
    config.write_text(f"HostKey {tmp_path}/key\n{main}", "utf-8")
    told = subprocess.run([str(SSHD), "-T", "-f", str(config)], capture_output=True, check=True, timeout=30)
    (theirs,) = rows_of(Answer(SSHD_TELLS(), stdout=told.stdout, status=0))
    lines = [f"/etc/ssh/sshd_config:{line}" for line in config.read_text("utf-8").splitlines()]
    lines += [f"/etc/ssh/sshd_config.d/10.conf:{line}" for line in extra.splitlines()]
    grep = Answer(SHARES(), stdout="\n".join(lines).encode(), status=0)
    (ours,) = [row for row in rows_of(grep) if isinstance(row, SshServer)]
    assert isinstance(theirs, SshServer)
    assert (ours.root_login, ours.passwords) == (theirs.root_login, theirs.passwords)


@pytest.mark.parametrize(
    ("told", "refused"),
    [
        ("Include /etc/ssh/sshd_config.d/*.conf", "/etc/ssh/sshd_config.d/50-cloud-init.conf"),
        ("", "/etc/ssh/sshd_config"),
        ("include /etc/crypto-policies/back-ends/opensshserver.config", ""),
    ],
)
def test_a_configuration_that_is_hidden_in_part_is_asked_of_sshd(told: str, refused: str) -> None:
    lines = f"/etc/ssh/sshd_config:{told}\n/etc/ssh/sshd_config:PermitRootLogin no\n" if told else ""
    complaint = f"grep: {refused}: Permission denied\n" if refused else ""
    answer = Answer(SHARES(), stdout=lines.encode(), stderr=complaint.encode(), status=2)
    asking = ask()
    next(asking)
    assert [question.argv for question in asking.send([answer])] == [SSHD_TELLS.argv]
    assert not [row for row in rows_of(answer) if isinstance(row, SshServer)]


def test_a_configuration_of_comments_is_no_missing_one() -> None:
    (row,) = rows_of(Answer(SHARES(), stderr=b"grep: /etc/exports: No such file or directory\n", status=2))
    assert isinstance(row, SshServer)
    assert (row.root_login, row.stated) == ("prohibit-password", False)


def test_an_export_of_hostile_lines_is_a_gap_or_a_row() -> None:
    text = '/etc/exports:"/a b" *(rw)\n/etc/exports:/c\n/etc/exports:/d x(rw\\\n/etc/exports:,ro)\n'
    rows = rows_of(Answer(SHARES(), stdout=text.encode(), status=0))
    assert [(row.path, row.client) for row in rows if isinstance(row, NfsExport)][:2] == [
        ("/a b", "*"),
        ("/c", "*"),
    ]


@pytest.mark.parametrize(
    ("name", "version", "release"),
    [
        ("Debian GNU/Linux", "12", "Debian 12"),
        ("Debian GNU/Linux", "12.7", "Debian 12"),
        ("Debian GNU/Linux", "120", None),
        ("Debian GNU/Linux", None, None),
        ("Microsoft Windows Server 2012 R2 Standard", "6.3.9600", "Windows Server 2012"),
        ("Microsoft Windows Server 2025 Datacenter", "10.0.26100", "Windows Server 2025"),
        ("Microsoft Windows 10 Enterprise LTSC", "10.0.19044", None),
        ("Microsoft Windows 10 Pro", "10.0.19045", "Windows 10"),
        ("VMware ESXi", "6.7.0", "VMware ESXi 6.7"),
        ("VMware ESXi", "9.0.0", None),
        ("Ubuntu", "24.10", "Ubuntu 24.10"),
        ("Ubuntu", "24.04", "Ubuntu 24.04"),
        ("Proxmox VE", "9.0.3", None),
        ("Proxmox VE", "8.2.4", "Proxmox VE 8"),
        ("CentOS Linux", "8", "CentOS Linux 8"),
        ("CentOS Stream", "8", "CentOS Stream 8"),
    ],
)
def test_the_release_of_a_system_is_found(name: str, version: str | None, release: str | None) -> None:
    found = support_ends(name, version)
    assert (found[0] if found else None) == release


@pytest.mark.parametrize(
    ("version", "found"),
    [
        ("12.1.2.172", ["CVE-2024-40711", "CVE-2025-23120", "KB4830", "CVE-2026-44963"]),
        ("12.3.2.4465", ["CVE-2026-44963"]),
        ("12.3.2.4854", []),
        ("9.5", ["CVE-2024-40711", "CVE-2025-23120", "KB4830", "CVE-2026-44963"]),
        ("13.0.1", None),
        ("unknown", None),
    ],
)
def test_the_holes_of_a_version_are_found(version: str, found: list[str] | None) -> None:
    told = holes("Veeam Backup & Replication", version)
    assert (None if told is None else [one.id for one in told]) == found
    assert holes("Holdfast", version) is None
