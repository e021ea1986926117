"""What is told to people, the same over every channel: the result of an audit, or that there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from analyzer.engine import Judgement
from analyzer.finding import Finding
from holdwater import documents
from holdwater.site_file import SiteFile
from reports.alert import alert
from reports.failure import Failure, failure
from reports.management import Management


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one message. *told*: why it was not delivered; *kept*: the file that holds it.

    *due* False: its reader wants none today.
    """

    channel: str
    to: str
    delivered: bool
    told: str = ""
    kept: str = ""
    due: bool = True


@dataclass(slots=True)
class News:
    """The result of an audit, made once in each language. *judgement* None: there is no result."""

    settings: SiteFile
    site: str
    at: datetime
    bundle: Path | None = None
    judgement: Judgement | None = None
    reasons: tuple[str, ...] = ()
    alert: tuple[Finding, ...] = ()
    """Faults to tell at once; the rest of the result is not told then."""
    last: datetime | None = None
    notes: Callable[[str], tuple[str, ...]] = lambda language: ()
    _pages: dict[str, Management | Failure] = field(default_factory=dict)
    _made: dict[tuple[str, str], documents.Document] = field(default_factory=dict)

    def page(self, language: str = "") -> Management | Failure:
        """What is told in a language; empty: that of the site. Raises CannotRun."""
        language = language or self.settings.language
        if language not in self._pages:
            self._pages[language] = self._page(language)
        return self._pages[language]

    def _page(self, language: str) -> Management | Failure:
        if self.alert:
            return alert(
                documents.words_of(language),
                self.alert,
                site=self.site,
                at=self.at,
                brand=self.settings.brand.name,
            )
        if self.judgement is not None:
            return documents.page_of(
                self.judgement, self.settings, language=language, notes=self.notes(language)
            )
        return failure(
            documents.words_of(language),
            site=self.site,
            at=self.at,
            reasons=(*self.reasons, *self.notes(language)),
            kept=str(self.bundle) if self.bundle else "",
            last=self.last,
            brand=self.settings.brand.name,
        )

    def document(self, name: str, language: str = "") -> documents.Document | None:
        """One document by its name; None where an audit without result has none. Raises CannotRun."""
        if self.judgement is None or self.bundle is None or self.alert:
            return None
        key = (name, language or self.settings.language)
        if key not in self._made:
            self._made[key] = documents.document(name, self.judgement, self.bundle, self.settings, key[1])
        return self._made[key]


class Channel(Protocol):
    """A way to people: mail, or a webhook."""

    def send(self, news: News) -> Iterable[Outcome]:
        """Send the news to everybody of this channel. What fails is an outcome; only CannotRun is raised."""
        ...
