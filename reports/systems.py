"""Every system with its verdict: a row each, and the whole argument for it behind the row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analyzer.derived.asset_copy import AssetCopy
from analyzer.derived.protection import Protection
from analyzer.engine import Judgement
from analyzer.finding import Finding
from analyzer.score_systems import scored_systems
from collectors.fact import Fact
from reports.groups import Group
from reports.restorable import STANDINGS, Restorable, restorable, standing_of
from reports.text import beginning, listed, many, moment, one_line, size

ROWS = 300
"""Systems written out; of more, the worst off are, and the rest is counted."""
ARGUED_ON_PAPER = 30
"""Systems whose whole argument is printed: it takes a third of a sheet each."""

SHAPES = {"proven": "pass", "plausible": "pass", "doubtful": "high", "no": "critical", "unknown": "unknown"}
"""Which shape is drawn before each standing, so that colour is never alone."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One repository that holds copies of a system, in words."""

    name: str
    newest: str
    points: str
    fate: str
    checked: str
    reach: str


@dataclass(frozen=True, slots=True)
class Digit:
    """One digit of 3-2-1-1-0. *state*: yes, no or unknown."""

    digit: str
    wanted: str
    state: str
    told: str


@dataclass(frozen=True, slots=True)
class SystemRow:
    """A system in the table. *level*: R0 to R5, or R? where nothing is known; *bare*: no copy and no job is.

    *anchor*: of its argument; empty where that is not written out.
    """

    asset: str
    name: str
    anchor: str
    kind: str
    tier: str
    level: str
    bare: bool
    standing: str
    word: str
    shape: str
    newest: str
    loss: str
    time: str
    copies: str
    verified: str
    tested: str
    worst: str
    worst_anchor: str
    steps: tuple[tuple[str, str, str], ...]
    lift: str
    basis: str
    held: tuple[Copy, ...]
    digits: tuple[Digit, ...]
    sources: tuple[str, ...]
    searched: str


@dataclass(frozen=True, slots=True)
class Systems:
    """All systems. *others*: how many are not written out."""

    restorable: Restorable
    rows: tuple[SystemRow, ...]
    others: int

    @property
    def argued(self) -> tuple[SystemRow, ...]:
        """Those whose argument is written out."""
        return tuple(row for row in self.rows if row.anchor)

    @property
    def bare(self) -> bool:
        """Whether nothing is known of any: the table is then one of question marks."""
        return all(row.bare for row in self.rows)

    @property
    def said(self) -> str:
        """3 of 5 systems restorable."""
        return f"{self.restorable.count} of {many(self.restorable.total, 'system')} restorable"

    @property
    def counts(self) -> tuple[tuple[str, int, str], ...]:
        """(shape, count, word) of each standing that occurs, best first."""
        told = self.restorable.counts
        return tuple((SHAPES[name], count, STANDINGS[name]) for name, count in told.items() if count)


def systems(
    judgement: Judgement, most: int = ROWS, written: Sequence[Group] = (), argued: int = ROWS
) -> Systems:
    """The table of a judgement, worst of the most important first.

    *written*: the faults as the page writes them out, to which each system's worst one leads; *argued*: how
    many get their whole argument.
    """
    by_rule = {group.findings[0].rule: group for group in written if group.findings}
    facts = list(judgement.site.facts(Protection))
    facts.sort(key=lambda fact: worst_first(fact.row))
    copies: dict[str, list[AssetCopy]] = {}
    for copy in judgement.site.facts(AssetCopy):
        copies.setdefault(copy.row.asset, []).append(copy.row)
    worst = worst_faults(judgement)
    shown = facts[:most]
    rows = tuple(
        _row(
            f"system-{number}" if number <= argued else "",
            fact,
            copies.get(fact.row.asset, []),
            worst.get(fact.row.asset),
            by_rule,
        )
        for number, fact in enumerate(shown, 1)
    )
    return Systems(restorable(judgement), rows, len(facts) - len(shown))


def worst_first(row: Protection) -> tuple[int, int, str]:
    """The order of systems: important ones first, of these the worst off."""
    order = ("no", "doubtful", "unknown", "plausible", "proven")
    return (row.tier or 2, order.index(row.standing), row.asset)


def _without_limits(message: str) -> str:
    """A message for a cell of a table: the limits stand where the fault is written out."""
    return beginning(one_line(message.partition("; limits ")[0]), 160)


def worst_faults(judgement: Judgement) -> Mapping[str, Finding]:
    """The worst fault of each system; findings come worst first."""
    known = scored_systems(judgement.site)
    found: dict[str, Finding] = {}
    for finding in judgement.failed():
        found.setdefault(known.owner(finding, judgement.rules), finding)
    return found


