"""SARIF 2.1.0: findings for the viewers and services that read code scanners' results.

Severity becomes a level, a waiver a suppression, what was not seen a notification. Passed checks are not tol
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from analyzer.engine import Judgement
from analyzer.finding import BlindSpot, Finding
from analyzer.rule import Rule
from reports import json
from reports.groups import anchor_of, rule_title
from reports.material import Material
from reports.text import one_line, short

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
RANKS = {"critical": 95.0, "high": 75.0, "medium": 50.0, "low": 25.0, "info": 5.0}

_LINE = re.compile(r"(?:lines? )?(\d{1,9})(?:-\d{1,9})?")


def write(material: Material) -> str:
    """The log file as JSON text."""
    judgement = material.judgement
    told = [finding for finding in judgement.findings if finding.outcome != "pass"]
    names = sorted({finding.rule for finding in told})
    places = {name: place for place, name in enumerate(names)}
    tool, _, version = str(material.manifest.get("tool") or "holdwater").partition(" ")
    driver = {
        "name": one_line(tool, 80),
        **({"semanticVersion": version} if re.fullmatch(r"\d+\.\d+\.\d+", version) else {}),
        "rules": [_rule(name, judgement.rules.get(name)) for name in names],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [_invocation(judgement, material.manifest)],
        "results": [_result(finding, places) for finding in told if finding.outcome != "error"],
        "columnKind": "unicodeCodePoints",
        "properties": {
            "site": one_line(judgement.site.name),
            "at": judgement.site.at,
            "grade": judgement.score.grade,
            "score": judgement.score.number,
        },
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}) + "\n"


def _rule(name: str, rule: Rule | None) -> dict[str, Any]:
    told: dict[str, Any] = {"id": name, "name": name.replace("/", " ").title().replace(" ", "")}
    if rule is not None:
        told["shortDescription"] = {"text": rule_title(rule, name) + "."}
        if why := rule.section("Why it matters"):
            told["fullDescription"] = {"text": why}
        if help_ := "\n\n".join(_help(rule)):
            told["help"] = {"text": help_}
        told["defaultConfiguration"] = {"level": LEVELS[rule.severity], "rank": RANKS[rule.severity]}
        told["properties"] = {"tags": [rule.family, *rule.controls]}
    return told


def _help(rule: Rule) -> Iterator[str]:
    for heading in ("What to do", "What not to do"):
        if text := rule.section(heading):
            yield f"{heading}: {text}"


def _result(finding: Finding, places: Mapping[str, int]) -> dict[str, Any]:
    bad = finding.outcome != "unknown"
    named = one_line(f"{finding.target}: {finding.label or finding.subject}: {finding.message}", 1000)
    told: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": places[finding.rule],
        "kind": "fail" if bad else "open",
        "level": LEVELS[finding.severity] if bad else "none",
        "message": {"text": named},
        "locations": [_location(finding)],
        "partialFingerprints": {"holdwaterFinding/v1": anchor_of(finding)},
        "properties": {
            "severity": finding.severity,
            "priority": finding.priority,
            "subject": one_line(finding.subject),
        },
    }
    if bad:
        told["rank"] = RANKS[finding.severity]
    waiver = finding.waiver
    if waiver is not None:
        reason = one_line(f"{waiver.reason} ({waiver.by}, until {waiver.until.isoformat()})", 1000)
        held = "accepted" if finding.outcome == "waived" else "rejected"
        told["suppressions"] = [{"kind": "external", "status": held, "justification": reason}]
    return told


def _location(finding: Finding) -> dict[str, Any]:
    logical = {
        "name": short(finding.label or finding.subject, 200),
        "fullyQualifiedName": one_line(f"{finding.target}/{finding.subject}", 400),
        "kind": "resource",
    }
    told: dict[str, Any] = {"logicalLocations": [logical]}
    source = finding.sources[0] if finding.sources else None
    if source and source.origin.member:
        member = quote(source.origin.member.encode("utf-8", "replace"), safe="/")
        physical: dict[str, Any] = {"artifactLocation": {"uri": member}}
        if found := _LINE.fullmatch(source.where):
            physical["region"] = {"startLine": max(1, int(found[1]))}
        told["physicalLocation"] = physical
    return told


def _invocation(judgement: Judgement, manifest: Mapping[str, Any]) -> dict[str, Any]:
    broken = [finding for finding in judgement.findings if finding.outcome == "error"]
    return {
        "executionSuccessful": bool(manifest.get("complete", True)),
        "endTimeUtc": judgement.site.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "toolExecutionNotifications": [
            *({"level": "error", "message": {"text": one_line(f"{f.rule}: {f.message}")}} for f in broken),
            *(_not_seen(spot) for spot in judgement.blind_spots),
        ],
    }


def _not_seen(spot: BlindSpot) -> dict[str, Any]:
    gap = spot.gap
    named = " ".join(filter(None, (gap.target, gap.table.TABLE, gap.subject)))
    said = f"not examined: {named}: {gap.reason}" + (f": {gap.detail}" if gap.detail else "")
    return {"level": "warning" if spot.rules else "note", "message": {"text": one_line(said, 600)}}
