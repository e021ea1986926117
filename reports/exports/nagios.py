"""One line and a status, as the plugins of Nagios, Icinga and Checkmk give them.

Critical faults are CRITICAL, high and medium ones WARNING. Where there is neither, anything that is unknown
makes it UNKNOWN: what was not seen is never OK.
"""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.engine import Judgement
from reports.groups import rule_title
from reports.text import many, one_line

OK, WARNING, CRITICAL, UNKNOWN = 0, 1, 2, 3
WORDS = {OK: "OK", WARNING: "WARNING", CRITICAL: "CRITICAL", UNKNOWN: "UNKNOWN"}


@dataclass(frozen=True, slots=True)
class Check:
    """*status*: 0 to 3; *line*: what the plugin prints."""

    status: int
    line: str


def check(judgement: Judgement, *, stale: str = "") -> Check:
    """The plugin's word. *stale*: why the evidence is too old to be believed, if it is."""
    counts = judgement.counts()
    unsure = counts["unknown"] + counts["error"] + len(judgement.blind_spots)
    nothing = not counts["pass"] and not any(True for _ in judgement.failed())
    if counts["critical"]:
        status = CRITICAL
    elif stale or nothing:
        status = UNKNOWN
    elif counts["high"] or counts["medium"]:
        status = WARNING
    elif unsure or judgement.score.grade == "U":
        status = UNKNOWN
    else:
        status = OK
    return Check(status, f"{_said(judgement, status, stale, unsure)} | {_measured(judgement, unsure)}")


def unknown(why: str) -> Check:
    """What is printed when the check itself cannot run."""
    return Check(UNKNOWN, f"HOLDWATER UNKNOWN - {_safe(why, 300)}")


def _said(judgement: Judgement, status: int, stale: str, unsure: int) -> str:
    counts, score = judgement.counts(), judgement.score
    words = [f"{counts[kind]} {kind}" for kind in ("critical", "high", "medium") if counts[kind]]
    words += [f"{unsure} not known"] if unsure else []
    words += [f"{counts['waived']} waived"] if counts["waived"] else []
    shown = "" if score.number is None or score.grade == "U" else f" {score.number:.0f}"
    said = f"{_safe(judgement.site.name, 60)}: grade {score.grade}{shown}, {', '.join(words) or 'no fault'}"
    worst = next(judgement.failed(), None)
    if stale:
        said = f"{stale}; {said}"
    if worst is not None and worst.severity in ("critical", "high", "medium"):
        title = rule_title(judgement.rules.get(worst.rule), worst.rule)
        said += f"; worst: {_safe(worst.target, 60)}: {_safe(title, 120)}"
    passed = many(counts["pass"], "check").replace("\u202f", "")
    return f"HOLDWATER {WORDS[status]} - {said}; {passed} passed"


def _measured(judgement: Judgement, unsure: int) -> str:
    counts, score = judgement.counts(), judgement.score
    number = "U" if score.number is None or score.grade == "U" else f"{score.number:g}"
    told = [f"score={number};;;0;100", f"confidence={score.confidence_percent:g}%;;;0;100"]
    told += [f"{kind}={counts[kind]};;;0;" for kind in ("critical", "high", "medium", "low", "waived")]
    told += [f"unknown={unsure};;;0;", f"passed={counts['pass']};;;0;"]
    return " ".join(told)


def _safe(text: str, longest: int) -> str:
    """One line without the bar that begins the numbers."""
    return one_line(text, longest).replace("|", "¦")
