"""Evidence bundles: what is written comes back, and nothing that was changed ever does."""

from __future__ import annotations

import hashlib
import json
import resource
import stat
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
from collectors.question import Answer, Form, Question

AT = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
FORM = Form(("tool", "{device}"), reads="", why="a test")
BINARY = bytes(range(256)) * 3
LARGE = b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(8192))


def question(name: str) -> Question:
    return FORM(device=name)


def answers() -> list[Answer]:
    """One of each kind: text, nothing, binary, large, refused, both streams with line breaks at the ends."""
    return [
        Answer(question("text"), stdout="grün\n".encode(), status=0, started_at=AT, duration_seconds=0.25),
        Answer(question("nothing"), status=3, started_at=AT),
        Answer(
            question("binary"), stdout=BINARY, stderr=BINARY[::-1], status=-9, started_at=AT, via="sudo -n"
        ),
        Answer(question("large"), stdout=LARGE, stderr=b"\n\n", status=0, started_at=AT),
        Answer(question("refused"), refusal="timed-out", detail="no answer within 1 s", stdout=b"half"),
        Answer(question("last"), stdout=b"\n", stderr=b"x", status=1, started_at=AT),
    ]


def write(path: Path, *, finish: bool = True) -> Path:
    writer = BundleWriter(path, site="office", tool="test", at=AT)
    writer.open_target("db", "ssh", "ssh://db")
    writer.open_target("gone", "ssh", "ssh://gone")
    for answer in answers():
        writer.add("db", answer)
    writer.close_target("gone", unreachable="connection refused")
    writer.close_target("db", about={"user": "audit"})
    if finish:
        return writer.finish()
    writer.abandon()
    return path.with_name(path.name + ".partial")


def read(path: Path, *, salvage: bool = False) -> dict[str, Answer]:
    with Bundle(path, salvage=salvage) as bundle:
        target = bundle.target("db")
        return {a.question.argv[1]: target.answer(a.question) for a in answers()}


def same(one: Answer, other: Answer) -> bool:
    words = ("stdout", "stderr", "status", "refusal", "via", "started_at", "duration_seconds", "detail")
    return all(getattr(one, word) == getattr(other, word) for word in words)


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    return write(tmp_path / "b.evidence.zip")


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
        return really(self, name, *args, **words)  # type: ignore[call-overload]

    monkeypatch.setattr(zipfile.ZipFile, "open", spy)
    with Bundle(whole) as bundle:
        list(bundle.targets())
        assert opened == ["manifest.json"]
        bundle.target("db").answer(question("text"))
        assert opened == ["manifest.json", "targets/db/0000.answers"]


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


def rebuilt(whole: Path, path: Path, change: dict[str, bytes | None], *, sealed: bool = False) -> Path:
    """A copy with members replaced, added or left out (None); *sealed*: with the manifest's right hash."""
    with zipfile.ZipFile(whole) as archive:
        members: dict[str, bytes | None] = {name: archive.read(name) for name in archive.namelist()}
        comment = archive.comment
    members |= change
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in members.items():
            if raw is not None:
                archive.writestr(name, raw)
        manifest = members["manifest.json"]
        archive.comment = hashlib.sha256(manifest or b"").hexdigest().encode() if sealed else comment
    return path


def manifest(whole: Path) -> dict[str, object]:
    with zipfile.ZipFile(whole) as archive:
        told: dict[str, object] = json.loads(archive.read("manifest.json"))
        return told


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"manifest.json": b"{}"}, "manifest.json was changed"),
        ({"manifest.json": None}, "no manifest.json"),
        ({"extra.txt": b"x"}, "extra.txt' was added"),
        ({"../../etc/cron.d/x": b"x"}, "was added"),
        ({"targets/db/0000.answers": b"short"}, "0000.answers does not have its size"),
        ({"targets/db/0000.answers": None}, "0000.answers is missing"),
    ],
)
def test_changed_files_are_refused(
    whole: Path, tmp_path: Path, change: dict[str, bytes | None], says: str
) -> None:
    changed = rebuilt(whole, tmp_path / "changed.zip", change)
    with pytest.raises(BundleError, match=says):
        Bundle(changed)
    assert says in verify(changed)[0].message


