"""What `site.toml` declares about copies, places, keys, restore tests and recovery, as facts.

A block's keys are the columns of its table. A unit may stand in the value instead of the name: `rpo = "24h"`
for `rpo_hours`, `newest = 2026-11-20` for `newest_at`, `size = "2 TB"` for `size_bytes`; several values make
a list.
"""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from analyzer.declared import (
    DeclaredCopy,
    DeclaredExposure,
    DeclaredKey,
    DeclaredMonitoring,
    DeclaredPlace,
    DeclaredPower,
    DeclaredRecovery,
    DeclaredRepository,
    RestoreTest,
    declared,
)
from collectors.fact import Fact, Worth
from collectors.table import Row

BLOCKS: Mapping[str, type[Row]] = {
    "places": DeclaredPlace,
    "repositories": DeclaredRepository,
    "copies": DeclaredCopy,
    "restore_tests": RestoreTest,
    "keys": DeclaredKey,
    "power": DeclaredPower,
    "monitoring": DeclaredMonitoring,
}
"""Blocks headed [[name]], and what they declare."""

TABLES: Mapping[str, type[Row]] = {"recovery": DeclaredRecovery, "exposure": DeclaredExposure}
"""Tables headed [name], about the whole site."""

SITE_WIDE = "*"
"""Target of what is declared of the whole site, until its name is known."""

_EVENTS = ("copies", "restore_tests", "power", "monitoring")
"""Blocks that tell of something that happened: worth as much as its proof."""

_EXTRA = {"evidence", "said_at", "said_by", "place", "admin"}
_HOURS = {"m": 1 / 60, "min": 1 / 60, "h": 1.0, "d": 24.0, "w": 168.0}
_BYTES = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}


def facts_of(told: Mapping[str, Any]) -> tuple[Fact[Row], ...]:
    """All that the file declares. Raises ValueError with the block and the key to mend."""
    found: list[Fact[Row]] = []
    for name, row_type in BLOCKS.items():
        blocks = told.get(name, [])
        if not isinstance(blocks, list):
            raise ValueError(f"{name}: blocks headed [[{name}]] are wanted, not {blocks!r}")
        for number, block in enumerate(blocks):
            found.extend(_block(row_type, block, name, f"{name}[{number}]"))
    for name, row_type in TABLES.items():
        if name in told:
            row = _row(row_type, {"name": SITE_WIDE, **_table(told[name], name)}, name)
            found.append(declared(row, target=SITE_WIDE, where=name))
    site = told.get("site", {})
    if isinstance(site, dict) and (site.get("place") or site.get("admin")):
        everywhere = DeclaredPlace(name="*", place=site.get("place"), admin=site.get("admin"))
        found.append(declared(everywhere, target=SITE_WIDE, where="site"))
    for number, target in enumerate(told.get("targets", [])):
        if isinstance(target, dict) and (target.get("place") or target.get("admin")):
            name = target.get("name") or target.get("address", "").rpartition("@")[2].partition(":")[0]
            own = DeclaredPlace(name=name, place=target.get("place"), admin=target.get("admin"))
            found.append(declared(own, target=SITE_WIDE, where=f"targets[{number}]"))
    return tuple(found)


