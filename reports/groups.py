"""Findings grouped by rule, so that the same sentence never stands 200 times."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analyzer.engine import Judgement
from analyzer.finding import Finding, Outcome, Priority
from analyzer.rule import Rule
from analyzer.verdict import Severity, rank
from collectors.fact import Source
from collectors.table import Row
from reports.excerpt import Allowance
from reports.text import many, moment, one_line, told, words

SHOWN = 8
"""Rows of a cluster that stand open; the rest is folded."""
OPEN = 24
"""Rows of a group that stand open in all its clusters."""
ROWS = 5_000
"""Findings that are written out in the page; of larger rules the worst, and the rest is counted."""
LISTED = 200
"""Subjects of passed checks that are named; the rest is counted."""

URGENCY: Mapping[Priority, str] = {
    "P1": "now",
    "P2": "within a month",
    "P3": "with the next planned work",
}
"""What each priority asks for."""

_LINK = re.compile(r"(https?://[^\s<>\"']+[^\s<>\"'.,;:)])")
_CODE = re.compile(r"`([^`]+)`")
_PLACES = 2


@dataclass(frozen=True, slots=True)
class Evidence:
    """One answer that a finding rests on. *same_as*: anchor of the finding that shows the same excerpt."""

    command: str
    host: str
    at: str
    where: str
    excerpt: str
    same_as: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One finding."""

    anchor: str
    severity: Severity
    host: str
    label: str
    message: str
    measured: str
    limits: str
    likelihood: str
    priority: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Cluster:
    """Findings of one rule with the same message, which is said once; *message* is empty if they differ.

    *unlisted*: how many more there are than are written out.
    """

    severity: Severity
    message: str
    open: tuple[Shown, ...]
    folded: tuple[Shown, ...]
    unlisted: int = 0

    @property
    def count(self) -> int:
        return len(self.open) + len(self.folded) + self.unlisted


