"""The findings as Markdown, for tickets and wikis.

What a target told is escaped: no markup, no links, no mentions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from reports.controls import relevant
from reports.excerpt import Allowance
from reports.groups import Cluster, Group, Paragraph, groups
from reports.headline import headline
from reports.material import Material
from reports.text import many, number, one_line
from reports.unseen import unseen
from reports.waived import Waived, waived

LISTED, ROWS = 20, 2000
"""Findings that are listed, of a rule and of all; the rest is counted."""

_SPECIAL = re.compile(r"([\\`*_\[\]#|~$])")


def escaped(text: str, longest: int = 300) -> str:
    """One line of text without meaning in Markdown, HTML or the places that read them (@mentions, links)."""
    told = _SPECIAL.sub(r"\\\1", one_line(text, longest).replace("&", "&amp;"))
    told = told.replace("<", "&lt;").replace(">", "&gt;").replace("@", "&#64;")
    return told.replace("://", ":&#47;/").replace("www.", "www&#46;").replace("\u202f", " ")


def write(material: Material) -> str:
    """The document."""
    return "\n".join(_lines(material)) + "\n"


def _lines(material: Material) -> Iterator[str]:
    judgement = material.judgement
    head = headline(judgement)
    nothing = Allowance(lambda _: "", 0)
    by = f"{escaped(material.brand.name)}: " if material.brand.name else ""
    yield f"# {by}storage audit of {escaped(head.site)}\n"
    shown = "no number" if head.number is None else f"{head.number:.0f} of 100"
    yield (
        f"**Grade {escaped(head.grade)}**, {shown} ({head.low:.0f} to {head.high:.0f}), confidence"
        f" {head.confidence} %. {escaped(head.meaning)}\n"
    )
    yield f"Evidence of {escaped(head.at)}, {escaped(head.targets)}.\n"
    for cap in head.binding:
        yield f"- {escaped(cap, 400)}"
    yield "\n| findings | |\n|---|--:|"
    for count in head.counts:
        yield f"| {count.word} | {number(count.count)} |"
    yield "\n## Findings\n"
    found = groups(judgement, ("fail",), nothing, ROWS)
    for group in found:
        yield from _group(group)
    if not found:
        yield "No fault was found in what was examined.\n"
    yield from _waivers(waived(judgement))
    yield "## Not examined\n"
    told = unseen(judgement)
    if told.areas:
        yield f"- **{escaped(told.area)}**: not examined in this audit"
    for cause in told.causes:
        said = f": {escaped(cause.detail)}" if cause.detail else ""
        yield f"- {escaped(cause.subject)} ({escaped(cause.where)}): {escaped(cause.reason)}{said}"
    for group in groups(judgement, ("error", "unknown"), nothing, ROWS):
        counted = f"{number(group.count)} on {escaped(group.hosts)}"
        yield f"- undecided: {escaped(group.title)} (`{group.id}`), {counted}"
    if told.nothing:
        yield "Everything this audit asks for was answered."
    passed = judgement.counts()["pass"]
    yield f"\n## Passed\n\n{many(passed, 'check')} passed; the HTML report and the JSON output name them.\n"
    yield f"_{escaped(head.versions)}_"


def _group(group: Group) -> Iterator[str]:
    urgent = f"{group.priority}, " if group.priority else ""
    yield f"### {urgent}{group.severity}: {escaped(group.title)}\n"
    yield f"`{group.id}`, {number(group.count)} on {escaped(group.hosts)}\n"
    room = LISTED
    for cluster in group.clusters:
        lines = list(_cluster(cluster, room))
        room -= len(lines)
        yield from lines
    if group.count > LISTED - room:
        yield f"- and {number(group.count - LISTED + room)} more"
    for title, paragraphs in (("What to do", group.do), ("What not to do", group.dont)):
        if paragraphs:
            yield f"\n**{title}:** {_prose(paragraphs)}"
    if group.controls:
        told = "; ".join(f"{standard}: {codes}" for standard, codes in relevant(group.controls))
        yield f"\nRelevant to {escaped(told, 600)}"
    yield ""


def _cluster(cluster: Cluster, room: int) -> Iterator[str]:
    for shown in (cluster.open + cluster.folded)[:room]:
        message = cluster.message or shown.message
        yield f"- **{escaped(shown.host)}** {escaped(shown.label)}: {escaped(message)}"


def _waivers(told: Sequence[Waived]) -> Iterator[str]:
    if told:
        yield "## Waived\n"
        for one in told:
            yield (
                f"- {escaped(one.title)} (`{escaped(one.rule)}`, {escaped(one.scope)}): {escaped(one.by)},"
                f" until {one.until}: {escaped(one.reason)} (**{escaped(one.standing)}**)"
            )
        yield ""


def _prose(paragraphs: Sequence[Paragraph]) -> str:
    return " ".join(
        "".join(f"`{words}`" if kind == "code" else _spaced(words) for kind, words in one.pieces)
        for one in paragraphs
    )


def _spaced(words: str) -> str:
    """Escaped, with the blanks around it that part it from code."""
    before, after = " " * words.startswith(" "), " " * words.endswith(" ")
    return f"{before}{escaped(words, 4000)}{after}"
