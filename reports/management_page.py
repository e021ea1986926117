"""The management page as one HTML file that needs nothing but itself: at most two sheets of paper."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from reports.failure import Failure
from reports.html import asset, environment, style_hash
from reports.management import Management

if TYPE_CHECKING:
    from jinja2 import Environment


class TemplateBroken(ValueError):
    """A template of the reader's own cannot be used; the message says which, where and why."""


def render(page: Management, *, templates: Path | None = None) -> str:
    """The page as one HTML document. *templates*: a folder of own ones. Raises TemplateBroken."""
    from markupsafe import Markup

    css = asset("management.css")
    policy = f"default-src 'none'; style-src '{style_hash(css)}'; base-uri 'none'; form-action 'none'"
    return drawn("management.html", page, templates, css=Markup(css), policy=policy)


def drawn(name: str, page: Management | Failure, templates: Path | None, **values: object) -> str:
    """A template with the page as `p` and its language as `say`, `many` and `lang`. Raises TemplateBroken."""
    from jinja2 import TemplateError

    words = page.words
    try:
        return (
            loaded(templates)
            .get_template(name)
            .render(p=page, say=words.say, many=words.many, lang=words.locale.partition("_")[0], **values)
        )
    except TemplateError as error:
        raise TemplateBroken(_where(error, name, templates)) from error
    except (TypeError, ValueError, LookupError, ArithmeticError, OSError) as error:
        if templates is None:
            raise
        raise TemplateBroken(f"{templates}/{name}: {error}") from error


@cache
def loaded(templates: Path | None) -> Environment:
    """The templates of this package, behind those of the folder *templates*; own ones run in a sandbox."""
    if templates is None:
        return environment()
    from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    ours = environment()
    sandbox = SandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(templates), *([ours.loader] if ours.loader else [])]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=ours.finalize,
    )
    sandbox.filters.update(ours.filters)
    return sandbox


def _where(error: Exception, name: str, templates: Path | None) -> str:
    """`FOLDER/mail.html, line 3: what is wrong`."""
    file = getattr(error, "filename", None) or f"{templates}/{name}"
    line = getattr(error, "lineno", None)
    trace = error.__traceback__
    while trace is not None:
        if line is None and trace.tb_frame.f_code.co_filename.endswith(".html"):
            file, line = trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next
    return f"{file}{f', line {line}' if line else ''}: {getattr(error, 'message', None) or error}"
