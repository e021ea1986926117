"""Pictures of recovery: which copies share the fate of their system, and when each system is back."""

from __future__ import annotations

from markupsafe import Markup

from analyzer.derived.asset_copy import AssetCopy
from analyzer.derived.protection import Protection
from analyzer.derived.recovery_step import RecoveryStep
from analyzer.derived.repository import Repository
from analyzer.engine import Judgement
from reports.svg import drawing, fit, icon, tag
from reports.systems import SHAPES, worst_first
from reports.text import listed, one_line

MOST = 24
"""Lines in a picture; it is for looking, the table is for reading."""

_WIDTH, _ROW, _TOP = 1000.0, 34.0, 30.0
_LEFT, _MIDDLE, _RIGHT = 210.0, 400.0, 690.0


def fates(judgement: Judgement) -> Markup | None:
    """A line from each system to each of its copies, with what both need in the middle.

    None if there is no copy.
    """
    rows = {fact.row.asset: fact.row for fact in judgement.site.facts(Protection)}
    copies = [fact.row for fact in judgement.site.facts(AssetCopy) if fact.row.asset in rows]
    if not copies:
        return None
    copies.sort(
        key=lambda copy: (worst_first(rows[copy.asset]), copy.independent is not False, copy.repository)
    )
    places = {fact.row.repository: _where(fact.row) for fact in judgement.site.facts(Repository)}
    shown = copies[:MOST]
    lines: list[Markup] = [_head()]
    before = ""
    for number, copy in enumerate(shown):
        lines.append(_line(rows[copy.asset], copy, places, number, copy.asset != before))
        before = copy.asset
    told = "; ".join(
        f"{one_line(c.asset, 40)} and {one_line(c.repository_name, 40)}: {_shared(c)}" for c in shown
    )
    height = _TOP + _ROW * len(shown) + 8
    return drawing("fates", _WIDTH, height, f"Systems, their copies and what both need. {told}", *lines)


def left_over(judgement: Judgement) -> int:
    """Copies that the picture leaves out."""
    return max(0, len(judgement.site.facts(AssetCopy)) - MOST)


def _head() -> Markup:
    words = ((4.0, "System"), (_MIDDLE - 50, "What both need"), (_RIGHT + 14, "Copy, and where it stands"))
    return Markup("").join(tag("text", word, x=x, y=16.0, cls="head") for x, word in words)


def _line(row: Protection, copy: AssetCopy, places: dict[str, str], number: int, first: bool) -> Markup:
    y = _TOP + _ROW * number + 14
    sort = {True: "pass", False: "critical", None: "unknown"}[copy.independent]
    name = tag("text", fit(one_line(row.label, 60), 22), x=22.0, y=y + 4, cls="name") if first else Markup("")
    mark = icon(SHAPES.get(row.standing, "unknown"), 2, y - 8)
    where = f"{one_line(copy.repository_name, 60)}{places.get(copy.repository, '')}"
    return Markup("").join(
        (
            name,
            mark if first else Markup(""),
            tag("line", x1=_LEFT, y1=y, x2=_RIGHT, y2=y, cls=f"way {sort}"),
            tag("rect", x=_MIDDLE - 60, y=y - 13, width=250.0, height=26.0, rx=13.0, cls=f"meet {sort}"),
            icon(sort, _MIDDLE - 52, y - 8),
            tag("text", fit(_shared(copy), 30), x=_MIDDLE - 30, y=y + 4),
            icon("pass" if copy.good else "critical", _RIGHT + 2, y - 8),
            tag("text", fit(where, 42), x=_RIGHT + 22, y=y + 4),
        )
    )


def _shared(copy: AssetCopy) -> str:
    """What both need, the nearest first; that nothing is shared, or that it is not known."""
    if copy.same_storage:
        return copy.shared_storage
    if copy.same_host:
        return copy.shared_host
    far = [
        word for told, word in ((copy.same_place, "the place"), (copy.same_admin, "the credentials")) if told
    ]
    if far:
        return listed(far, 2)
    return "nothing" if copy.independent else "not known"


def _where(row: Repository) -> str:
    told = [one for one in (row.host, row.place) if one]
    return f" ({', '.join(one_line(one, 30) for one in told)})" if told else ""


def timeline(judgement: Judgement) -> Markup | None:
    """A bar for each system from the loss of everything to its return. None where no time is known."""
    rows = sorted(
        (fact.row for fact in judgement.site.facts(RecoveryStep) if fact.row.ends_hours is not None),
        key=lambda row: row.place,
    )[:MOST]
    if not rows:
        return None
    longest = max(max(row.ends_hours or 0.0, row.wanted_hours or 0.0) for row in rows) or 1.0
    scale = (_WIDTH - _LEFT - 110) / longest
    lines = [_axis(longest, scale, len(rows))]
    lines += [_bar(row, number, scale) for number, row in enumerate(rows)]
    told = "; ".join(f"{one_line(r.label, 40)} back at hour {r.ends_hours:.1f}" for r in rows)
    return drawing(
        "timeline", _WIDTH, _TOP + _ROW * len(rows) + 8, f"Recovery after a total loss. {told}", *lines
    )


def _axis(longest: float, scale: float, rows: int) -> Markup:
    step = next((one for one in (1, 2, 4, 8, 12, 24, 48, 96, 168) if longest / one <= 8), max(1, longest / 8))
    marks: list[Markup] = []
    hour = 0.0
    while hour <= longest:
        x = _LEFT + hour * scale
        marks.append(tag("line", x1=x, y1=22.0, x2=x, y2=_TOP + _ROW * rows, cls="grid"))
        marks.append(tag("text", f"{hour:g} h", x=x, y=16.0, cls="head mid"))
        hour += step
    return Markup("").join(marks)


def _bar(row: RecoveryStep, number: int, scale: float) -> Markup:
    y = _TOP + _ROW * number + 4
    start, end = row.starts_hours or 0.0, row.ends_hours or 0.0
    late = row.wanted_hours is not None and end > row.wanted_hours
    measured = row.basis.startswith("measured")
    parts: list[Markup] = [
        tag("text", fit(one_line(row.label, 60), 22), x=4.0, y=y + 15, cls="name"),
        tag("line", x1=_LEFT, y1=y + 11, x2=_LEFT + start * scale, y2=y + 11, cls="wait"),
        tag(
            "rect",
            x=_LEFT + start * scale,
            y=y,
            width=max(3.0, (end - start) * scale),
            height=22.0,
            rx=3.0,
            cls=f"bar {'late' if late else 'fine'}{'' if measured else ' assumed'}",
        ),
        tag("text", f"{end:.1f} h{'' if measured else '*'}", x=_LEFT + end * scale + 8, y=y + 15),
    ]
    if row.wanted_hours is not None:
        x = _LEFT + row.wanted_hours * scale
        parts.append(tag("line", x1=x, y1=y - 4, x2=x, y2=y + 26, cls="wanted"))
    return Markup("").join(parts)
