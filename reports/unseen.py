"""What was not examined, told as loudly as what failed. Gaps of one cause are told once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from analyzer.derived.disk import Disk
from analyzer.engine import Judgement
from analyzer.finding import BlindSpot
from collectors.fact import Gap
from collectors.table import Row
from collectors.targets.sudo_refusals import REFUSED, cause_and_cure
from reports.nouns import NOUNS
from reports.tables import rows
from reports.text import listed, many, number, one_line, visible, words

REASONS = {
    "tool-missing": "tool not installed",
    "denied": "permission denied",
    "timed-out": "no answer in time",
    "unreachable": "not reachable",
    "not-asked": "not asked in this audit",
    "interrupted": "audit was interrupted",
    "damaged": "recording damaged",
    "truncated": "answer cut short",
    "unreadable": "answer could not be read",
    "standby": "asleep, not woken",
    "unsupported": "not supported by the device",
    "empty": "empty answer",
    "failed": "command failed",
    "virtual": "virtual; the drives behind are read where it is provided",
}


CURES = {
    "tool-missing": "install it there",
    "denied": "audit as root, or give the rights that `holdwater plan` prints",
    "timed-out": "run it there by hand to see what it waits for",
    "unreachable": "mend the way to it, then audit again",
    "interrupted": "audit again",
    "damaged": "collect again",
    "truncated": "run it there by hand to see what prints so much",
    "unreadable": "run it there by hand to see what it prints",
    "empty": "run it there by hand to see why",
    "failed": "run it there by hand to see why",
    "standby": "audit while the disks are awake",
}
"""What to do so that it is seen the next time; nothing where nothing can be done."""


_OF_LINES = re.compile(r"line \d+: |line not understood: |\d+ more lines are not understood$")

SHORT = 60
"""Characters of a detail that fit on a first screen."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Everything that was not seen for one cause.

    *things*: how many subjects on all targets; *rules*: number of rules that it blinds.
    """

    reason: str
    detail: str
    what: tuple[str, ...]
    targets: tuple[str, ...]
    subjects: tuple[str, ...]
    things: int
    rules: int
    tool: str
    cure: str

    @property
    def said(self) -> str:
        """The reason for a first screen: the detail where it is short and tells more."""
        if self.detail.startswith(REFUSED):
            return self.detail
        if self.reason in (REASONS["empty"], REASONS["failed"]) and 0 < len(self.detail) <= SHORT:
            return self.detail
        return self.reason

    @property
    def where(self) -> str:
        return listed(self.targets, 3)

    @property
    def subject(self) -> str:
        """`2 disks`, or what is not known, shortened."""
        if self.reason == REASONS["unreachable"]:
            return "everything"
        if len(self.what) == 1 and self.things > 1:
            return f"{number(self.things)} {self.what[0]}"
        if len(self.what) == self.things == 1:
            virtual = self.reason == REASONS["virtual"]
            return self.subjects[0] if virtual else f"{self.what[0]} on {self.subjects[0]}"
        return listed(self.what, 2)


@dataclass(frozen=True, slots=True)
class Unseen:
    """*areas*: parts of the score without evidence; *counted*: `5 of 12 disks unread`; *causes*: all gaps."""

    areas: tuple[str, ...]
    counted: tuple[tuple[str, str], ...]
    causes: tuple[Cause, ...]
    undecided: int
    errors: int

    @property
    def worth(self) -> tuple[Cause, ...]:
        """The causes for a first screen: hosts that were not reached are counted there already."""
        return tuple(cause for cause in self.causes if cause.reason != REASONS["unreachable"])

    @property
    def area(self) -> str:
        """`Backups, recovery and exposure`."""
        return listed([a if i == 0 else a[:1].lower() + a[1:] for i, a in enumerate(self.areas)], 9)

    @property
    def nothing(self) -> bool:
        return not (self.areas or self.causes or self.undecided or self.errors)


def unseen(judgement: Judgement) -> Unseen:
    """What this audit did not see."""
    counts = judgement.counts()
    return Unseen(
        areas=tuple(p.title for p in judgement.score.pillars if p.applicable and not p.examined),
        counted=tuple(_counted(judgement)),
        causes=_causes(judgement.blind_spots, _virtual(judgement)),
        undecided=counts["unknown"],
        errors=counts["error"],
    )


def _counted(judgement: Judgement) -> list[tuple[str, str]]:
    """(how many, how or where)."""
    said = []
    disks = [fact.row for fact in rows(judgement, Disk) if not fact.row.virtual]
    unread = [disk for disk in disks if disk.status != "read"]
    if unread:
        ways = Counter(disk.status for disk in unread)
        how = listed([f"{number(count)} {words(way)}" for way, count in ways.most_common()], 5)
        said.append((f"{number(len(unread))} of {many(len(disks), 'disk')} unread", how))
    silent = {s.gap.target for s in judgement.blind_spots if s.gap.reason == "unreachable"}
    if silent:
        total = many(len(judgement.site.targets), "target")
        where = listed(sorted(map(one_line, silent)), 3)
        said.append((f"{number(len(silent))} of {total} not reachable", where))
    return said


def _virtual(judgement: Judgement) -> dict[str, frozenset[str]]:
    """Names of the virtual disks of each target that has no other."""
    disks: dict[str, list[Disk]] = {}
    for fact in rows(judgement, Disk):
        disks.setdefault(fact.target, []).append(fact.row)
    return {
        target: frozenset(f"/dev/{one.name}" for one in mine)
        for target, mine in disks.items()
        if all(one.virtual for one in mine)
    }


def _causes(spots: Sequence[BlindSpot], virtual: dict[str, frozenset[str]]) -> tuple[Cause, ...]:
    same: dict[tuple[str, str, str], list[BlindSpot]] = {}
    for spot in spots:
        bare = _of_virtual(spot, virtual)
        same.setdefault(("virtual", "", "") if bare else _cause(spot), []).append(spot)
    causes = [_one_cause(reason, tool, detail, alike) for (reason, tool, detail), alike in same.items()]
    return tuple(
        sorted(causes, key=lambda c: (-c.rules, -len(c.targets), -len(c.subjects), c.reason, c.detail))
    )


def _of_virtual(spot: BlindSpot, virtual: dict[str, frozenset[str]]) -> bool:
    """Whether a virtual disk told nothing of drives, which it has not."""
    gap = spot.gap
    if gap.target not in virtual or gap.table.__module__ != "collectors.drive_tables":
        return False
    none = gap.reason == "empty" and not gap.subject
    return none or (gap.reason == "unsupported" and gap.subject in virtual[gap.target])


def _cause(spot: BlindSpot) -> tuple[str, str, str]:
    """Reason, tool, and the detail unless the reason says it all."""
    gap = spot.gap
    if gap.reason == "unreachable":
        return (gap.reason, "", _without_command(spot))
    if gap.reason in ("not-asked", "interrupted"):
        return (gap.reason, "", "")
    argv = gap.source.origin.argv if gap.source else ()
    tool = argv[0].rpartition("/")[2] if argv else ""
    if gap.reason in ("standby", "tool-missing"):
        return (gap.reason, tool, "")
    refused, _ = cause_and_cure(gap.detail)
    if refused:  # the same of every command
        return (gap.reason, "", one_line(refused, 160))
    detail = _without_command(spot)
    return (gap.reason, tool, "lines that are not understood" if _OF_LINES.match(detail) else detail)


def _without_command(spot: BlindSpot) -> str:
    gap = spot.gap
    command = str(gap.source.origin) if gap.source else ""
    detail = gap.detail.removeprefix(command).lstrip(": ") if command else gap.detail
    return one_line(detail, 160)


def _one_cause(reason: str, tool: str, detail: str, alike: Sequence[BlindSpot]) -> Cause:
    tables = sorted({s.gap.table for s in alike}, key=lambda t: t.TABLE)
    return Cause(
        reason=REASONS.get(reason, visible(reason)),
        detail=detail,
        what=("virtual disks",) if reason == "virtual" else tuple(dict.fromkeys(_about(t) for t in tables)),
        targets=tuple(sorted({one_line(s.gap.target, 60) for s in alike})),
        subjects=tuple(sorted({one_line(s.gap.subject, 80) for s in alike if s.gap.subject})),
        things=len({(s.gap.target, s.gap.subject) for s in alike if s.gap.subject}),
        rules=len({rule for s in alike for rule in s.rules}),
        tool=one_line(tool, 40),
        cure=_cure(reason, alike[0].gap),
    )


def _cure(reason: str, gap: Gap) -> str:
    _, of_sudo = cause_and_cure(gap.detail)
    return one_line(of_sudo, 160) or CURES.get(reason, "")


def _about(row_type: type[Row]) -> str:
    return NOUNS.get(row_type.TABLE, words(row_type.TABLE))