@dataclass(frozen=True, slots=True)
class Group:
    """The findings of one rule. Texts are lists of paragraphs, each a list of (kind, words) pieces."""

    id: str
    title: str
    severity: Severity
    outcome: Outcome
    count: int
    hosts: str
    findings: tuple[Finding, ...]
    clusters: tuple[Cluster, ...]
    why: tuple[Paragraph, ...] = ()
    do: tuple[Paragraph, ...] = ()
    dont: tuple[Paragraph, ...] = ()
    references: tuple[Paragraph, ...] = ()
    controls: str = ""

    @property
    def priority(self) -> Priority | None:
        """Of its most urgent fault."""
        return min((f.priority for f in self.findings if f.priority), default=None)

    @property
    def mixed(self) -> bool:
        """Its findings differ in severity."""
        return len({cluster.severity for cluster in self.clusters}) > 1

    def place_of(self, finding: Finding) -> str:
        """Anchor of a finding of it; of the group itself, if the finding is not written out."""
        anchor = anchor_of(finding)
        written = any(anchor == one.anchor for each in self.clusters for one in each.open + each.folded)
        return anchor if written else self.id


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Text of a rule. *item*: one of a list. *pieces*: (kind, words), kind text, code or link."""

    item: bool
    pieces: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Passed:
    """The passed checks of one rule. *subjects*: host → what was checked there; *unnamed*: how many more."""

    id: str
    title: str
    count: int
    subjects: Mapping[str, str] = field(default_factory=dict)
    unnamed: int = 0


def groups(
    judgement: Judgement, outcomes: tuple[Outcome, ...], allowance: Allowance, written: int
) -> tuple[Group, ...]:
    """One group for each rule and outcome, worst first; in it, clusters of equal messages, worst first.

    *written*: how many findings are written out; the others are counted.
    """
    sorted_out: dict[tuple[Outcome, str], list[Finding]] = {}
    for finding in judgement.findings:
        if finding.outcome in outcomes:
            sorted_out.setdefault((finding.outcome, finding.rule), []).append(finding)
    look_up = Measures(judgement)
    most = even_share([len(found) for found in sorted_out.values()], written)
    return tuple(
        _group(outcome, judgement.rules.get(rule), found, look_up, allowance, most)
        for (outcome, rule), found in sorted_out.items()
    )


def even_share(counts: Sequence[int], room: int) -> int:
    """The most that each may have so that all together have at most *room*; small ones leave theirs over."""
    for place, count in enumerate(sorted(counts)):
        share = room // (len(counts) - place)
        if count > share:
            return share
        room -= count
    return max(counts, default=0)


def _group(
    outcome: Outcome,
    rule: Rule | None,
    found: list[Finding],
    look_up: Measures,
    allowance: Allowance,
    most: int,
) -> Group:
    hosts = sorted({f.target for f in found})
    first = found[0]
    return Group(
        id=first.rule,
        title=rule_title(rule, first.rule),
        severity=max((f.severity for f in found), key=rank),
        outcome=outcome,
        count=len(found),
        hosts=one_line(hosts[0], 60) if len(hosts) == 1 else many(len(hosts), "target"),
        findings=tuple(found),
        clusters=tuple(_clusters(found, look_up, allowance, most)),
        why=paragraphs(rule.section("Why it matters")) if rule else (),
        do=paragraphs(rule.section("What to do")) if rule else (),
        dont=paragraphs(rule.section("What not to do")) if rule else (),
        references=paragraphs(rule.section("References"), lines=True) if rule else (),
        controls=", ".join(rule.controls) if rule else "",
    )


def _clusters(found: list[Finding], look_up: Measures, allowance: Allowance, most: int) -> Iterator[Cluster]:
    """Worst first; at most *most* of the findings are written out."""
    room = OPEN
    for severity, message, alike in _alike(found):
        written = [_shown(f, look_up, allowance) for f in alike[:most]]
        shown = min(SHOWN if message else 2 * SHOWN, room)
        room, most = max(0, room - shown), most - len(written)
        rest = len(alike) - len(written)
        yield Cluster(severity, one_line(message), tuple(written[:shown]), tuple(written[shown:]), rest)


def _alike(found: list[Finding]) -> Iterator[tuple[Severity, str, list[Finding]]]:
    """Findings that share severity and message; those that share it with few follow under none."""
    same: dict[tuple[Severity, str], list[Finding]] = {}
    for finding in found:
        same.setdefault((finding.severity, finding.message), []).append(finding)
    alone: dict[Severity, list[Finding]] = {}
    many_alike: dict[Severity, list[tuple[str, list[Finding]]]] = {}
    for (severity, message), alike in same.items():
        if len(alike) > _PLACES:
            many_alike.setdefault(severity, []).append((message, alike))
        else:
            alone.setdefault(severity, []).extend(alike)
    for severity in sorted({f.severity for f in found}, key=rank, reverse=True):
        for message, alike in many_alike.get(severity, ()):
            yield severity, message, alike
        if severity in alone:
            yield severity, "", alone[severity]


def _shown(finding: Finding, look_up: Measures, allowance: Allowance) -> Shown:
    anchor = anchor_of(finding)
    limits = finding.limits
    return Shown(
        anchor=anchor,
        severity=finding.severity,
        host=one_line(finding.target, 80),
        label=one_line(finding.label or finding.subject, 160),
        message=one_line(finding.message),
        measured=look_up.of(finding),
        limits=", ".join(f"{words(name)} {told(name, value)}" for name, value in limits.items()),
        likelihood=f"{finding.probability * 100:.0f} %" if finding.probability is not None else "",
        priority=f"{finding.priority}, {URGENCY[finding.priority]}" if finding.priority else "",
        evidence=tuple(_evidence(finding, one, anchor, allowance) for one in finding.sources[:4]),
    )


def _evidence(finding: Finding, source: Source, anchor: str, allowance: Allowance) -> Evidence:
    excerpt, same_as = allowance.show(finding, source, anchor)
    origin = source.origin
    return Evidence(
        command=one_line(" ".join(origin.argv), 200),
        host=one_line(origin.target, 80),
        at=moment(origin.at),
        where=one_line(source.where, 120),
        excerpt=excerpt,
        same_as=same_as,
    )


def rule_title(rule: Rule | None, otherwise: str) -> str:
    """The fault in one sentence, without a full stop."""
    return (rule.title if rule else "").rstrip(".") or otherwise


def anchor_of(finding: Finding) -> str:
    """The finding's place in the page: the same for the same fault in another audit."""
    key = "\x00".join(finding.key).encode("utf-8", "backslashreplace")
    return "f-" + hashlib.blake2s(key, digest_size=6).hexdigest()


