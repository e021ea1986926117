"""Earlier audits out of the store, as sites and as audits to compare with."""

from __future__ import annotations

import dataclasses
import json
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from analyzer.changes import Audited, Graded
from analyzer.finding import BlindSpot, Finding
from analyzer.score_method import grade
from analyzer.site import Site
from collectors.fact import Absent, Fact, Gap, Origin, Source
from collectors.table import TABLES, Row
from holdwater.api import reached_at
from holdwater.store.layout import Stored, StoreError, Unit
from holdwater.store.tables import kept_as, known

Trouble = Callable[[StoreError], None]
"""What is done about a file that cannot be read."""


def site_of(unit: Unit, stored: Stored, trouble: Trouble) -> Site:
    """An earlier audit as a site; its tables are read when they are first asked for.

    *trouble* is called with a StoreError for a damaged file, and the table then has no rows: judging goes on,
    and whoever judges decides what that is worth.
    """

    def rows(row_type: type[Row]) -> Iterable[Fact[Any]]:
        try:
            return list(_facts(row_type, read(unit, row_type.TABLE, stored)))
        except StoreError as error:
            trouble(error)
            return ()

    try:
        asked = {str(one["target"]): one for one in read(unit, "target", stored)}
        gaps = [spot.gap for spot in _gaps(unit, stored)]
        told = read(unit, "absence", stored)
    except StoreError as error:
        trouble(error)
        return Site(stored.site, stored.at)
    absent = [
        Absent(one["target"], TABLES[one["table_name"]], one["proof"])
        for one in told
        if one["table_name"] in TABLES
    ]
    return Site(
        stored.site,
        stored.at,
        tuple(sorted(asked)),
        gaps=gaps,
        absences=absent,
        stored=rows,
        systems={name: one["system"] for name, one in asked.items() if one.get("system")},
        addresses={name: reached_at(one["address"]) for name, one in asked.items()},
    )


def audited(unit: Unit, stored: Stored) -> Audited:
    """An earlier audit to compare with. Raises StoreError for a damaged file."""
    told = stored.told
    try:
        return Audited(
            at=stored.at,
            targets=tuple(sorted(str(one["target"]) for one in read(unit, "target", stored))),
            findings=tuple(map(_finding, read(unit, "finding", stored))),
            blind_spots=tuple(_gaps(unit, stored)),
            grade=grade(told["grade"]),
            number=told["number"],
            ruleset=told["ruleset"],
            scoring=told["scoring"],
        )
    except (KeyError, ValueError, TypeError) as error:
        raise damaged(unit.folder, error) from error


def graded(stored: Stored) -> Graded:
    """The grade of an earlier audit."""
    told = stored.told
    rated = told["grade"] != "U"
    return Graded(
        at=stored.at,
        grade=grade(told["grade"]),
        number=told["number"] if rated else None,
        low=told["low"],
        high=told["high"],
        ruleset=told["ruleset"],
        scoring=told["scoring"],
    )


def read(unit: Unit, table: str, stored: Stored) -> list[dict[str, Any]]:
    """Rows of one table of one audit as it was kept; times are aware. Raises StoreError."""
    path = unit.file(table)
    return [] if path is None else _by_audit(path).get(stored.audit, [])


@lru_cache(maxsize=256)
def _by_audit(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Rows of each audit in a file. Files never change, and a pack is asked for each audit that is in it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    found: dict[str, list[dict[str, Any]]] = {}
    try:
        for row in pq.ParquetFile(path).read().to_pylist():
            found.setdefault(str(row["audit_id"]), []).append(_aware(row))
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        raise damaged(path, error) from error
    return found


def damaged(path: Path, error: BaseException) -> StoreError:
    """What to say of a file of the store that cannot be read."""
    told = " ".join(str(error).split())[:120]
    return StoreError(
        f"{path} is damaged ({told}); `holdwater store verify` lists what is,"
        " `holdwater store rebuild` mends it"
    )


def _aware(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
        for name, value in row.items()
    }


def _facts(row_type: type[Row], rows: Iterable[Mapping[str, Any]]) -> Iterator[Fact[Any]]:
    """Rows of today's type; a row that an older holdwater kept without what is now required is left out."""
    names = _names(row_type)
    for row in rows:
        told = {name: row.get(kept) for name, (kept, _, _) in names.items()}
        if all(isinstance(told[name], kind) or told[name] is None for name, (_, kind, _) in names.items()):
            told = {name: value for name, value in told.items() if value is not None}
            if all(name in told or leave_out for name, (_, _, leave_out) in names.items()):
                yield Fact(row["target"], row_type(**told))


def _names(row_type: type[Row]) -> dict[str, tuple[str, Any, bool]]:
    """Column → the name it is kept by, its type, and whether it has a default."""
    hints = typing.get_type_hints(row_type)
    return {
        field.name: (
            kept_as(field.name),
            known(hints[field.name]),
            field.default is not dataclasses.MISSING,
        )
        for field in dataclasses.fields(row_type)
    }


def _gaps(unit: Unit, stored: Stored) -> Iterator[BlindSpot]:
    for one in read(unit, "blind_spot", stored):
        if one["table_name"] in TABLES:
            gap = Gap(one["target"], TABLES[one["table_name"]], one["reason"], one["detail"], one["subject"])
            yield BlindSpot(gap, tuple(one["rules"].split(", ")) if one["rules"] else ())


def _finding(told: Mapping[str, Any]) -> Finding:
    return Finding(
        rule=told["rule"],
        outcome=told["outcome"],
        severity=told["severity"],
        target=told["target"],
        subject=told["subject"],
        label=told["label"],
        root=told["root"],
        message=told["message"],
        column=told["decided_by"],
        probability=told["probability"],
        priority=told.get("priority"),  # audits of before there were priorities have none
        limits=json.loads(told["limits"]) if told["limits"] else {},
        sources=tuple(_source(told["target"], one) for one in json.loads(told["evidence"] or "[]")),
    )


def _source(target: str, told: Mapping[str, Any]) -> Source:
    at = datetime.fromisoformat(told["at"]) if told["at"] else None
    return Source(Origin(target, tuple(told["argv"]), at, told["member"]), told["where"])
