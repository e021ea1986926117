"""Sosreports, recordings and folders of loose outputs as evidence of a host."""

from __future__ import annotations

import io
import json
import os
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from collectors.bundle import Bundle
from collectors.importers import mockup, searching, sosreport
from collectors.importers.open import importable, records
from collectors.importers.record import InMemory, matched
from collectors.importers.unpack import CannotUnpack, safe_name, unpack
from collectors.question import Form
from collectors.targets.imported import imported
from holdwater import api
from holdwater.cli import cli

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "collectors"
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
SOS = "sosreport-db1-2026-11-20-abcdefg"
JOURNAL = (
    "-- Logs begin at Sat 2026-11-14 10:00:00 UTC, end at Fri 2026-11-20 11:00:00 UTC. --\n"
    "Nov 19 03:10:40 db1 kernel: I/O error, dev sdb, sector 9000 op 0x1:(WRITE) flags 0x0\n"
    "Nov 19 03:10:41 db1 sshd[4]: error: kex_exchange_identification\n"
)
SOS_FILES = {
    "date": "Fri Nov 20 12:00:00 UTC 2026\n",
    "etc/hostname": "db1\n",
    "etc/fstab": "/dev/sda1 / ext4 defaults 0 1\n",
    "proc/mdstat": (FIXTURES / "mdstat" / "healthy-raid1" / "answer.out"),
    "proc/mounts": "/dev/sda1 / ext4 rw,relatime 0 0\n",
    "proc/sys/kernel/hostname": "db1\n",
    "sos_commands/date/date": "Fri Nov 20 12:00:00 UTC 2026\n",
    "sos_commands/logs/journalctl_--no-pager_--boot": JOURNAL,
    "sos_commands/logs/journalctl_--list-boots": " 0 abc Sat 2026-11-14\n",
    "sos_commands/block/lsblk": "NAME MAJ:MIN RM SIZE RO TYPE MOUNTPOINT\nsda 8:0 0 20G 0 disk /\n",
    "sos_commands/networking/ip_addr": "1: lo\n",
}


def text_of(told: str | Path) -> bytes:
    if isinstance(told, str):
        return told.encode()
    found = told if told.is_file() else min((FIXTURES / "mdstat").glob("healthy*/answer.out"))
    return found.read_bytes()


@pytest.fixture
def sos(tmp_path: Path) -> Path:
    """An archive as sos writes it."""
    path = tmp_path / f"{SOS}.tar.xz"
    with tarfile.open(path, "w:xz") as tar:
        for name, told in SOS_FILES.items():
            put(tar, f"{SOS}/{name}", text_of(told))
    return path


def put(tar: tarfile.TarFile, name: str, raw: bytes, **more: object) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(raw)
    for key, value in more.items():
        setattr(entry, key, value)
    tar.addfile(entry, io.BytesIO(raw))


def test_a_sosreport_becomes_an_ordinary_bundle(sos: Path, tmp_path: Path) -> None:
    bundle = api.collect([str(sos)], tmp_path, out=tmp_path / "x.evidence.zip")
    with Bundle(bundle) as opened:
        (target,) = opened.targets()
        assert (target.name, target.kind, opened.at) == ("db1", "sosreport", AT)
        assert [a.question.argv[0] for a in target.extra()]
    judgement = api.judge(bundle)
    tables = {t.TABLE: f for t, f in judgement.site.tables.items() if f}
    assert {"host", "md_status", "fstab_entry", "kernel_event", "block_device", "mount"} <= set(tables)
    assert [f.severity for f in judgement.failed() if f.rule == "fs/io-errors-kernel"] == ["high"]
    assert judgement.site.at == AT


def test_what_another_tool_told_closes_the_gap(sos: Path, tmp_path: Path) -> None:
    judgement = api.judge(api.collect([str(sos)], tmp_path))
    unread = {(g.table.TABLE, g.reason) for g in judgement.site.gaps}
    assert ("block_device", "not-asked") not in unread  # lsblk without options told it
    assert ("drive_scan", "not-asked") in unread or ("drive", "not-asked") in unread


def test_its_folder_says_the_same(sos: Path, tmp_path: Path) -> None:
    with tarfile.open(sos) as tar:
        safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        tar.extractall(tmp_path / "out", **safely)
    (one,) = records(tmp_path / "out")
    assert (one.host, one.kind, one.at) == ("db1", "sosreport", AT)
    assert {command.name for command in one.commands} == {
        name for name in SOS_FILES if name.startswith("sos_commands/") and "networking" not in name
    }


