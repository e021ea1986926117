"""Pages of `holdwater serve`: all sites, one site, one audit. Each is one document without scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from reports.headline import names_it
from reports.text import moment, one_line

if TYPE_CHECKING:
    from markupsafe import Markup

MEANINGS = {"F": 0, "U": 1, "E": 2, "D": 3, "C": 4, "B": 5, "A": 6, "A+": 7}
WIDTH, HEIGHT, MARGIN = 320, 64, 8
WORST = ("critical", "high", "medium", "low", "info")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """One audit in a list. *link*: its page; *report*: its report, if there is one; *change*: in words.

    *again*: the report would be made anew.
    """

    site: str
    at: datetime
    grade: str
    number: float | None
    low: float
    high: float
    confidence: float
    counts: Mapping[str, int]
    change: str
    link: str
    report: str
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLine:
    """One site: its newest audit, how many there are, and the course of its number."""

    name: str
    link: str
    audits: int
    newest: AuditLine
    course: Sequence[AuditLine]


def overview(sites: Sequence[SiteLine], worst: Sequence[Mapping[str, Any]]) -> str:
    """All sites, the worst first, and the worst faults of all of them."""
    ordered = sorted(
        sites, key=lambda one: (MEANINGS.get(one.newest.grade, 0), one.newest.number or 0, one.name)
    )
    return _page("sites.html", "All sites", sites=ordered, worst=worst)


def site(line: SiteLine) -> str:
    """One site: its audits, newest first."""
    return _page("site.html", line.name, site=line, audits=list(reversed(line.course)))


def audit(line: AuditLine, site_link: str, findings: Sequence[Mapping[str, Any]], gaps: Sequence[Any]) -> str:
    """One audit out of the store: faults and what was not seen."""
    return _page(
        "audit.html",
        f"{line.site}, {moment(line.at)}",
        line=line,
        site_link=site_link,
        findings=findings,
        gaps=gaps,
    )


def refused(title: str, said: str) -> str:
    """A page that says why there is none."""
    return _page("refused.html", title, said=said)


def policy() -> str:
    """The content policy of these pages: our own styles, and nothing else."""
    from reports.html import style_hash

    ours = f"default-src 'none'; style-src '{style_hash(_style())}'"
    return f"{ours}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def course(audits: Sequence[AuditLine]) -> Markup:
    """The number over time as a small drawing; a break where the rules changed, a ring where unrated."""
    from markupsafe import Markup, escape

    if not audits:
        return Markup()
    first, last = audits[0].at, audits[-1].at
    span = (last - first).total_seconds() or 1.0

    def place(one: AuditLine) -> tuple[float, float]:
        x = MARGIN + (WIDTH - 2 * MARGIN) * (one.at - first).total_seconds() / span
        return x, MARGIN + (HEIGHT - 2 * MARGIN) * (1 - (one.number or 0) / 100)

    drawn, line = [], ""
    for one in audits:
        x, y = place(one)
        unrated = one.grade == "U" or one.number is None
        broken = not line or one.change == "other rules"
        line = "" if unrated else f"{line if not broken else ''} {'M' if broken else 'L'}{x:.1f} {y:.1f}"
        if line and not unrated:
            drawn.append(f'<path class="span" d="{line.strip()}"/>' if not broken else "")
        kind = "ring" if unrated else "dot"
        drawn.append(
            f'<circle class="{kind}" cx="{x:.1f}" cy="{y if not unrated else HEIGHT - MARGIN:.1f}" r="2.6"/>'
        )
    said = (
        f"{one_line(audits[-1].site, 80)}: grade {audits[-1].grade} now, {audits[0].grade} on {moment(first)}"
    )
    return Markup(
        '<svg class="course" viewBox="0 0 {} {}" role="img"><title>{}</title>'
        '<path class="grid" d="M{} {}H{}M{} {}H{}"/>{}</svg>'
    ).format(
        WIDTH,
        HEIGHT,
        escape(said),
        MARGIN,
        MARGIN,
        WIDTH - MARGIN,
        MARGIN,
        HEIGHT - MARGIN,
        WIDTH - MARGIN,
        Markup("".join(drawn)),
    )


def _page(template: str, title: str, **values: Any) -> str:
    from markupsafe import Markup

    from reports.templating import environment

    return (
        environment()
        .get_template(f"serve/{template}")
        .render(
            title=title,
            css=Markup(_style()),
            course=course,
            moment=moment,
            worst_first=WORST,
            names_it=names_it,
            **values,
        )
    )


@cache
def _style() -> str:
    from reports.html import asset

    return asset("drawing.css") + asset("report.css") + asset("serve.css")
