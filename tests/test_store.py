"""The store: what is written is what was judged, is never half visible, and costs an audit nothing."""

from __future__ import annotations

import shutil
import typing
from dataclasses import MISSING, fields
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from analyzer.engine import judge
from analyzer.finding import Waiver
from analyzer.scoring import STALE
from collectors.bundle import Bundle
from holdwater import api, registry
from holdwater.judging import judged
from holdwater.past import past
from holdwater.store import arrow, layout, reading, rebuilding, tables, upkeep, writing
from holdwater.store.layout import Stored, Unit
from tests.store_running import NO_SMART, SICK, add, said
from tests.store_sites import bundle, weeks


def test_what_is_kept_is_what_was_judged(tmp_path: Path) -> None:
    folder, judgement = add(tmp_path / "store", bundle(tmp_path, 0, SICK))
    findings = pq.read_table(folder / "finding.parquet").to_pylist()
    assert [(f["rule"], f["subject"], f["message"]) for f in findings] == [
        (f.rule, f.subject, f.message) for f in judgement.findings
    ]
    assert [f["priority"] for f in findings] == [f.priority for f in judgement.findings]
    actions = pq.read_table(folder / "best_action.parquet").to_pylist()
    assert [one["priority"] for one in actions] == [one.priority for one in judgement.score.actions]
    assert {one["priority"] for one in actions} > {"P1"}
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


def test_judging_without_history_is_as_before(tmp_path: Path) -> None:
    path = bundle(tmp_path, 0, SICK)
    with Bundle(path) as opened:
        site = api.open_site(opened)
    assert judge(site).changes is None
