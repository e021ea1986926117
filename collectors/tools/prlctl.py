"""Parallels and Virtuozzo: `prlctl list -a` and `prlctl list -i` (Parallels command line reference)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.collector import reader
from collectors.fact import At, Missing, Reading
from collectors.hypervisor_tables import Guest, GuestDisk
from collectors.hypervisor_words import count, kept, power
from collectors.plain_text import ends_within_a_line, is_prompt, numbered_lines, size_bytes
from collectors.question import Answer

_ROW = re.compile(r"\{([0-9a-f-]{36})\}\s+(\w+)\s+(\S+)\s+(?:(VM|CT)\s+)?(\S.*?)\s*")
_DISK = re.compile(r"^\s+(hdd\d+) \([+-]\) (?:\S+ )?(?:image|real)='([^']+)'(?:.*?\s(\d+)Mb)?", re.MULTILINE)


def recognises(text: str) -> float:
    known = r"^UUID\s+STATUS\s+IP_ADDR\s+(?:T\s+)?NAME"
    return 0.97 if re.search(known, text[:4000], re.MULTILINE) else 0.0


@reader("prlctl-list", fills=(Guest,), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """guests of Parallels or Virtuozzo as prlctl list prints them"""
    if ends_within_a_line(answer.text) and len(answer.text.splitlines()) < 2:
        yield Missing(Guest, "truncated", "the list ends within its heading")
    for number, line in numbered_lines(answer.text):
        if match := _ROW.fullmatch(line):
            row = Guest(
                guest=f"uuid:{match[1]}",
                name=match[5],
                hypervisor="parallels",
                kind="container" if match[4] == "CT" else "vm",
                power=power(match[2]),
            )
            yield At(row, f"line {number}")
        elif line.strip() and not line.startswith("UUID") and not is_prompt(line):
            yield Missing(Guest, "unreadable", f"line {number}: {line.strip()[:100]}")


def _recognises_long(text: str) -> float:
    known = r"^ID: \{[0-9a-f-]{36}\}\s*$"
    return 0.96 if re.search(known, text[:4000], re.MULTILINE) and "\nState: " in text[:20000] else 0.0


@reader("prlctl-info", fills=(Guest, GuestDisk), recognises=_recognises_long)
def read_long(answer: Answer) -> Iterator[Reading]:
    """guests of Parallels or Virtuozzo with their disks as prlctl list -i prints them"""
    for part in re.split(r"^(?=ID: \{)", answer.text, flags=re.MULTILINE)[1:]:
        told = dict(re.findall(r"^([A-Z][\w ]{1,30}): (.*?)\s*$", part, re.MULTILINE))
        guest = f"uuid:{told['ID'].strip('{}')}"
        name = told.get("Name") or guest
        if "State" not in told:
            yield Missing(Guest, "truncated", f"{name}: no state is told", guest)
        yield Guest(
            guest=guest,
            name=name,
            hypervisor="parallels",
            kind="container" if told.get("Type") == "CT" else "vm",
            power=power(told.get("State")),
            system=told.get("OS"),
            tools={"installed": "running", "not_installed": "not installed"}.get(
                re.sub(r".*state=(\w+).*", r"\1", told.get("GuestTools", ""))
            ),
            annotation=kept(told.get("Description")),
        )
        for slot, path, size in _DISK.findall(part):
            yield GuestDisk(
                guest=guest,
                guest_name=name,
                disk=slot,
                path=path,
                size_bytes=count(size_bytes(f"{size}M")) if size else None,
                format="hdd" if path.rstrip("/").endswith((".hdd", ".hds")) else None,
                raw_device="physical" if path.startswith("/dev/") else None,
            )
