"""What grew since earlier audits, drawn by matplotlib as SVG that the page's content policy lets through."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from analyzer.derived.drive_measure import DriveMeasure
from analyzer.derived.smart_trend import SmartTrend
from analyzer.engine import Judgement
from collectors.fact import Fact
from reports.charts import Chart
from reports.tables import rows
from reports.text import duration, listed, many, moment, number, one_line, words

if TYPE_CHECKING:
    from markupsafe import Markup

CHARTS = 3
LINES = 5
"""Drives of one chart, those that grew fastest; the rest is counted."""
INK = "#010203"
"""Drawn by matplotlib, replaced by the page's own text colour."""
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00")
"""Okabe and Ito's colours, which the colour-blind tell apart; styles and markers differ as well."""
STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
MARKERS = ("o", "s", "^", "D", "v")

_SVG = "{http://www.w3.org/2000/svg}"
_LINK = "{http://www.w3.org/1999/xlink}href"
Lines = Mapping[str, list[tuple[datetime, int]]]


def trends(judgement: Judgement) -> Iterator[Chart]:
    """A chart for each number that grew on some drive, most drives first."""
    grown: dict[str, list[Fact[SmartTrend]]] = {}
    for fact in rows(judgement, SmartTrend):
        if fact.row.growth_per_day > 0 and fact.row.span_days >= 1:
            grown.setdefault(fact.row.measure, []).append(fact)
    for i, measure in enumerate(sorted(grown, key=lambda m: (-len(grown[m]), m))[:CHARTS]):
        facts = sorted(grown[measure], key=lambda f: (-f.row.growth_per_day, f.row.drive))
        lines = _lines(judgement, measure, facts[:LINES])
        span = max(fact.row.span_days for fact in facts)
        left_out = len(facts) - LINES
        yield Chart(
            title=f"{words(measure).capitalize()} since earlier audits",
            about=f"by drive, over {duration(span * 86400)}",
            svg=_drawn(lines, f"{words(measure)}: {_told(lines)}", f"t{i}-"),
            rest=f"{many(left_out, 'drive')} more, growing slower" if left_out > 0 else "",
        )


def _lines(judgement: Judgement, measure: str, facts: list[Fact[SmartTrend]]) -> Lines:
    names = {f.row.drive: f"{one_line(f.target, 30)} {one_line(f.row.device, 30)}" for f in facts}
    found: dict[str, list[tuple[datetime, int]]] = {name: [] for name in names.values()}
    for site in (*judgement.site.history, judgement.site):
        for fact in site.facts(DriveMeasure):
            if fact.row.measure == measure and fact.row.drive in names and fact.row.count is not None:
                found[names[fact.row.drive]].append((site.at, min(fact.row.count, 2**53)))
    return found


def _told(lines: Lines) -> str:
    """The chart in words."""
    return listed(
        [
            f"{name} from {number(points[0][1])} on {moment(points[0][0])} to {number(points[-1][1])}"
            for name, points in lines.items()
            if points
        ],
        LINES,
    )


def _drawn(lines: Lines, told: str, prefix: str) -> Markup:
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    written = io.StringIO()
    inked = ("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.edgecolor")
    settings: Any = {"svg.fonttype": "none", "svg.hashsalt": prefix, "font.size": 9, "text.parse_math": False}
    with rc_context(settings | dict.fromkeys(inked, INK)):
        figure = Figure(figsize=(6.4, 2.7), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        for i, (name, points) in enumerate(lines.items()):
            at: Any = [point[0] for point in points]
            counts = [point[1] for point in points]
            look: Any = {"color": COLOURS[i], "linestyle": STYLES[i], "marker": MARKERS[i], "markersize": 4}
            axes.plot(at, counts, label=name, **look)
        _frame(axes)
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    return _for_the_page(written.getvalue(), told, prefix)


def _frame(axes: Any) -> None:
    from matplotlib.dates import AutoDateLocator, DateFormatter
    from matplotlib.ticker import MaxNLocator

    axes.spines[["top", "right"]].set_visible(False)
    axes.set_ylim(bottom=0)
    axes.grid(axis="y", color=INK, alpha=0.15)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.xaxis.set_major_locator(AutoDateLocator(minticks=3, maxticks=6))  # type: ignore[no-untyped-call]  # matplotlib has no types here
    axes.xaxis.set_major_formatter(DateFormatter("%d %b %Y"))  # type: ignore[no-untyped-call]  # matplotlib has no types here
    axes.legend(loc="upper left", frameon=False, fontsize=8)


def _for_the_page(svg: str, told: str, prefix: str) -> Markup:
    """Without style attributes and sheets, which the policy forbids; ids made unique, ink made the page's."""
    from markupsafe import Markup

    ElementTree.register_namespace("", "http://www.w3.org/2000/svg")
    ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    root = ElementTree.fromstring(svg)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (_SVG + "metadata", _SVG + "style") or child.tag.endswith("}metadata"):
                parent.remove(child)
    for element in root.iter():
        _without_style(element)
        for name, value in list(element.attrib.items()):
            if name == "id":
                element.set(name, prefix + value)
            elif name in (_LINK, "clip-path"):
                element.set(name, re.sub(r"#", "#" + prefix, value))
            elif value == INK:
                element.set(name, "currentColor")
    root.attrib.pop("height", None)
    root.attrib.pop("width", None)
    root.attrib |= {"class": "trend", "role": "img", "aria-label": told}
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _without_style(element: ElementTree.Element) -> None:
    """Every style declaration as the presentation attribute of the same name."""
    for declaration in element.attrib.pop("style", "").split(";"):
        name, colon, value = declaration.partition(":")
        name, value = name.strip(), value.strip()
        if not colon:
            continue
        if name == "font":  # shorthand: there is no such attribute
            sized = re.search(r"([\d.]+)px", value)
            name, value = "font-size", sized[1] if sized else "9"
        element.set(name, "currentColor" if value == INK else value)
