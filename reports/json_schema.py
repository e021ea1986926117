"""The JSON Schema of a judgement's JSON output, made from the declarations it is written from."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any, Literal, get_args, get_origin, get_type_hints

from analyzer.changes import KINDS, Change, Changes
from analyzer.finding import Finding, Waiver
from analyzer.score_card import SiteScore
from analyzer.verdict import SEVERITIES
from analyzer.waivers import Applied
from collectors.fact import Gap, Origin, Source
from reports import json

_PLAIN: Mapping[Any, dict[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    type(None): {"type": "null"},
    Any: {},
}


def schema() -> dict[str, Any]:
    """The schema of `holdwater report --format json`, `audit --json` and `analyze --json`."""
    counts = ("critical", "high", "medium", "low", "info", "unknown", "error", "waived", "pass")
    texts = _list(_PLAIN[str])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "holdwater judgement",
        "description": "Made of the program's declarations; `schema` rises when a key changes or goes.",
        **_object(
            {
                "schema": {"const": json.SCHEMA},
                "site": _PLAIN[str],
                "at": _PLAIN[datetime],
                "targets": texts,
                "score": of(SiteScore),
                "counts": _object({kind: {"type": "integer", "minimum": 0} for kind in counts}),
                "changes": _either([_changes(), _PLAIN[type(None)]]),
                "findings": _list(_finding()),
                "passed": {"type": "object", "additionalProperties": texts},
                "waivers": _list(
                    _object({**_properties(Waiver), **_properties(Applied, ("standing", "count"))})
                ),
                "gaps": _list(_object({**_gap(), "rules": texts})),
                "absent": _list(_object(dict.fromkeys(("target", "table", "proof"), _PLAIN[str]))),
            }
        ),
    }


def _changes() -> dict[str, Any]:
    """Since the audit before; null if there is none to compare with."""
    names = ("kind", "rule", "target", "subject", "label", "severity", "before", "message")
    told = _properties(
        Changes, ("same_rules", "grades", "numbers", "unchanged", "targets_new", "targets_gone")
    )
    return _object(
        {
            "before": _PLAIN[datetime],
            "after": _PLAIN[datetime],
            **told,
            "counts": _object({kind: {"type": "integer", "minimum": 0} for kind in KINDS}),
            "changes": _list(_object(_properties(Change, names))),
        }
    )


def _finding() -> dict[str, Any]:
    names = ("rule", "outcome", "severity", "priority", "target", "subject", "label")
    more = ("message", "probability", "limits")
    evidence = {
        **_properties(Origin, ("argv", "at", "member")),
        "where": {"type": ["string", "null"]},
    }
    assert {one.name for one in fields(Source)} >= {"origin", "where"}
    return _object(
        {
            **_properties(Finding, (*names, *more)),
            "outcome": {"enum": ["fail", "waived", "unknown", "error"]},
            "severity": {"enum": list(SEVERITIES)},
            "column": {"type": ["string", "null"]},
            "evidence": _list(_object(evidence)),
            "waiver": _either([of(Waiver), _PLAIN[type(None)]]),
        }
    )


def _gap() -> dict[str, Any]:
    told = _properties(Gap, ("target", "reason", "detail"))
    return {**told, "table": _PLAIN[str], "subject": {"type": ["string", "null"]}}


def of(annotation: Any) -> dict[str, Any]:
    """The schema of a type as it is written. Raises TypeError for one that has no place in JSON."""
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    if is_dataclass(annotation) and isinstance(annotation, type):
        return _object(_properties(annotation))
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return {"enum": list(inside)}
    if origin in (typing.Union, types.UnionType):
        return _either([of(one) for one in inside])
    if origin is tuple and inside[1:] == (...,):
        return _list(of(inside[0]))
    if origin is tuple and len(set(inside)) == 1:
        return {**_list(of(inside[0])), "minItems": len(inside), "maxItems": len(inside)}
    if origin in (dict, Mapping):
        return {"type": "object", "additionalProperties": of(inside[1])}
    raise TypeError(f"{annotation!r} has no place in JSON")


def _properties(declared: Any, names: tuple[str, ...] = ()) -> dict[str, Any]:
    hints = get_type_hints(declared)
    return {name: of(hints[name]) for name in names or [one.name for one in fields(declared)]}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _either(told: list[dict[str, Any]]) -> dict[str, Any]:
    return {"anyOf": told}
