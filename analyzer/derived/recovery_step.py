"""The order in which systems come back after a total loss, with times, and what stands in its way.

Systems wait for what they need. Among those that wait for nothing, vital ones come first. Restores out of one
repository queue; those out of different ones run side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from analyzer.copy_series import collected
from analyzer.derived.asset import System
from analyzer.derived.asset_copy import AssetCopy
from analyzer.derived.protection import Protection
from analyzer.derived.repository import Repository
from analyzer.joining import sources
from analyzer.restore_time import CHECK_SHARE, speeds_of
from analyzer.site import Site, derived
from analyzer.wording import listed
from collectors.fact import Fact
from collectors.table import Row, column, table

_EARLY = ("network", "directory", "dns", "domain controller", "hypervisor", "backup server", "vault")
"""Kinds and roles that others need without saying so."""


@table("recovery_step", key=("asset",), label=("label",))
class RecoveryStep(Row):
    """One system in the recovery of the whole site."""

    asset: str = column("Name of the system")
    label: str = column("What its people call it")
    tier: int | None = column("Importance by its owner", default=None)
    place: int = column("Place in the order, from 1")
    waits_for: str = column("Systems that must be back before it, newline-separated", default="")
    cycle: str = column("Systems that wait for one another, itself included; empty: none", default="")
    level: int | None = column("Recoverability level", default=None)
    standing: str = column("proven, plausible, doubtful, no or unknown")
    repository: str = column("Repository it comes from", default="")
    starts_hours: float | None = column("After the loss, when its restore can begin", default=None)
    ends_hours: float | None = column(
        "After the loss, when it is back; None: not known, or never", default=None
    )
    wanted_hours: float | None = column("When its owner wants it back", default=None)
    basis: str = column("What the time is made of", default="")
    weakest: str = column("Systems it needs that cannot be restored, newline-separated", default="")
    lost_with: str = column("What its restore needs and what would be lost with it", default="")


@derived(RecoveryStep, out_of=(Protection,))
def recovery_steps(site: Site) -> Iterator[Fact[RecoveryStep]]:
    facts = {fact.row.asset: fact for fact in site.facts(Protection)}
    if not facts:
        return
    needs = {name: _lines(fact.row.depends_on) for name, fact in facts.items()}
    rounds = cycles(needs)
    order = ordered({name: fact.row for name, fact in facts.items()}, needs)
    times = _Times(site)
    ends: dict[str, float | None] = {}
    hosts = {fact.row.repository: fact.row.host for fact in site.facts(Repository)}
    for place, name in enumerate(order, 1):
        row = facts[name].row
        start, end, basis = times.of(row, [ends.get(one) for one in needs[name] if one in ends])
        ends[name] = end
        weak = [one for one in needs[name] if one in facts and facts[one].row.standing in ("no", "doubtful")]
        step = RecoveryStep(
            asset=name,
            label=row.label,
            tier=row.tier,
            place=place,
            waits_for="\n".join(needs[name]),
            cycle=listed(rounds.get(name, []), 6),
            level=row.level,
            standing=row.standing,
            repository=row.best,
            starts_hours=start,
            ends_hours=end,
            wanted_hours=row.rto_wanted_hours,
            basis=basis,
            weakest="\n".join(weak),
            lost_with=_lost_with(name, hosts.get(row.best), needs, facts),
        )
        yield Fact(name, step, sources(facts[name]))


def _lines(text: str) -> list[str]:
    return [one for one in text.split("\n") if one] if text else []


def _lost_with(
    name: str,
    host: str | None,
    needs: Mapping[str, Sequence[str]],
    facts: Mapping[str, Fact[Protection]],
) -> str:
    """Why its own restore needs the system itself: its repository runs on it, or on what needs it."""
    if not host or host not in facts:
        return ""
    if host == name:
        return f"its copies lie on itself ({name})"
    return f"its repository is on {host}, which needs {name}" if name in _all_needs(host, needs) else ""


def _all_needs(name: str, needs: Mapping[str, Sequence[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = list(needs.get(name, ()))
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting.extend(needs.get(one, ()))
    return seen


def cycles(needs: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Name → the names that wait for one another with it, sorted; only of those in a cycle."""
    below = {name: _all_needs(name, needs) for name, wanted in needs.items() if wanted}
    return {
        name: sorted(one for one in all_of if name in below.get(one, ()))
        for name, all_of in below.items()
        if name in all_of
    }


def ordered(rows: Mapping[str, Protection], needs: Mapping[str, Sequence[str]]) -> list[str]:
    """Every name once, after what it needs; where that cannot be (a cycle), the vital one first."""
    left = {name: {one for one in wanted if one in rows and one != name} for name, wanted in needs.items()}
    above: dict[str, list[str]] = {}
    for name, wanted in left.items():
        for one in wanted:
            above.setdefault(one, []).append(name)
    order: list[str] = []
    ready = sorted((name for name, wanted in left.items() if not wanted), key=lambda n: _rank(rows[n]))
    waiting = {name for name, wanted in left.items() if wanted}
    while ready or waiting:
        if not ready:
            ready = [min(waiting, key=lambda n: _rank(rows[n]))]
            waiting.discard(ready[0])
        following = []
        for name in ready:
            order.append(name)
            for one in above.get(name, ()):
                left[one].discard(name)
                if one in waiting and not left[one]:
                    waiting.discard(one)
                    following.append(one)
        ready = sorted(following, key=lambda n: _rank(rows[n]))
    return order


def _rank(row: Protection) -> tuple[bool, int, str]:
    early = row.kind in _EARLY or row.role in _EARLY
    return (not early, row.tier or 2, row.asset)


class _Times:
    """Queues of restores, one for each repository."""

    def __init__(self, site: Site) -> None:
        self._speeds = site.once(speeds_of)
        self._free: dict[str, float] = {}
        copies = site.facts(AssetCopy) if site.once(collected).series else []
        self._sizes = {(f.row.asset, f.row.repository): f.row.size_bytes for f in copies}
        self._own = {fact.row.asset: fact.row.size_bytes for fact in site.facts(System)}

    def of(self, row: Protection, waited: Sequence[float | None]) -> tuple[float | None, float | None, str]:
        """When its restore begins and ends, hours after the loss, and what of; None if that is not known."""
        whole = self._own.get(row.asset) or self._sizes.get((row.asset, row.best))
        if not row.best or not whole or None in waited:
            return None, None, ""
        (decide, _), (provision, _) = self._speeds.decide, self._speeds.provision
        ready = max([decide + provision, *(one for one in waited if one is not None)])
        start = max(ready, self._free.get(row.best, 0.0))
        speed = self._speeds.of(row.asset, row.best)
        moving = whole / speed.bytes_per_second / 3600
        self._free[row.best] = start + moving
        return start, start + moving * (1 + CHECK_SHARE), speed.basis
