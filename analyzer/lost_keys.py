"""Keys that are lost together with what they open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analyzer.asset_index import AssetIndex
from analyzer.derived.repository import Repository


def lost_keys(index: AssetIndex, stores: Mapping[str, Repository]) -> dict[str, frozenset[str]]:
    """Asset → repositories whose key is kept on that asset, in the repository itself, and nowhere else."""
    found: dict[str, set[str]] = {}
    for store in stores.values():
        if not store.keys_kept:
            continue
        kept: list[Any] = [index.find(place) for place in store.keys_kept.split("\n") if place]
        if kept and all(match is not None and match.asset for match in kept):
            names = {match.asset for match in kept}
            for name in names if len(names) == 1 else ():
                found.setdefault(name, set()).add(store.repository)
    return {name: frozenset(held) for name, held in found.items()}
