"""Controls that a rule is relevant to, by standard. Relevant, never compliant."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def mapping() -> dict[str, Any]:
    """`analyzer/data/controls.toml`: the standards' names and, by code, their identifiers."""
    return tomllib.loads(files("analyzer").joinpath("data", "controls.toml").read_text("utf-8"))


def relevant(codes: str) -> tuple[tuple[str, str], ...]:
    """(standard with its edition, identifiers) for codes such as `C1, C2`; empty where none truly applies."""
    told = mapping()
    every = codes.split(", ") if codes else []
    wanted = [told["controls"][code] for code in every if code in told["controls"]]
    others = [code for code in every if code not in told["controls"]]
    found = []
    for key, name in told["standards"].items():
        identifiers = dict.fromkeys(one for control in wanted for one in control.get(key, ()))
        if identifiers:
            found.append((str(name), ", ".join(identifiers)))
    return (*found, *([("other controls", ", ".join(others))] if others else []))
