"""Templates of this package, and those of the reader's own that stand before them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reports.controls import relevant
from reports.groups import URGENCY
from reports.text import many, number, visible

if TYPE_CHECKING:
    from jinja2 import Environment


class TemplateBroken(ValueError):
    """A template of the reader's own cannot be used; the message says which, where and why."""


@cache
def environment(paper: bool = False) -> Environment:
    """Templates of this package; whatever they print is made visible, then escaped.

    *paper*: for a printer of HTML that runs no scripts and folds nothing up; templates see it as `paper`.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters.update(number=number, many=many, relevant=relevant)
    environment.globals.update(paper=paper, urgency=URGENCY)
    if paper:
        from reports.exports.drawings import icon_uri

        environment.globals.update(icon_uri=icon_uri)
    return environment


def _finalize(value: Any) -> Any:
    return visible(value) if type(value) is str else value


@cache
def loaded(templates: Path | None, paper: bool = False) -> Environment:
    """The templates of this package, behind those of the folder *templates*; own ones run in a sandbox."""
    ours = environment(paper)
    if templates is None:
        return ours
    from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    sandbox = SandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(templates), *([ours.loader] if ours.loader else [])]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=ours.finalize,
    )
    sandbox.filters.update(ours.filters)
    sandbox.globals.update(ours.globals)
    return sandbox


def drawn(name: str, templates: Path | None, values: dict[str, object], *, paper: bool = False) -> str:
    """A template with those values. Raises TemplateBroken where an own one may be at fault."""
    from jinja2 import TemplateError

    try:
        return loaded(templates, paper).get_template(name).render(values)
    except TemplateError as error:
        raise TemplateBroken(_where(error, name, templates)) from error
    except (TypeError, ValueError, LookupError, ArithmeticError, OSError) as error:
        if templates is None:
            raise
        raise TemplateBroken(f"{templates}/{name}: {error}") from error


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
