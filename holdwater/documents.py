"""What is handed over: the management page, and the documents that go with it."""

from __future__ import annotations

from analyzer.engine import Judgement
from holdwater.errors import CannotRun
from holdwater.judging import changed
from holdwater.site_file import SiteFile
from reports.language import NoSuchLanguage, Words, words
from reports.management import Management, management


def words_of(language: str) -> Words:
    """The words of a language. Raises CannotRun, which says which languages there are."""
    try:
        return words(language)
    except NoSuchLanguage as error:
        raise CannotRun(str(error)) from error


def page_of(judgement: Judgement, settings: SiteFile, *, language: str | None = None) -> Management:
    """The management page as values, in the language asked for or that of the site."""
    said = words_of(language or settings.language)
    return management(judgement, said, before=changed(judgement))


def management_html(judgement: Judgement, settings: SiteFile, *, language: str | None = None) -> str:
    """The management page as one HTML file. Raises CannotRun for a broken template."""
    from reports.management_page import render
    from reports.templating import TemplateBroken

    try:
        return render(page_of(judgement, settings, language=language), templates=settings.templates)
    except TemplateBroken as error:
        raise CannotRun(f"{error}; mend the template, or take it away") from error
