"""One screen for the administrator: grade, worst findings, what was not examined, where the files are."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from analyzer.engine import Judgement
from reports.changes import Compared, compared
from reports.excerpt import Allowance
from reports.groups import groups
from reports.headline import Headline, Worst, headline, names_it, worst
from reports.losses import Loss, losses, nearest
from reports.text import many, number, one_line, visible
from reports.unseen import Unseen, unseen
from reports.waived import overdue

MARKS = {"critical": "!!", "high": "! ", "medium": "* ", "low": "- ", "unknown": "? "}
"""What stands before a line, so that colour is never alone."""
STYLES = {
    "critical": "bold red",
    "high": "bold yellow",
    "medium": "yellow",
    "low": "blue",
    "unknown": "magenta",
    "pass": "green",
}
_GRADES = {
    "A": "pass",
    "B": "pass",
    "C": "medium",
    "D": "high",
    "E": "critical",
    "F": "critical",
    "U": "unknown",
}

UNDECIDED_APART = 3
"""So many undecided subjects of a rule are told one by one; of more the first stands for all."""

CHANGED = "Since the last audit"
_BEGINNINGS = {
    "new": "new:",
    "worse": "worse:",
    "reopened": "no longer waived:",
    "unseen": "no longer looked at:",
}

Line = tuple[str, str]
"""A line and the kind of thing it tells: a severity, unknown, pass, or nothing."""


def summary(
    judgement: Judgement, *, width: int = 80, colour: bool = False, files: Sequence[Path | str] = ()
) -> str:
    """The summary: plain text unless *colour*, lines at most *width* characters (40 to 120)."""
    width = max(40, min(width, 120))
    return _written(list(_lines(judgement, width, files)), width, colour)


def findings(judgement: Judgement, *, width: int = 80, colour: bool = False) -> str:
    """Every fault, undecided check and gap, worst first, each with its rule; many alike undecided as one."""
    width = max(40, min(width, 120))
    lines: list[Line] = []
    undecided = Counter(f.rule for f in judgement.findings if f.outcome == "unknown")
    for finding in judgement.findings:
        if finding.outcome == "pass" or not undecided.get(finding.rule, 1):
            continue
        kind = {"fail": str(finding.severity), "waived": ""}.get(finding.outcome, "unknown")
        label = one_line(finding.label or finding.subject, 100)
        message = one_line(finding.message)
        said = message if names_it(message, label) else f"{label}: {message}"
        word = finding.severity if finding.outcome == "fail" else finding.outcome
        if finding.outcome == "unknown" and undecided[finding.rule] > UNDECIDED_APART:
            said += f" (and {undecided[finding.rule] - 1} more)"
            undecided[finding.rule] = 0
        lines.extend(_wrapped(f"{word} {said} [{finding.rule}]", width, kind, MARKS.get(kind, "  ") + " "))
    for cause in unseen(judgement).causes:
        said = f"not examined: {cause.subject}: {cause.reason}" + (
            f" ({cause.detail})" if cause.detail else ""
        )
        lines.extend(_wrapped(said, width, "unknown", MARKS["unknown"] + " "))
    passed = judgement.counts()["pass"]
    lines.extend(_wrapped(f"{many(passed, 'check')} passed.", width, "pass" if passed else ""))
    return _written(lines, width, colour)


def _written(lines: Sequence[Line], width: int, colour: bool) -> str:
    return _coloured(lines, width).rstrip("\n") if colour else "\n".join(text for text, _ in lines)


def _lines(judgement: Judgement, width: int, files: Sequence[Path | str]) -> Iterator[Line]:
    head = headline(judgement)
    yield from _grade(head, width)
    yield from _losses(nearest(losses(judgement))[:3], width)
    found = groups(judgement, ("fail",), Allowance(lambda _: "", 0), 0)
    yield from _worst(worst(found), width)
    yield from _unseen(unseen(judgement), width)
    if judgement.changes is not None:
        yield from _changes(compared(judgement.changes, judgement.rules, most=3), width)
    if late := overdue(judgement):
        yield "", ""
        yield from _wrapped(late, width, "high", MARKS["high"] + " ")
    counts = ", ".join(f"{number(c.count)} {c.word}" for c in head.counts if c.count)
    yield "", ""
    yield from _wrapped(counts or "nothing was checked", width, "", "Checks:   ")
    for i, one in enumerate(files):
        yield f"{'' if i else 'Files:':<10}{visible(str(one))}", ""


def _grade(head: Headline, width: int) -> Iterator[Line]:
    kind = _GRADES[head.grade[0]]
    span = f"{head.low:.0f} to {head.high:.0f}"
    score = f"{span} of 100" if head.number is None else f"{head.number:.0f} of 100 ({span})"
    said = f"{head.site}: grade {head.grade}, {score}, confidence {head.confidence} %"
    yield from _wrapped(said, width, kind)
    yield from _wrapped(head.meaning, width, "", "  ")
    for doubt in head.doubts:
        yield from _wrapped(doubt, width, "high", "  ")
    for cap in head.binding[:2]:
        yield from _wrapped(cap, width, "", "  ")
    if head.actions:
        yield from _wrapped(f"Do first: {head.actions[0]}.", width, "", "  ")
    yield from _wrapped(f"Evidence of {head.at}, {head.targets}", width, "", "  ")


def _losses(found: Sequence[Loss], width: int) -> Iterator[Line]:
    if found:
        yield "", ""
        yield "What would be lost", ""
    for one in found:
        place = f" on {one.host}" if one.host else ""
        amount = f" ({one.size})" if one.size else ""
        said = f"{one.word}: {one.what}{place}{amount}: {one.because}"
        yield from _wrapped(said, width, one.shape, MARKS[one.shape] + " ")


def _worst(found: Sequence[Worst], width: int) -> Iterator[Line]:
    yield "", ""
    if not found:
        yield "No fault was found in what was examined.", "pass"
        return
    yield "Worst findings", ""
    for one in found:
        label = f"{one.label}: " if one.label else ""
        more = f" (and {number(one.others)} more)" if one.others else ""
        said = f"{one.severity} {one.host}: {label}{one.message}{more}"
        yield from _wrapped(said, width, one.severity, MARKS[one.severity] + " ")


def _changes(told: Compared, width: int) -> Iterator[Line]:
    yield "", ""
    yield CHANGED, ""
    yield from _wrapped(f"{told.since}: {told.counts}; {told.grades}", width, "", "  ")
    for part in told.parts:
        if part.kind not in _BEGINNINGS:
            continue
        for one in part.lines:
            said = (
                f"{_BEGINNINGS[part.kind]} {one.host}: {one.label + ': ' if one.label else ''}{one.message}"
            )
            yield from _wrapped(said, width, one.shape, MARKS.get(one.shape, "- ") + " ")


def _unseen(told: Unseen, width: int) -> Iterator[Line]:
    yield "", ""
    if told.nothing:
        yield "Everything this audit asks for was answered.", "pass"
        return
    yield "Not examined", ""
    said = [f"{told.area}: not examined in this audit"] if told.areas else []
    said += [f"{count}: {how}" for count, how in told.counted]
    cures: set[str] = set()
    for cause in told.worth[:3]:
        where = ", ".join(filter(None, (cause.tool, cause.where)))
        cure = f"; {cause.cure}" if cause.cure and cause.cure not in cures else ""
        cures.add(cause.cure)
        said.append(f"{cause.subject}: {cause.said} ({where}){cure}")
    if len(told.worth) > 3:
        said.append(f"{many(len(told.worth) - 3, 'more cause')} in the report")
    if told.undecided:
        said.append(f"{many(told.undecided, 'check')} undecided for want of data")
    if told.errors:
        said.append(f"{many(told.errors, 'rule error')}: these are faults of holdwater, please report them")
    for one in dict.fromkeys(said):
        yield from _wrapped(one, width, "unknown", MARKS["unknown"] + " ")


def _wrapped(text: str, width: int, kind: str, before: str = "") -> Iterator[Line]:
    told = textwrap.wrap(
        one_line(text, 400),
        width,
        initial_indent=before,
        subsequent_indent=" " * len(before),
        break_on_hyphens=False,
    )
    for line in told:
        yield line, kind


def _coloured(lines: Sequence[Line], width: int) -> str:
    import io

    from rich.console import Console
    from rich.text import Text

    written = io.StringIO()
    console = Console(
        file=written, width=width, force_terminal=True, color_system="standard", highlight=False
    )
    for text, kind in lines:
        heading = not kind and text in ("What would be lost", "Worst findings", "Not examined", CHANGED)
        console.print(Text(text, style="bold" if heading else STYLES.get(kind, "")), soft_wrap=True)
    return written.getvalue()