def _row(
    anchor: str,
    fact: Fact[Protection],
    copies: Sequence[AssetCopy],
    worst: Finding | None,
    written: Mapping[str, Group],
) -> SystemRow:
    row = fact.row
    group = written.get(worst.rule) if worst else None
    return SystemRow(
        asset=row.asset,
        name=one_line(row.said, 80),
        anchor=anchor,
        kind=one_line(row.role or row.kind, 40),
        tier=str(row.tier) if row.tier else "–",
        level="R?" if row.level is None else f"R{row.level}",
        bare=_nothing_known(row),
        standing=row.standing,
        word=STANDINGS[standing_of(row)],
        shape=SHAPES[row.standing],
        newest=_ago(row.age_hours),
        loss=f"{_ago(row.gap_hours)} / {_ago(row.rpo_hours)}{'' if row.rpo_stated else '*'}",
        time=_time(row),
        copies=_copies(row),
        verified="?" if _nothing_known(row) and row.verified_days is None else _days(row.verified_days),
        tested=_tested(row),
        worst=_without_limits(worst.message) if worst else "",
        worst_anchor=group.place_of(worst) if worst and group else "",
        steps=tuple(_steps(row)),
        lift=one_line(row.lift, 200),
        basis=one_line(row.rto_basis, 300),
        held=tuple(
            _copy(one) for one in sorted(copies, key=lambda c: (c.age_hours is None, c.age_hours or 0.0))
        ),
        digits=tuple(_digits(row)),
        sources=tuple(
            f"{one_line(str(s.origin), 120)} on {one_line(s.origin.target, 60)}, {moment(s.origin.at)}"
            for s in fact.sources[:6]
        ),
        searched=listed([one_line(one, 60) for one in row.searched.split("\n") if one], 6),
    )


def _time(row: Protection) -> str:
    wanted = f" / {_ago(row.rto_wanted_hours)}" if row.rto_wanted_hours is not None else ""
    if row.rto_hours is None:
        return f"?{wanted}"
    return f"{_ago(row.rto_hours)}{wanted}{'' if row.rto_measured else '*'}"


def _nothing_known(row: Protection) -> bool:
    """No evidence about copies was collected: that none was seen means nothing."""
    return row.level is None and not row.copies


def _tested(row: Protection) -> str:
    if row.test_failed:
        return "failed"
    return "?" if _nothing_known(row) and row.tested_days is None else _days(row.tested_days)


def _copies(row: Protection) -> str:
    if not row.copies:
        return "nothing known" if _nothing_known(row) else "none seen"
    where = listed([one_line(one, 40) for one in row.where.split("\n")], 2)
    return f"{row.copies}: {where}"


def _steps(row: Protection) -> Iterator[tuple[str, str, str]]:
    """(shape, step, reason) of each line of the proof."""
    for line in row.proof.split("\n"):
        head, _, rest = line.partition(": ")
        level, _, state = head.partition(" ")
        shape = {"yes": "pass", "no": "critical"}.get(state, "unknown")
        title, _, why = rest.partition(": ")
        yield shape, f"{level} {one_line(title, 80)}", one_line(why, 240)


def _copy(row: AssetCopy) -> Copy:
    shared = [
        (row.same_storage, f"same storage ({row.shared_storage})"),
        (row.same_host, f"same machine ({row.shared_host})"),
        (row.same_place, "same place"),
        (row.same_admin, "same credentials"),
    ]
    bad = [word for told, word in shared if told]
    unknown = sum(told is None for told, _ in shared)
    fate = (
        listed(bad, 2)
        if bad
        else f"nothing known to be shared, {unknown} of 4 not told"
        if unknown
        else "nothing shared"
    )
    held = f", {size(row.size_bytes)}" if row.size_bytes else ""
    return Copy(
        name=one_line(row.repository_name, 80),
        newest=_ago(row.age_hours) + held,
        points=f"{row.good} of {row.points} good",
        fate=one_line(listed(bad, 2) if bad else fate, 200),
        checked="failed" if row.damaged else _days(row.verified_days),
        reach=_REACH[row.out_of_reach],
    )


def _newest_first(row: AssetCopy) -> tuple[bool, float]:
    return (row.age_hours is None, row.age_hours or 0.0)


_REACH = {True: "out of reach", False: "can be deleted", None: "not told"}


def _digits(row: Protection) -> Iterator[Digit]:
    places = "place not told" if row.places is None else many(row.places, "place")
    locked = {True: "yes", False: "none", None: "not told"}[row.out_of_reach]
    proven = row.verified_days is not None or row.tested_days is not None
    sound = not row.test_failed and not row.check_failed
    checked = "the last check failed" if row.check_failed else "checked" if proven else "never checked"
    blind = _nothing_known(row)
    copies, media = ("not known", "not known") if blind else (f"{row.copies + 1}", f"{row.media}")
    yield _digit("3", "copies, the original included", None if blind else row.copies + 1 >= 3, copies)
    yield _digit("2", "kinds of media", None if blind else row.media >= 2, media)
    yield _digit("1", "at another place", None if row.places is None else row.places >= 2, places)
    yield _digit("1", "immutable or offline", row.out_of_reach, locked)
    if blind and not proven and sound:
        yield _digit("0", "errors when restored or checked", None, "not known")
    else:
        yield _digit("0", "errors when restored or checked", proven and sound, checked)


def _digit(digit: str, wanted: str, state: bool | None, told: str) -> Digit:
    return Digit(digit, wanted, "unknown" if state is None else "pass" if state else "critical", told)


def _ago(hours: float | None) -> str:
    if hours is None:
        return "–"
    return f"{hours:.1f} h" if hours < 10 else f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} d"


def _days(days: float | None) -> str:
    return "never" if days is None else f"{days:.0f} d ago"
