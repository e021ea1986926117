"""Answers of the Proxmox VE API: the JSON of `data`, or why there is none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from collectors.fact import GapReason, Missing
from collectors.question import Answer
from collectors.table import Row

NODE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
STORAGE = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,99}")
NUMBER = re.compile(r"[1-9][0-9]{2,8}")
DEVICE = re.compile(r"/dev/[A-Za-z0-9_/:.-]{1,100}")
"""What names in answers must look like before they may stand in the path of the next question."""

_PATH = re.compile(r"/nodes/(?P<node>[\w.-]+)(?:/(?P<kind>qemu|lxc)/(?P<number>\d{1,9}))?")
_TOO_SLOW = re.compile(r"got timeout|timed? ?out", re.IGNORECASE)


def objects(answer: Answer) -> list[dict[str, Any]]:
    """The objects of a list. Raises ValueError if it is none."""
    data = value(answer)
    if not isinstance(data, list) or not all(isinstance(one, dict) for one in data):
        raise ValueError("a list of objects was expected")
    return data


def mapping(answer: Answer) -> dict[str, Any]:
    """The object. Raises ValueError if it is none."""
    data = value(answer)
    if not isinstance(data, dict):
        raise ValueError("an object was expected")
    return data


def value(answer: Answer) -> Any:
    """What stands below `data`. Raises ValueError for a web page or what is no JSON."""
    if answer.stdout.lstrip()[:1] == b"<":
        raise ValueError("a web page came instead of the API's JSON; is a proxy in between?")
    return json.loads(answer.text)


def refused(answer: Answer, *tables: type[Row], subject: str = "") -> Iterator[Missing]:
    """Gaps for an answer with a status of failure; none for a good one."""
    if answer.status in (None, 200):
        return
    reason: GapReason = "failed"
    if _TOO_SLOW.search(answer.complaint):
        reason = "timed-out"
    elif answer.status == 501:
        reason = "unsupported"  # the release has no such path yet
    for row_type in tables:
        yield Missing(row_type, reason, f"{answer.question}: {answer.complaint}", subject)


def node_of(answer: Answer) -> str | None:
    """The node that was asked."""
    found = _place(answer)
    return found["node"] if found else None


def guest_of(answer: Answer) -> str:
    """The guest that was asked about: qemu/101. Raises LookupError."""
    found = _place(answer)
    if found is None or found["number"] is None:
        raise LookupError("the path names no guest")
    return f"{found['kind']}/{found['number']}"


def _place(answer: Answer) -> re.Match[str] | None:
    return next((match for word in answer.question.argv if (match := _PATH.match(word))), None)


def ordered(data: Any) -> list[dict[str, Any]]:
    """The objects of what may be anything: for collectors, which must not stumble over an answer."""
    return [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []


def seen(answer: Answer) -> list[dict[str, Any]]:
    """The objects of an answer that may be a refusal, a web page or garbage; empty for those."""
    if answer.refusal is not None or answer.status not in (None, 200):
        return []
    try:
        return ordered(value(answer))
    except (ValueError, RecursionError):
        return []
