"""The site's number out of its assets', and what it would be if one root cause were mended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import fsum

from analyzer.finding import Finding
from analyzer.score_caps import Trigger, capped, floor_caps, rank, rounded, triggers
from analyzer.score_card import Action, Grade
from analyzer.score_ledger import Ledger, Share, grouped, numbers, shares
from analyzer.score_mean import Entry, OverAssets, mean
from analyzer.score_method import Method
from analyzer.score_systems import THE_SITE
from analyzer.verdict import rank as severity_rank
from collectors.frozen import frozen


@frozen
class Weighed:
    """One asset, weighed: its pillars' numbers, its base assured of its base that did not fail, and its base
    judged of its base that applies.
    """

    ledger: Ledger
    numbers: list[float | None]
    least: list[float]
    assured: Share
    confidence: Share
    triggers: list[Trigger]

    def worst_case(self, at: int) -> tuple[float | None, bool]:
        """The pillar's number if the unknown were half a failure, and whether something passed there."""
        told = self.ledger.applies(at) or self.least[at] < 100
        return (self.least[at] if told else None), at in self.ledger.passed

    def best_case(self, at: int) -> tuple[float | None, bool]:
        """The pillar's number if the unknown passed, and whether the pillar applies.

        What counts for the site alone is no system: it may raise the whole only where something passed.
        """
        ledger, number = self.ledger, self.numbers[at]
        applies = ledger.applies(at)
        sure = applies if ledger.name != THE_SITE else at in ledger.passed
        return (100.0 if number is None and applies else number), sure


def weigh(ledger: Ledger, method: Method) -> Weighed:
    """Work out all that the site needs of an asset."""
    told, least = numbers(ledger, method)
    return Weighed(ledger, told, least, *shares(ledger, method), triggers(ledger, method))


def over_pillars(told: Iterable[tuple[float | None, bool]], method: Method) -> float | None:
    """The weighted mean of the pillars' numbers; each comes with whether something passed there."""
    return mean([(pillar.weight, *one) for pillar, one in zip(method.pillars, told, strict=True)])


def percent(pairs: Iterable[tuple[float, float]]) -> float:
    """The first numbers' share of the second ones, in percent, one decimal; 0 of nothing."""
    told = list(pairs)
    whole = fsum(pair[1] for pair in told)
    return rounded(100 * fsum(pair[0] for pair in told) / whole) if whole else 0.0


