"""Evidence bundles: what is written comes back, and nothing that was changed ever does."""

from __future__ import annotations

import json
import os
import resource
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from collectors.bundle import (
    Bundle,
    BundleError,
    BundleWriter,
    CannotWrite,
    bundle_name,
    extract,
    listing,
    verify,
)
from collectors.question import Answer
from tests import small_bundle
from tests.small_bundle import AT, LARGE, answers, question, read, same, write

whole = small_bundle.whole


def test_every_byte_comes_back(whole: Path) -> None:
    told = read(whole)
    assert all(same(told[a.question.argv[1]], a) for a in answers())
    assert verify(whole) == []
    assert stat.S_IMODE(whole.stat().st_mode) == 0o600


def test_manifest_tells_of_the_collection(whole: Path) -> None:
    with Bundle.open(whole) as bundle:
        assert (bundle.site, bundle.at, bundle.complete) == ("office", AT, True)
        assert [t.name for t in bundle.targets()] == ["db", "gone"]
        assert bundle.target("db").about == {"user": "audit"}
        assert bundle.manifest["targets"]["db"]["answers"] == 6


def test_questions_without_an_answer_say_why(whole: Path) -> None:
    with Bundle(whole) as bundle:
        assert bundle.target("db").answer(question("never")).refusal == "not-asked"
        gone = bundle.target("gone").answer(question("text"))
        assert (gone.refusal, gone.detail) == ("unreachable", "connection refused")
        with pytest.raises(KeyError):
            bundle.target("other")


def test_same_answers_make_the_same_members(tmp_path: Path) -> None:
    one, other = write(tmp_path / "1.evidence.zip"), write(tmp_path / "2.evidence.zip")
    members = []
    for path in (one, other):
        with zipfile.ZipFile(path) as archive:
            members.append([(i.filename, i.CRC, i.date_time) for i in archive.infolist()][:-1])
    assert members[0] == members[1]


