"""Builds synthetic sites, judgements and manifests of any size, with hostile names where asked."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from analyzer.engine import Judgement
from analyzer.finding import BlindSpot, Finding
from analyzer.score_card import Action, Cap, PillarScore, SiteScore
from analyzer.site import Site
from analyzer.verdict import rank
from collectors.drive_tables import Drive
from collectors.fact import Gap, GapReason, Origin, Source
from tests.site_rows import (
    AT,
    HOSTILE,
    device,
    host_answers,
    host_rows,
    identity,
    member,
    pending_sectors,
    smart_source,
)
from tests.site_rules import synthetic_rules


@dataclass
class Built:
    """A judgement with what the report takes beside it. *texts*: raw answers by member."""

    judgement: Judgement
    manifest: dict[str, Any]
    texts: dict[str, str] = field(default_factory=dict)

    def read(self, member: str) -> str:
        return self.texts[member]


@cache
def _names(hosts: int, hostile: bool) -> tuple[str, ...]:
    if not hostile:
        return tuple(f"host-{i + 1:02}" for i in range(hosts))
    return tuple(HOSTILE[i % len(HOSTILE)] + (f" {i}" if i >= len(HOSTILE) else "") for i in range(hosts))


@dataclass(frozen=True)
class Wanted:
    """How large a site is wanted."""

    hosts: int = 3
    findings: int = 12
    disks: int = 6
    passes: int = 40
    unread: int = 5
    hostile: bool = False
    name: str = "Werkstatt Nord"
    seed: int = 7

    @property
    def targets(self) -> tuple[str, ...]:
        return _names(self.hosts, self.hostile)


def build(**wanted: Any) -> Built:
    """A site of *hosts* hosts with *findings* faults, *passes* passed checks, *unread* gaps; see Wanted."""
    want = Wanted(**wanted)
    chance = random.Random(want.seed)
    site = Site(HOSTILE[0] if want.hostile else want.name, AT, want.targets)
    site.gaps.extend(_gaps(want))
    unread = {(gap.target, gap.subject) for gap in site.gaps}
    texts: dict[str, str] = {}
    targets: dict[str, Any] = {}
    for number, host in enumerate(want.targets):
        answers = list(host_answers(number, want.disks, chance, texts))
        targets[host] = {"kind": "ssh", "address": f"ssh://audit@{host}", "answers": answers}
        mine = {subject for target, subject in unread if target == host}
        site.add(host_rows(host, number, want.disks, chance, hostile=want.hostile, unread=mine))
    found = _findings(want)
    blind = tuple(BlindSpot(gap, ("smart/pending-sectors", "smart/temperature-high")) for gap in site.gaps)
    told = Judgement(site, tuple(found), blind, synthetic_score(found), synthetic_rules())
    manifest = {"site": site.name, "tool": "holdwater 0.1.0", "collected_at": AT.isoformat()}
    return Built(told, manifest | {"complete": True, "targets": targets}, texts)


def _findings(want: Wanted) -> list[Finding]:
    faults = {f.key: f for f in (_fault(i, want) for i in range(want.findings))}
    undecided = Finding(
        rule="smart/temperature-high",
        outcome="unknown",
        severity="low",
        target=want.targets[0],
        subject="wwn:unknown",
        label="/dev/sdz",
        message="the drive does not tell its temperature",
    )
    found = [*faults.values(), undecided, *_passes(want)]
    standing = ("fail", "error", "unknown", "pass")
    found.sort(key=lambda f: (standing.index(f.outcome), -rank(f.severity), f.rule, f.target, f.subject))
    return found


def _fault(i: int, want: Wanted) -> Finding:
    number, disk = i % want.hosts, (i // want.hosts) % want.disks
    host = want.targets[number]
    evil = HOSTILE[i % len(HOSTILE)] if want.hostile else ""
    if i == 0:
        where = Source(Origin(host, ("cat", "/proc/mdstat"), AT, member(0, 0)), "line 2")
        return Finding(
            rule="raid/md-degraded",
            outcome="fail",
            severity="critical",
            target=host,
            subject="md0",
            label="md0",
            root="md0",
            column="slots_in_sync",
            limits={"limit": 0},
            sources=(where,),
            message=f"md0 (raid5, {want.disks} slots) runs with {want.disks - 1} members; sdc1 has failed",
        )
    sources = (smart_source(host, number, disk),)
    if i % 5 == 1:
        return Finding(
            rule="capacity/fs-nearly-full",
            outcome="fail",
            severity="medium",
            target=host,
            root="/srv",
            subject=f"/srv{i if i > 5 else ''}{evil}",
            label=f"/srv{evil}",
            column="used_bytes",
            limits={"limit": 90},
            message="93 % used, 1.4 TB left (limit 90 %)",
            sources=sources,
        )
    subject = identity(number, disk)
    again = f"#{i}" if i >= want.hosts * want.disks else ""
    label = f"{device(disk)} {evil or 'WDC WD40EFRX-68N32N0'} WCC7K{number:03}{disk:02}"
    common: dict[str, Any] = {"outcome": "fail", "target": host, "subject": subject + again, "root": subject}
    common |= {"label": label, "sources": sources}
    if i % 5 == 2:
        return Finding(
            rule="smart/temperature-high",
            severity="low",
            message=f"{50 + i % 9} °C (limit 50 °C)",
            limits={"limit": 50},
            column="temperature_celsius",
            **common,
        )
    pending = pending_sectors(number, disk)
    return Finding(
        rule="smart/pending-sectors",
        severity="critical" if pending > 35 else "high",
        probability=0.62,
        message=f"{pending} sectors could not be read (limit 0)",
        limits={"limit": 0, "critical": 36},
        **common,
    )


def _passes(want: Wanted) -> Iterator[Finding]:
    rules = list(synthetic_rules().values())
    for i in range(want.passes):
        rule, target = rules[i % len(rules)], want.targets[i % want.hosts]
        yield Finding(
            rule=rule.id,
            outcome="pass",
            severity=rule.severity,
            target=target,
            subject=f"ok-{i}",
            label=f"thing {i}",
        )


def _gaps(want: Wanted) -> Iterator[Gap]:
    reasons: tuple[tuple[GapReason, str], ...] = (
        ("standby", "the drive sleeps and was not woken"),
        ("denied", "sudo: a password is required"),
        ("tool-missing", "smartctl is not installed"),
        ("timed-out", "no answer within 30 s"),
    )
    for i in range(min(want.unread, want.hosts * want.disks)):
        reason, detail = reasons[i % len(reasons)]
        host, name = want.targets[i % want.hosts], device(want.disks - 1 - i // want.hosts)
        source = Source(Origin(host, ("smartctl", "--json=c", "-x", name), AT, ""))
        yield Gap(host, Drive, reason, detail, name, source)


def synthetic_score(found: Sequence[Finding]) -> SiteScore:
    """A score as the method could give it, with backups not examined; worse with critical faults."""
    failed = [f for f in found if f.outcome == "fail"]
    number = 61.0 if failed else 92.0
    backup = Cap(
        condition="backups not examined",
        grade="C",
        asset="",
        action="Grade capped at C because backups were not examined; let the audit see the backup server.",
    )
    pillars = (
        PillarScore(name="media", title="Media and redundancy", weight=20, number=58.0, examined=True),
        PillarScore(name="integrity", title="Integrity and capacity", weight=15, number=81.0, examined=True),
        PillarScore(
            name="snapshot", title="Snapshots", weight=10, number=None, examined=False, applicable=False
        ),
        PillarScore(name="backup", title="Backups", weight=25, number=None, examined=False),
        PillarScore(name="recovery", title="Recovery", weight=15, number=None, examined=False),
        PillarScore(name="exposure", title="Exposure", weight=15, number=None, examined=False),
    )
    actions = tuple(
        Action(
            target=f.target,
            root=f.root,
            label=f.label,
            rules=(f.rule,),
            severity=f.severity,
            number=70.0,
            grade="B",
            gain=9.0,
        )
        for f in failed[:3]
    )
    return SiteScore(
        number=number,
        uncapped=number,
        low=44.0,
        high=max(70.0, number),
        grade="C",
        confidence_percent=43.0,
        assured_percent=40.0,
        caps=(backup,),
        pillars=pillars,
        assets=(),
        actions=actions,
        ruleset="a1b2c3d4",
        scoring="2026.1",
        at=AT,
    )
