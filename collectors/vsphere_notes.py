"""What backup products left in notes and custom attributes of machines: their word, not a proof."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from collectors.hypervisor_words import kept, mappings, moment, word
from collectors.moments import ctime
from collectors.vsphere_shapes import Plain, at
from collectors.vsphere_tables import GuestBackupNote

_PRODUCTS = (
    ("Veeam", r"veeam"),
    ("NetBackup", r"\bNB[_ ]?LAST|netbackup|\bNBU\b"),
    ("Commvault", r"commvault|simpana|\bGX[_ ]"),
    ("NAKIVO", r"nakivo"),
    ("Avamar", r"avamar|powerprotect"),
    ("Rubrik", r"rubrik"),
    ("Cohesity", r"cohesity"),
    ("Spectrum Protect", r"\bTSM\b|spectrum protect|tivoli"),
    ("Acronis", r"acronis"),
    ("Altaro", r"altaro"),
    ("vRanger", r"vranger"),
    ("HYCU", r"\bhycu\b"),
)
_KNOWN = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _PRODUCTS)
_OF_BACKUP = re.compile(r"back.?up|sicherung|" + "|".join(pattern for _, pattern in _PRODUCTS), re.IGNORECASE)
_BAD = re.compile(r"\b(?:fail(?:ed|ure)?|error|unsuccessful)\b", re.IGNORECASE)
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)?")
_CTIME = re.compile(r"[A-Z][a-z]{2} +[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d \d{4}")
_NUMBERS = re.compile(
    r"\b(\d{1,2})([./])(\d{1,2})\2(\d{4})(?:,? +(\d{1,2}):(\d\d)(?::(\d\d))?(?: ?([AP]M))?)?", re.IGNORECASE
)


def backup_notes(
    guest: str, name: str, machine: Plain, fields: Mapping[str, str]
) -> Iterator[GuestBackupNote]:
    """One row for each attribute and for the annotation, if it speaks of a backup.

    *fields*: names of the custom attributes by their keys.
    """
    told = [
        (fields.get(str(one.get("key")), f"attribute {one.get('key')}"), word(one.get("value")))
        for one in mappings(at(machine, "customValue"))
    ]
    annotation = word(at(machine, "config.annotation"))
    for attribute, text in [*told, ("annotation", annotation)]:
        whole = f"{attribute}: {text}" if attribute != "annotation" else text or ""
        if text and _OF_BACKUP.search(whole):
            yield GuestBackupNote(
                guest=guest,
                guest_name=name,
                attribute=attribute,
                product=next((known for known, pattern in _KNOWN if pattern.search(whole)), None),
                last_backup_at=stated_time(text),
                failed=True if _BAD.search(text) else None,
                text=kept(text),
            )


def stated_time(text: str) -> datetime | None:
    """The newest time in a text; None if there is none, or if day and month could change places."""
    found: list[datetime | None] = [moment(one) for one in _ISO.findall(text)]
    found += [ctime(one) for one in _CTIME.findall(text)]
    found += [_numbers(match) for match in _NUMBERS.finditer(text)]
    return max((one for one in found if one is not None), default=None)


def _numbers(match: re.Match[str]) -> datetime | None:
    """12.05.2026 (day first) or 5/13/2026 (month first); with slashes only where one of them is above 12."""
    first, mark, second, year = int(match[1]), match[2], int(match[3]), int(match[4])
    if mark == "/" and first <= 12 and second <= 12 and first != second:
        half: Any = match[8]
        if not half:
            return None
        day, month = second, first  # who writes AM and PM writes the month first
    else:
        day, month = (first, second) if mark == "." or first > 12 else (second, first)
    hour = int(match[5] or 0)
    if match[8]:
        hour = hour % 12 + (12 if match[8].upper() == "PM" else 0)
    try:
        return datetime(year, month, day, hour, int(match[6] or 0), int(match[7] or 0), tzinfo=UTC)
    except ValueError:
        return None
