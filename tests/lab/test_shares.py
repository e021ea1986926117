"""A real Samba server and the real exportfs on this machine: what we read of them is what clients find."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from collectors.exposure_tables import NfsExport, SmbServer, SmbShare
from collectors.fact import Fact
from collectors.question import Answer
from collectors.reading import read_answer
from collectors.targets.local import LocalTarget
from collectors.tools.shares import SHARES
from collectors.tools.testparm import TESTPARM
from tests.sshd import free_port

pytestmark = pytest.mark.lab

CONFIG = """\
[global]
   server role = standalone server
   map to guest = Bad User
   server min protocol = {oldest}
   smb ports = {port}
   bind interfaces only = yes
   interfaces = lo
   disable spoolss = yes
   load printers = no
   pid directory = {folder}/run
   lock directory = {folder}/run
   state directory = {folder}/run
   cache directory = {folder}/run
   private dir = {folder}/run
   ncalrpc dir = {folder}/run/ncalrpc
   log file = {folder}/log
[open]
   path = {folder}/open
   guest ok = yes
   read only = no
[shown]
   path = {folder}/shown
   guest ok = yes
[closed]
   path = {folder}/closed
   read only = no
"""


@dataclass(frozen=True)
class Samba:
    """A server on loopback and what testparm tells of it."""

    port: int
    rows: list[SmbServer | SmbShare]
    folder: Path

    def client(self, share: str, command: str, *options: str) -> bool:
        """Whether somebody without an account may do that."""
        argv = ("smbclient", "-N", "-p", str(self.port), *options, f"//127.0.0.1/{share}", "-c", command)
        return subprocess.run(argv, capture_output=True, timeout=30, cwd=self.folder).returncode == 0


@pytest.fixture
def samba(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Samba]:
    if shutil.which("smbd") is None or shutil.which("smbclient") is None:
        pytest.skip("Samba is not installed (apt install samba smbclient)")
    for folder in tmp_path.parents:
        if folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o011)
    tmp_path.chmod(0o755)
    for name in ("run", "open", "shown", "closed"):
        (tmp_path / name).mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "note").write_text("hello", "utf-8")
    port, config = free_port(), tmp_path / "smb.conf"
    config.write_text(CONFIG.format(oldest=request.param, port=port, folder=tmp_path), "utf-8")
    told = subprocess.run(("testparm", "-sv", str(config)), capture_output=True, timeout=30, check=True)
    facts = read_answer("nas", Answer(TESTPARM(), stdout=told.stdout, status=0))
    rows = [fact.row for fact in facts if isinstance(fact, Fact)]
    argv = ("smbd", "-F", "-s", str(config))
    # it makes a session of its own; without one it would end ours with itself
    server = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    found = Samba(port, [row for row in rows if isinstance(row, SmbServer | SmbShare)], tmp_path)
    try:
        for _ in range(100):
            if found.client("shown", "ls"):
                break
            time.sleep(0.1)
        yield found
    finally:
        server.terminate()
        server.wait(10)


@pytest.mark.parametrize("samba", ["NT1", "SMB2_02"], indirect=True)
def test_clients_find_what_samba_was_read_to_offer(samba: Samba) -> None:
    server = next(row for row in samba.rows if isinstance(row, SmbServer))
    shares = [row for row in samba.rows if isinstance(row, SmbShare)]
    assert {row.name for row in shares} == {"open", "shown", "closed"}
    for share in shares:
        assert samba.client(share.name, "ls") is share.guest, share
        assert samba.client(share.name, "put note") is (share.guest and share.writable), share
    old = ("-m", "NT1", "--option=client min protocol=NT1")
    assert samba.client("shown", "ls", *old) is server.smb1


def test_what_exportfs_exports_is_read_from_its_table(tmp_path: Path) -> None:
    """The kernel of this machine may have no NFS server: exportfs keeps its table all the same."""
    if shutil.which("exportfs") is None:
        pytest.skip("exportfs is not installed (apt install nfs-kernel-server)")
    folder, client = tmp_path / "two words", "192.0.2.77"
    folder.mkdir()
    given = ("exportfs", "-i", "-o", "rw,no_root_squash,no_subtree_check", f"{client}:{folder}")
    subprocess.run(given, check=True, capture_output=True, timeout=30)
    try:
        answer = asyncio.run(LocalTarget("here").ask(SHARES()))
    finally:
        subprocess.run(("exportfs", "-u", f"{client}:{folder}"), check=False, timeout=30)
    rows = [fact.row for fact in read_answer("here", answer) if isinstance(fact, Fact)]
    expected = NfsExport(path=str(folder), client=client, writable=True, root_squash=False, live=True)
    assert expected in rows
