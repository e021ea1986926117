"""What is handed over: the management page, and the documents that go with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from analyzer.engine import Judgement
from holdwater.errors import CannotRun
from holdwater.judging import changed
from holdwater.site_file import SiteFile
from reports.language import NoSuchLanguage, Words, words
from reports.management import Management, management


@dataclass(frozen=True, slots=True)
class Document:
    """A file that is handed over. *kind*: its media type."""

    name: str
    kind: str
    content: bytes


def words_of(language: str) -> Words:
    """The words of a language. Raises CannotRun, which says which languages there are."""
    try:
        return words(language)
    except NoSuchLanguage as error:
        raise CannotRun(str(error)) from error


def page_of(
    judgement: Judgement, settings: SiteFile, *, language: str = "", notes: tuple[str, ...] = ()
) -> Management:
    """The management page as values, in the language asked for or that of the site."""
    said = words_of(language or settings.language)
    return management(judgement, said, before=changed(judgement), notes=notes, brand=settings.brand.name)


def management_html(
    judgement: Judgement, settings: SiteFile, *, language: str = "", paper: bool = False
) -> str:
    """The management page as one HTML file. Raises CannotRun for a broken template."""
    from holdwater.formats import brand_of
    from reports.management_page import render
    from reports.templating import TemplateBroken

    page = page_of(judgement, settings, language=language)
    try:
        return render(page, templates=settings.templates, brand=brand_of(settings.brand), paper=paper)
    except TemplateBroken as error:
        raise CannotRun(f"{error}; mend the template, or take it away") from error


def management_pdf(judgement: Judgement, settings: SiteFile, *, language: str = "") -> bytes:
    """The management page on paper. Raises CannotRun where it cannot be printed."""
    from reports.exports.pdf import printed
    from reports.formats import NotInstalled

    try:
        return printed(management_html(judgement, settings, language=language, paper=True))
    except NotInstalled as error:
        raise CannotRun(str(error)) from error


def document(
    name: str, judgement: Judgement, bundle: Path, settings: SiteFile, language: str = ""
) -> Document:
    """A document by the name that `site.toml` uses. Raises CannotRun."""
    from holdwater.formats import content
    from holdwater.options import SUFFIX
    from reports.formats import FORMATS

    stem = bundle.name.removesuffix(SUFFIX)
    if name == "page":
        told = management_html(judgement, settings, language=language)
        return Document(f"{stem}.management.html", "text/html", told.encode())
    if name == "page-pdf":
        raw = management_pdf(judgement, settings, language=language)
        return Document(f"{stem}.management.pdf", KINDS["pdf"], raw)
    kind = FORMATS["html" if name == "report" else name]
    raw = content(kind, judgement, bundle, settings)
    return Document(f"{stem}{kind.suffixes[0]}", KINDS[kind.name], raw)


KINDS = {
    "html": "text/html",
    "pdf": "application/pdf",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "markdown": "text/markdown",
}
"""Media types of the formats that are handed over."""
