"""The store: what is written is what was judged, is never half visible, and costs an audit nothing."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import typing
from dataclasses import MISSING, fields
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from analyzer.engine import Judgement, judge
from analyzer.finding import Waiver
from analyzer.scoring import STALE
from collectors.bundle import Bundle
from holdwater import api, registry
from holdwater.judging import judged
from holdwater.past import past
from holdwater.store import arrow, layout, reading, rebuilding, tables, upkeep, writing
from holdwater.store.layout import Stored, StoreError, Unit
from tests.canned import host
from tests.store_sites import bundle, weeks

ROOT = Path(__file__).parent.parent
SICK = host("db", sick=lambda number: number == 0)
NO_SMART = {argv: raw for argv, raw in SICK.items() if argv[0] != "smartctl"}


def holdwater(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """The program as a shell would run it."""
    return subprocess.run(
        [sys.executable, "-m", "holdwater", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
        check=False,
    )


def add(store: Path, path: Path) -> tuple[Path, Judgement]:
    judgement = judged(path, store=store)
    return writing.keep(store, judgement, path), judgement


def said(judgement: Judgement) -> list[tuple[str, ...]]:
    return sorted((f.rule, f.outcome, f.severity, f.subject, f.message) for f in judgement.findings)


def test_what_is_kept_is_what_was_judged(tmp_path: Path) -> None:
    folder, judgement = add(tmp_path / "store", bundle(tmp_path, 0, SICK))
    findings = pq.read_table(folder / "finding.parquet").to_pylist()
    assert [(f["rule"], f["subject"], f["message"]) for f in findings] == [
        (f.rule, f.subject, f.message) for f in judgement.findings
    ]
    kept = {path.stem for path in folder.glob("*.parquet")}
    filled = {table.TABLE for table, facts in judgement.site.tables.items() if facts}
    assert filled <= kept
    assert all(pq.read_metadata(path).num_rows for path in folder.glob("*.parquet"))


def test_history_of_the_store_is_history_of_the_bundles(tmp_path: Path) -> None:
    bundles = list(weeks(tmp_path, 6, sick=lambda week: week in (2, 3, 5)))
    without = [judged(path, store=tmp_path / "none") for path in bundles]
    store = tmp_path / "store"
    kept = [add(store, path)[1] for path in bundles]
    assert [said(one) for one in kept] == [said(one) for one in without]
    assert [one.changes for one in kept] == [one.changes for one in without]
    told = past(bundles[-1], "site", store=store)
    assert len(told.sites) == 5
    assert all(site.stored for site in told.sites)
    upkeep.compact(store, loose=1)
    assert said(judged(bundles[-1], store=store)) == said(without[-1])


def test_rebuilding_gives_the_same(tmp_path: Path) -> None:
    bundles = list(weeks(tmp_path, 4, sick=lambda week: week == 1))
    store = tmp_path / "store"
    kept = [said(add(store, path)[1]) for path in bundles]
    shutil.rmtree(store)
    assert rebuilding.rebuild(store, tmp_path) == (4, [])
    content = layout.content(store, "site")
    again = [reading.audited(content.unit_of(one.audit), one).findings for one in content.audits()]
    assert [
        sorted((f.rule, f.outcome, f.severity, f.subject, f.message) for f in one) for one in again
    ] == kept


def test_a_fault_that_nobody_could_look_at_again_stands(tmp_path: Path) -> None:
    """Also through several audits without a look, and until it is looked at."""
    store = tmp_path / "store"
    first = add(store, bundle(tmp_path, 0, SICK))[1]
    second = add(store, bundle(tmp_path, 1, NO_SMART))[1]
    third = add(store, bundle(tmp_path, 2, NO_SMART))[1]
    stale = [f for f in third.findings if f.message.endswith(STALE)]
    assert "smart/pending-sectors" in {f.rule for f in stale}
    assert all(not source.origin.member for f in stale for source in f.sources)
    assert second.changes is not None
    assert third.changes is not None
    assert "smart/pending-sectors" in {one.rule for one in second.changes.of("unseen")}
    assert "smart/pending-sectors" not in {one.rule for one in third.changes.of("unseen")}
    assert (third.score.number or 0) <= (first.score.number or 0)
    fourth = add(store, bundle(tmp_path, 3))[1]
    assert not [f for f in fourth.findings if f.message.endswith(STALE)]
    assert fourth.changes is not None
    assert "smart/pending-sectors" in {one.rule for one in fourth.changes.of("fixed")}


def test_a_waiver_is_kept_with_its_finding(tmp_path: Path) -> None:
    path, store = bundle(tmp_path, 0, SICK), tmp_path / "store"
    rule = "smart/pending-sectors"
    mine = Waiver(rule=rule, target="db", by="somebody", reason="spare", until=date(2027, 1, 1))
    judgement = api.judge(path, waivers=[mine])
    folder = writing.keep(store, judgement, path)
    kept = pq.read_table(folder / "finding.parquet").to_pylist()
    (told,) = (row for row in kept if row["rule"] == rule and row["outcome"] != "pass")
    assert (told["outcome"], told["waived_by"], told["waived_until"]) == ("waived", "somebody", "2027-01-01")
    after = judged(bundle(tmp_path, 1, SICK), store=store)
    assert after.changes is not None
    assert {one.rule for one in after.changes.of("reopened")} == {rule}


def test_an_audit_judged_again_replaces_itself(tmp_path: Path) -> None:
    store, path = tmp_path / "store", bundle(tmp_path, 0)
    first, second = add(store, path)[0], add(store, path)[0]
    assert first != second
    assert not first.exists()
    assert len(layout.content(store).audits()) == 1


def test_packing_and_pruning_lose_nothing_else(tmp_path: Path) -> None:
    store = tmp_path / "store"
    rows = {}
    for path in weeks(tmp_path, 7, sick=lambda week: week % 2 == 0):
        folder, _ = add(store, path)
        rows[folder.name.rpartition(".")[0]] = pq.read_table(folder / "finding.parquet").num_rows
    assert upkeep.compact(store, loose=2) == (5, 5)
    content = layout.content(store)
    assert {one.audit for one in content.audits()} == rows.keys()
    for one in content.audits():
        assert len(reading.read(content.unit_of(one.audit), "finding", one)) == rows[one.audit]
    assert upkeep.verify(store) == []
    gone = upkeep.prune(store, lambda content: content.audits("site")[:3])
    left = layout.content(store).audits()
    assert len(gone) == 3
    assert {one.audit for one in left} == rows.keys() - {one.audit for one in gone}
    assert upkeep.verify(store) == []


@pytest.mark.parametrize("name", ["a/b", "../../etc", "..", "", "con", "ä/ö\n", "x" * 300, "\ud800"])
def test_a_site_may_have_any_name(tmp_path: Path, name: str) -> None:
    folder = layout.site_folder(tmp_path, name)
    assert folder.parent == tmp_path / "sites"
    assert len(folder.name) < 100


def test_sites_whose_names_look_alike_stay_apart(tmp_path: Path) -> None:
    store = tmp_path / "store"
    add(store, bundle(tmp_path / "1", 0, site="a/b"))
    add(store, bundle(tmp_path / "2", 0, site="a_b"))
    assert layout.content(store).sites() == ["a/b", "a_b"]


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
        assert [line for line in told[-1].stderr.splitlines() if "hosts read" not in line][1:] == []
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
    said = [line.split(":")[0] for line in done.stderr.splitlines() if "hosts read" not in line]
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
    assert array([datetime(2031, 1, 1, tzinfo=UTC)], datetime).to_pylist() == [datetime(2031, 1, 1)]  # noqa: DTZ001


@pytest.mark.parametrize("name", sorted(registry.tables()))
def test_rows_of_every_table_are_kept_and_read_back(tmp_path: Path, name: str) -> None:
    row_type = registry.tables()[name]
    hints = typing.get_type_hints(row_type)
    samples = {str: "x", int: 7, float: 1.5, bool: True, datetime: datetime(2031, 1, 1, tzinfo=UTC)}
    full = row_type(**{one.name: samples[tables.known(hints[one.name])] for one in fields(row_type)})
    rows = [full]
    if all(one.default is not MISSING or hints[one.name] is str for one in fields(row_type)):
        rows.append(row_type(**{one.name: "" for one in fields(row_type) if one.default is MISSING}))
    columns = tables.columns(row_type, with_target=True)
    assert len(columns) == len(fields(row_type)) + 4
    audit = Stored("a", "site", datetime(2031, 1, 2, tzinfo=UTC), 2, {})
    told = arrow.table(columns, rows, ["t"] * len(rows), audit)
    (tmp_path / f"{name}.parquet").write_bytes(arrow.parquet(told))
    unit = Unit(tmp_path, (audit,), {name: {}}, (audit,))
    site = reading.site_of(unit, audit, pytest.fail)
    assert site.stored is not None
    assert [(fact.target, fact.row) for fact in site.stored(row_type)] == [("t", row) for row in rows]


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / layout.MARKER).write_text("{}")
    with pytest.raises(StoreError, match="not a store"):
        layout.content(tmp_path)


def test_judging_without_history_is_as_before(tmp_path: Path) -> None:
    path = bundle(tmp_path, 0, SICK)
    with Bundle(path) as opened:
        site = api.open_site(opened)
    assert judge(site).changes is None