def test_a_changed_stream_is_named(whole: Path, tmp_path: Path) -> None:
    changed = rebuilt(whole, tmp_path / "changed.zip", {"targets/db/0003.out": LARGE[::-1]})
    with Bundle(changed) as bundle, pytest.raises(BundleError, match=r"targets/db/0003\.out was changed"):
        bundle.target("db").answer(question("large"))
    assert [problem.member for problem in verify(changed)] == ["targets/db/0003.out"]
    told = read(changed, salvage=True)
    assert told["large"].refusal == "damaged"
    assert same(told["text"], answers()[0])


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("version",), 99, "update holdwater"),
        (("format",), "other", "not an evidence bundle"),
        (("collected_at",), "yesterday", "makes no sense"),
        (("collected_at",), "2031-01-01", "makes no sense"),
        (("targets",), [], "makes no sense"),
        (("targets", "db", "folder"), "../../etc", "makes no sense"),
        (("targets", "db", "folder"), "gone", "makes no sense"),
        (("members", "targets/db/0000.answers", "bytes"), 10**15, "does not have its size"),
        (("members", "../x"), {"bytes": 1, "sha256": ""}, "no name that we give"),
    ],
)
def test_hostile_manifests_are_refused(
    whole: Path, tmp_path: Path, path: tuple[str, ...], value: object, says: str
) -> None:
    told = manifest(whole)
    place = told
    for word in path[:-1]:
        place = place[word]  # type: ignore[assignment]
    place[path[-1]] = value
    change: dict[str, bytes | None] = {"manifest.json": json.dumps(told).encode()}
    with pytest.raises(BundleError, match=says):
        Bundle(rebuilt(whole, tmp_path / "hostile.zip", change, sealed=True))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_twice_is_refused(whole: Path, tmp_path: Path) -> None:
    twice = tmp_path / "twice.zip"
    twice.write_bytes(whole.read_bytes())
    with zipfile.ZipFile(twice, "a") as archive:
        archive.writestr("targets/db/0000.answers", b"another")
    with pytest.raises(BundleError, match=r"0000\.answers' is in it twice"):
        Bundle(twice)


def test_zip_bombs_are_not_unpacked(whole: Path, tmp_path: Path) -> None:
    bomb = bytes(257 * 1024 * 1024)
    told = manifest(whole)
    told["members"]["targets/db/0003.out"] = {"bytes": len(bomb), "sha256": "0" * 64}  # type: ignore[index]
    change: dict[str, bytes | None] = {
        "manifest.json": json.dumps(told).encode(),
        "targets/db/0003.out": bomb,
    }
    changed = rebuilt(whole, tmp_path / "bomb.zip", change, sealed=True)
    assert "unpack to 269484032 bytes" in verify(changed)[0].message


@pytest.mark.parametrize("raw", [b"", b"PK", b"not a bundle\n" * 100, b"PK\x05\x06" + bytes(18)])
def test_other_files_are_refused_in_one_line(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(raw)
    for salvage in (False, True):
        with pytest.raises(BundleError) as caught:
            Bundle(path, salvage=salvage)
        assert "\n" not in str(caught.value)
    with pytest.raises(BundleError, match="no such file"):
        Bundle(tmp_path / "missing")


def test_an_unfinished_bundle_can_be_salvaged(tmp_path: Path) -> None:
    partial = write(tmp_path / "b.evidence.zip", finish=False)
    with pytest.raises(BundleError, match="--salvage"):
        Bundle(partial)
    told = read(partial, salvage=True)
    assert all(same(told[a.question.argv[1]], a) for a in answers())
    with Bundle(partial, salvage=True) as bundle:
        assert (bundle.site, bundle.at, bundle.complete) == ("office", AT, False)
        assert bundle.target("gone").answer(question("x")).refusal == "unreachable"


def test_a_whole_bundle_salvaged_is_itself(whole: Path) -> None:
    with Bundle(whole, salvage=True) as bundle:
        assert bundle.complete
    assert read(whole, salvage=True) == read(whole)


def assert_nothing_altered(damaged: Path) -> int:
    """Salvage gives each answer as it was, or a refusal; returns how many came back."""
    intact = 0
    try:
        bundle = Bundle(damaged, salvage=True)
    except BundleError:
        return 0
    with bundle:
        targets = {target.name: target for target in bundle.targets()}
        if "db" not in targets:
            return 0
        for answer in answers():
            told = targets["db"].answer(answer.question)
            if told.refusal in ("damaged", "interrupted"):
                assert not told.stdout
            else:
                assert same(told, answer)
                intact += 1
    return intact


FLIPS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FLIPS
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 7)), min_size=1, max_size=4))
def test_flipped_bits_are_noticed_or_do_not_matter(whole: Path, flips: list[tuple[float, int]]) -> None:
    raw = bytearray(whole.read_bytes())
    for place, bit in flips:
        raw[int(place * len(raw))] ^= 1 << bit
    damaged = whole.with_name("flipped.zip")
    damaged.write_bytes(raw)
    try:
        told = read(damaged)
    except (BundleError, KeyError):
        pass
    else:
        assert all(same(told[a.question.argv[1]], a) for a in answers())
    assert_nothing_altered(damaged)


@FLIPS
@given(st.floats(0, 1), st.booleans())
def test_files_cut_short_give_what_is_left(whole: Path, share: float, tail: bool) -> None:
    raw = whole.read_bytes()
    at = int(share * len(raw))
    damaged = whole.with_name("cut.zip")
    damaged.write_bytes(raw[at:] if tail else raw[:at])
    intact = assert_nothing_altered(damaged)
    with zipfile.ZipFile(whole) as archive:
        if not tail and at >= archive.getinfo("manifest.json").header_offset:
            assert intact == len(answers())


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