class Whole:
    """The site as it stands, able to tell what mending one root cause would change."""

    def __init__(self, assets: Sequence[Weighed], method: Method) -> None:
        self.method = method
        self.assets = assets
        self.over = [self._over(at) for at in range(len(method.pillars))]
        self.pillars = [(over.number, over.sure > 0) for over in self.over]
        self.number = over_pillars(self.pillars, method)
        self.assured = (
            fsum(one.ledger.weight * one.assured[0] for one in assets),
            fsum(one.ledger.weight * one.assured[1] for one in assets),
        )
        found = [t for one in assets for t in one.triggers if t.cap.site]
        self.triggers = sorted(found, key=lambda t: (rank(t.cap.site or "A"), t.asset, t.cap.name))

    def _important(self, ledger: Ledger) -> bool:
        return ledger.tier <= self.method.important

    def _over(self, at: int) -> OverAssets:
        entries = {}
        for one in self.assets:
            number = one.numbers[at]
            if number is not None:
                ledger = one.ledger
                sure = at in ledger.passed
                entries[ledger.name] = Entry(ledger.weight, number, sure, self._important(ledger))
        return OverAssets(entries, self.method.mean, self.method.worst)

    def confident(self) -> Iterator[tuple[float, float]]:
        """Each asset's base judged and base that applies, times its weight in the site."""
        for one in self.assets:
            weight, (judged, whole) = one.ledger.weight, one.confidence
            yield weight * judged, weight * whole

    def lowest(self) -> float:
        """The number if all that is unknown were half a failure. Unseen assets count where they lower it."""
        return self._extreme(lambda one, at: one.worst_case(at)) or 0.0

    def highest(self) -> float:
        """The number if all that is unknown passed."""
        best = self._extreme(lambda one, at: one.best_case(at))
        return 100.0 if best is None else best

    def _extreme(self, case: Callable[[Weighed, int], tuple[float | None, bool]]) -> float | None:
        pillars = []
        for at in range(len(self.method.pillars)):
            entries = {}
            for one in self.assets:
                number, sure = case(one, at)
                if number is not None:
                    ledger = one.ledger
                    entries[ledger.name] = Entry(ledger.weight, number, sure, self._important(ledger))
            over = OverAssets(entries, self.method.mean, self.method.worst)
            pillars.append((over.number, over.sure > 0))
        return over_pillars(pillars, self.method)

    def actions(self) -> tuple[Action, ...]:
        """The best mendings, best first."""
        found = sorted(self._actions(), key=_best_first)
        return tuple(found[: self.method.actions])

    def _actions(self) -> Iterator[Action]:
        if self.number is None:
            return
        for one in self.assets:
            for root, fails in one.ledger.fails.items():
                if all(finding.outcome == "waived" for finding in fails):
                    continue  # somebody decided to leave it
                yield self._mended(one, root, fails, self.number)

    def _mended(self, one: Weighed, root: str, fails: Sequence[Finding], before: float) -> Action:
        ledger = one.ledger
        worst = min(fails, key=lambda f: (-severity_rank(f.severity), f.rule, f.label, f.subject))
        rules = sorted({finding.rule for finding in fails})
        sound = {ledger.tallies[r].pillar for r in rules if self._sound(ledger, r)}
        pillars = list(self.pillars)
        for at in range(len(pillars)):
            risks = ledger.failed.get((at, root))
            if risks:
                pillars[at] = self._without(one, at, risks, at in sound)
        after = over_pillars(pillars, self.method)
        number, grade = self._graded(before if after is None else after, one, root, fails, pillars, sound)
        return Action(
            target=fails[0].target,
            root=root,
            label=worst.label or worst.subject,
            rules=tuple(rules),
            severity=worst.severity,
            number=number,
            grade=grade,
            gain=rounded(max(0.0, (after or before) - before)),
        )

    def _sound(self, ledger: Ledger, rule: str) -> bool:
        return ledger.tallies[rule].base > 0 and not ledger.tallies[rule].place.blind

    def _without(
        self, one: Weighed, at: int, risks: Sequence[float], sound: bool
    ) -> tuple[float | None, bool]:
        ledger, over = one.ledger, self.over[at]
        number = min(100.0, (one.numbers[at] or 0.0) / (1 - grouped(risks, self.method.others)))
        new = Entry(ledger.weight, number, sound or at in ledger.passed, self._important(ledger))
        return over.changed(ledger.name, new), over.sure > 0 or new.sure

    def _graded(
        self,
        number: float,
        one: Weighed,
        root: str,
        fails: Sequence[Finding],
        pillars: Sequence[tuple[float | None, bool]],
        sound: set[int],
    ) -> tuple[float, Grade]:
        """The number and grade after caps if that root cause were mended."""
        caps: list[Grade] = [cap.grade for cap in floor_caps([p[0] for p in pillars], self.method)]
        for trigger in self.triggers:  # worst first: the first that stays is the one that holds
            if trigger.cap.site and not (trigger.asset == one.ledger.name and trigger.roots == {root}):
                caps.append(trigger.cap.site)
                break
        assured = self._assured_without(one.ledger, fails, sound)
        caps += [grade for below, grade in self.method.assurance if assured < below]
        return capped(number, caps, self.method)

    def _assured_without(self, ledger: Ledger, fails: Sequence[Finding], sound: set[int]) -> float:
        counts: dict[str, int] = {}
        for finding in fails:
            counts[finding.rule] = counts.get(finding.rule, 0) + 1
        seen, whole = self.assured
        for rule, count in counts.items():
            tally = ledger.tallies[rule]
            (old_seen, old_whole), (new_seen, new_whole) = tally.assured(), tally.assured(count)
            seen += ledger.weight * (new_seen - old_seen)
            if tally.pillar not in sound or not ledger.unseen(tally.pillar):
                whole += ledger.weight * (new_whole - old_whole)
        for at in filter(
            ledger.unseen, sorted(sound)
        ):  # now something passes there, and what applies is known
            tallies = [(rule, tally) for rule, tally in ledger.tallies.items() if tally.pillar == at]
            before = fsum(tally.assured()[1] for _, tally in tallies)
            after = fsum(tally.assured(counts.get(rule, 0))[1] for rule, tally in tallies)
            whole += ledger.weight * (after - max(before, self.method.pillars[at].expected))
        return percent([(seen, whole)])


def _best_first(action: Action) -> tuple[float, float, int, str, str]:
    return (-action.number, -action.gain, -severity_rank(action.severity), action.target, action.root)
