"""The recoverability level R0 to R5 of a system, step by step, each with its proof or with what is missing.

R0 nothing · R1 only what shares its fate: snapshots, redundancy · R2 a backup, on shared storage, machine,
place or credentials, or older than is borne · R3 an independent one, new enough · R4 its content verified
within 35 days · R5 restored within 180 days, one copy out of an intruder's reach, keys at hand without the
dead site.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Literal

from analyzer.derived.asset import System
from analyzer.derived.asset_copy import AssetCopy
from analyzer.wording import listed, many
from collectors.frozen import frozen, frozen_by_name

VERIFY_DAYS = 35.0
TEST_DAYS = 180.0
TOLERANCE = 1.1
"""A daily backup is a little older than a day before the next one ends."""
SLACK_HOURS = 1.0

State = Literal["yes", "no", "unknown"]
Standing = Literal["proven", "plausible", "doubtful", "no", "unknown"]


@frozen
class Step:
    """One step of the ladder.

    *why*: the proof, or what is missing; *lift*: the one action that would take it.
    """

    level: int
    title: str
    state: State
    why: str
    lift: str = ""


@frozen_by_name
class Known:
    """What the ladder is climbed with, beside the copies.

    *searched*: places where copies would have been seen; *unread*: those that could not be read, and why.
    *fallback*: what there is that shares its fate (snapshots, redundancy). *left_out*: what of it no copy
    holds. *tested_days*: since a restore succeeded; *test_failed*: the last one failed.
    """

    searched: tuple[str, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict)
    fallback: tuple[str, ...] = ()
    tested_days: float | None = None
    test_failed: bool = False
    keys_lost_with: frozenset[str] = frozenset()
    left_out: str = ""


@frozen
class Ladder:
    """*level* is proven; *at_best* is what it would be if all that is unknown were well.

    None: nothing is known.
    """

    level: int | None
    at_best: int
    standing: Standing
    steps: tuple[Step, ...]
    best: str

    @property
    def lift(self) -> str:
        """The one action that lifts it: that of the first step that is not taken."""
        for step in self.steps:
            if step.state != "yes" and step.lift:
                return step.lift
        return ""


def new_enough(copy: AssetCopy, rpo_hours: float) -> bool:
    """Whether the newest good copy is as new as its owner wants, with a little slack."""
    return copy.age_hours is not None and copy.age_hours <= rpo_hours * TOLERANCE + SLACK_HOURS


def ladder(system: System, copies: Sequence[AssetCopy], known: Known) -> Ladder:
    """Climb as far as the evidence carries."""
    whole = [copy for copy in copies if copy.good]
    if not whole:
        return _without(system, copies, known)
    climbs = sorted((_climb(system, copy, known) for copy in whole), key=_highest, reverse=True)
    best, steps = climbs[0]
    steps = (*steps, _fifth(system, best, whole, known))
    return Ladder(
        _level(steps, 1),
        _level(steps, 1, hoping=True),
        _standing(system, best, whole, steps, known),
        steps,
        best.repository,
    )


def _level(steps: Iterable[Step], start: int, *, hoping: bool = False) -> int:
    level = start
    for step in steps:
        if step.state == "yes" or (hoping and step.state == "unknown"):
            level = step.level
        else:
            break
    return level


def _highest(climb: tuple[AssetCopy, tuple[Step, ...]]) -> tuple[int, int, bool, float, str]:
    copy, steps = climb
    age = copy.age_hours if copy.age_hours is not None else float("inf")
    return (_level(steps, 1), _level(steps, 1, hoping=True), not copy.damaged, -age, copy.repository)


def _without(system: System, copies: Sequence[AssetCopy], known: Known) -> Ladder:
    """No good copy: nothing, only what shares its fate, or nobody knows."""
    lift = f"back up {system.said} to other storage, then restore it once"
    broken = [copy.repository_name for copy in copies if copy.points]
    if known.unread and not system.no_backup:
        why = f"no copy was found, and {listed(tuple(known.unread), 3)} could not be read"
        reasons = dict.fromkeys(reason for reason in known.unread.values() if reason)
        why += f" ({listed(tuple(reasons), 2)})" if reasons else ""
        lift = "see to it that it can be read, then audit again"
        return Ladder(None, 5, "unknown", (Step(2, "a backup exists", "unknown", why, lift),), "")
    if not known.searched and not broken and not system.no_backup:
        why = "no evidence about backups was collected"
        lift = "audit the backup system, or declare the copy in site.toml"
        return Ladder(None, 5, "unknown", (Step(2, "a backup exists", "unknown", why, lift),), "")
    if broken:
        why = f"no copy in {listed(broken, 3)} is whole"
    elif system.no_backup:
        why = "site.toml says that nothing backs it up"
    else:
        why = f"no copy of it lies in {listed(known.searched, 4)}"
    level = 1 if known.fallback else 0
    first = Step(
        1,
        "something to go back to",
        "yes" if known.fallback else "no",
        listed(known.fallback, 3) if known.fallback else "no snapshot and no redundancy was seen either",
    )
    return Ladder(level, level, "no", (first, Step(2, "a backup exists", "no", why, lift)), "")


def _climb(system: System, copy: AssetCopy, known: Known) -> tuple[AssetCopy, tuple[Step, ...]]:
    """Steps 2 to 4 with one copy."""
    where = copy.repository_name
    held = Step(
        2,
        "a backup exists",
        "yes",
        f"{many(copy.good, 'copy', 'copies')} in {where}, {_aged(copy)}; a check found damage among them"
        if copy.damaged
        else f"{many(copy.good, 'good copy', 'good copies')} in {where}, {_aged(copy)}",
    )
    return copy, (held, _third(system, copy, known), _fourth(copy))


def _third(system: System, copy: AssetCopy, known: Known) -> Step:
    """Independent, and inside the loss that is borne."""
    title = "independent, and new enough"
    shared = [
        (copy.same_storage, f"rests on the same storage ({copy.shared_storage})", "a copy on other storage"),
        (copy.same_host, f"needs the same machine ({copy.shared_host})", "a copy on another machine"),
        (copy.same_place, "stands at the same place", "a copy at another place"),
        (
            copy.same_admin,
            "can be deleted with the same credentials",
            "credentials of its own for the backup",
        ),
    ]
    for told, why, lift in shared:
        if told:
            return Step(3, title, "no", f"it {why}", lift)
    if known.left_out:
        return Step(3, title, "no", f"no copy holds {known.left_out}", f"{known.left_out} in the backup")
    if not new_enough(copy, system.rpo_hours):
        old = f"{_hours(copy.age_hours)} old{_clock(copy)}"
        why = f"the newest good copy is {old}, {_hours(system.rpo_hours)} are borne"
        return Step(3, title, "no", why, "a backup as often as is wanted")
    missing = [
        word
        for (told, _, _), word in zip(
            shared,
            ("which disks it lies on", "which machine it needs", "where it stands", "who administers it"),
            strict=True,
        )
        if told is None
    ]
    if missing:
        lift = f"say in site.toml {listed(missing, 4)} ({copy.repository_name})"
        return Step(3, title, "unknown", f"not known: {listed(missing, 4)}", lift)
    return Step(3, title, "yes", f"nothing is shared; {_aged(copy)}")


def _fourth(copy: AssetCopy) -> Step:
    title = f"content verified within {VERIFY_DAYS:g} days"
    lift = f"verify the content of {copy.repository_name}, and go on doing so every month"
    if copy.damaged:
        return Step(
            4,
            title,
            "no",
            "the last check of it failed",
            f"a new full backup, and mend {copy.repository_name}",
        )
    if copy.verified_days is None:
        return Step(4, title, "no", "its content was never checked, as far as is on record", lift)
    if copy.verified_days > VERIFY_DAYS:
        return Step(4, title, "no", f"its content was last checked {copy.verified_days:.0f} days ago", lift)
    held = copy.verified_age_hours or 0.0
    if held > VERIFY_DAYS * 24:
        return Step(4, title, "no", f"what was checked is {_hours(held)} old; nothing newer was", lift)
    return Step(4, title, "yes", f"checked {copy.verified_days:.0f} days ago, a copy {_hours(held)} old")


def _fifth(system: System, best: AssetCopy, copies: Sequence[AssetCopy], known: Known) -> Step:
    title = f"restored within {TEST_DAYS:g} days, a copy out of reach, keys at hand"
    if known.test_failed:
        return Step(5, title, "no", "the last restore test failed", "mend what made it fail, and test again")
    if known.tested_days is None or known.tested_days > TEST_DAYS:
        when = "never tried" if known.tested_days is None else f"last tried {known.tested_days:.0f} days ago"
        return Step(
            5,
            title,
            "no",
            f"a restore was {when}, as far as is on record",
            f"restore {system.said} once, beside production, and keep the proof",
        )
    reach = [copy.out_of_reach for copy in copies]
    if True not in reach:
        lift = "one immutable or offline copy"
        if None in reach:
            return Step(5, title, "unknown", "not known whether a copy is immutable or offline", lift)
        return Step(5, title, "no", "no copy is immutable or offline", lift)
    if best.repository in known.keys_lost_with:
        return Step(
            5, title, "no", "the key is lost together with what it opens", "keep the key in a second place"
        )
    if best.encrypted is None or (best.encrypted and best.keys_kept is None):
        return Step(
            5,
            title,
            "unknown",
            "not known whether its key outlives the site",
            "say in site.toml where the key is kept",
        )
    return Step(
        5,
        title,
        "yes",
        f"restored {known.tested_days:.0f} days ago; a copy is out of reach; keys are at hand",
    )


def _standing(
    system: System, best: AssetCopy, copies: Sequence[AssetCopy], steps: Sequence[Step], known: Known
) -> Standing:
    """In a manager's words. Plausible: new enough, it survives the loss of the machine and its disks, and no
    check found damage where it lies.
    """
    if known.test_failed:
        return "no"
    if known.left_out:
        return "doubtful"
    level = _level(steps, 1)
    tested = known.tested_days is not None and known.tested_days <= TEST_DAYS
    if level >= 4 and tested:
        return "proven"
    sound = [copy for copy in copies if not copy.damaged]
    if level >= 3 and best in sound:
        return "plausible"
    if any(copy.apart and new_enough(copy, system.rpo_hours) for copy in sound):
        return "plausible"
    return "doubtful"


def _aged(copy: AssetCopy) -> str:
    return f"the newest {_hours(copy.age_hours)} old{_clock(copy)}"


def _clock(copy: AssetCopy) -> str:
    return f" by a clock that is {_hours(copy.ahead_hours)} ahead" if copy.ahead_hours else ""


def _hours(hours: float | None) -> str:
    if hours is None:
        return "of unknown age"
    return f"{hours:.0f} hours" if hours < 72 else f"{hours / 24:.0f} days"
