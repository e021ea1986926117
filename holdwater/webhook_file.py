"""`[[webhooks]]` of `site.toml`: chats and machines that are told the result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from holdwater.secret import checked_reference
from holdwater.toml_value import chosen, number, only, text

KINDS = ("json", "teams", "slack", "ntfy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One address to post to. *url*, *token*: references where they are secret."""

    kind: str
    name: str
    url: str
    token: str
    topic: str
    language: str
    link: str
    timeout_seconds: float
    attempts: int
    wait_seconds: float


def understood(blocks: Any) -> tuple[Webhook, ...]:
    """The webhooks of a site file. Raises ValueError, which names the key and never repeats a secret."""
    if not isinstance(blocks, list):
        raise ValueError("webhooks: blocks headed [[webhooks]] are wanted")
    return tuple(_webhook(one) for one in blocks)


def _webhook(told: Any) -> Webhook:
    known = {
        "kind",
        "name",
        "url",
        "token",
        "topic",
        "language",
        "link",
        "timeout_seconds",
        "attempts",
        "wait_seconds",
    }
    one = only(told, known, "in [[webhooks]]")
    kind = chosen(one, "kind", "json", KINDS)
    url, token, topic = text(one, "url"), text(one, "token", ""), text(one, "topic", "")
    if kind in ("teams", "slack") or not url.startswith(("https://", "http://")):
        checked_reference(url, f"url of the webhook of {kind}")
    else:
        checked_url(url, "url of a webhook")
    if token:
        checked_reference(token, "token of a webhook")
    if (kind == "ntfy") != bool(topic):
        raise ValueError("a webhook of ntfy has a topic, and no other has one")
    return Webhook(
        kind=kind,
        name=text(one, "name", kind),
        url=url,
        token=token,
        topic=topic,
        language=text(one, "language", ""),
        link=text(one, "link", ""),
        timeout_seconds=number(one, "timeout_seconds", 20, 1, 600),
        attempts=int(number(one, "attempts", 4, 1, 20)),
        wait_seconds=number(one, "wait_seconds", 5, 0, 3600),
    )


def checked_url(url: str, what: str) -> str:
    """The URL, if it is one of http without a password in it. Raises ValueError without repeating it."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or not url.isprintable() or " " in url:
        raise ValueError(f"{what} is no URL that begins with https://")
    if parts.password or parts.username:
        raise ValueError(f"{what} holds a password; name it by reference, as token")
    return url