def test_audit_and_collect_take_it(sos: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["audit", str(sos), "-o", str(tmp_path / "audits"), "--json"])
    assert done.exit_code in (0, 1), done.output
    assert json.loads(done.stdout)
    out = tmp_path / "y.evidence.zip"
    done = CliRunner().invoke(cli, ["collect", str(sos), "-o", str(out)])
    assert done.exit_code == 0, done.output
    assert out.exists()


def test_names_of_commands() -> None:
    assert sosreport._words("smartctl_-a_.dev.sda") == ("smartctl", "-a", "/dev/sda")
    assert sosreport._words("usr.sbin.mdadm_-D_.dev.md.root") == ("mdadm", "-D", "/dev/md/root")


@pytest.mark.parametrize(
    ("said", "hour"),
    [
        ("Fri Nov 20 12:00:00 UTC 2026", 12),
        ("Fri Nov 20 12:00:00 CET 2026", 11),
        ("Fri 20 Nov 2026 01:00:00 PM UTC", 13),
        ("Fri Nov 20 07:00:00 AM EST 2026", 12),
    ],
)
def test_dates(said: str, hour: int) -> None:
    at = sosreport.date_of(said)
    assert at is not None
    assert (at.day, at.hour) == (20, hour)


def test_hostile_archives_write_nothing_outside(tmp_path: Path) -> None:
    path = tmp_path / "evil.tar"
    with tarfile.open(path, "w") as tar:
        put(tar, "../outside", b"x")
        put(tar, "/absolute", b"x")
        put(tar, "a/../../outside", b"x")
        link = tarfile.TarInfo("sos/link")
        link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path)
        tar.addfile(link)
        put(tar, "sos/link/through", b"x")
        put(tar, "sos/sos_commands/date/date", b"x")
        device = tarfile.TarInfo("sos/null")
        device.type = tarfile.CHRTYPE
        tar.addfile(device)
    folder = tmp_path / "in"
    assert unpack(path, folder, lambda name: True) == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["evil.tar", "in"]
    assert (folder / "sos/link/through").read_bytes() == b"x"
    assert not (folder / "sos/link").is_symlink()


def test_a_damaged_archive_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "sosreport-x.tar.xz"
    path.write_bytes(b"not an archive")
    with pytest.raises(CannotUnpack):
        list(records(path))
    done = CliRunner().invoke(cli, ["audit", str(path), "-o", str(tmp_path)])
    assert done.exit_code == 2
    assert "archive" in done.output


def test_a_cut_archive_gives_what_it_held(sos: Path, tmp_path: Path) -> None:
    plain = tmp_path / f"{SOS}.tar"
    with tarfile.open(plain, "w") as tar:
        for name, told in SOS_FILES.items():
            put(tar, f"{SOS}/{name}", text_of(told))
    plain.write_bytes(plain.read_bytes()[:-13_000])
    (one,) = records(plain)
    assert one.host == "db1"


def test_links_out_of_a_folder_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("Personalities : [raid1]\nunused devices: <none>\n")
    folder = tmp_path / "host7"
    folder.mkdir()
    (folder / "mdstat").symlink_to(secret)
    (folder / "swaps").write_text("Filename\tType\tSize\tUsed\tPriority\n/dev/sda2 partition 100 0 -2\n")
    (one,) = records(folder)
    assert [command.name for command in one.commands] == ["swaps"]


def test_a_folder_of_folders_is_a_folder_of_hosts(tmp_path: Path) -> None:
    for host in ("nas1", "nas2"):
        (tmp_path / "mailed" / host).mkdir(parents=True)
        (tmp_path / "mailed" / host / "mdstat.txt").write_bytes(text_of(SOS_FILES["proc/mdstat"]))
        os.utime(tmp_path / "mailed" / host / "mdstat.txt", (AT.timestamp(), AT.timestamp()))
    targets = imported(tmp_path / "mailed")
    assert [target.name for target in targets] == ["nas1", "nas2"]
    judgement = api.judge(api.collect([str(tmp_path / "mailed")], tmp_path))
    assert judgement.site.at == AT
    found = {t.TABLE: {fact.target for fact in f} for t, f in judgement.site.tables.items() if f}
    assert found["md_status"] == {"nas1", "nas2"}


