"""The two means of the score: of one pillar over the assets, and of the pillars.

Something in which nothing passed is *optional*: it counts where it lowers the mean, never where it would
raise it. So a first failure in a part that nobody looked at cannot lift the whole, and looking away cannot.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import fsum, inf
from typing import NamedTuple


class Entry(NamedTuple):
    """A number with its weight. *sure*: something passed there. *important*: may be the worst one."""

    weight: float
    number: float
    sure: bool
    important: bool = True


def mean(told: Iterable[tuple[float, float | None, bool]]) -> float | None:
    """The weighted mean of (weight, number or None, sure): the sure, and those optional that lower it."""
    products, weights, optional = [], [], []
    for weight, number, sure in told:
        if number is not None and sure:
            products.append(weight * number)
            weights.append(weight)
        elif number is not None:
            optional.append((number, weight, ""))
    return _lowest(fsum(products), fsum(weights), sorted(optional))


Optional = tuple[float, float, str]
"""Number, weight and name of an entry that only counts where it lowers the mean."""


def _lowest(
    total: float, weight: float, optional: Sequence[Optional], without: str | None = None
) -> float | None:
    for number, its_weight, name in optional:
        if name == without:
            continue
        if weight and number * weight >= total:
            break
        total += number * its_weight
        weight += its_weight
    return total / weight if weight else None


class OverAssets:
    """One pillar over all assets: the mean, pulled down by the worst important asset.

    Knows its sums, so that changing one asset's number does not take a walk over all of them.
    """

    def __init__(self, entries: dict[str, Entry], mean_share: float, worst_share: float) -> None:
        self.entries = entries
        self._shares = (mean_share, worst_share)
        products: list[float] = []
        weights: list[float] = []
        optional: list[Optional] = []
        important: list[tuple[float, str]] = []
        for name, entry in entries.items():
            weight, number, sure, may_be_worst = entry
            if sure:
                products.append(weight * number)
                weights.append(weight)
            else:
                optional.append((number, weight, name))
            if may_be_worst:
                important.append((number, name))
        self.sure = len(weights)
        self._total, self._weight = fsum(products), fsum(weights)
        self._optional = sorted(optional)
        self._worst = sorted(important)[:2]
        self.number = self._blend(self._total, self._weight, self._optional, None)

    def changed(self, name: str, new: Entry) -> float | None:
        """The pillar's number if one asset had the *new* entry."""
        old = self.entries.get(name)
        total, weight = self._total, self._weight
        if old is not None and old.sure:
            total, weight = total - old.weight * old.number, weight - old.weight
        if self.sure - (old is not None and old.sure) == 0:
            total = weight = 0.0
        optional = self._optional
        if new.sure:
            total, weight = total + new.weight * new.number, weight + new.weight
        else:
            optional = sorted([*(o for o in optional if o[2] != name), (new.number, new.weight, "")])
        return self._blend(total, weight, optional, name, new.number if new.important else inf)

    def _blend(
        self,
        total: float,
        weight: float,
        optional: Sequence[Optional],
        without: str | None,
        worst: float = inf,
    ) -> float | None:
        """The two shares, with every asset but the one left out; *worst*: its new number, if important."""
        middle = _lowest(total, weight, optional, without)
        if middle is None:
            return None
        for number, name in self._worst:
            if name != without and number < worst:
                worst = number
        return self._shares[0] * middle + self._shares[1] * min(middle, worst)
