"""What vgdisplay(8), lvdisplay(8) and pvdisplay(8) print for people."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.collector import reader
from collectors.fact import At, Missing, Reading
from collectors.lvm_report import Fields, amount
from collectors.lvm_tables import LvmGroup, LvmPhysical, LvmVolume
from collectors.plain_text import numbered_lines, whole_number
from collectors.question import Answer

_HEADING = re.compile(r"\s*--- (Volume group|Logical volume|Physical volumes?|NEW Physical volume) ---\s*")
_FIELD = re.compile(r"\s+([A-Z#][\w #/()%-]*?)\s{2,}(\S.*?)\s*")
_NAMES = ("VG Name", "LV Name", "LV Path", "PV Name", "LV snapshot status", "VG Status")
_FIELDS = (*_NAMES, "Allocated pool data", "Allocated metadata", "Mirrored volumes")
_EXACT = re.compile(rf"\s+({'|'.join(_FIELDS)})\s+(\S.*?)\s*")
_GONE = re.compile(r"\s*There (?:are|is) (\d{1,9}) physical volumes? missing\.?\s*")


def recognises(text: str) -> float:
    return 1.0 if any(_HEADING.fullmatch(line) for line in text[:40000].splitlines()) else 0.0


@reader("lvm-display", fills=(LvmVolume, LvmGroup, LvmPhysical), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """volume groups, logical and physical volumes as vgdisplay, lvdisplay and pvdisplay print them"""
    blocks: list[tuple[int, str, Fields]] = []
    gone: int | None = None
    missing: dict[int, int] = {}
    for number, line in numbered_lines(answer.text):
        if match := _HEADING.fullmatch(line):
            blocks.append((number, match[1].split()[0], {}))
            if gone is not None and match[1] == "Volume group":
                missing[number], gone = gone, None
        elif match := _GONE.fullmatch(line):
            gone = int(match[1])
        elif blocks and (match := _EXACT.fullmatch(line) or _FIELD.fullmatch(line)):
            blocks[-1][2].setdefault(match[1], match[2])
    group, told = "", 0
    for number, kind, fields in blocks:
        group = fields.get("VG Name", group)
        row = _row(kind, fields, group, missing.get(number))
        if row is not None:
            told += 1
            yield At(row, f"line {number}")
    yield from _cut(blocks)
    if not told:
        for row_type in (LvmVolume, LvmGroup, LvmPhysical):
            yield Missing(row_type, "truncated" if blocks else "empty", "no volume or group is told of")


def _row(
    kind: str, fields: Fields, group: str, gone: int | None
) -> LvmGroup | LvmVolume | LvmPhysical | None:
    if kind == "Volume" and group:
        return _group(fields, group, gone)
    if kind == "Logical" and "LV Name" in fields:
        return _volume(fields, group)
    if kind in ("Physical", "NEW") and "PV Name" in fields:
        return _physical(fields, group)
    return None


def _group(fields: Fields, group: str, gone: int | None) -> LvmGroup:
    present, known = whole_number(fields.get("Act PV")), whole_number(fields.get("Cur PV"))
    if gone is None and present is not None and known is not None:
        gone = max(0, known - present)
    free = re.search(r"/ (\S+ ?\S*)$", fields.get("Free  PE / Size", "")) or None
    return LvmGroup(
        name=group,
        uuid=fields.get("VG UUID"),
        size_bytes=amount(fields.get("VG Size", "").replace(" ", "")),
        free_bytes=amount(free[1].replace(" ", "")) if free else None,
        physical_count=known,
        missing_count=gone,
        volume_count=whole_number(fields.get("Cur LV")),
    )


def _volume(fields: Fields, group: str) -> LvmVolume:
    volume = fields["LV Name"].rpartition("/")[2]
    status, snapshot = fields.get("LV Status", ""), fields.get("LV snapshot status", "")
    origin = re.match(r"(active|INACTIVE) destination for (\S+)", snapshot)
    used = re.fullmatch(r"(\d+(?:\.\d+)?)%", fields.get("Allocated pool data", ""))
    metadata = re.fullmatch(r"(\d+(?:\.\d+)?)%", fields.get("Allocated metadata", ""))
    taken = re.fullmatch(r"(\d+(?:\.\d+)?)%", fields.get("Allocated to snapshot", ""))
    percent = used or taken
    return LvmVolume(
        name=f"{group}/{volume}" if group else volume,
        group=group,
        volume=volume,
        uuid=fields.get("LV UUID"),
        segment_type="thin-pool" if used else "snapshot" if origin else None,
        size_bytes=amount(fields.get("LV Size", "").replace(" ", "")),
        active=status.lower() == "available" if status else None,
        origin=origin[2].rpartition("/")[2] if origin else None,
        pool=fields.get("LV Pool name"),
        data_percent=float(percent[1]) if percent else None,
        metadata_percent=float(metadata[1]) if metadata else None,
        snapshot_invalid=origin[1] == "INACTIVE" if origin else None,
    )


def _physical(fields: Fields, group: str) -> LvmPhysical:
    name = fields["PV Name"]
    unknown = name.startswith(("[unknown]", "unknown device"))
    return LvmPhysical(
        name=name,
        uuid=fields.get("PV UUID"),
        group=group or None,
        size_bytes=amount(fields.get("PV Size", "").partition("/")[0].replace(" ", "")),
        missing=unknown or fields.get("PV Status", "").startswith("missing"),
    )


def _cut(blocks: list[tuple[int, str, Fields]]) -> Iterator[Reading]:
    needed = {
        "Volume": ("VG UUID", LvmGroup),
        "Logical": ("LV UUID", LvmVolume),
        "Physical": ("PV UUID", LvmPhysical),
    }
    for number, kind, fields in blocks[-1:]:
        name, row_type = needed.get(kind, ("", LvmGroup))
        if name and name not in fields:
            yield Missing(row_type, "truncated", f"the block at line {number} is cut short")
