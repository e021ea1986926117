"""Headers of encrypted disks: `cryptsetup luksDump`, which asks for no key (cryptsetup-luksDump(8))."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.collector import reader
from collectors.crypt_tables import CryptHeader
from collectors.fact import Missing, Reading
from collectors.plain_text import whole_number
from collectors.question import Answer, Form

LUKS_DUMP = Form(
    ("cryptsetup", "luksDump", "{device}"),
    reads="luks-dump",
    why="How many keys open an encrypted disk; no key is asked for or shown",
    right="root",
)


def recognises(text: str) -> float:
    return 0.98 if re.search(r"^LUKS header information", text[:2000], re.MULTILINE) else 0.0


@reader("luks-dump", fills=(CryptHeader,), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """header of an encrypted disk as cryptsetup luksDump prints it"""
    if "LUKS header information" not in answer.text:
        yield Missing(CryptHeader, "failed", answer.complaint or "no header is told")
        return
    told, section, counts = _parsed(answer.text)
    named = re.search(r"^LUKS header information for (/\S+)", answer.text, re.MULTILINE)
    asked = answer.question.argv[-1]
    version = whole_number(told.get("Version"))
    slots = counts.get("Keyslots")
    if version == 2 and "Digests" not in counts:
        slots = None  # cut short: the digests come last
    if version == 1:
        states = [value for name, value in told.items() if name.startswith("Key Slot ")]
        slots = states.count("ENABLED") if states else None
    device = named[1] if named else asked if asked.startswith("/dev/") else f"uuid {told.get('UUID', '?')}"
    yield CryptHeader(
        device=device,
        uuid=told.get("UUID"),
        version=version,
        key_slots=slots,
        tokens=counts.get("Tokens"),
        cipher=told.get("cipher") or told.get("Cipher name"),
    )
    if slots is None or version is None:
        yield Missing(
            CryptHeader, "truncated", f"its key slots are missing ({section or 'cut short'})", device
        )


def _parsed(text: str) -> tuple[dict[str, str], str, dict[str, int]]:
    """Values by name, the last section of LUKS2, and how many numbered entries each section has."""
    told: dict[str, str] = {}
    counts: dict[str, int] = {}
    section = ""
    for line in text.splitlines():
        if match := re.fullmatch(r"(Data segments|Keyslots|Tokens|Digests):\s*", line):
            section = match[1]
            counts[section] = 0
        elif section and re.match(r"  \d+: \S", line):
            counts[section] += 1
        elif match := re.fullmatch(r"\s*([A-Za-z][\w ]*?):\s+(.+?)\s*", line):
            told.setdefault(match[1], match[2])
    return told, section, counts
