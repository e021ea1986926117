"""The management page as one HTML file that needs nothing but itself: at most two sheets of paper."""

from __future__ import annotations

from pathlib import Path

from reports import templating
from reports.failure import Failure
from reports.html import asset, style_hash
from reports.management import Management


def render(page: Management, *, templates: Path | None = None) -> str:
    """The page as one HTML document. *templates*: a folder of own ones. Raises TemplateBroken."""
    from markupsafe import Markup

    css = asset("management.css")
    policy = f"default-src 'none'; style-src '{style_hash(css)}'; base-uri 'none'; form-action 'none'"
    return drawn("management.html", page, templates, css=Markup(css), policy=policy)


def drawn(name: str, page: Management | Failure, templates: Path | None, **values: object) -> str:
    """A template with the page as `p` and its language as `say`, `many` and `lang`. Raises TemplateBroken."""
    words = page.words
    lang = words.locale.partition("_")[0]
    told = {"p": page, "say": words.say, "many": words.many, "lang": lang, **values}
    return templating.drawn(name, templates, told)
