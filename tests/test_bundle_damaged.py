"""Bundles that were changed, cut, flipped or are none: refused in one line, and what is whole is salvaged."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.bundle import (
    Bundle,
    BundleError,
    verify,
)
from tests import small_bundle
from tests.small_bundle import AT, LARGE, answers, question, read, same, write

whole = small_bundle.whole


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
        place = place[word]
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
    told["members"]["targets/db/0003.out"] = {"bytes": len(bomb), "sha256": "0" * 64}
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
