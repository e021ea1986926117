"""Grades, and the conditions that hold them down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analyzer.finding import Finding
from analyzer.score_card import GRADES, Cap, Grade
from analyzer.score_ledger import Ledger
from analyzer.score_method import CapRule, Method, Pillar
from collectors.frozen import frozen

_RANK = {grade: at for at, grade in enumerate(GRADES)}


@frozen
class Trigger:
    """A cap that failures of one asset set off. *said*: its name. *roots*: mending all of them lifts it."""

    cap: CapRule
    asset: str
    said: str
    roots: frozenset[str]
    what: str
    rules: tuple[str, ...]


def rank(grade: Grade) -> int:
    """0 for F, the worst."""
    return _RANK[grade]


def rounded(number: float) -> float:
    """To one decimal; what would be equal but for the last bit of a float rounds alike."""
    return round(number + 1e-9, 1)


def band(number: float, method: Method) -> Grade:
    """The grade of a number before caps."""
    return next((grade for start, grade in method.bands if number >= start), "F")


def capped(number: float, caps: Iterable[Grade], method: Method) -> tuple[float, Grade]:
    """The number, rounded and held below the top of the worst cap, and the grade that goes with it."""
    number = rounded(number)
    grade = band(number, method)
    for cap in caps:
        number = min(number, method.tops.get(cap, 100.0))
        grade = min(grade, cap, key=rank)
    return number, grade


def triggers(ledger: Ledger, method: Method) -> list[Trigger]:
    """The caps that the asset's failures set off."""
    found: dict[str, tuple[CapRule, list[tuple[str, Finding]]]] = {}
    for root, fails in ledger.fails.items():
        for finding in fails:
            for cap in method.caps_of.get(finding.rule, ()):
                if _applies(cap, finding, ledger):
                    found.setdefault(cap.name, (cap, []))[1].append((root, finding))
    return [_trigger(cap, ledger, told) for _, (cap, told) in sorted(found.items())]


def _applies(cap: CapRule, finding: Finding, ledger: Ledger) -> bool:
    if cap.tiers and ledger.tier not in cap.tiers:
        return False
    if finding.rule not in cap.rules and finding.severity != "critical":
        return False
    return not (cap.unless_passed and all(_passed(ledger, rule) for rule in cap.unless_passed))


def _passed(ledger: Ledger, rule: str) -> bool:
    tally = ledger.tallies.get(rule)
    return tally is not None and tally.passes > 0 and not tally.unknowns and not tally.fails


def _trigger(cap: CapRule, ledger: Ledger, told: Sequence[tuple[str, Finding]]) -> Trigger:
    labels = sorted({finding.label or finding.subject for _, finding in told})
    what = labels[0] if len(labels) == 1 else f"{labels[0]} and {len(labels) - 1} more"
    rules = tuple(sorted({finding.rule for _, finding in told}))
    return Trigger(cap, ledger.name, ledger.said, frozenset(root for root, _ in told), what, rules)


def told_cap(trigger: Trigger, grade: Grade) -> Cap:
    """The cap in words, for the asset or for the site."""
    because = trigger.cap.because.format(asset=trigger.said, what=trigger.what)
    return _cap(trigger.cap.name, grade, because, trigger.cap.lift, trigger.asset, trigger.rules)


def assurance_caps(percent: float, unseen: Sequence[Pillar], asset: str, method: Method) -> list[Cap]:
    """The caps for having seen too little. *unseen*: pillars of which nothing was seen, for the text."""
    names = _listed([pillar.title.lower() for pillar in unseen])
    lift = f"looking at {names}" if names else "closing the blind spots"
    where = f" on {asset}" if asset else ""
    because = f"only {percent:g} % of what did not fail{where} was seen to be sound"
    return [
        _cap("too little was seen", grade, f"{because} ({below:g} % is needed)", lift, asset, ())
        for below, grade in method.assurance
        if percent < below
    ]


def floor_caps(numbers: Sequence[float | None], method: Method) -> list[Cap]:
    """The cap for the weakest pillar of the site."""
    told = [(number, at) for at, number in enumerate(numbers) if number is not None]
    if not told:
        return []
    weakest, at = min(told)
    title = method.pillars[at].title.lower()
    for below, grade in method.floors:
        if rounded(weakest) < below:
            because = f"{title} stands at {rounded(weakest):g} of 100"
            return [_cap("weakest pillar", grade, because, f"raising it to {below:g}", "", ())]
    return []


def _cap(name: str, grade: Grade, because: str, lift: str, asset: str, rules: tuple[str, ...]) -> Cap:
    start = "No grade (U)" if grade == "U" else f"Grade capped at {grade}"
    action = f"{start} because {because}; {lift} lifts it."
    return Cap(condition=name, grade=grade, asset=asset, action=action, rules=rules)


def binding(caps: Iterable[Cap], number: float, method: Method) -> tuple[Cap, ...]:
    """Those caps that are below the grade of the number, worst first."""
    free = rank(band(rounded(number), method))
    return tuple(
        sorted(
            (cap for cap in caps if rank(cap.grade) < free),
            key=lambda c: (rank(c.grade), c.asset, c.condition),
        )
    )


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
