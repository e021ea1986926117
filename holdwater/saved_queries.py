"""Questions by name: those shipped in `queries.toml`, and those of a `queries.toml` beside `site.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from holdwater.errors import CannotRun

NAME = "queries.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedQuery:
    """A question with the values of its names."""

    name: str
    about: str
    sql: str
    values: Mapping[str, Any]


def queries() -> dict[str, SavedQuery]:
    """Every question by name, in the order of the files. Raises CannotRun for a file that cannot be used."""
    shipped = resources.files("holdwater").joinpath(NAME).read_text("utf-8")
    told = _read(shipped, NAME)
    own = Path(NAME)
    if own.is_file():
        try:
            told |= _read(own.read_text("utf-8"), str(own.absolute()))
        except (OSError, UnicodeDecodeError) as error:
            raise CannotRun(f"{own}: {error}") from error
    return told


def _read(text: str, where: str) -> dict[str, SavedQuery]:
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CannotRun(f"{where}: {error}") from error
    found = {}
    for name, one in told.items():
        if not isinstance(one, dict) or not isinstance(one.get("sql"), str):
            raise CannotRun(f'{where}: a block [{name}] with sql = "…" is wanted')
        for key in one.keys() - {"about", "sql", "values"}:
            raise CannotRun(f"{where}: {key!r} is not known in [{name}]; known: about, sql, values")
        values = one.get("values", {})
        found[name] = SavedQuery(name=name, about=str(one.get("about", "")), sql=one["sql"], values=values)
    return found


def with_values(query: SavedQuery, given: Mapping[str, str]) -> dict[str, Any]:
    """The values of its names, those *given* as text read like their defaults. Raises CannotRun."""
    told = dict(query.values)
    for name, text in given.items():
        if name not in told:
            known = ", ".join(told) or "none"
            raise CannotRun(f"the question {query.name} has no value {name!r}; it has {known}")
        kind = type(told[name])
        try:
            told[name] = kind(text)
        except ValueError as error:
            raise CannotRun(f"--set {name}={text}: like {told[name]!r}, please") from error
    return told
