"""smartctl's text, of any version and any selection of options, put in the shape of its JSON.

The text may stand in a mail or a terminal log, quoted or with prompts, with several drives one after another.
Every entry remembers its line under the key LINE. What a line does not clearly say is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from collectors.smart_text_keys import KEYS, MESSAGE
from collectors.smart_text_stores import put
from collectors.smart_text_tables import SECTIONS, Table

LINE = "line"
BANNER = re.compile(r"^smartctl (?:version )?(\d+)\.(\d+)\b")
START = re.compile(r"^=== START OF (\w[\w ]*?) SECTION ===")
PROMPT = re.compile(r"(?:^|[/ #$>+])smartctl\s+((?:-\S|/dev/)[^|;&]*)")
QUOTE = re.compile(r"^(?:[>|] ?)+")
MARKS = re.compile(
    r"^smartctl (?:version )?\d+\.\d+|^=== START OF (?:INFORMATION|READ SMART DATA|SMART DATA) SECTION ==="
    r"|^ID# ATTRIBUTE_NAME +(?:FLAG|VALUE)|^SMART/Health Information \(NVMe Log"
    r"|^SMART overall-health self-assess|^SMART Health Status: |^SMART support is: "
    r"|^(?:Device Model|Model Number): .*$(?s:.){0,400}^Serial Number: "
    r"|^Device is in \w+(?: \(OS\))? mode, exit\(|^SMART Extended Self-test Log Version: "
    r"|^SMART (?:Error Log Version|Self-test log structure revision number)",
    re.MULTILINE,
)
"""What only smartctl says."""

_INDENTED = re.compile(r"([ \t]+)(?:smartctl \d+\.\d+|=== START OF )")
LONGEST = 1000
"""Characters of a line that are looked at; no line of smartctl is longer."""

_KEY = re.compile(r"^([A-Za-z][A-Za-z0-9 ./_()#,-]{2,60}?) ?[:=]\s+(\S.*)$")
_BITS = re.compile(r"\s+\(0x[0-9a-fA-F]+\)$")
_ROW = re.compile(r"[\s#]*(?:\d|0x)")
_WORDY = re.compile(r"^([A-Z][A-Za-z /,_-]{6,50}?(?:hours:minutes)?) (\d[\d:.,]*)(?: \[\d+ minutes\])?\s*$")


def drives(text: str, device: str = "", kind: str = "") -> Iterator[dict[str, Any]]:
    """The trees of all drives in *text*. *device*, *kind*: whom the question was put to, if known."""
    return (tree for tree, _ in reports(text, device, kind))


def reports(text: str, device: str = "", kind: str = "") -> Iterator[tuple[dict[str, Any], list[str]]]:
    """The same, each tree with the lines that it was read from."""
    known = {"name": device, "type": kind} if device else {}
    for asked, lines in _parts(text):
        tree = _drive(lines)
        tree.setdefault("device", {}).update({**known, **asked})
        if len(tree) > 1:
            yield tree, [line for _, line in lines]


def unquoted(text: str) -> list[str]:
    """The lines without the quote marks of a mail and without the indent of a pasted block."""
    lines = [QUOTE.sub("", line[:LONGEST]) for line in text.splitlines()]
    indent = next((found[1] for line in lines if (found := _INDENTED.match(line))), "")
    return [line.removeprefix(indent) for line in lines] if indent else lines


def _parts(text: str) -> Iterator[tuple[dict[str, str], list[tuple[int, str]]]]:
    """The lines of each drive, numbered, with the device named by a prompt line before them.

    A drive begins at smartctl's banner, at a prompt line, or at a second section of identity.
    """
    lines: list[tuple[int, str]] = []
    asked: dict[str, str] = {}
    identified = False
    for number, line in enumerate(unquoted(text), 1):
        line = line.replace("\u202f", " ").replace("\xa0", " ").rstrip()
        prompt = PROMPT.search(line) if "smartctl" in line and "/dev/" in line else None
        start = START.match(line)
        again = start is not None and start[1] == "INFORMATION" and identified
        if prompt or again or (BANNER.match(line) and _told(lines)):
            yield asked, lines
            lines, identified = [], False
            asked = asked_of(prompt[1]) if prompt else {}
        identified = identified or (start is not None and start[1] == "INFORMATION")
        lines.append((number, line))
    yield asked, lines


def _told(lines: list[tuple[int, str]]) -> bool:
    """Whether a banner has been seen: the next one begins another drive."""
    return any(BANNER.match(line) for _, line in lines)


def asked_of(arguments: str) -> dict[str, str]:
    """The device and type in smartctl's arguments."""
    named = re.search(r"/dev/[\w./:!-]+", arguments)
    kind = re.search(r"(?:^|\s)(?:-d\s*|--device[= ])([\w,+./]+)", arguments)
    return {"name": named[0] if named else "?"} | ({"type": kind[1]} if kind else {})


