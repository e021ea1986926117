"""The rhythm of backups as a calendar of the week, and the course of grades: drawn like the other charts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from analyzer.derived.backup_rhythm import WEEKS, BackupRhythm
from analyzer.engine import Judgement
from reports.charts import BANDS, Chart
from reports.svg import drawing, tag
from reports.tables import rows
from reports.text import listed, many, moment, number, one_line

if TYPE_CHECKING:
    from markupsafe import Markup

    from analyzer.changes import Graded

CALENDARS = 4
"""Jobs that are drawn, those with most missed and failed runs first; the rest is counted."""
FEWEST = 3
"""Grades of which a course is drawn."""
MOST_GRADES = 104

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LEFT, _CELL, _TALL, _TOP = 42, 21, 20, 18
_WIDE, _HIGH = 500, 150


def calendars(judgement: Judgement) -> Iterator[Chart]:
    """A calendar for each job with at least two runs, weekday by hour."""
    jobs: dict[tuple[str, str, str], list[BackupRhythm]] = {}
    for fact in rows(judgement, BackupRhythm):
        row = fact.row
        jobs.setdefault((row.product, row.server, row.job), []).append(row)
    seen = [cells for cells in jobs.values() if sum(c.good + c.failed for c in cells) > 1]
    seen.sort(key=lambda cells: (-sum(c.missed + c.failed for c in cells), cells[0].name, cells[0].server))
    left_out = len(seen) - CALENDARS
    for place, cells in enumerate(seen[:CALENDARS]):
        last = place == CALENDARS - 1 and left_out > 0
        yield Chart(
            title=f"Backup rhythm: {one_line(cells[0].name, 60)}",
            about=f"{_counts(cells)} in {WEEKS} weeks, by weekday and hour (UTC)",
            svg=_calendar(cells),
            rest=f"{many(left_out, 'job')} more, with fewer missed or failed runs" if last else "",
        )


def _counts(cells: Sequence[BackupRhythm]) -> str:
    good, failed, missed = (sum(getattr(c, kind) for c in cells) for kind in ("good", "failed", "missed"))
    told = [many(good, "good run")] if good or not failed + missed else []
    told += [f"{number(failed)} failed (crossed)"] if failed else []
    told += [f"{number(missed)} missed (hatched)"] if missed else []
    return ", ".join(told)


def _calendar(cells: Sequence[BackupRhythm]) -> Markup:
    parts: list[Markup] = []
    for hour in range(0, 24, 3):
        parts.append(tag("text", f"{hour:02}", cls="axis", x=_LEFT + hour * _CELL + _CELL / 2, y=12))
    for day, name in enumerate(_DAYS):
        parts.append(tag("text", name, cls="label", x=_LEFT - 8, y=_TOP + day * _TALL + 14))
        for hour in range(24):
            x, y = _LEFT + hour * _CELL, _TOP + day * _TALL
            parts.append(tag("rect", cls="slot", x=x, y=y, width=_CELL - 2, height=_TALL - 2))
    for cell in cells:
        parts.extend(_cell(cell))
    troubled = [c for c in cells if c.failed or c.missed]
    where = [f"{_DAYS[c.week_day]} {c.hour:02}:00 ({_counts([c])})" for c in troubled or cells]
    told = f"Backup rhythm of {one_line(cells[0].name, 60)}: {_counts(cells)}; {listed(where, 12)}"
    return drawing("chart rhythm", _LEFT + 24 * _CELL, _TOP + 7 * _TALL, told, *parts)


def _cell(cell: BackupRhythm) -> Iterator[Markup]:
    """The hour, shared evenly among the kinds of runs that it has; only good ones have their number in it."""
    counts = [(kind, getattr(cell, kind)) for kind in ("good", "failed", "missed") if getattr(cell, kind)]
    width = (_CELL - 2) / len(counts)
    x, y, tall = float(_LEFT + cell.hour * _CELL), _TOP + cell.week_day * _TALL, _TALL - 2
    for kind, count in counts:
        inset = 0 if kind == "good" else 1
        parts = {"x": x + inset, "y": y + inset, "width": width - 2 * inset, "height": tall - 2 * inset}
        yield tag("rect", cls=kind, **parts)
        if kind == "good":
            written = str(count) if count < 10 ** (3 - len(counts)) else "…"
            yield tag("text", written, cls="n", x=x + width / 2, y=y + 13)
        elif kind == "failed":
            yield tag("path", cls="cross", d=f"M{x + width / 2 - 2:.1f} {y + 6}l4 6m0 -6l-4 6")
        x += width


def grades(judgement: Judgement) -> Chart | None:
    """The number over the audits that were judged by the same rules; None for fewer than three."""
    score = judgement.score
    same = [one for one in judgement.course if (one.ruleset, one.scoring) == (score.ruleset, score.scoring)]
    rated = [one for one in same if one.number is not None and one.at <= judgement.site.at]
    others = len(judgement.course) - len(same)
    if len(rated) < FEWEST:
        return None
    rest = f"{many(others, 'earlier audit')} judged by other rules, not to be compared" if others else ""
    about = "number by audit under the same rules (dot), the range that unknowns leave open (line)"
    return Chart("Grade over time", about, _course(rated[-MOST_GRADES:]), rest)


def _course(rated: Sequence[Graded]) -> Markup:
    begin, end = rated[0].at.timestamp(), rated[-1].at.timestamp()

    def across(one: Graded) -> float:
        return 40 + (one.at.timestamp() - begin) / max(1.0, end - begin) * (_WIDE - 80)

    def down(value: float | None) -> float:
        return 8 + (100 - max(0.0, min(100.0, value or 0.0))) / 100 * _HIGH

    parts: list[Markup] = []
    for grade, least in BANDS:
        parts.append(tag("path", cls="grid", d=f"M34 {down(least):.1f}H{_WIDE - 20}"))
        parts.append(tag("text", grade, cls="axis", x=18, y=down(least) - 4))
    for one in rated:
        parts.append(
            tag("path", cls="span", d=f"M{across(one):.1f} {down(one.low):.1f}V{down(one.high):.1f}")
        )
    line = "L".join(f"{across(one):.1f} {down(one.number):.1f}" for one in rated)
    parts.append(tag("path", cls="course", d=f"M{line}"))
    parts += [tag("circle", cls="dot", cx=across(one), cy=down(one.number), r=4.0) for one in rated]
    for one, cls in ((rated[0], "axis first"), (rated[-1], "axis last")):
        parts.append(tag("text", f"{one.at:%d %b %Y}", cls=cls, x=across(one), y=_HIGH + 24))
    shown = [f"{moment(one.at)}: {one.grade}, {one.number:.0f}" for one in (rated[0], *rated[-3:])]
    told = f"Grade over {many(len(rated), 'audit')}; {'; '.join(dict.fromkeys(shown))}"
    return drawing("chart", _WIDE, _HIGH + 30, told, *parts)
