"""`[[waivers]]` of `site.toml`: read, and written as a block at the end so that comments stay."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from analyzer.finding import Waiver

KEYS = ("rule", "target", "subject", "by", "reason", "until")


def understood(told: Mapping[str, Any]) -> Waiver:
    """One `[[waivers]]` block. Raises ValueError with what to mend."""
    if not isinstance(told, dict):
        raise ValueError(f"[[waivers]]: a table is wanted, not {told!r}")
    for name in told.keys() - set(KEYS):
        raise ValueError(f"in [[waivers]]: {name!r} is not known; known: {', '.join(KEYS)}")
    texts = {name: _text(told, name) for name in KEYS if name != "until"}
    which = f"waiver of {texts['rule'] or 'no rule'}"
    for name in ("rule", "by", "reason"):
        if not texts[name].strip():
            raise ValueError(f"{which}: {name} is missing; rule, by, reason and until are all wanted")
    if not texts["target"] and not texts["subject"]:
        raise ValueError(f"{which}: a target, a subject or both are wanted; whole rules are not waived")
    return Waiver(**texts, until=_day(told.get("until"), which))


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name, "")
    if not isinstance(value, str):
        raise ValueError(f"{name} of a waiver must be text, not {value!r}")
    return value


def _day(value: Any, which: str) -> date:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            value = None
    if isinstance(value, datetime) or not isinstance(value, date):
        raise ValueError(f"{which}: until must be a day such as 2027-03-31")
    return value


def block(waiver: Waiver) -> str:
    """The waiver as TOML."""
    texts = {name: getattr(waiver, name) for name in KEYS[:-1] if getattr(waiver, name)}
    lines = [f"{name} = {_quoted(value)}" for name, value in texts.items()]
    return "\n".join(["[[waivers]]", *lines, f"until = {waiver.until.isoformat()}"]) + "\n"


def _quoted(text: str) -> str:
    """A basic string of TOML; JSON's is one, but for DEL and lone surrogates."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return json.dumps(whole, ensure_ascii=False).replace("\x7f", "\\u007f")


def append(path: Path, waiver: Waiver) -> None:
    """Add the waiver at the end of the site file, which is written aside and renamed. Raises OSError."""
    before = path.read_bytes().decode("utf-8") if path.exists() else ""
    gap = "" if not before else "\n" if before.endswith("\n") else "\n\n"
    newline = "\r\n" if "\r\n" in before else "\n"
    aside = path.with_name(path.name + ".partial")
    try:
        aside.write_bytes((before + (gap + block(waiver)).replace("\n", newline)).encode("utf-8"))
        if path.exists():
            aside.chmod(path.stat().st_mode & 0o777)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
