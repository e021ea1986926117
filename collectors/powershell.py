"""Questions to Windows: one line of PowerShell each, that tells its rows, its errors and its rights in JSON.

Nothing in the answer depends on the language of the host: errors are told by their category and identifier.
PowerShell 5.1 writes times as `/Date(milliseconds)/`, one object without brackets, and a byte order mark;
7 writes ISO 8601.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from collectors.fact import GapReason, Missing
from collectors.question import Answer, Form
from collectors.table import Row

_BEFORE = (
    "$ProgressPreference='SilentlyContinue';$ErrorActionPreference='SilentlyContinue';"
    "[Console]::OutputEncoding=[Text.Encoding]::UTF8;"
)
_AFTER = (
    ";$me=New-Object Security.Principal.WindowsPrincipal([Security.Principal.WindowsIdentity]::GetCurrent());"
    "[pscustomobject]@{admin=§;items=$items;errors=@($Error|Select-Object -First 5|"
    "ForEach-Object{[string]$_.CategoryInfo.Category+'|'+$_.FullyQualifiedErrorId+'|'+$_})}|"
    "ConvertTo-Json -Depth 4 -Compress"
)
_DATE = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")


HYPERV_ADMINISTRATORS = 578
"""Relative identifier of the group that may administer Hyper-V."""


def powershell(body: str, *, reads: str, why: str, seconds: float = 60.0, group: int | None = None) -> Form:
    """A form whose answer holds the objects that *body* gives. *group*: its members see all, like
    administrators (its relative identifier)."""
    sees = "$me.IsInRole(544)" + (f" -or $me.IsInRole({group})" if group else "")
    script = f"{_BEFORE}$items=@({body}){_AFTER.replace('§', sees)}"
    argv = ("powershell", "-NoProfile", "-NonInteractive", "-Command", script)
    return Form(argv, reads=reads, why=why, timeout_seconds=seconds)


@dataclass(frozen=True, slots=True)
class Told:
    """Objects with their place in the answer, errors as (category, identifier, text); admin None: untold."""

    items: list[tuple[str, Mapping[str, Any]]]
    errors: list[tuple[str, str, str]]
    admin: bool | None

    def gaps(self, *row_types: type[Row], harmless: str = "") -> Iterator[Missing]:
        """What is missing for it: an error that is not harmless, or nothing at all without rights."""
        bad = [one for one in self.errors if not (harmless and harmless in one[1])]
        for row_type in row_types:
            if bad:
                category, name, said = bad[0]
                yield Missing(row_type, _reason(category, name, said), f"{said or name}"[:200])
            elif not self.items and self.admin is False:
                yield Missing(row_type, "denied", "asked without the rights of an administrator")


def told(answer: Answer) -> Told:
    """The answer's objects. Raises ValueError if it is not JSON."""
    text = answer.text.strip().lstrip("\ufeff")
    if not text:
        raise ValueError(answer.complaint or "PowerShell told nothing")
    whole = json.loads(text)
    if isinstance(whole, Mapping) and "items" in whole:
        items = _each(whole["items"])
        errors = [_error(str(one)) for one in _listed(whole.get("errors"))]
        return Told([(f"items[{n}]", one) for n, one in enumerate(items)], errors, whole.get("admin"))
    return Told([(f"[{n}]", one) for n, one in enumerate(_each(whole))], [], None)


def _listed(value: Any) -> list[Any]:
    """A list of one is the object itself in 5.1, an empty one may be null."""
    return value if isinstance(value, list) else [] if value in (None, {}) else [value]


def _each(value: Any) -> list[Mapping[str, Any]]:
    """The objects; some releases of 5.1 wrap a list as `{"value": […], "Count": n}`."""
    if isinstance(value, Mapping) and "value" in value and "Count" in value:
        value = value["value"]
    return [one for one in _listed(value) if isinstance(one, Mapping)]


def _error(line: str) -> tuple[str, str, str]:
    category, _, rest = line.partition("|")
    name, _, said = rest.partition("|")
    return category, name, said.strip()


def _reason(category: str, name: str, said: str) -> GapReason:
    if "CommandNotFound" in name:
        return "tool-missing"
    denied = category in ("PermissionDenied", "SecurityError") or "ccess denied" in said
    return "denied" if denied or "0x80041003" in name or "40001" in name else "failed"


def number(value: Any) -> int | None:
    """A whole number, also one told as text or as a float; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"\s*-?\d{1,20}\s*", value):
        return int(value)
    return value if isinstance(value, int) else None


def text(value: Any) -> str | None:
    """A text without blanks around it; None for nothing."""
    return value.strip() or None if isinstance(value, str) else None


def truth(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def when(value: Any) -> datetime | None:
    """A time in either of PowerShell's forms."""
    if not isinstance(value, str):
        return None
    if match := _DATE.fullmatch(value.strip()):
        seconds = int(match[1]) / 1000
        return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < 1 << 36 else None
    try:
        # .NET writes seven digits of a second
        at = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", value.strip()))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def named(value: Any, names: Mapping[int, str]) -> str | None:
    """A value that some releases tell by name and others by number."""
    code = number(value)
    return names.get(code, str(code)) if code is not None else text(value)