class Measures:
    """Looks up the value that decided a finding: its row's column, with unit."""

    def __init__(self, judgement: Judgement) -> None:
        self._judgement = judgement
        self._rows: dict[type[Row], dict[tuple[str, str], Row]] = {}

    def of(self, finding: Finding) -> str:
        """`pending sectors 24`; empty if the finding names no column."""
        rule = self._judgement.rules.get(finding.rule)
        if rule is None or not finding.column:
            return ""
        row = self._table(rule.on).get((finding.target, finding.subject))
        value = getattr(row, finding.column, None)
        return f"{words(finding.column)} {told(finding.column, value)}" if value is not None else ""

    def _table(self, on: type[Row]) -> dict[tuple[str, str], Row]:
        if on not in self._rows:
            facts = self._judgement.site.tables.get(on, ())
            self._rows[on] = {(fact.target, fact.row.subject): fact.row for fact in facts}
        return self._rows[on]


def passed(judgement: Judgement) -> tuple[Passed, ...]:
    """The passed checks, by rule: the proof of the audit."""
    by_rule: dict[str, list[Finding]] = {}
    for finding in judgement.findings:
        if finding.outcome == "pass":
            by_rule.setdefault(finding.rule, []).append(finding)
    return tuple(_passed(name, judgement.rules.get(name), found) for name, found in sorted(by_rule.items()))


def _passed(id: str, rule: Rule | None, found: list[Finding]) -> Passed:
    subjects: dict[str, list[str]] = {}
    for finding in found[:LISTED]:
        subjects.setdefault(one_line(finding.target, 80), []).append(
            one_line(finding.label or finding.subject, 80)
        )
    named: Mapping[str, Any] = {host: ", ".join(labels) for host, labels in subjects.items()}
    return Passed(id, rule_title(rule, id), len(found), named, max(0, len(found) - LISTED))


def paragraphs(text: str, *, lines: bool = False) -> tuple[Paragraph, ...]:
    """Paragraphs and list items of a rule's section; *lines*: every line is an item of its own."""
    return tuple(Paragraph(item, _pieces(words)) for item, words in _blocks(text, lines))


def _blocks(text: str, lines: bool) -> Iterator[tuple[bool, str]]:
    block: list[str] = []
    item = lines
    for line in [*text.splitlines(), ""]:
        bullet = line.startswith(("- ", "* "))
        if block and (not line or bullet or lines):
            yield item, " ".join(block)
            block, item = [], lines
        if line:
            item = item or bullet
            block.append(line[2:].strip() if bullet else line)


def _pieces(text: str) -> tuple[tuple[str, str], ...]:
    pieces: list[tuple[str, str]] = []
    for i, part in enumerate(_CODE.split(text)):
        if i % 2:
            pieces.append(("code", part))
            continue
        pieces.extend(("link" if j % 2 else "text", bit) for j, bit in enumerate(_LINK.split(part)) if bit)
    return tuple(pieces)


def total(found: Iterable[Group]) -> int:
    """Number of findings in the groups."""
    return sum(group.count for group in found)
