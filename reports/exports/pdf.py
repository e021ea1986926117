"""The technical report as PDF: tagged, with bookmarks, page numbers, contents, and its fonts inside."""

from __future__ import annotations

import logging

from reports import html
from reports.exports.drawings import self_contained
from reports.formats import NotInstalled
from reports.material import Material


def write(material: Material) -> bytes:
    """The PDF's bytes. Raises NotInstalled without WeasyPrint."""
    told = html.of(material, paper=True)
    return printed(self_contained(told))


def printed(page: str) -> bytes:
    """A page that refers to nothing outside itself, as PDF. Raises NotInstalled without WeasyPrint."""
    try:
        from weasyprint import HTML
        from weasyprint.urls import URLFetcher
    except (ImportError, OSError) as error:  # OSError: the package is there, the Pango it needs is not
        raise NotInstalled(
            "PDF needs WeasyPrint: pip install 'holdwater[pdf]' and the system's Pango"
            f" (Debian: libpango-1.0-0 libpangoft2-1.0-0); {error}"
        ) from error
    for name in ("weasyprint", "fontTools"):
        logging.getLogger(name).setLevel(logging.ERROR)
    brought_along = URLFetcher(allowed_protocols=("data",))  # whatever else is asked for is not fetched
    pdf: bytes = HTML(string=page, url_fetcher=brought_along).write_pdf(pdf_tags=True)
    return pdf
