"""What would be lost, the storage picture, charts and trends."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from analyzer.derived.rests_on import RestsOn
from analyzer.engine import Judgement
from analyzer.site import Site
from collectors.drive_tables import DriveAttribute
from collectors.fact import Fact
from reports.charts import charts
from reports.losses import losses, nearest
from reports.storage_graph import BOXES, storages
from reports.storage_picture import pictures
from tests.site_factory import HOSTILE, build
from tests.site_rows import AT, identity


def with_site(judgement: Judgement, **changes: Any) -> Judgement:
    """The judgement over collected rows only, so that derived tables are worked out anew."""
    old = judgement.site
    tables = {t: list(f) for t, f in old.tables.items() if t.__module__.startswith("collectors")}
    site = Site(
        old.name, changes.pop("at", old.at), old.targets, tables=tables, gaps=list(old.gaps), **changes
    )
    return dataclasses.replace(judgement, site=site)


def over(edges: list[tuple[str, str]]) -> Judgement:
    """A judgement of one host with exactly these edges (upper, lower)."""
    rows = [
        RestsOn(
            upper=f"block:{u}",
            upper_kind="volume",
            upper_label=u,
            lower=f"block:{v}",
            lower_kind="volume",
            lower_label=v,
            relation="maps",
        )
        for u, v in edges
    ]
    judgement = with_site(build(findings=0, passes=0, unread=0).judgement)
    judgement.site.tables[RestsOn] = [Fact("host-01", row) for row in rows]
    return judgement


def test_losses_nearest_first() -> None:
    found = losses(build().judgement)
    assert [(one.standing, one.host, one.what) for one in found] == [
        ("next", "host-01", "/srv"),
        ("alone", "host-01", "/"),
        ("alone", "host-02", "/"),
        ("alone", "host-03", "/"),
    ]
    assert found[0].size == "18.6 TB used"
    assert [one.standing for one in nearest(found)] == ["next", "alone"]


def test_picture_marks_what_is_sick() -> None:
    storage = storages(build().judgement)[0]
    boxes = {box.name: box for box in storage.boxes.values()}
    assert storage.host == "host-01"
    assert boxes["md0"].state == "critical"
    assert boxes["sdc"].state == "missing"
    assert boxes["sdc"].worst == "failed as member of md0"
    assert boxes["sdf"].state == "unknown"
    assert boxes["sda"].state == "pass"
    assert boxes["/srv"].about == "xfs · 93 % of 20.0 TB"
    assert "WCC7K00000" in boxes["sda"].about
    assert not [name for name in boxes if name.endswith("1") and name.startswith("sd")]


def test_healthy_disks_of_a_big_host_are_one_box() -> None:
    drawn = pictures(build(hosts=1, findings=1, disks=24, unread=0).judgement).drawn[0]
    assert "+ 23 disks without fault" in drawn.svg
    assert drawn.svg.count('class="box disk') == 3


def test_picture_says_the_same_as_text() -> None:
    lines = pictures(build().judgement).drawn[0].lines
    told = {name: (state, lowers) for name, state, lowers in lines}
    assert told["md0 raid5 degraded · 5 of 6 in sync"][1].endswith("sdc (failed), sdd, sde and sdf")
    assert told["/srv xfs · 93 % of 20.0 TB"][1] == "dm-0"


def test_hostile_names_in_the_picture() -> None:
    for picture in pictures(build(hosts=12, hostile=True).judgement).drawn:
        assert "<script" not in picture.svg
        assert "<img" not in picture.svg
        assert "\u202e" not in picture.svg
    assert len(HOSTILE) == 12


@pytest.mark.parametrize(
    "edges",
    [
        [("a", "b"), ("b", "c"), ("c", "a")],
        [(f"v{i}", f"v{i + 1}") for i in range(3000)],
        [(f"top{i}", f"low{j}") for i in range(40) for j in range(40)],
    ],
    ids=["circle", "deep", "dense"],
)
def test_a_strange_graph_is_drawn_in_bounds(edges: list[tuple[str, str]]) -> None:
    judgement = over(edges)
    for storage in storages(judgement):
        assert len(storage.boxes) <= BOXES
    assert len(pictures(judgement).drawn[0].svg) < 1_000_000


def test_charts_of_what_was_measured() -> None:
    temperature, wear = charts(build().judgement)
    assert (temperature.title, wear.title) == ("Temperature", "Wear")
    assert temperature.rest == "2 drives more, all with more room"
    assert wear.svg.count('class="bar') == 3
    assert "aria-label" in wear.svg
    assert charts(with_site(over([]), history=())) != ()


def test_no_chart_without_numbers() -> None:
    judgement = build().judgement
    empty = Site("empty", AT)
    assert charts(dataclasses.replace(judgement, site=empty)) == ()


def test_trends_over_earlier_audits() -> None:
    judgement = build().judgement
    earlier = []
    for months in (3, 2, 1):
        past = with_site(judgement, at=AT - timedelta(days=30 * months)).site
        past.add(attributes(24 - 8 * months))
        earlier.append(past)
    now = with_site(judgement, history=tuple(earlier))
    now.site.add(attributes(24))
    trend = charts(now)[-1]
    assert trend.title == "Pending since earlier audits"
    assert trend.about == "by drive, over 90 days"
    for forbidden in ("style=", "<style", "<metadata", "http://matplotlib"):
        assert forbidden not in trend.svg
    assert "from 0 on 25 Aug 2026 06:00 UTC to 24" in trend.svg
    assert trend == charts(now)[-1]


def attributes(pending: int) -> list[Fact[Any]]:
    row = DriveAttribute(
        drive=identity(0, 1),
        device="/dev/sdb",
        id=197,
        name="Current_Pending_Sector",
        raw=pending,
        count=pending,
    )
    return [Fact("host-01", row)]
