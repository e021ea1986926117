"""Which of the blocks of `site.toml` that name a machine is about a target."""

from __future__ import annotations

from typing import Any, TypeVar

from analyzer.derived.asset import systems_of
from analyzer.site import Site
from collectors.fact import Fact
from collectors.table import Row

R = TypeVar("R", bound=Row)


def said_of(site: Site, declared: type[R], target: str) -> Fact[R] | None:
    """The block whose column `name` means the target, by its name or that of its asset; else that of `*`."""
    blocks: list[Fact[Any]] = list(site.facts(declared))
    if not blocks:
        return None
    known = site.once(systems_of)
    for fact in blocks:
        match = known.index.find(fact.row.name)
        draft = known.drafts.get(match.asset) if match else None
        if fact.row.name.lower() == target.lower() or (draft is not None and draft.target == target):
            return fact
    return next((fact for fact in blocks if fact.row.name == "*"), None)
