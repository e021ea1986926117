"""Block devices and what lies on what: lsblk(8) of util-linux as JSON, pairs, tree, ASCII tree or list."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from collectors.block_tables import BlockDevice
from collectors.collector import Asking, collector, reader
from collectors.device_names import guessed_type
from collectors.fact import At, Missing, Reading
from collectors.plain_text import (
    Heading,
    cells,
    headings,
    is_prompt,
    not_understood,
    numbered_lines,
    size_bytes,
    whole_number,
)
from collectors.question import Answer, Form

LSBLK = Form(
    ("lsblk", "--json", "--bytes", "--output-all"),
    reads="lsblk",
    why="Which block devices there are and what lies on what",
)

LSBLK_PAIRS = Form(
    (
        *("lsblk", "--pairs", "--bytes", "--output"),
        "NAME,KNAME,MAJ:MIN,TYPE,SIZE,PKNAME,MODEL,SERIAL,WWN,TRAN,VENDOR,REV,ROTA,RM,RO,FSTYPE,UUID,LABEL,"
        "MOUNTPOINT,LOG-SEC,PHY-SEC,HCTL,STATE",
    ),
    reads="lsblk",
    why="The same of an lsblk before 2.27, which knows no JSON",
)

Cells = dict[str, str]
"""Column of lsblk in lower case → value, blank values left out."""

_PAIR = re.compile(r'([A-Za-z][\w:%-]*)="((?:[^"\\]|\\.)*)"')
_TREE = re.compile(r"(?:[\s|`│├└─┌┬┴┈▶►◀-])*")
_ESCAPE = re.compile(r"\\x([0-9a-fA-F]{2})")
_WWN = re.compile(r"(?:0x|naa\.|eui\.)?([0-9a-f]+)")
_NAME = re.compile(r"[\w.:+@!/#-]+")
_RIGHT_ALIGNED = """
    MAJ:MIN RM SIZE RO FSAVAIL FSSIZE FSUSED FSUSE% RA ALIGNMENT MIN-IO OPT-IO PHY-SEC LOG-SEC ROTA RQ-SIZE
    DISC-ALN DISC-GRAN DISC-MAX DISC-ZERO WSAME RAND ZONE-SZ ZONE-WGRAN ZONE-APP ZONE-NR ZONE-OMAX
    ZONE-AMAX HOTPLUG START DAX"""
_LEFT_ALIGNED = """
    NAME KNAME PATH FSTYPE FSVER LABEL UUID PTUUID PTTYPE PARTTYPE PARTTYPENAME PARTLABEL PARTUUID
    PARTFLAGS MODEL SERIAL STATE OWNER GROUP MODE SCHED TYPE WWN PKNAME HCTL TRAN SUBSYSTEMS REV VENDOR
    ZONED MOUNTPOINT MOUNTPOINTS FSROOTS ID ID-LINK MQ DISK-SEQ"""
_NUMERIC = frozenset(_RIGHT_ALIGNED.split())
_COLUMNS = _NUMERIC | frozenset(_LEFT_ALIGNED.split())


@collector("block", asks=(LSBLK, LSBLK_PAIRS))
def ask() -> Asking:
    """Block devices and their stacking"""
    (told,) = yield (LSBLK(),)
    if told.refusal is None and not_understood(told):
        yield (LSBLK_PAIRS(),)


def recognises(text: str) -> float:
    head = text[:4000].lstrip()
    if head.startswith("{"):
        return 1.0 if '"blockdevices"' in head else 0.0
    if _PAIR.match(head):
        names = {name.upper() for name, _ in _PAIR.findall(head.partition("\n")[0])}
        return 0.95 if names & {"NAME", "KNAME"} and len(names & _COLUMNS) >= max(2, len(names) - 2) else 0.0
    for _, line in numbered_lines(head):
        if line.strip() and not is_prompt(line):
            return _heading_share(line)
    return 0.0


def _heading_share(line: str) -> float:
    names = line.split()
    if not names or names[0] not in ("NAME", "KNAME") or len(names) < 2:
        return 0.0
    return 0.9 if len(_COLUMNS.intersection(names)) == len(names) else 0.0


@reader("lsblk", fills=(BlockDevice,), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """block devices as lsblk lists them"""
    text = answer.text
    head = text.lstrip()
    devices: dict[str, tuple[BlockDevice, str]] = {}
    if answer.question.argv == LSBLK.argv and not_understood(answer):
        return  # asked again in older words, and that answer counts
    if not head:
        yield Missing(BlockDevice, "empty", answer.complaint or "lsblk told nothing")
        return
    lines = (
        _of_json(head) if head.startswith("{") else _of_pairs(text) if _PAIR.match(head) else _of_text(text)
    )
    for line in lines:
        match line:
            case Missing():
                yield line
            case (where, parent, told):
                _add(devices, where, parent, told)
    if not devices:
        yield Missing(BlockDevice, "empty", answer.complaint or "lsblk lists no device")
    for row, where in devices.values():
        yield At(row, where)


Line = tuple[str, str, Cells] | Missing
"""Where the line stands, kernel name of the device above it in the tree, and its values."""


def _of_json(text: str) -> Iterator[Line]:
    tree = json.loads(text)
    waiting: list[tuple[str, str, Any]] = [
        (f"blockdevices[{i}]", "", node) for i, node in enumerate(tree["blockdevices"])
    ]
    while waiting:
        where, parent, node = waiting.pop(0)
        told = {
            key.lower(): word
            for key, value in node.items()
            if value is not None and key != "children" and (word := _plain(value))
        }
        if not told.get("name", told.get("kname")):
            yield Missing(BlockDevice, "unreadable", f"{where} has no name")
            continue
        yield where, parent, told
        children = node.get("children") or []
        waiting[:0] = [(f"{where}.children[{i}]", _name(told), c) for i, c in enumerate(children)]


def _plain(value: Any) -> str:
    """A JSON value as lsblk's other outputs write it: numbers and booleans became types only in 2.33."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list):
        return "\n".join([str(one) for one in value if one is not None])
    return str(value)


