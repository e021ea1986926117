"""The language of what people read: English in the code, every other from one `.po` file.

A message is the English sentence with named blanks. `reports/languages/NAME.po` makes NAME a language; a path
to a `.po` file is a language too. What a file does not translate stays English.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import Any

from analyzer import wording

ENGLISH = "en"


class NoSuchLanguage(ValueError):
    """There is no catalogue of that name, or it cannot be read; the message says which there are."""


def mark(message: str) -> str:
    """The message itself: marks a constant that is translated where it is told."""
    return message


def marks(one: str, more: str) -> tuple[str, str]:
    """A sentence for one and for more: marks it like :func:`mark`."""
    return one, more


@dataclass(frozen=True, slots=True)
class Words:
    """Sentences, numbers and times of one language. *locale*: its name as CLDR knows it."""

    locale: str
    messages: Mapping[str, tuple[str, ...]]
    form: Callable[[int], int]

    def say(self, message: str, /, **values: object) -> str:
        """The sentence in this language, its blanks filled."""
        told = self.messages.get(message, (message,))[0]
        return told.format(**values) if values else told

    def many(self, sentence: tuple[str, str], count: int, /, **values: object) -> str:
        """The sentence of :func:`marks` in the number that *count* takes, its blanks filled."""
        one, more = sentence
        forms = self.messages.get(one, ())
        at = self.form(count)
        told = forms[at] if at < len(forms) else one if count == 1 else more
        return told.format(count=self.number(count), **values)

    def number(self, value: float, digits: int = 0) -> str:
        """12,345 · 12.345."""
        from babel.numbers import format_decimal

        pattern = "#,##0" + ("." + "#" * digits if digits else "")
        return format_decimal(value, format=pattern, locale=self.locale)

    def percent(self, value: float) -> str:
        """A percentage of 0 to 100."""
        from babel.numbers import format_percent

        return format_percent(value / 100, format="#,##0\u00a0%", locale=self.locale)

    def hours(self, hours: float) -> str:
        """A span of hours in the unit people would use: 5 hours, 3 days."""
        if hours < 72:
            return self.many(marks("{count} hour", "{count} hours"), max(1, round(hours)))
        return self.many(marks("{count} day", "{count} days"), round(hours / 24))

    def size(self, count: int) -> str:
        """Bytes in decimal units: 1.4 TB · 1,4 TB."""
        figure, _, unit = wording.size(count).partition(" ")
        return f"{self.number(float(figure), 1)}\u00a0{unit}"

    def moment(self, at: datetime) -> str:
        """A time in UTC to the minute."""
        from babel.dates import UTC, format_datetime

        return format_datetime(at, self.say(mark("d MMM y HH:mm 'UTC'")), tzinfo=UTC, locale=self.locale)

    def day(self, at: datetime) -> str:
        """A day."""
        from babel.dates import UTC, format_datetime

        return format_datetime(at, self.say(mark("d MMM y")), tzinfo=UTC, locale=self.locale)

    def listed(self, told: Iterable[str], most: int = 4) -> str:
        """a, b and c; a, b, c and 3 more."""
        every = list(told)
        if len(every) > most:
            rest = self.many(marks("{count} more", "{count} more"), len(every) - most + 1)
            every = [*every[: most - 1], rest]
        if len(every) < 2:
            return "".join(every)
        return self.say(mark("{beginning} and {end}"), beginning=", ".join(every[:-1]), end=every[-1])


def languages() -> tuple[str, ...]:
    """The languages there are, English first."""
    folder = files("reports").joinpath("languages")
    return (ENGLISH, *sorted(f.name.removesuffix(".po") for f in folder.iterdir() if f.name.endswith(".po")))


@cache
def words(language: str = ENGLISH) -> Words:
    """The words of a language, by its name or the path of its file. Raises NoSuchLanguage."""
    if language == ENGLISH:
        return Words("en_GB", {}, lambda count: 0 if count == 1 else 1)
    own = language.endswith(".po")
    if not own and language not in languages():
        raise NoSuchLanguage(
            f"there is no language {language!r}; there are {', '.join(languages())}, or name a .po file"
        )
    source = Path(language) if own else files("reports").joinpath("languages", f"{language}.po")
    try:
        return _read(source.read_bytes(), language)
    except (OSError, ValueError, LookupError) as error:
        raise NoSuchLanguage(f"{language}: {getattr(error, 'strerror', None) or error}") from error


def _read(raw: bytes, language: str) -> Words:
    import gettext
    import io

    from babel import Locale
    from babel.messages.pofile import PoFileError, read_po

    try:
        catalogue = read_po(io.BytesIO(raw), abort_invalid=True)
    except PoFileError as error:
        raise ValueError(str(error)) from error
    told = {
        _first(message.id): _forms(message.string)
        for message in catalogue
        if message.id and not message.fuzzy and all(_forms(message.string))
    }
    if not told:
        raise ValueError("it translates nothing")
    for message, forms in told.items():
        for translated in forms:
            if not blanks(translated) <= blanks(message) | {"count"}:
                raise ValueError(f"the translation of {message!r} has blanks that the sentence has not")
    named = str(catalogue.locale_identifier or Path(language).stem)
    return Words(str(Locale.parse(named)), told, gettext.c2py(catalogue.plural_expr))


def blanks(message: str) -> set[str]:
    """The names of the blanks of a sentence. Raises ValueError for braces that do not match."""
    return {name for _, name, _, _ in Formatter().parse(message) if name is not None}


def _first(id: Any) -> str:
    return str(id if isinstance(id, str) else id[0])


def _forms(string: Any) -> tuple[str, ...]:
    return (string,) if isinstance(string, str) else tuple(string)
