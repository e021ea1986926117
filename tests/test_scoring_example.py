"""The worked example of `docs/scoring.md`: one host with three machines that matter and one that does not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analyzer.finding import Finding
from analyzer.rule import Rule
from analyzer.score_method import method
from analyzer.scoring import SiteScore, score
from analyzer.site import Asset, Site
from analyzer.verdict import OK, Severity, Verdict
from collectors.table import Row

TIERS = {"host": 1, "dc": 1, "sql": 1, "file": 2, "test": 3}
MACHINE = {"media", "exposure"}
NOT_APPLICABLE = {
    "host": {"snapshot", "backup", "recovery"},
    "dc": MACHINE | {"integrity"},
    "sql": MACHINE | {"integrity"},
    "file": MACHINE,
    "test": MACHINE | {"integrity"},
}

# asset, root cause, rule, severity, probability
FAULTS: list[tuple[str, str, str, Severity, float | None]] = [
    ("host", "disk 4", "smart/pending-sectors", "critical", 0.62),
    ("host", "disk 4", "smart/offline-uncorrectable", "high", None),
    ("host", "scrub", "raid/scrub-stale", "high", None),
    ("host", "level", "raid/single-parity-large", "medium", None),
    ("host", "ups", "power/ups-absent", "high", None),
    ("host", "batch", "raid/same-batch", "medium", None),
    ("host", "pool", "fs/lvmthin-data", "medium", None),
    ("host", "admin", "exposure/shared-admin", "critical", None),
    ("dc", "job", "backup/none", "critical", None),
    ("dc", "agent", "backup/agent-absent", "medium", None),
    ("dc", "restore", "recovery/never-tested", "high", None),
    ("dc", "restore", "recovery/no-runbook", "high", None),
    ("dc", "restore", "recovery/throughput-unknown", "medium", None),
    ("dc", "room", "recovery/no-clean-room", "medium", None),
    ("sql", "chain", "snapshot/age", "high", None),
    ("sql", "chain", "snapshot/chain-depth", "low", None),
    ("sql", "base", "snapshot/size-vs-base", "medium", None),
    ("sql", "store", "backup/same-storage", "critical", None),
    ("sql", "restore", "recovery/never-tested", "high", None),
    ("sql", "runbook", "recovery/no-runbook", "high", None),
    ("sql", "room", "recovery/no-clean-room", "medium", None),
    ("file", "store", "backup/same-storage", "critical", None),
    ("file", "store", "backup/verify-failed", "critical", None),
    ("file", "restore", "recovery/never-tested", "high", None),
    ("file", "restore", "recovery/throughput-unknown", "medium", None),
    ("file", "restore", "recovery/no-target-capacity", "medium", None),
    ("test", "images", "recovery/golden-images-missing", "low", None),
]
LEFT_AFTER_30_DAYS = [
    fault for fault in FAULTS if fault[1] in {"level", "ups", "batch", "pool", "images"}
] + [
    ("file", "copies", "backup/321", "medium", None),
    ("file", "depth", "recovery/test-shallow", "low", None),
]
LEFT_AT_LAST = [fault for fault in LEFT_AFTER_30_DAYS if fault[1] not in {"ups", "batch"}]


def _judge(row: Row) -> Verdict:
    return OK


def _soundness() -> Iterator[Finding]:
    """Twenty checks that passed in every pillar which an asset has."""
    for asset in TIERS:
        for pillar in method().pillars:
            if pillar.name not in NOT_APPLICABLE[asset]:
                for number in range(20):
                    rule = f"{pillar.families[0]}/sound-{number}"
                    yield Finding(rule=rule, outcome="pass", severity="high", target=asset, subject=asset)


def example(faults: list[tuple[str, str, str, Severity, float | None]]) -> SiteScore:
    found = list(_soundness())
    for asset, root, rule, severity, probability in faults:
        found.append(
            Finding(
                rule=rule,
                outcome="fail",
                severity=severity,
                target=asset,
                subject=root,
                root=root,
                probability=probability,
            )
        )
    rules = {one.rule: Rule(one.rule, Row, one.severity, (), _judge, {}) for one in found}
    assets = tuple(Asset(name, tier) for name, tier in TIERS.items())
    site = Site("example", datetime(2025, 6, 1, tzinfo=UTC), tuple(TIERS), assets=assets)
    return score(site, found, (), rules, dependents={"host": 13.0}, not_applicable=NOT_APPLICABLE)


def test_the_example_comes_out_as_it_was_worked_out_by_hand() -> None:
    told = example(FAULTS)
    assets = {asset.name: asset.uncapped for asset in told.assets}
    assert assets == {"host": 25.9, "dc": 38.5, "sql": 25.1, "file": 60.6, "test": 98.5}
    assert [pillar.number for pillar in told.pillars] == [
        pytest.approx(whole, abs=0.5) for whole in (0.6, 81, 63, 21, 32, 9)
    ]
    assert (told.uncapped, told.number, told.grade) == (30.0, 19, "F")
    assert told.caps[0].action == (
        "Grade capped at F because dc has no restorable copy; a backup of it that was restored once lifts it."
    )


def test_after_thirty_days_the_weakest_pillar_holds_the_grade_down() -> None:
    told = example(LEFT_AFTER_30_DAYS)
    assert (told.uncapped, told.number, told.grade) == (80.0, 64, "C")
    assert [cap.condition for cap in told.caps] == ["weakest pillar"]
    assert told.caps[0].action.startswith("Grade capped at C because media and redundancy stands at 28.2")


def test_at_last_it_is_an_a() -> None:
    told = example(LEFT_AT_LAST)
    assert (told.uncapped, told.number, told.grade, told.caps) == (89.7, 89.7, "A", ())


def test_the_document_shows_these_numbers() -> None:
    text = Path(__file__).parent.parent.joinpath("docs", "scoring.md").read_text(encoding="utf-8")
    for faults in (FAULTS, LEFT_AFTER_30_DAYS, LEFT_AT_LAST):
        told = example(faults)
        cells = [told.uncapped, *(pillar.number for pillar in told.pillars)]
        assert "| " + " | ".join(f"{cell:g}" for cell in cells if cell is not None) + " |" in text
        assert f"**{told.grade} · {told.number:g}**" in text
    for asset in example(FAULTS).assets:
        assert f"| {asset.name} | {asset.tier} | {asset.uncapped:g} |" in text
    assert example(FAULTS).caps[0].action in text
    for pillar in method().pillars:
        assert f"| {pillar.title.lower()} | {pillar.weight} | {', '.join(pillar.families)} |" in text
        assert f"| {pillar.expected:.2f} |" in text


if __name__ == "__main__":
    for name, faults in (("today", FAULTS), ("30 days", LEFT_AFTER_30_DAYS), ("at last", LEFT_AT_LAST)):
        told = example(faults)
        print(
            name,
            told.uncapped,
            told.number,
            told.grade,
            [p.number for p in told.pillars],
            told.low,
            told.high,
        )
        print("  ", told.confidence_percent, told.assured_percent, [c.action for c in told.caps])
        print("  ", [(a.name, a.uncapped, a.number, a.grade, a.assured_percent) for a in told.assets])
        for action in told.actions[:3]:
            print("  ", action)
