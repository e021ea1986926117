"""The store when things go wrong: killed, full, damaged, too new, two at once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from holdwater import api
from holdwater.judging import judged
from holdwater.store import arrow, layout, rebuilding, upkeep, writing
from holdwater.store.layout import StoreError
from tests.store_running import ROOT, SICK, add, holdwater, said
from tests.store_sites import bundle, weeks

ADDING = """
import sys
from pathlib import Path
from holdwater.judging import judged
from holdwater.store import upkeep, writing
store, *bundles = map(Path, sys.argv[1:])
told = [(judged(path, history=False), path) for path in bundles]
print("begun", flush=True)
while True:
    for judgement, path in told:
        writing.keep(store, judgement, path)
    upkeep.compact(store, loose=1)
"""


def test_killed_at_any_moment_nothing_is_lost_or_half_visible(tmp_path: Path) -> None:
    bundles = [str(path) for path in weeks(tmp_path, 3)]
    store, chance = tmp_path / "store", random.Random(3)
    for _ in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", ADDING, str(store), *bundles], stdout=subprocess.PIPE, cwd=ROOT
        )
        assert process.stdout is not None
        process.stdout.readline()
        known = {one.audit for one in layout.content(store).audits()}
        time.sleep(chance.uniform(0.05, 0.9))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        assert upkeep.verify(store) == [] if layout.exists(store) else True
        assert known <= {one.audit for one in layout.content(store).audits()}
    for path in bundles:
        writing.keep(store, judged(Path(path), history=False), Path(path))
    upkeep.compact(store)
    assert len(layout.content(store).audits()) == 3
    assert not list((store / "sites").glob(f"*/{layout.ASIDE}*"))


def test_two_audits_at_once_are_both_kept(tmp_path: Path) -> None:
    bundles = list(weeks(tmp_path / "in", 3))
    folder = tmp_path / "in"
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "holdwater", "audit", str(path), "--fail-on", "never"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=ROOT,
        )
        for path in (*bundles[-2:], bundles[-1])
    ]
    for process in running:
        assert b"Error" not in process.communicate()[1]
    assert [process.returncode for process in running] == [0, 0, 0]
    assert len(layout.content(folder / "store").audits()) == 2
    assert upkeep.verify(folder / "store") == []


FULL = """
import resource, sys
from pathlib import Path
from holdwater.judging import judged
from holdwater.store import layout, upkeep, writing
store, path = Path(sys.argv[1]), Path(sys.argv[2])
judgement = judged(path, history=False)
resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))
try:
    writing.keep(store, judgement, path)
except layout.StoreError as error:
    print(error.message)
"""


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    first, second = weeks(tmp_path, 2)
    store = tmp_path / "store"
    add(store, first)
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(store), str(second)], capture_output=True, text=True, cwd=ROOT
    )
    assert "could not be written" in done.stdout
    assert "the audit itself is kept" in done.stdout
    assert len(layout.content(store).audits()) == 1
    assert upkeep.verify(store) == []
    assert not list((store / "sites").glob(f"*/{layout.ASIDE}*"))


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting takes root")
@pytest.mark.lab
def test_a_really_full_file_system(tmp_path: Path) -> None:
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", place], check=True)
    try:
        bundles = list(weeks(tmp_path / "in", 3))
        told = [
            holdwater("audit", path, "--fail-on", "never", HOLDWATER_STORE=str(place)) for path in bundles
        ]
        assert told[-1].returncode == 2
        assert [line for line in told[-1].stderr.splitlines() if " s: " not in line][1:] == []
        assert "No space left" in told[-1].stderr
        assert bundles[-1].with_name(bundles[-1].name.replace(".evidence.zip", ".html")).exists()
        assert upkeep.verify(place) == []
    finally:
        subprocess.run(["umount", place], check=True)


def test_a_store_of_a_newer_version_is_refused_and_the_audit_kept(tmp_path: Path) -> None:
    path, earlier = bundle(tmp_path, 1), bundle(tmp_path, 0, SICK)
    store = tmp_path / "store"
    add(store, earlier)
    told = json.loads((store / layout.MARKER).read_text())
    (store / layout.MARKER).write_text(json.dumps({**told, "version": 99}))
    before = sorted(store.rglob("*"))
    done = holdwater("audit", path, "--fail-on", "never")
    assert done.returncode == 2
    said = [line.split(":")[0] for line in done.stderr.splitlines() if " s: " not in line]
    assert said == ["Warning", "Error"]
    assert "another version" in done.stderr
    assert path.with_name(path.name.replace(".evidence.zip", ".html")).exists()
    assert "fixed" in done.stdout
    assert sorted(store.rglob("*")) == before
    for command in (["history"], ["diff"], ["store", "verify"], ["store", "compact"]):
        done = holdwater(*command, HOLDWATER_AUDITS=str(tmp_path))
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1
        assert "another version" in done.stderr


@pytest.mark.parametrize("damage", ["cut", "garbage", "gone", "unit"])
def test_a_damaged_store_is_said_and_costs_no_history(tmp_path: Path, damage: str) -> None:
    bundles = list(weeks(tmp_path, 3, sick=lambda week: True))
    store = tmp_path / "store"
    for path in bundles[:2]:
        folder = add(store, path)[0]
    whole = said(judged(bundles[2], store=tmp_path / "none"))
    file = folder / ("unit.json" if damage == "unit" else "drive.parquet")
    match damage:
        case "gone":
            file.unlink()
        case "cut" | "unit":
            file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
        case _:
            file.write_bytes(b"PAR1" + bytes(500))
    assert said(judged(bundles[2], store=store)) == whole
    assert len(upkeep.verify(store)) == 1
    if damage == "cut":
        assert holdwater("store", "verify", HOLDWATER_AUDITS=str(tmp_path)).returncode == 1
    assert rebuilding.rebuild(store, tmp_path) == (3, [])
    assert upkeep.verify(store) == []
    assert len(layout.content(store).audits()) == 3


def test_half_a_bundle_is_said_and_the_others_are_kept(tmp_path: Path) -> None:
    first, second = weeks(tmp_path, 2)
    second.write_bytes(second.read_bytes()[:1000])
    done = holdwater("store", "rebuild", tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert second.name in done.stderr
    assert [one.at for one in layout.content(tmp_path / "store").audits()] == [api.open_site(first).at]


def test_what_cannot_be_kept_counts_as_not_told(tmp_path: Path) -> None:
    array = arrow.array
    assert array([1, 2**70, None], int).to_pylist() == [1, None, None]
    assert array(["a", "\ud800", None], str).to_pylist() == ["a", "?", None]
    assert array([1.5, 2], float).to_pylist() == [1.5, 2.0]
    assert array([True, 1], bool).to_pylist() == [True, None]
    assert array([datetime(2031, 1, 1, tzinfo=UTC)], datetime).to_pylist() == [datetime(2031, 1, 1)]  # noqa: DTZ001 - Parquet gives them back without


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / layout.MARKER).write_text("{}")
    with pytest.raises(StoreError, match="not a store"):
        layout.content(tmp_path)
