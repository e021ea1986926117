"""Tables and rules by name, with the nearest name suggested where there is none."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from collectors.collector import load
from collectors.table import TABLES, Row
from holdwater.errors import CannotRun

if TYPE_CHECKING:
    from analyzer.rule import Rule


def tables() -> Mapping[str, type[Row]]:
    """Every table by name, collected and derived, sorted."""
    load()
    rules()
    return dict(sorted(TABLES.items()))


def table(name: str) -> type[Row]:
    """The table of that name. Raises CannotRun."""
    load()
    if name in TABLES:
        return TABLES[name]  # a collected one: rules and derived tables need not be loaded
    known = tables()
    if name not in known:
        from holdwater.store.tables import OWN

        if name in OWN:
            raise CannotRun(f"{name} is a table of the store, of all audits: holdwater query {name}")
        raise CannotRun(f"there is no table {name!r}{_nearest(name, known)}; `holdwater tables` lists them")
    return known[name]


def rules() -> Mapping[str, Rule]:
    """Every rule by id, sorted."""
    from analyzer.engine import every_rule

    return every_rule()


def rule(name: str) -> Rule:
    """The rule of that id. Raises CannotRun."""
    known = rules()
    if name not in known:
        near = known if "/" in name else {one.partition("/")[0] for one in known}
        raise CannotRun(f"there is no rule {name!r}{_nearest(name, near)}; `holdwater rules` lists them")
    return known[name]


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), 1)
    return f" (did you mean {near[0]}?)" if near else ""