def test_opening_reads_the_manifest_only(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    really = zipfile.ZipFile.open

    def spy(self: zipfile.ZipFile, name: zipfile.ZipInfo, *args: object, **words: object) -> object:
        opened.append(name.filename)
        return really(self, name, *args, **words)

    monkeypatch.setattr(zipfile.ZipFile, "open", spy)
    with Bundle(whole) as bundle:
        list(bundle.targets())
        assert opened == ["manifest.json"]
        bundle.target("db").answer(question("text"))
        assert {Path(name).suffix for name in opened[1:]} == {".answers"}


@pytest.mark.parametrize(
    ("site", "name"),
    [
        ("office", "office"),
        ("a/b\\c", "a_b_c"),
        ("../../etc/passwd", "etc_passwd"),
        ("Zürich", "Z_rich"),
        ("…", "unnamed"),
        ("", "unnamed"),
        ("x" * 300, "x" * 80),
    ],
)
def test_names_are_safe(tmp_path: Path, site: str, name: str) -> None:
    path = bundle_name(tmp_path, site, AT)
    assert path == tmp_path / f"{name}-20310506T0708Z.evidence.zip"


def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    first = write(bundle_name(tmp_path, "s", AT))
    kept = first.read_bytes()
    second = write(bundle_name(tmp_path, "s", AT))
    third = write(first)
    assert [p.name for p in (second, third)] == [
        "s-20310506T0708Z-2.evidence.zip",
        "s-20310506T0708Z-3.evidence.zip",
    ]
    assert first.read_bytes() == kept
    writer = BundleWriter(tmp_path / "late.evidence.zip", site="s", tool="t", at=AT)
    (tmp_path / "late.evidence.zip").write_text("came up meanwhile")
    assert writer.finish().name == "late-2.evidence.zip"


def test_targets_whose_names_look_alike_stay_apart(tmp_path: Path) -> None:
    names = ["a/b", "a_b", "A_B", "../..", "", "é", "x" * 200]
    with BundleWriter(tmp_path / "b.evidence.zip", site="s", tool="t", at=AT) as writer:
        for name in names:
            writer.open_target(name, "ssh", "")
            writer.add(name, Answer(question("q"), stdout=name.encode(), status=0))
        with pytest.raises(ValueError, match="two targets"):
            writer.open_target("a/b", "ssh", "")
    with Bundle(writer.path) as bundle:
        assert {t.name: t.answer(question("q")).stdout.decode() for t in bundle.targets()} == {
            name: name for name in names
        }


def test_secrets_are_not_written(tmp_path: Path) -> None:
    with BundleWriter(tmp_path / "b.evidence.zip", site="s", tool="t", at=AT) as writer:
        writer.open_target("db", "ssh", "")
        kept = writer.add("db", Answer(question("q"), stdout=b"password=hunter2,ro", stderr=b"token: abc1"))
        assert b"hunter2" not in kept.stdout
        writer.close_target("db")
    with Bundle(writer.path) as bundle:
        told = bundle.target("db").answer(question("q"))
        assert told.stdout == "password=‹removed:password›,ro".encode() == kept.stdout
        assert bundle.manifest["removed"] == {"password": 1, "token": 1}


def test_leaving_by_an_exception_keeps_what_is_there(tmp_path: Path) -> None:
    writer = BundleWriter(tmp_path / "b.evidence.zip", site="s", tool="t", at=AT)

    def interrupted() -> None:
        with writer:
            writer.open_target("db", "ssh", "")
            writer.add("db", answers()[0])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with Bundle(writer.path) as bundle:
        assert not bundle.complete
        assert bundle.target("db").answer(question("text")).status == 0
        assert bundle.target("db").answer(question("later")).refusal == "interrupted"


def test_listing_and_extract(whole: Path, tmp_path: Path) -> None:
    entries = listing(whole)
    assert [e.command for e in entries] == [f"tool {a.question.argv[1]}" for a in answers()] + [""]
    assert entries[3].out_bytes == len(LARGE)
    assert (entries[-1].target, entries[-1].refusal) == ("gone", "unreachable")
    folder = tmp_path / "out"
    written = extract(whole, folder)
    assert (folder / "db" / "0003-tool.out").read_bytes() == LARGE
    assert json.loads((folder / "db" / "answers.json").read_text())[2]["files"] == [
        "0002-tool.out",
        "0002-tool.err",
    ]
    assert all(folder in path.parents for path in written)
    with pytest.raises(BundleError, match="not empty"):
        extract(whole, folder)


def test_a_full_disk_keeps_what_was_written(tmp_path: Path) -> None:
    """A file size limit fails writes as a full disk does: with a short write, then an error."""
    path = tmp_path / "b.evidence.zip"
    root = str(Path(__file__).parents[1])
    script = f"""
import resource, signal, sys
sys.path.insert(0, {root!r})
from datetime import UTC, datetime
from pathlib import Path
from collectors.bundle import BundleWriter, CannotWrite
from collectors.question import Answer, Form
import hashlib
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
form = Form(("tool", "{{device}}"), reads="", why="")
noise = b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(3000))
resource.setrlimit(resource.RLIMIT_FSIZE, (450_000, 450_000))
writer = BundleWriter(Path({str(path)!r}), site="s", tool="t")
writer.open_target("db", "ssh", "")
try:
    for n in range(100):
        writer.add("db", Answer(form(device=f"sd{{n}}"), stdout=noise, status=0))
except CannotWrite as error:
    print(error)
"""
    ended = subprocess.run(
        [sys.executable, "-X", "dev", "-c", script], capture_output=True, text=True, timeout=60
    )
    assert ended.stderr == ""
    assert ended.stdout.startswith("cannot write the evidence: File too large; what was collected so far")
    assert "--salvage" in ended.stdout
    assert not path.exists()
    with Bundle(path.with_name(path.name + ".partial"), salvage=True) as bundle:
        target = bundle.target("db")
        first, last = target.answer(question("sd0")), target.answer(question("sd99"))
        assert (len(first.stdout), last.refusal) == (96000, "interrupted")


def test_a_long_stream_that_fills_the_disk_takes_no_answer_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was answered before it is written before it."""
    writer = BundleWriter(tmp_path / "b.evidence.zip", site="s", tool="t")
    writer.open_target("db", "ssh", "")
    for n in range(5):
        writer.add("db", Answer(question(f"sd{n}"), stdout=b"fine", status=0))
    really, room = os.write, 40_000

    def full(file: int, raw: bytes) -> int:
        if os.fstat(file).st_size > room:
            raise OSError(28, "No space left on device")
        return really(file, raw[:room])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(CannotWrite, match="No space left on device"):
        writer.add("db", Answer(question("long"), stdout=os.urandom(500_000), status=0))
    monkeypatch.undo()
    with Bundle(tmp_path / "b.evidence.zip.partial", salvage=True) as bundle:
        target = bundle.target("db")
        assert [target.answer(question(f"sd{n}")).stdout for n in range(5)] == [b"fine"] * 5
        assert target.answer(question("long")).refusal == "interrupted"


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(CannotWrite, match=r"cannot write .*; choose another folder"):
        BundleWriter(tmp_path / "missing" / "b.evidence.zip", site="s", tool="t")


def test_a_thousand_bundles_take_no_memory(whole: Path) -> None:
    def turn(times: int) -> int:
        for _ in range(times):
            assert read(whole)["text"].status == 0
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    before = turn(50)
    assert turn(1000) - before < 8 * 1024
    assert len(list(Path("/proc/self/fd").iterdir())) < 200
