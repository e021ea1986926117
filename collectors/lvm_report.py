"""Shapes of LVM's reports: JSON, name prefixes, and aligned columns; all of them become fields by name.

Field names are those of `lvs -o help` (lib/report/columns.h of LVM2). Warnings may stand anywhere, also
in the middle of a JSON document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from collectors.plain_text import cells, headings, is_prompt, numbered_lines, size_bytes

Fields = dict[str, str]
"""Field of LVM → value as printed."""

_PREFIXED = re.compile(r"LVM2_(\w+)='([^']*)'")
_NOT_JSON = re.compile(r"\s*[^\s\[\]{}\",]")
_RIGHT = frozenset(
    ("LSize", "PSize", "PFree", "VSize", "VFree", "DevSize", "#PV", "#LV", "#SN", "Maj", "Min", "Ext")
)
_WIDE = ("PV UUID", "VG UUID", "LV UUID", "1st PE", "LV Tags", "VG Tags", "PV Tags", "LE Ranges", "System ID")
_COLUMNS = {
    "LV": "lv_name",
    "VG": "vg_name",
    "PV": "pv_name",
    "LSize": "lv_size",
    "VSize": "vg_size",
    "VFree": "vg_free",
    "PSize": "pv_size",
    "PFree": "pv_free",
    "Pool": "pool_lv",
    "Origin": "origin",
    "Data%": "data_percent",
    "Meta%": "metadata_percent",
    "Cpy%Sync": "copy_percent",
    "Snap%": "data_percent",
    "Copy%": "copy_percent",
    "#PV": "pv_count",
    "#LV": "lv_count",
    "#SN": "snap_count",
    "Type": "segtype",
    "Devices": "devices",
    "Health": "lv_health_status",
    "PV_UUID": "pv_uuid",
    "VG_UUID": "vg_uuid",
    "LV_UUID": "lv_uuid",
    "Missing": "pv_missing",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One reported thing. *kind*: lv, vg or pv."""

    kind: str
    fields: Fields
    where: str


def lines_of(text: str) -> Iterator[Line]:
    """Every logical volume, volume group and physical volume of a report. Raises ValueError for cut JSON."""
    if '"report"' in text:
        yield from _of_json(text)
    elif "LVM2_" in text:
        yield from _of_prefixed(text)
    else:
        yield from _of_columns(text)


def errors_of(text: str) -> list[str]:
    """Errors in the log of a JSON report: newer LVM (2.03.31) tells them there and not on stderr."""
    if '"log_type":"error"' not in text:
        return []
    log = _json(text).get("log", ())
    return [str(one.get("log_message", "")) for one in log if one.get("log_type") == "error"]


def _json(text: str) -> Any:
    return json.loads("\n".join(line for line in text.splitlines() if not _NOT_JSON.match(line)))


def _of_json(text: str) -> Iterator[Line]:
    """LVM 2.02.158 and newer with --reportformat json; also `lvm fullreport`."""
    for number, part in enumerate(_json(text)["report"]):
        groups = part.get("vg", ())
        group = str(groups[0].get("vg_name", "")) if len(groups) == 1 else ""
        types = {str(seg.get("lv_uuid")): seg for seg in part.get("seg", ()) if seg.get("lv_uuid")}
        for kind in ("lv", "vg", "pv"):
            for index, told in enumerate(part.get(kind, ())):
                more = types.get(str(told.get("lv_uuid")), {}) if kind == "lv" else {}
                fields = {name: str(value) for name, value in {**more, **told}.items()}
                if group:
                    fields.setdefault("vg_name", group)
                yield Line(kind, fields, f"$.report[{number}].{kind}[{index}]")


def _of_prefixed(text: str) -> Iterator[Line]:
    """`--nameprefixes`: LVM2_LV_NAME='root'|LVM2_…"""
    for number, line in numbered_lines(text):
        found = {name.lower(): value for name, value in _PREFIXED.findall(line)}
        kind = next((kind for kind in ("lv", "pv", "vg") if f"{kind}_name" in found), None)
        if kind is not None:
            yield Line(kind, found, f"line {number}")


def _of_columns(text: str) -> Iterator[Line]:
    """What `lvs`, `vgs` and `pvs` print for people: the heading tells the kind and where columns stand."""
    columns: list[Any] = []
    for number, line in numbered_lines(text):
        words = line.split()
        if words[:1] in (["LV"], ["VG"], ["PV"]) and len(words) > 1 and "Attr" in words:
            kind = words[0].lower()
            columns = headings(_joined(line), _RIGHT)
        elif columns and words and not is_prompt(line) and not _is_message(line):
            told = cells(line, columns)
            fields = {_COLUMNS.get(name, name.lower()): value for name, value in told.items()}
            fields[f"{kind}_attr"] = fields.pop("attr", "")
            yield Line(kind, fields, f"line {number}")


def _joined(line: str) -> str:
    for name in _WIDE:
        line = line.replace(name, name.replace(" ", "_"))
    return line


def _is_message(line: str) -> bool:
    return (
        re.match(r"\s*(?:WARNING|File descriptor|Reloading|Error|Couldn't|Skipping|Failed|/dev/\S+: )", line)
        is not None
    )


def heading_of(text: str) -> str | None:
    """The kind of a report in columns, by its heading."""
    for _, line in numbered_lines(text[:20000]):
        words = line.split()
        if words[:1] in (["LV"], ["VG"], ["PV"]) and "Attr" in words:
            return words[0].lower()
    return None


def amount(word: str | None) -> int | None:
    """`<9.00g`, `4194304`, `0 ` in bytes. Capitals are powers of 1000, as LVM has them."""
    word = (word or "").strip().lstrip("<>").rstrip("Bb")
    if re.fullmatch(r"\d{1,20}(\.\d+)?[KMGTPE]", word):
        power = "KMGTPE".index(word[-1]) + 1
        return round(float(word[:-1][:24]) * 1000.0**power)
    return size_bytes(word)


def percent(word: str | None) -> float | None:
    """0 to 100; None for an empty one, and for the -1 of a pool that failed."""
    try:
        value = float((word or "")[:20])
    except ValueError:
        return None
    return value if 0 <= value <= 100 else None


def yes(word: str | None, *names: str) -> bool | None:
    """LVM's booleans: the field's own name, `1`, or empty for no; `unknown` and -1 are not told."""
    if word is None or word.strip() in ("unknown", "-1"):
        return None
    word = word.strip()
    return word in names or word in ("1", "yes", "y")


def time_of(word: str | None) -> datetime | None:
    """`2026-11-23 02:10:27 +0000`"""
    try:
        return datetime.strptime((word or "").strip(), "%Y-%m-%d %H:%M:%S %z").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