def test_a_recording_answers_commands_and_files() -> None:
    text = (
        '<?xml version="1.0"?>\n<Mockup><Commands><Command><name>/sbin/mdadm --detail /dev/md0</name>'
        "<stdout>a &lt;b&gt;</stdout><stdout/><exit-code>1</exit-code></Command></Commands>"
        "<Files><File><name>/proc/mdstat</name><content>unused devices: &lt;none&gt;</content></File></Files>"
        "</Mockup>"
    )
    assert mockup.is_mockup(text)
    record = mockup.record_of(text, "h", AT)
    (command,) = record.commands
    assert (command.words, command.status) == (("/sbin/mdadm", "--detail", "/dev/md0"), 1)
    assert command.open().read() == b"a <b>\n\n"
    file = record.files.open("/proc/mdstat")
    assert file is not None
    assert file.read() == b"unused devices: <none>\n"


def test_grep_of_a_record() -> None:
    files = InMemory(
        {"/sys/block/md0/md/level": b"raid1\n", "/sys/block/md1/md/level": b"raid5\n", "/a": b"x=1\ny\n"}
    )
    assert searching.grep(files, ("-aH", "", "/sys/block/md*/md/level"), 999) == (
        b"/sys/block/md0/md/level:raid1\n/sys/block/md1/md/level:raid5\n",
        b"",
        True,
    )
    assert searching.grep(files, ("-aHv", "-e", "^x", "/a", "/b"), 99) == (
        b"/a:y\n",
        b"grep: /b: No such file or directory",
        True,
    )
    assert searching.grep(files, ("-aoHE", "^[[:blank:]]*x|Z", "/a"), 99) == (b"/a:x\n", b"", True)
    assert searching.grep(files, ("-P", "x", "/a"), 99) is None
    assert searching.grep(files, ("-aH", "", "/a"), 4) == (b"/a:x", b"", False)


def test_patterns_do_not_cross_folders() -> None:
    paths = ["/sys/block/md0/md/level", "/sys/block/md0/x/md/level", "/sys/block/sda/md/level"]
    assert matched("/sys/block/md*/md/level", paths) == ["/sys/block/md0/md/level"]


def test_a_long_log_is_filtered_while_it_goes_by() -> None:
    kept, whole = searching.telling(
        [
            io.BytesIO(
                b"Nov 19 03:10:40 h kernel: I/O error, dev sdb, sector 1\n" * 1000 + b"harmless\n" * 1000
            )
        ],
        __import__("re").compile(b"rror"),
        5_000,
    )
    assert not whole
    assert 4_000 < len(kept) <= 5_000


def test_only_what_can_be_read_is_importable(tmp_path: Path) -> None:
    (tmp_path / "x.evidence.zip").write_bytes(b"PK")
    assert not importable(tmp_path / "x.evidence.zip")
    assert not importable(tmp_path / "nothing")
    assert importable(tmp_path)
    assert safe_name("a/./b") == "a/b"
    assert Form(("x",), "", "").timeout_seconds


def test_what_is_handed_over_and_not_understood_is_named(tmp_path: Path) -> None:
    """Output in another language, or of a tool nobody knows: no silence. A failed tool is a gap."""
    (tmp_path / "in").mkdir()
    german = "Dateisystem Typ 1B-Blöcke Benutzt Verfügbar Verw% Eingehängt auf\n/dev/sda1 ext4 9 9 0 100% /\n"
    (tmp_path / "in" / "df.txt").write_text(german)
    (tmp_path / "in" / "mdstat.txt").write_text("Personalities :\nunused devices: <none>\n")
    (tmp_path / "in" / "smartctl.txt").write_text(
        "smartctl 7.3 2022-02-28 r5338\n\nSmartctl open device: /dev/sda failed: Permission denied\n"
    )
    judgement = api.judge(api.collect([str(tmp_path / "in")], tmp_path))
    (found,) = [f for f in judgement.failed() if f.rule == "blind-spot/file-not-understood"]
    assert "df.txt" in found.message
    assert "smartctl.txt" not in found.message
    assert ("drive", "denied") in {(gap.table.TABLE, gap.reason) for gap in judgement.site.gaps}
