"""What a judgement tells the store: rows for every table, plain values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from analyzer.engine import Judgement
from analyzer.finding import BlindSpot, Finding
from analyzer.rule import Rule
from analyzer.score_card import AssetScore, PillarScore
from analyzer.score_systems import scored_systems
from analyzer.scoring import is_stale
from analyzer.verdict import rank
from collectors.fact import Absent
from holdwater.store import tables


def own_rows(judged: Judgement, bundle: Path, manifest: Mapping[str, Any]) -> dict[str, Sequence[Any]]:
    """Rows of the store's own tables, in the order of the judgement."""
    score = judged.score
    pillars = [_pillar("", one) for one in score.pillars]
    pillars += [_pillar(asset.name, one) for asset in score.assets for one in asset.pillars]
    caps = [("", cap) for cap in score.caps] + [
        (asset.name, cap) for asset in score.assets for cap in asset.caps
    ]
    return {
        "audit": [_audit(judged, bundle, manifest)],
        "target": list(_targets(manifest)),
        "finding": list(_findings(judged)),
        "blind_spot": [_gap(one) for one in judged.blind_spots],
        "absence": [_absence(one) for one in judged.site.absences],
        "asset_grade": [_asset(one) for one in score.assets],
        "pillar": pillars,
        "grade_cap": [
            tables.GradeCap(
                target=name,
                condition=cap.condition,
                grade=cap.grade,
                action=cap.action,
                rules=", ".join(cap.rules),
            )
            for name, cap in caps
        ],
        "best_action": [
            tables.BestAction(
                place=place,
                target=one.target,
                root=one.root,
                label=one.label,
                rules=", ".join(one.rules),
                severity=one.severity,
                number=one.number,
                grade=one.grade,
                gain=one.gain,
                priority=one.priority,
            )
            for place, one in enumerate(score.actions, 1)
        ],
    }


def _audit(judged: Judgement, bundle: Path, manifest: Mapping[str, Any]) -> tables.Audit:
    score, counts = judged.score, judged.counts()
    asked = manifest["targets"].values()
    return tables.Audit(
        grade=score.grade,
        number=score.number,
        low=score.low,
        high=score.high,
        confidence_percent=score.confidence_percent,
        assured_percent=score.assured_percent,
        critical=counts["critical"],
        high_faults=counts["high"],
        medium=counts["medium"],
        low_faults=counts["low"],
        info=counts["info"],
        unknown=counts["unknown"],
        errors=counts["error"],
        waived=counts["waived"],
        passed=counts["pass"],
        blind_spots=len(judged.blind_spots),
        targets=len(asked),
        unreachable=sum(bool(one.get("unreachable")) for one in asked),
        complete=bool(manifest.get("complete")),
        ruleset=score.ruleset,
        scoring=score.scoring,
        tool=str(manifest.get("tool", "")),
        bundle=bundle.name,
    )


def _targets(manifest: Mapping[str, Any]) -> Iterator[tables.Target]:
    for name, told in sorted(manifest["targets"].items()):
        why = str(told.get("unreachable", ""))
        yield tables.Target(
            target=name,
            kind=told["kind"],
            address=told["address"],
            system=str((told.get("about") or {}).get("system", "")),
            reached=not why,
            detail=why,
        )


def _findings(judged: Judgement) -> Iterator[tables.StoredFinding]:
    known, names = scored_systems(judged.site), {asset.name for asset in judged.score.assets}
    for one in judged.findings:
        owner = known.owner(one, judged.rules)
        yield _finding(one, judged.rules.get(one.rule), owner if owner in names else "")


def _finding(told: Finding, rule: Rule | None, system: str) -> tables.StoredFinding:
    waiver = told.waiver
    return tables.StoredFinding(
        rule=told.rule,
        family=told.rule.partition("/")[0],
        title=rule.title if rule else "",
        outcome=told.outcome,
        severity=told.severity,
        severity_rank=rank(told.severity),
        target=told.target,
        system=system,
        subject=told.subject,
        label=told.label,
        root=told.root,
        message=told.message,
        decided_by=told.column,
        probability=told.probability,
        priority=told.priority,
        stale=is_stale(told),
        waived_by=waiver.by if waiver else None,
        waived_because=waiver.reason if waiver else None,
        waived_until=waiver.until.isoformat() if waiver else None,
        limits=json.dumps(dict(told.limits), default=str) if told.limits else "",
        evidence=json.dumps([_source(one) for one in told.sources]) if told.sources else "",
    )


def _source(told: Any) -> dict[str, Any]:
    origin = told.origin
    return {
        "argv": list(origin.argv),
        "at": origin.at.isoformat() if origin.at else None,
        "member": origin.member,
        "where": told.where,
    }


def _gap(told: BlindSpot) -> tables.StoredGap:
    return tables.StoredGap(
        target=told.gap.target,
        table_name=told.gap.table.TABLE,
        subject=told.gap.subject,
        reason=told.gap.reason,
        detail=told.gap.detail,
        rules=", ".join(told.rules),
    )


def _absence(told: Absent) -> tables.StoredAbsence:
    return tables.StoredAbsence(target=told.target, table_name=told.table.TABLE, proof=told.proof)


def _asset(told: AssetScore) -> tables.AssetGrade:
    return tables.AssetGrade(
        target=told.name,
        tier=told.tier,
        grade=told.grade,
        number=told.number,
        low=told.low,
        high=told.high,
        confidence_percent=told.confidence_percent,
        assured_percent=told.assured_percent,
    )


def _pillar(target: str, told: PillarScore) -> tables.Pillar:
    return tables.Pillar(
        target=target,
        pillar=told.name,
        title=told.title,
        weight=told.weight,
        number=told.number,
        examined=told.examined,
        applicable=told.applicable,
    )
