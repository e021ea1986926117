"""Metrics in the text format of Prometheus, for the textfile collector of node_exporter.

Names and labels are stable; a thing that is not known has no sample. There are no timestamps, which the
collector refuses: `holdwater_evidence_timestamp_seconds` says how old it all is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import get_args

from analyzer.engine import Judgement
from analyzer.finding import Priority
from analyzer.verdict import SEVERITIES
from reports.text import one_line

Sample = tuple[dict[str, str], float]


@dataclass(frozen=True, slots=True)
class Metric:
    """A gauge with its samples: labels and value."""

    name: str
    help: str
    samples: list[Sample]


def write(judgement: Judgement) -> str:
    """The metrics of a judgement."""
    return "".join(f"{line}\n" for metric in metrics(judgement) for line in _lines(metric))


def metrics(judgement: Judgement) -> Iterator[Metric]:
    """Every metric in a fixed order; `holdwater_` and the site's label come before everything."""
    site = {"site": _label(judgement.site.name)}
    score, counts = judgement.score, judgement.counts()

    def one(name: str, about: str, value: float | None) -> Metric:
        return Metric(name, about, [] if value is None else [(site, float(value))])

    yield one("evidence_timestamp_seconds", "When the evidence was collected.", judgement.site.at.timestamp())
    yield one("score", "The number, 0 (worst) to 100, after caps; absent if unrated.", _number(judgement))
    yield one("score_low", "The number if all that is unknown were half a failure.", score.low)
    yield one("score_high", "The number if all that is unknown passed.", score.high)
    yield one("confidence_ratio", "Share of what applies that was judged.", score.confidence_percent / 100)
    yield Metric("grade_info", "The grade, as a label.", [({**site, "grade": score.grade}, 1.0)])
    yield Metric(
        "findings",
        "Faults by severity, without waived ones.",
        [({**site, "severity": severity}, float(counts[severity])) for severity in reversed(SEVERITIES)],
    )
    urgent = Counter(finding.priority for finding in judgement.failed() if finding.priority)
    yield Metric(
        "priorities",
        "Open faults by priority: P1 now, P2 within a month, P3 later.",
        [({**site, "priority": name}, float(urgent[name])) for name in get_args(Priority)],
    )
    yield Metric(
        "checks",
        "Checks by outcome: pass, waived, unknown (never a pass) and error.",
        [({**site, "outcome": kind}, float(counts[kind])) for kind in ("pass", "waived", "unknown", "error")],
    )
    yield one("gaps", "Things that should have been examined and could not be.", len(judgement.blind_spots))
    late = sum(1 for told in judgement.waivers if told.standing in ("expired", "too-far"))
    yield one("waivers_not_in_force", "Waivers that have run out, or end too far ahead.", late)
    yield Metric("asset_score", "The number of one asset; absent if unrated.", list(_assets(judgement, site)))
    yield Metric("target_findings", "Faults by target and severity.", _by(judgement, site, "target"))
    yield Metric("rule_findings", "Faults by rule and severity.", _by(judgement, site, "rule"))


def _number(judgement: Judgement) -> float | None:
    return None if judgement.score.grade == "U" else judgement.score.number


def _assets(judgement: Judgement, site: dict[str, str]) -> Iterator[Sample]:
    seen: set[str] = set()
    for asset in judgement.score.assets:
        name = _label(asset.name)
        if asset.number is not None and asset.grade != "U" and name not in seen:
            seen.add(name)
            yield {**site, "asset": name, "tier": str(asset.tier)}, asset.number


def _by(judgement: Judgement, site: dict[str, str], what: str) -> list[Sample]:
    counted = Counter((_label(getattr(f, what)), f.severity) for f in judgement.failed())
    return [
        ({**site, what: name, "severity": severity}, float(count))
        for (name, severity), count in sorted(counted.items())
    ]


def _lines(metric: Metric) -> Iterable[str]:
    name = f"holdwater_{metric.name}"
    yield f"# HELP {name} {metric.help}"
    yield f"# TYPE {name} gauge"
    for labels, value in metric.samples:
        told = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        yield f"{name}{{{told}}} {value:.15g}"


def _label(text: str) -> str:
    return one_line(text, 120)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
