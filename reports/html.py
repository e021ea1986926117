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
from pathlib import Path
from typing import Any

from analyzer.engine import Judgement
from reports import brand as brands
from reports.brand import Brand
from reports.excerpt import Excerpt
from reports.glossary import GLOSSARY
from reports.material import Material
from reports.model import page
from reports.templating import drawn


def render(
    judgement: Judgement,
    manifest: Mapping[str, Any],
    excerpt: Excerpt,
    *,
    brand: Brand = brands.NONE,
    templates: Path | None = None,
    paper: bool = False,
) -> str:
    """The report as one HTML document.

    *manifest*: the evidence bundle's; *excerpt*: the raw answer around a source, see
    :func:`reports.excerpt.excerpts`; *brand*: of whoever hands the report over; *templates*: a folder of own
    ones; *paper*: for a printer of HTML that runs no scripts and folds nothing up. Raises TemplateBroken.
    """
    from markupsafe import Markup

    css = f"{asset('drawing.css')}{asset('report.css')}{accent(brand)}"
    script = asset("report.js")
    if paper:
        css += asset("paper.css")
    values = {
        "page": page(judgement, manifest, excerpt, brand.name, paper=paper),
        "logo": brand.logo,
        "css": Markup(css),
        "script": Markup(script),
        "policy": _policy(css, script, brand),
        "glossary": GLOSSARY,
    }
    return drawn("report.html", templates, values, paper=paper)


def of(material: Material, *, paper: bool = False) -> str:
    """The report of a material, see :func:`render`."""
    return render(
        material.judgement,
        material.manifest,
        material.excerpt,
        brand=material.brand,
        templates=material.templates,
        paper=paper,
    )


def _policy(css: str, script: str, brand: Brand) -> str:
    images = "img-src data:; " if brand.logo else ""
    return (
        f"default-src 'none'; {images}style-src '{style_hash(css)}'; script-src '{style_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def accent(brand: Brand) -> str:
    """The brand's colour for both schemes as CSS; nothing where there is none."""
    if not brand.accent:
        return ""
    dark = f"@media (prefers-color-scheme:dark){{:root{{--accent:{brand.accent_dark}}}}}"
    return f":root{{--accent:{brand.accent}}}{dark}@media print{{:root{{--accent:{brand.accent}}}}}\n"


@cache
def asset(name: str) -> str:
    """A style sheet or script of this package."""
    return files("reports").joinpath("assets", name).read_text(encoding="utf-8")


def style_hash(text: str) -> str:
    """What a content policy calls an inline style or script."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
