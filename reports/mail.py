"""The management page as a mail: HTML that survives Outlook and Gmail, and a plain text of equal content."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from reports.failure import Failure
from reports.language import Words, mark
from reports.management import Management
from reports.management_page import drawn
from reports.text import one_line, visible

LARGEST = 100_000
"""Bytes of HTML: what is longer is cut off by some readers of mail."""
WIDTH = 72


class Unfit(ValueError):
    """A mail that nobody should be sent: empty, or too large. A fault of a template."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent: subject, HTML and plain text."""

    subject: str
    html: str
    text: str


def letter(
    page: Management, *, link: str = "", attached: Sequence[str] = (), templates: Path | None = None
) -> Letter:
    """The mail of a page. *link*: where the technical report is read. Raises TemplateBroken and Unfit."""
    named = tuple(one_line(name, 120) for name in attached)
    html = _inlined("mail.html", page, page.subject, templates, link=link, attached=named)
    text = _wrapped(_lines(page, link, named))
    return _checked(Letter(page.subject, html, text), (page.site, page.standings.text, page.meaning))


def failure_letter(failure: Failure, *, templates: Path | None = None) -> Letter:
    """The mail of a run that failed or saw nothing."""
    html = _inlined("failure.html", failure, failure.subject, templates)
    told = [failure.heading, "", *failure.lines, "", failure.closing]
    text = _wrapped((f"{failure.site}", "", *told, failure.at))
    return _checked(Letter(failure.subject, html, text), (failure.site, failure.heading))


def _inlined(
    name: str, page: Management | Failure, title: str, templates: Path | None, **values: object
) -> str:
    import css_inline
    from markupsafe import Markup

    from reports.html import asset

    told = drawn(name, page, templates, False, css=Markup(asset("mail.css")), title=title, **values)
    inliner = css_inline.CSSInliner(keep_style_tags=False, load_remote_stylesheets=False)
    return inliner.inline(told)


def _checked(told: Letter, wanted: Sequence[str]) -> Letter:
    """The letter, if both its parts say what a letter has to: a blank one is worse than none."""
    size = len(told.html.encode("utf-8", "replace"))
    if size > LARGEST:
        raise Unfit(f"the mail has {size:,} bytes, and {LARGEST:,} is the most that every reader shows")
    bare = unescape(re.sub(r"<[^>]*>", " ", told.html))
    for words in wanted:
        if not all(" ".join(words.split()) in " ".join(body.split()) for body in (told.text, bare)):
            raise Unfit(f"the mail does not say {words!r}; its template is broken")
    return told


def _lines(page: Management, link: str, attached: Sequence[str]) -> Iterator[str]:
    words = page.words
    yield from _head(page, words)
    yield from _section(page.standings.text)
    yield ", ".join(part.text for part in page.standings.parts)
    yield page.standings.note
    yield from (f"- {system}" for system in page.standings.named)
    yield from _section(words.say(mark("The worst, and what to do first")))
    yield from _worst(page, words)
    yield from _section(words.say(mark("What was not examined")))
    yield from [f"- {line}" for line in page.unseen] or [
        words.say(mark("Everything this audit asks for was answered."))
    ]
    yield from _section(words.say(mark("What changed")))
    yield from (f"- {line}" for line in page.changes)
    yield from _section(words.say(mark("The way to a better grade")))
    yield from _steps(page, words)
    yield ""
    if link:
        yield f"{words.say(mark('The technical report'))}: {link}"
    yield from (words.say(mark("Attached: {name}"), name=name) for name in attached)
    yield page.evidence


def _head(page: Management, words: Words) -> Iterator[str]:
    yield f"{page.brand} · {page.site}" if page.brand else page.site
    yield f"{words.say(mark('Evidence of {at}'), at=page.at)} · {page.scope}"
    yield ""
    yield f"{words.say(mark('Grade {grade}'), grade=page.grade)}. {page.meaning}"
    confidence = words.say(
        mark("Confidence: {share} of what applies could be judged."), share=page.confidence
    )
    yield f"{page.number_text}. {confidence}"
    yield from page.held
    yield ", ".join(count.text for count in page.counts)


def _worst(page: Management, words: Words) -> Iterator[str]:
    for at, threat in enumerate(page.worst, 1):
        yield ""
        yield f"{at}. {threat.title} ({' · '.join(filter(None, (threat.word, threat.when)))})"
        yield f"   {threat.place} {threat.others}".rstrip()
        for name, told in (
            (mark("What may be lost"), threat.lost),
            (mark("How likely"), threat.likely),
            (mark("Do first"), threat.first),
            (mark("Takes"), threat.takes),
        ):
            yield f"   {words.say(name)}: {told}"
    if not page.worst:
        yield words.say(mark("No serious fault was found in what was examined."))
    yield page.more
    yield from page.waived


def _steps(page: Management, words: Words) -> Iterator[str]:
    for step in page.path:
        urgent = f"{step.when}. " if step.when else ""
        yield f"- {step.effect}: {urgent}{step.text}" + (f" ({step.place})" if step.place else "")
    if not page.path:
        yield words.say(mark("No single step lifts it; what was not examined comes first."))


def _section(title: str) -> Iterator[str]:
    yield ""
    yield title
    yield "-" * min(len(title), WIDTH)


def _wrapped(lines: Iterator[str] | Sequence[str]) -> str:
    """The lines at most 72 characters wide; links stay whole, blank lines never stand twice."""
    told: list[str] = []
    for line in lines:
        bare = line.lstrip()
        if not bare:
            if told and told[-1]:
                told.append("")
            continue
        indent = " " * (len(line) - len(bare))
        after = indent + ("  " if bare.startswith("- ") else "")
        told += textwrap.wrap(
            visible(bare),
            WIDTH,
            initial_indent=indent,
            subsequent_indent=after,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return "\n".join(told).strip() + "\n"
