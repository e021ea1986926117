"""The management page as one HTML file that needs nothing but itself: at most two sheets of paper."""

from __future__ import annotations

from pathlib import Path

from reports import templating
from reports.brand import NONE, Brand
from reports.failure import Failure
from reports.html import accent, asset, style_hash
from reports.management import Management


def render(
    page: Management, *, templates: Path | None = None, brand: Brand = NONE, paper: bool = False
) -> str:
    """The page as one HTML document. *templates*: a folder of own ones. Raises TemplateBroken.

    *paper*: for a printer of HTML that knows no icons but pictures.
    """
    from markupsafe import Markup

    css = asset("management.css") + accent(brand)
    pictures = " img-src data:;" if brand.logo or paper else ""
    policy = (
        f"default-src 'none';{pictures} style-src '{style_hash(css)}'; base-uri 'none'; form-action 'none'"
    )
    values = {"css": Markup(css), "policy": policy, "logo": brand.logo}
    return drawn("management.html", page, templates, paper, **values)


def drawn(
    name: str,
    page: Management | Failure,
    templates: Path | None,
    paper: bool = False,
    /,
    **values: object,
) -> str:
    """A template with the page as `p` and its language as `say`, `many` and `lang`. Raises TemplateBroken."""
    words = page.words
    lang = words.locale.partition("_")[0]
    told = {"p": page, "say": words.say, "many": words.many, "lang": lang, **values}
    return templating.drawn(name, templates, told, paper=paper)
