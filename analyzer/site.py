"""Facts of one site: the unit that is collected, judged and distributed."""

from __future__ import annotations

import importlib
import pkgutil
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from collectors.fact import Absent, Fact, Gap
from collectors.table import Row

if typing.TYPE_CHECKING:
    from pandas import DataFrame

R = TypeVar("R", bound=Row)
T = TypeVar("T")
WorkOut = Callable[["Site"], Iterable[Fact[R]]]

DERIVED: dict[type[Row], tuple[tuple[WorkOut[Any], ...], tuple[type[Row], ...]]] = {}
"""What works each derived table out, one after another, and out of which tables."""
_BELOW: dict[type[Row], tuple[type[Row], ...]] = {}
"""What :func:`tables_below` has found, until another derived table is registered."""


def derived(row_type: type[R], *, out_of: tuple[type[Row], ...]) -> Callable[[WorkOut[R]], WorkOut[R]]:
    """Register the function as what works the table out from others, when it is first asked for."""

    def register(work_out: WorkOut[R]) -> WorkOut[R]:
        DERIVED[row_type] = ((work_out,), out_of)
        _BELOW.clear()
        return work_out

    return register


def joined_into(row_type: type[R], *, out_of: tuple[type[Row], ...]) -> Callable[[WorkOut[R]], WorkOut[R]]:
    """Register the function as a further source of rows of a derived table: arrays of other makers, edges.

    Its rows come after those of the function that :func:`derived` registered, which must be imported first.
    """

    def register(work_out: WorkOut[R]) -> WorkOut[R]:
        before, below = DERIVED[row_type]
        DERIVED[row_type] = ((*before, work_out), tuple(dict.fromkeys((*below, *out_of))))
        _BELOW.clear()
        return work_out

    return register


def load_derived() -> None:
    """Import every module of `analyzer.derived`."""
    import analyzer.derived

    for module in pkgutil.iter_modules(analyzer.derived.__path__, "analyzer.derived."):
        importlib.import_module(module.name)


@dataclass(frozen=True, slots=True)
class Asset:
    """A system somebody would want back: by `site.toml`, or each target with tier None (judged as 2).

    *kind*: machine, data, application, database, mail, directory, configuration, network, saas, certificates,
    licences, vault or backup server. *rpo_hours*, *rto_hours*: what its owner wants. *known_as*: further
    names, identities and addresses by which targets, guests and backups know it (`uuid:…`, `vm/101`,
    `nas:/srv/mail`). *admin*: the credentials that administer it. *no_backup*: its people say that nothing
    backs it up. *keep_days*: how far back its copies shall reach.
    """

    name: str
    tier: int | None = None
    owner: str = ""
    kind: str = ""
    rpo_hours: float | None = None
    rto_hours: float | None = None
    depends_on: tuple[str, ...] = ()
    known_as: tuple[str, ...] = ()
    place: str = ""
    admin: str = ""
    size_bytes: int | None = None
    no_backup: bool = False
    paths: tuple[str, ...] = ()
    keep_days: float | None = None


@dataclass(slots=True)
class Site:
    """All that is known of a site at one time. *history*: the same site at earlier times, oldest first.

    *stored*: gives the rows of a collected table that nobody added, for a site that is kept elsewhere.
    *addresses*: host name or IP address by which a target was reached.
    """

    name: str
    at: datetime
    targets: tuple[str, ...] = ()
    tables: dict[type[Row], list[Fact[Any]]] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    absences: list[Absent] = field(default_factory=list)
    assets: tuple[Asset, ...] = ()
    history: tuple[Site, ...] = ()
    stored: Callable[[type[Row]], Iterable[Fact[Any]]] | None = field(default=None, repr=False)
    systems: Mapping[str, str] = field(default_factory=dict)
    """What each target runs, where that is not Unix: vsphere, proxmox, windows, restic …"""
    addresses: Mapping[str, str] = field(default_factory=dict)
    _blind: dict[type[Row], list[Gap]] = field(default_factory=dict, repr=False)
    _by_target: dict[type[Row], dict[str, list[Fact[Any]]]] = field(default_factory=dict, repr=False)
    _once: dict[object, Any] = field(default_factory=dict, repr=False)

    def bare(self) -> Site:
        """The same site as it was collected: nothing worked out, no history."""
        collected = {name: facts for name, facts in self.tables.items() if name not in DERIVED}
        return replace(self, tables=collected, history=(), _blind={}, _by_target={}, _once={})

    def add(self, told: Iterable[Fact[Row] | Gap | Absent]) -> None:
        """Take in what reading gave."""
        tables = self.tables
        for one in told:
            if isinstance(one, Fact):
                row_type = type(one.row)
                if row_type in tables:
                    tables[row_type].append(one)
                else:
                    tables[row_type] = [one]
            elif isinstance(one, Gap):
                self.gaps.append(one)
            else:
                self.absences.append(one)

    def facts(self, row_type: type[R]) -> list[Fact[R]]:
        """The table's rows; a derived table is worked out on first demand."""
        known = self.tables.get(row_type)
        if known is None:
            known = []
            if row_type in DERIVED:
                for work_out in DERIVED[row_type][0]:
                    known += work_out(self)
            elif self.stored:
                known += self.stored(row_type)
            self.tables[row_type] = known
        return known

    def facts_of(self, target: str, row_type: type[R]) -> list[Fact[R]]:
        """The table's rows of one target."""
        if row_type not in self._by_target:
            index: dict[str, list[Fact[Any]]] = {}
            for fact in self.facts(row_type):
                index.setdefault(fact.target, []).append(fact)
            self._by_target[row_type] = index
        return self._by_target[row_type].get(target, [])

    def once(self, make: Callable[[Site], T]) -> T:
        """What *make* gives for this site, worked out once: what several derived tables share."""
        if make not in self._once:
            self._once[make] = make(self)
        made: T = self._once[make]
        return made

    def frame(self, row_type: type[Row]) -> DataFrame:
        """The table as a frame: a column `target` and one for each column, every dtype nullable."""
        from analyzer.frames import frame_of

        return frame_of(row_type, self.facts(row_type))

    def blind_spots(self, row_type: type[Row]) -> list[Gap]:
        """Gaps in the table, or in any table it is worked out of."""
        if row_type not in self._blind:
            self._blind[row_type] = list(self._blind_spots(row_type))
        return self._blind[row_type]

    def _blind_spots(self, row_type: type[Row]) -> Iterator[Gap]:
        """*row_type* first, then what it is worked out of, each table once."""
        gaps = self.once(_gaps_by_table)
        return (gap for below in tables_below(row_type) for gap in gaps.get(below, ()))


def _gaps_by_table(site: Site) -> dict[type[Row], list[Gap]]:
    found: dict[type[Row], list[Gap]] = {}
    for gap in site.gaps:
        found.setdefault(gap.table, []).append(gap)
    return found


def tables_below(row_type: type[Row]) -> tuple[type[Row], ...]:
    """The table, then all that it is worked out of, depth first, each once."""
    known = _BELOW.get(row_type)
    if known is not None:
        return known
    found: dict[type[Row], None] = {}
    waiting = [row_type]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found[one] = None
            waiting.extend(reversed(DERIVED.get(one, (None, ()))[1]))
    _BELOW[row_type] = below = tuple(found)
    return below


Limits = Mapping[str, Mapping[str, Any]]
"""Rule id → limit → value, as `site.toml` overrides them."""