def _of_pairs(text: str) -> Iterator[Line]:
    for number, line in numbered_lines(text):
        told = {_key(name): _unescaped(value) for name, value in _PAIR.findall(line) if value.strip()}
        if told.get("name", told.get("kname")):
            yield f"line {number}", "", told
        elif line.strip() and not is_prompt(line):
            yield Missing(BlockDevice, "unreadable", f"line {number}: {line.strip()[:100]}")


def _key(name: str) -> str:
    """`MAJ:MIN`, and since 2.37 also `MAJ_MIN`, `FSUSE_PCT` (lsblk --shell)."""
    return name.lower().replace("_", "-").replace("maj-min", "maj:min").replace("-pct", "%")


def _unescaped(value: str) -> str:
    raw = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), value)
    try:
        return raw.encode("latin-1").decode("utf-8")
    except ValueError:
        return raw


def _of_text(text: str) -> Iterator[Line]:
    columns = None
    above: list[str] = []
    for number, line in numbered_lines(text):
        if not line.strip() or is_prompt(line):
            continue
        if columns is None or _heading_share(line):
            columns = headings(line, _NUMERIC)
            above = []
            continue
        prefix = _TREE.match(line)
        indent = len(prefix[0]) if prefix else 0
        told = _under(columns, " " * indent + line[indent:])
        first = _key(columns[0].name)
        if above and first not in told and set(told) == {"mountpoints"}:
            yield f"line {number}", "", {first: above[-1], **told}
            continue
        name = told.get(first, "")
        if not _NAME.fullmatch(name) or not _whole(told, columns):
            yield Missing(BlockDevice, "unreadable", f"line {number}: {line.strip()[:100]}")
            continue
        del above[indent // 2 :]
        yield f"line {number}", above[-1] if above else "", told
        above.append(_name(told))


def _under(columns: list[Heading], line: str) -> Cells:
    """Values by where they stand; if the line was shifted in a mail, by their order."""
    told = {_key(name): value for name, value in cells(line, columns).items()}
    words = line.split()
    last_may_be_blank = columns[-1].name.startswith("MOUNTPOINT")
    if not _whole(told, columns) and len(columns) - last_may_be_blank <= len(words) <= len(columns):
        told = {_key(column.name): word for column, word in zip(columns, words, strict=False)}
    return told


def _whole(told: Cells, columns: list[Heading]) -> bool:
    """lsblk never leaves these blank: a line without one was wrapped or cut."""
    names = {column.name for column in columns}
    return ("SIZE" not in names or size_bytes(told.get("size")) is not None) and (
        "TYPE" not in names or re.fullmatch(r"[a-z][a-z0-9_-]*", told.get("type", "")) is not None
    )


def _name(told: Cells) -> str:
    """The kernel's name; lsblk shows device-mapper names as NAME, the kernel's as KNAME."""
    name = (
        told.get("kname") or (told.get("path", "") if "/dm-" in told.get("path", "") else "") or told["name"]
    )
    return name.removeprefix("/dev/").replace("!", "/")


def _add(devices: dict[str, tuple[BlockDevice, str]], where: str, parent: str, told: Cells) -> None:
    """Take in one line; a device that lies on several others is told once under each of them."""
    told.setdefault("name", told.get("kname", ""))
    row = _row(told, parent)
    known = devices.get(row.name)
    if known is None:
        devices[row.name] = (row, where)
        return
    before, after = BlockDevice.VALUES_OF(known[0]), BlockDevice.VALUES_OF(row)
    merged = {name: _either(*both) for name, *both in zip(_FIELDS, before, after, strict=True)}
    merged["parents"] = _joined((known[0].parents + " " + row.parents).split())
    merged["mountpoints"] = "\n".join(sorted({*known[0].mountpoints.split("\n"), *_mountpoints(told)} - {""}))
    devices[row.name] = (BlockDevice(**merged), known[1])


_FIELDS = tuple(field.name for field in dataclasses.fields(BlockDevice))


def _either(first: Any, second: Any) -> Any:
    return second if first in (None, "", "unknown") else first


def _joined(words: Iterable[str]) -> str:
    return " ".join(sorted(set(words) - {""}))


def _row(told: Cells, parent: str) -> BlockDevice:
    name = _name(told)
    shown = told["name"].removeprefix("/dev/")
    path = told.get("path") or (f"/dev/{name}" if told.get("kname") else None)
    return BlockDevice(
        name=name,
        path=path,
        mapped_name=shown if shown != name and name.startswith("dm-") else None,
        type=told.get("type") or guessed_type(name),
        size_bytes=size_bytes(told.get("size")),
        parents=_joined([parent, told.get("pkname", "").removeprefix("/dev/")]),
        model=_text(told, "model"),
        serial=_text(told, "serial"),
        wwn=_wwn(told.get("wwn")),
        transport=_text(told, "tran"),
        vendor=_text(told, "vendor"),
        revision=_text(told, "rev"),
        rotational=_flag(told, "rota"),
        removable=_flag(told, "rm"),
        read_only=_flag(told, "ro"),
        fs_type=_text(told, "fstype"),
        fs_uuid=_text(told, "uuid"),
        fs_label=_text(told, "label"),
        mountpoints="\n".join(sorted(_mountpoints(told))),
        logical_sector_bytes=whole_number(told.get("log-sec")),
        physical_sector_bytes=whole_number(told.get("phy-sec")),
        hctl=_text(told, "hctl"),
        state=_text(told, "state"),
        device_number=_text(told, "maj:min"),
    )


def _text(told: Cells, key: str) -> str | None:
    word = told.get(key)
    return word.strip() or None if word else None


def _mountpoints(told: Cells) -> set[str]:
    places = {*told.get("mountpoints", "").split("\n"), *told.get("mountpoint", "").split("\n")}
    return {place.strip() for place in places} - {""}


_FLAGS = {"1": True, "0": False, "true": True, "false": False}


def _flag(told: Cells, key: str) -> bool | None:
    return _FLAGS.get(told.get(key, "").lower())


def _wwn(word: str | None) -> str | None:
    if not word:
        return None
    word = word.strip().lower()
    match = _WWN.fullmatch(word)
    return match[1] if match else word or None
