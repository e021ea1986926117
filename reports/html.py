"""The technical report: one HTML file that needs nothing but itself.

It refers to no other file or site, reads without scripts, and forbids by its own content policy whatever it
does not bring along. All that is not markup of ours is made visible and escaped on its way into the page.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from analyzer.engine import Judgement
from reports.excerpt import Excerpt
from reports.model import page
from reports.text import many, number, visible

if TYPE_CHECKING:
    from jinja2 import Environment


def render(
    judgement: Judgement, manifest: Mapping[str, Any], excerpt: Excerpt, *, brand: str | None = None
) -> str:
    """The report as one HTML document.

    *manifest*: the evidence bundle's; *excerpt*: the raw answer around a source, see
    :func:`reports.excerpt.excerpts`; *brand*: the name of whoever hands the report over.
    """
    from markupsafe import Markup

    css, script = asset("report.css"), asset("report.js")
    return (
        environment()
        .get_template("report.html")
        .render(
            page=page(judgement, manifest, excerpt, brand or ""),
            css=Markup(css),
            script=Markup(script),
            policy=f"default-src 'none'; style-src '{style_hash(css)}'; script-src '{style_hash(script)}'; "
            "base-uri 'none'; form-action 'none'",
            glossary=GLOSSARY,
        )
    )


@cache
def environment() -> Environment:
    """Templates of this package; whatever they print is made visible, then escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters.update(number=number, many=many)
    return environment


def _finalize(value: Any) -> Any:
    return visible(value) if type(value) is str else value


@cache
def asset(name: str) -> str:
    """A style sheet or script of this package."""
    return files("reports").joinpath("assets", name).read_text(encoding="utf-8")


def style_hash(text: str) -> str:
    """What a content policy calls an inline style or script."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


GLOSSARY = (
    ("Array", "several disks that act as one (RAID), so that one or more of them may fail."),
    (
        "Blind spot",
        "something that should have been examined and could not be; it is never counted as healthy.",
    ),
    ("Confidence", "the share of what applies to this site that could be judged at all."),
    ("Degraded", "an array that runs with a member missing: what redundancy it had is used up or reduced."),
    ("Endurance used", "the share of the writes a solid-state drive is rated for; it may exceed 100 %."),
    ("Member, slot", "a disk of an array, and the place it takes there."),
    ("Pending sector", "a piece of a disk that could not be read and waits to be rewritten or replaced."),
    ("Rebuild, recovery", "writing a member anew from what the others hold; all of them are read for it."),
    ("Scrub, check", "reading everything to find what has become unreadable while it can still be repaired."),
    ("SMART", "what a drive tells of its own condition. No warning does not mean that it is healthy."),
    ("Spare", "a disk that stands by to take a failed member's place."),
)