def _table(told: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(told, dict):
        raise ValueError(f"{where}: a table is wanted, not {told!r}")
    return told


def _block(row_type: type[Row], told: Any, name: str, where: str) -> Iterator[Fact[Row]]:
    block = dict(_table(told, where))
    extra = {key: block.pop(key) for key in _EXTRA - _keys(row_type) if key in block}
    row = _row(row_type, block, where)
    target = str(getattr(row, "asset", SITE_WIDE))
    at, worth = _evidence(row, extra, where, event=name in _EVENTS)
    yield declared(row, target=target, where=where, at=at, worth=worth)
    if extra.get("place") or extra.get("admin"):
        place = DeclaredPlace(name=row.subject, place=extra.get("place"), admin=extra.get("admin"))
        yield declared(place, target=SITE_WIDE, where=where)


def _evidence(
    row: Row, extra: Mapping[str, Any], where: str, *, event: bool
) -> tuple[datetime | None, Worth]:
    """When it was said, and what that is worth: an event as much as its proof, the rest as the file."""
    said = extra.get("evidence")
    if said not in (None, "statement", "document", "artefact", "export"):
        raise ValueError(f"{where}: evidence is statement, document, export or artefact, not {said!r}")
    at = _moment(extra["said_at"], f"{where}.said_at") if "said_at" in extra else None
    if not event:
        return at, "configuration" if said is None else said
    happened = getattr(row, "at", None) or getattr(row, "newest_at", None)
    worth: Worth = said or ("artefact" if getattr(row, "artefact", None) else "statement")
    return at or happened, worth


def _keys(row_type: type[Row]) -> set[str]:
    return {one.name for one in dataclasses.fields(row_type)}


def _row(row_type: type[Row], block: Mapping[str, Any], where: str) -> Row:
    hints = typing.get_type_hints(row_type)
    names = _keys(row_type)
    values: dict[str, Any] = {}
    for key, value in block.items():
        name = next((n for n in (key, *(f"{key}_{unit}" for unit in _UNITS)) if n in names), None)
        if name is None:
            raise ValueError(f"{where}: {key!r} is not known; known: {', '.join(sorted(names))}")
        values[name] = _value(value, name, _kind(hints[name]), f"{where}.{key}")
    try:
        return row_type(**values)
    except TypeError as error:
        missing = [
            one.name for one in dataclasses.fields(row_type) if _needed(one) and one.name not in values
        ]
        raise ValueError(f"{where}: {', '.join(missing) or error} is missing") from error


def _needed(one: dataclasses.Field[Any]) -> bool:
    return one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING


def _kind(hint: Any) -> type:
    """The type of a column without its None."""
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    kind = next(one for one in options if one is not type(None))
    assert isinstance(kind, type)
    return kind


def _value(value: Any, name: str, kind: type, where: str) -> Any:
    if kind is datetime:
        return _moment(value, where)
    if kind is bool or isinstance(value, bool):
        if kind is bool and isinstance(value, bool):
            return value
        raise ValueError(
            f"{where}: true or false is wanted, not {value!r}" if kind is bool else f"{where}: {value!r}"
        )
    if kind is str:
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return "\n".join(value)
        if isinstance(value, str):
            return value
        raise ValueError(f"{where}: text is wanted, not {value!r}")
    number = _number(value, name, where)
    return int(number) if kind is int else float(number)


def _number(value: Any, name: str, where: str) -> float:
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and name.endswith("_hours"):
        return hours(value, where)
    if isinstance(value, str) and name.endswith("seconds"):
        return hours(value, where) * 3600
    if isinstance(value, str) and name.endswith("_days"):
        return hours(value, where) / 24
    if isinstance(value, str) and (name.endswith("_bytes") or "bytes_per" in name):
        return size(value, where)
    raise ValueError(f"{where}: a number is wanted, not {value!r}")


_UNITS = ("hours", "days", "at", "bytes", "seconds")


def hours(value: Any, where: str) -> float:
    """`90min`, `24h`, `7d`, `2w` or a number of hours, in hours. Raises ValueError."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return float(value)
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(min|m|h|d|w)\w*\s*", str(value), re.IGNORECASE)
    if match is None or isinstance(value, bool):
        raise ValueError(f'{where}: a time like "24h" or "7d" is wanted, not {value!r}')
    return float(match[1]) * _HOURS[match[2].lower()]


def size(value: Any, where: str) -> int:
    """`2 TB`, `500 GiB` or a number of bytes, in bytes; powers of 1000, with an i of 1024.

    Raises ValueError.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgtp]?)(i?)b?(?:/s)?\s*", str(value), re.IGNORECASE)
    if match is None or isinstance(value, bool):
        raise ValueError(f'{where}: a size like "2 TB" is wanted, not {value!r}')
    return int(float(match[1]) * (1024 if match[3] else 1000) ** _BYTES[match[2].lower()])


def _moment(value: Any, where: str) -> datetime:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    raise ValueError(f"{where}: a date like 2026-11-20 is wanted, without quotes, not {value!r}")
