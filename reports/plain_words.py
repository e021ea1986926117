"""Faults and caps in the words of somebody who has to decide: no codes, no terms of the trade."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of fault, in English messages: what is wrong, what is lost, what to do, how long it takes."""

    name: str
    rules: tuple[str, ...]
    title: str
    lost: str
    do: str
    takes: str


@dataclass(frozen=True, slots=True)
class Held:
    """Why a grade is held down and what lifts it, in English messages with blanks `asset` and `part`."""

    because: str
    lift: str


@cache
def _told() -> Mapping[str, Any]:
    return tomllib.loads(files("reports").joinpath("plain_words.toml").read_text(encoding="utf-8"))


@cache
def kinds() -> tuple[Kind, ...]:
    """Every kind, the first that matches a rule first."""
    told = _told()
    return tuple(
        Kind(
            name=one["name"],
            rules=tuple(one["rules"]),
            title=one["title"],
            lost=one["lost"],
            do=one["do"],
            takes=told["takes"][one["takes"]],
        )
        for one in told["kind"]
    )


@cache
def kind_of(rule: str) -> Kind:
    """The kind of the faults that a rule finds; the last one takes every rule."""
    return next(one for one in kinds() if any(fnmatchcase(rule, pattern) for pattern in one.rules))


@cache
def held() -> Mapping[str, Held]:
    """Condition of a cap → what is said of it."""
    return {one["condition"]: Held(one["because"], one["lift"]) for one in _told()["cap"]}


def messages() -> Iterator[str]:
    """Every sentence that catalogues translate."""
    yield from _told()["takes"].values()
    for one in kinds():
        yield from (one.title, one.lost, one.do)
    for cap in held().values():
        yield from (cap.because, cap.lift)
