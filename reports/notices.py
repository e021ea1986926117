"""The result of an audit as short messages for chat and machines: plain JSON, Teams, Slack and ntfy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reports.alert import Alert
from reports.failure import Failure
from reports.language import mark
from reports.management import Management
from reports.text import beginning

SCHEMA = 1
LONGEST = 2800
"""Characters of a block of Slack; it takes 3,000."""
NTFY_LONGEST = 3900
"""Bytes of a message of ntfy; it makes an attachment of more than 4,096."""

Told = Management | Failure


def plain(told: Told, link: str = "") -> dict[str, Any]:
    """The notice for machines; `docs/delivery.md` describes its keys."""
    common = {
        "schema": SCHEMA,
        "site": told.site,
        "at": told.at,
        "subject": told.subject,
        "link": link or None,
    }
    if isinstance(told, Alert):
        names = ("what", "where", "said", "do")
        faults = [dict(zip(names, fault, strict=True)) for fault in told.faults]
        return {**common, "outcome": "alert", "faults": faults}
    if isinstance(told, Failure):
        return {**common, "outcome": "failed", "reasons": list(told.lines)}
    return {
        **common,
        "outcome": "judged",
        "grade": told.grade,
        "number": told.number,
        "confidence": told.confidence,
        "counts": {count.kind: count.count for count in told.counts},
        "restorable": {part.standing: part.count for part in told.standings.parts},
        "worst": [
            {
                "severity": one.severity,
                "priority": one.when[:2] or None,
                "what": one.title,
                "where": one.place,
                "do": one.first,
            }
            for one in told.worst
        ],
        "unseen": list(told.unseen),
        "changes": list(told.changes),
    }


def teams(told: Told, link: str = "") -> dict[str, Any]:
    """An Adaptive Card, as workflows of Teams take it."""
    body: list[dict[str, Any]] = [_block(told.subject, weight="Bolder", size="Medium")]
    body += [_block(line) for line in _lines(told)]
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    if link:
        title = told.words.say(mark("The technical report"))
        card["actions"] = [{"type": "Action.OpenUrl", "title": title, "url": link}]
    return {
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}],
    }


def slack(told: Told, link: str = "") -> dict[str, Any]:
    """Blocks of Slack; names are plain text, so that nothing in them is a link or a call."""
    lines = [*_lines(told), *([link] if link else [])]
    text = beginning("\n".join(lines), LONGEST)
    return {
        "text": _escaped(told.subject),
        "unfurl_links": False,
        "blocks": [
            {
                "type": "header",
                "text": {"type": "plain_text", "text": beginning(told.subject, 150), "emoji": False},
            },
            {"type": "section", "text": {"type": "plain_text", "text": text, "emoji": False}},
        ],
    }


def ntfy(told: Told, topic: str, link: str = "") -> dict[str, Any]:
    """A message of ntfy. Priority 5 is urgent, 3 ordinary."""
    text = "\n".join(_lines(told)).encode()[:NTFY_LONGEST].decode("utf-8", "ignore")
    message: Mapping[str, Any] = {
        "topic": topic,
        "title": told.subject,
        "message": text,
        "priority": 5 if _urgent(told) else 3,
    }
    return {**message, "click": link} if link else dict(message)


def _urgent(told: Told) -> bool:
    return isinstance(told, Failure) or any(one.severity == "critical" for one in told.worst)


def _lines(told: Told) -> Iterator[str]:
    if isinstance(told, Failure):
        yield from (told.heading, *told.lines, told.closing)
        return
    yield told.meaning
    yield told.standings.text
    yield from (f"{one.word}: {one.title} ({one.place}). {one.first}" for one in told.worst)
    yield from told.unseen[:2]


def _block(text: str, **style: str) -> dict[str, Any]:
    """A text block whose Markdown is only characters."""
    for character in "\\*_[]#`~":
        text = text.replace(character, "\\" + character)
    return {"type": "TextBlock", "text": text, "wrap": True, **style}


def _escaped(text: str) -> str:
    """Text for Slack, whose three control characters are only characters."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