def _drive(lines: list[tuple[int, str]]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    section: Table | None = None
    for position, (number, line) in enumerate(lines):
        if not line:
            continue
        opened = next((table for opening, table in SECTIONS if line.startswith(opening)), None)
        if opened is not None:
            section = opened
        if section is not None and _row(section, tree, lines, position):
            continue
        if line.startswith("==> WARNING:"):
            tree["database_warning"] = _warning(lines, position)
        elif banner := BANNER.match(line):
            put(tree, "smartctl.version", [int(banner[1]), int(banner[2])])
        elif MESSAGE.search(line):
            messages = tree.setdefault("smartctl", {}).setdefault("messages", [])
            messages.append({"string": line.strip(), "severity": "error", LINE: number})
        else:
            _keyed(tree, line, number, lines, position)
    _from_attributes(tree)
    return tree


def _row(section: Table, tree: dict[str, Any], lines: list[tuple[int, str]], position: int) -> bool:
    """Whether the line is a row of the section, alone or with the next one, where a mail program broke it."""
    number, line = lines[position]
    if section.row(tree, line, number):
        return True
    broken = _ROW.match(line) and position + 1 < len(lines)
    return bool(broken) and section.row(tree, f"{line} {lines[position + 1][1].strip()}", number)


def _keyed(tree: dict[str, Any], line: str, number: int, lines: list[tuple[int, str]], position: int) -> None:
    found = _KEY.match(line.strip()) or _WORDY.match(line.strip())
    if found is None:
        return
    store = KEYS.get(" ".join(_BITS.sub("", found[1]).lower().split()))
    if store is None:
        return
    store(tree, found[2].strip(), _following(lines, position))
    tree.setdefault(LINE, number)


def _following(lines: list[tuple[int, str]], position: int) -> str:
    """The indented lines below, which go on with the sentence."""
    more: list[str] = []
    for _, line in lines[position + 1 : position + 12]:
        if not line[:1].isspace():
            break
        more.append(line.strip())
    return " ".join(more)


def _warning(lines: list[tuple[int, str]], position: int) -> str:
    said: list[str] = []
    for _, line in lines[position : position + 12]:
        if not line or (said and line.startswith("===")):
            break
        said.append(line.removeprefix("==> WARNING:").strip())
    return " ".join(said)


def _from_attributes(tree: dict[str, Any]) -> None:
    """What smartctl's JSON takes out of the attributes: hours, cycles, temperature."""
    for one in tree.get("ata_smart_attributes", {}).get("table", ()):
        told = re.match(r"-?\d+", one["raw"]["string"])
        if told is None:
            continue
        if one["id"] == 9 and not re.search(r"hex|0x", one["raw"]["string"]):
            put(tree, "power_on_time.hours", int(told[0]))
        elif one["id"] == 12:
            put(tree, "power_cycle_count", int(told[0]))
        elif one["id"] in (194, 190) and "current" not in tree.get("temperature", {}):
            put(tree, "temperature.current", int(told[0]))


def line_of(tree: dict[str, Any], where: str) -> str:
    """The line of the entry at a JSON path of the tree; that of the drive if it has none of its own."""
    one: Any = tree
    for name, index in re.findall(r"(\w+)(?:\[(\d+)\])?", where):
        one = one.get(name, {}) if isinstance(one, dict) else {}
        if index:
            one = one[int(index)] if isinstance(one, list) and int(index) < len(one) else {}
    number = (one.get(LINE) if isinstance(one, dict) else None) or tree.get(LINE)
    return f"line {number}" if number else ""
