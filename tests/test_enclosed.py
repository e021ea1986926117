"""Several outputs in one file: an archive, a mail, a copied terminal. None of them is lost without a word."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.collector import load
from collectors.importers.enclosed import DEEPEST, Enclosed, enclosed
from holdwater import api
from holdwater.cli import cli

load()
FIXTURES = Path(__file__).parents[1] / "fixtures" / "collectors"
MDSTAT = b"""Personalities : [raid1]
md0 : active raid1 sdb1[1] sda1[0](F)
      1048512 blocks super 1.2 [2/1] [_U]

unused devices: <none>
"""
SICK = next(iter(sorted(FIXTURES.glob("smartctl-text/sick*/answer.out")))).read_bytes()
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(40)


def zipped(files: dict[str, bytes]) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return raw.getvalue()


def tarred(files: dict[str, bytes]) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return raw.getvalue()


def mailed(words: str, files: dict[str, bytes]) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.org", "b@example.org", "the server"
    mail.set_content(words)
    for name, content in files.items():
        kind = ("image", "png") if name.endswith(".png") else ("text", "plain")
        mail.add_attachment(content, maintype=kind[0], subtype=kind[1], filename=name)
    return bytes(mail)


FILES = {"smart.txt": SICK, "mdstat.txt": MDSTAT}
ROUNDS = {
    "zip": zipped(FILES),
    "tar": tarred(FILES),
    "tgz": gzip.compress(tarred(FILES)),
    "zip of gz": zipped({f"{name}.gz": gzip.compress(raw) for name, raw in FILES.items()}),
    "mail": mailed("Here they are.\n", FILES),
    "mail of a zip": mailed("Here they are.\n", {"all.zip": zipped(FILES)}),
    "terminal": b"root@nas:~# cat /proc/mdstat\n" + MDSTAT + b"root@nas:~# smartctl -x /dev/sda\n" + SICK,
    "a prompt of another command": b"$ cat /proc/mdstat\n" + MDSTAT + b"a@nas:~$ uname -a\nLinux nas\n"
    b"a@nas:~$ sudo smartctl -x /dev/sda\n" + SICK,
    "quoted": b"".join(b"> " + line for line in (SICK + MDSTAT).splitlines(keepends=True)),
    "cat": SICK + b"\n==== mdstat ====\n" + MDSTAT,
    "headings": b"### mdstat\n" + MDSTAT + b"\n=== /usr/sbin/smartctl -x /dev/sda ===\n" + SICK,
    "begun after the prompt": MDSTAT
    + b"[root@nas ~]# uname -a\nLinux nas\n[root@nas ~]# ./mine/smart64 /dev/sda\n"
    + SICK
    + b"[root@nas ~]# ls -d /usr/sbin/sendmail\n[root@nas ~]# journalctl --help\n",
    "terminal in a mail": mailed(
        (b"$ cat /proc/mdstat\n" + MDSTAT + b"$ smartctl -x /dev/sda\n" + SICK).decode(), {}
    ),
}


@pytest.mark.parametrize("way", ROUNDS)
def test_every_output_is_read(way: str) -> None:
    told = [saved for _, saved in api.saved_parts(ROUNDS[way], name="x")]
    kinds = {saved.kind for saved in told if saved is not None}
    assert kinds == {"smartctl-text", "mdstat"}
    assert (
        None not in told or way == "begun after the prompt"
    )  # two commands there printed nothing that counts
    failed = {f.rule for saved in told if saved is not None for f in saved.judgement.failed()}
    assert {"raid/degraded-no-margin", "smart/reallocated-sectors"} & failed == {
        "raid/degraded-no-margin",
        "smart/reallocated-sectors",
    }


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_compressed_output_is_the_output(pack: object) -> None:
    assert callable(pack)
    ((part, saved),) = api.saved_parts(pack(MDSTAT), name="mdstat.x")
    assert (part.name, saved and saved.kind) == ("mdstat.x", "mdstat")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (PICTURE, "picture"),
        (b"%PDF-1.7\n" + bytes(50), "PDF"),
        (zipped({"[Content_Types].xml": b"", "word/document.xml": b""}), "Office"),
        (zipped({"manifest.json": b"{}", "targets/a/0": b""}), "holdwater audit"),
        (tarred({"sosreport-db/sos_commands/md/mdstat": MDSTAT}), "holdwater audit"),
        (gzip.compress(SICK)[:-20], "cut off or damaged"),
        (zipped(FILES)[:-40], "damaged archive"),
    ],
)
def test_what_is_no_output_is_refused_with_what_to_do(raw: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(raw)
    done = CliRunner().invoke(cli, ["read", str(tmp_path / "x")])
    assert done.exit_code == 2
    assert said in done.output
    assert len(done.output.strip().splitlines()) == 1


def test_what_cannot_be_read_beside_what_can_is_named(tmp_path: Path) -> None:
    (tmp_path / "all.zip").write_bytes(zipped({"host/mdstat.txt": MDSTAT, "host/disk.png": PICTURE}))
    done = CliRunner().invoke(cli, ["read", str(tmp_path / "all.zip"), "--json"])
    assert done.exit_code == 2
    assert "all.zip/host/disk.png is a picture" in done.stderr
    assert json.loads(done.stdout)["kind"] == "mdstat"


def test_bombs_and_nests_end() -> None:
    raw = MDSTAT
    for _ in range(DEEPEST + 2):
        raw = zipped({"a.zip": raw})
    (part,) = enclosed("x.zip", raw)
    assert "unpack it" in part.fault
    assert len(enclosed("x", b"root@a:~# cat x\n" * 100_000)) == 1
    assert len(enclosed("x", zipped({f"{n}.txt": b"a" for n in range(2_100)}))) <= 2_001


@pytest.mark.parametrize("kind", ["mdstat", "lsblk", "df", "smartctl-text", "zpool-status", "fstab", "mount"])
def test_one_output_stays_one(kind: str) -> None:
    for path in sorted(
        FIXTURES.glob(f"{kind}/[!t]*/answer.out")
    ):  # two drives are the outputs of two commands
        assert enclosed("x", path.read_bytes()) == [Enclosed(name="x", raw=path.read_bytes())], path


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(ROUNDS)), st.integers(0, 10_000), st.integers(0, 255))
def test_spoilt_files_never_raise(way: str, place: int, byte: int) -> None:
    raw = bytearray(ROUNDS[way])
    raw[place % len(raw)] = byte
    for part in enclosed("x", bytes(raw[: max(1, place % (2 * len(raw)))])):
        assert part.fault or isinstance(part.raw, bytes)


def test_a_prompt_at_the_end_is_no_line_of_the_output() -> None:
    text = MDSTAT + b"root@nas:~# \n"
    saved = api.read_saved(text, name="x")
    assert not saved.judgement.site.gaps


@pytest.mark.parametrize("name", ["outputs.zip", "outputs.tar.gz"])
def test_an_archive_of_loose_outputs_is_audited_as_a_host(name: str, tmp_path: Path) -> None:
    raw = zipped(FILES) if name.endswith("zip") else gzip.compress(tarred(FILES))
    (tmp_path / name).write_bytes(raw)
    judgement = api.judge(api.collect([str(tmp_path / name)], tmp_path))
    assert judgement.site.targets == ("outputs",)
    assert {"raid/degraded-no-margin", "smart/reallocated-sectors"} <= {f.rule for f in judgement.failed()}


def test_folders_in_an_archive_are_hosts(tmp_path: Path) -> None:
    (tmp_path / "all.zip").write_bytes(zipped({"db1/mdstat": MDSTAT, "db2/smart.txt": SICK}))
    judgement = api.judge(api.collect([str(tmp_path / "all.zip")], tmp_path))
    assert sorted(judgement.site.targets) == ["db1", "db2"]


def test_what_cannot_be_taken_out_of_an_archive_is_named(tmp_path: Path) -> None:
    """A drive whose answer is damaged must be missed: it may be the one that dies."""
    raw = bytearray(zipped({"db1/mdstat": MDSTAT, "db1/smart.txt": SICK}))
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        begins = archive.getinfo("db1/smart.txt").header_offset + 30 + len("db1/smart.txt")
    raw[begins + 40 : begins + 100] = bytes(60)
    (tmp_path / "all.zip").write_bytes(raw)
    judgement = api.judge(api.collect([str(tmp_path / "all.zip")], tmp_path))
    assert judgement.site.targets == ("db1",)
    (named,) = [f for f in judgement.failed() if f.rule == "blind-spot/file-not-understood"]
    assert "db1/smart.txt cannot be taken out" in named.message


def test_a_folder_with_mails_and_archives_reads_each_once(tmp_path: Path) -> None:
    folder = tmp_path / "nas"
    folder.mkdir()
    (folder / "mail.eml").write_bytes(mailed("Hello", {"smart.txt": SICK, "logo.png": PICTURE}))
    (folder / "mdstat.txt").write_bytes(MDSTAT)
    (folder / "web.zip").write_bytes(zipped({"mdstat.txt": MDSTAT}))
    (folder / "broken.zip").write_bytes(zipped(FILES)[:-40])
    judgement = api.judge(api.collect([str(folder)], tmp_path))
    assert sorted(judgement.site.targets) == ["nas", "web"]
    degraded = [f.target for f in judgement.failed() if f.rule == "raid/degraded-no-margin"]
    assert sorted(degraded) == ["nas", "web"]
    (named,) = [f for f in judgement.failed() if f.rule == "blind-spot/file-not-understood"]
    assert "broken.zip" in named.message
    assert "logo.png" in named.message
    assert "text 1" not in named.message


@pytest.mark.parametrize("command", ["audit", "analyze", "report"])
def test_what_is_no_bundle_is_pointed_to_read(command: str, tmp_path: Path) -> None:
    (tmp_path / "mail.eml").write_bytes(ROUNDS["mail"])
    done = CliRunner().invoke(cli, [command, str(tmp_path / "mail.eml")])
    assert done.exit_code == 2
    assert f"holdwater read {tmp_path / 'mail.eml'}" in done.output


def test_names_in_an_archive_are_not_trusted(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(
        zipped({"../../evil.txt": b"x", "a/\x1b[31m.txt": b"y", "b/md.txt": MDSTAT})
    )
    done = CliRunner().invoke(cli, ["read", str(tmp_path / "x.zip")])
    assert done.exit_code == 2
    assert "\x1b" not in done.output
    judgement = api.judge(api.collect([str(tmp_path / "x.zip")], tmp_path))
    assert judgement.site.targets == ("x",)
