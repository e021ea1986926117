"""The corpus beside the checkout: where it is, what is made of its files, and whether its labels agree.

The corpus is a folder of real outputs with an `INDEX.tsv` that labels each: `ok`, `warn+` (at least a
warning), `crit`, `unknown` (no word on health), `error` (cannot be read); all other labels, such as `n/a`,
ask for robustness only. `HOLDWATER_CORPUS` names the folder. Nothing in it belongs to the project.

A test module about some kinds of file declares a `Subject` named SUBJECT: how a file is read, what is
concluded from it, and the files where we differ from the label, with the reasons. `compare` does the rest.
"""

from __future__ import annotations

import collections
import csv
import functools
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest

from analyzer.engine import judge
from analyzer.finding import Finding
from analyzer.site import Site
from analyzer.verdict import rank
from collectors.collector import READERS, load
from collectors.fact import Absent, Fact
from collectors.question import Answer, Form, Question, decode
from collectors.reading import Told, read_answer
from collectors.targets.saved import NotRecognised, read_saved

R = TypeVar("R")

BESIDE = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
"""Where the corpus is unless HOLDWATER_CORPUS says otherwise."""

CORPUS = Path(os.environ.get("HOLDWATER_CORPUS", BESIDE))
AT = datetime(2026, 1, 1, tzinfo=UTC)
"""When the recordings are judged, unless their subject needs another time."""

NEEDED = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus beside the checkout (HOLDWATER_CORPUS)"),
]
"""The marks of every test that reads the corpus."""

AGREES = {
    "ok": {"ok"},
    "warn+": {"warn+", "crit"},
    "crit": {"crit"},
    "unknown": {"unknown", "error"},
    "error": {"unknown", "error"},
}
"""Label → the conclusions of ours that agree with it. Labels that are not listed are not compared."""

load()


@dataclass(frozen=True)
class Recording:
    """A row of the index: one file and its label."""

    kind: str
    file: str
    shows: str
    expected: str

    def raw(self) -> bytes:
        return (CORPUS / self.file).read_bytes()


@dataclass(frozen=True)
class Reading:
    """What a reader makes of a file. *kind*: the reader, empty if none takes it; *refusal*: the line why."""

    kind: str
    told: tuple[Told, ...] = ()
    refusal: str = ""

    def rows(self, row_type: type[R]) -> list[R]:
        return [one.row for one in self.told if isinstance(one, Fact) and isinstance(one.row, row_type)]


@dataclass(frozen=True)
class Conclusion:
    """Ours, in the words of the corpus, and the faults that led to it."""

    word: str
    faults: tuple[Finding, ...] = ()

    def why(self) -> str:
        return "; ".join(f"{one.rule} {one.severity} {one.message[:90]}" for one in self.faults[:3])


@dataclass(frozen=True)
class Subject:
    """Kinds of file that are judged alike.

    *differs*: pattern of the file's name → why our conclusion differs from its label. *aside*: the same for
    files that are not compared at all. *agrees*: see AGREES.
    """

    kinds: tuple[str, ...]
    read: Callable[[Recording], Reading]
    conclude: Callable[[Reading], Conclusion]
    differs: Mapping[str, str] = field(default_factory=dict)
    aside: Mapping[str, str] = field(default_factory=dict)
    agrees: Mapping[str, Collection[str]] = field(default_factory=lambda: AGREES)

    def recordings(self) -> tuple[Recording, ...]:
        return recordings(*self.kinds)


@dataclass(frozen=True)
class Outcome:
    """One file: what it was read as, what we conclude; *agrees* is None where nothing is compared."""

    recording: Recording
    reading: Reading
    conclusion: Conclusion
    agrees: bool | None
    reason: str | None
    aside: bool = False

    def verb(self) -> str:
        return "agrees" if self.agrees else "differs"


@functools.cache
def index() -> tuple[Recording, ...]:
    """Every file of the corpus; none if there is no corpus."""
    if not CORPUS.is_dir():
        return ()
    with (CORPUS / "INDEX.tsv").open(newline="") as table:
        rows = csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)
        return tuple(Recording(row["kind"], row["file"], row["shows"], row["expected"]) for row in rows)


def recordings(*kinds: str) -> tuple[Recording, ...]:
    return tuple(one for one in index() if one.kind in kinds)


def reason(file: str, reasons: Mapping[str, str]) -> str | None:
    """The reason whose pattern is found in the file's name."""
    return next((why for pattern, why in reasons.items() if re.search(pattern, file)), None)


@functools.cache
def read(one: Recording, among: tuple[str, ...] = (), status: int | None = 0) -> Reading:
    """By the reader that is surest of the file, of those named *among* (empty: of all)."""
    raw = one.raw()
    text = decode(raw)
    sure, kind = max((READERS[name].recognises(text), name) for name in among or READERS)
    if sure == 0:
        return Reading("")
    form = Form(("saved", "file"), kind, "")
    return Reading(kind, tuple(read_answer("corpus", Answer(Question(form.argv, form), raw, status=status))))


@functools.cache
def read_as_mailed(one: Recording, name: str) -> Reading:
    """As a user's file of that name is: prompts, headers and escapes around the output do not hinder."""
    try:
        kind, told = read_saved(one.raw(), name=name)
    except NotRecognised as error:
        return Reading("", refusal=str(error))
    return Reading(kind, tuple(told))


def judged(
    told: Collection[Told], at: datetime = AT, targets: tuple[str, ...] = ()
) -> tuple[Site, list[Finding]]:
    """A site of nothing but this, and what all rules say of it; no rule may break."""
    site = Site("corpus", at, targets)
    site.add(told)
    findings = list(judge(site).findings)
    broken = [one for one in findings if one.outcome == "error"]
    assert not broken, f"rules break: {broken}"
    return site, findings


def conclusion(
    reading: Reading,
    *,
    design: Collection[str] = (),
    critical: Collection[str] = (),
    doubts: Collection[str] = (),
    proofs: tuple[type, ...] = (Fact, Absent),
    at: datetime = AT,
    targets: tuple[str, ...] = (),
) -> Conclusion:
    """ok, warn+, crit, unknown or error.

    *design*: rules (`family/name`) or families (`family/`) on how a thing was made or is cared for; they do
    not count, for the labels only tell the state it is in. *critical*: rules that mean crit whatever their
    severity. *doubts*: rules that mean unknown if they cannot tell. *proofs*: what must be told before a
    file without fault is ok.
    """
    _, findings = judged(reading.told, at, targets)
    faults = tuple(
        one
        for one in findings
        if one.outcome == "fail" and one.rule not in design and f"{one.rule.split('/')[0]}/" not in design
    )
    worst = max((rank(one.severity) for one in faults), default=-1)
    if worst == rank("critical") or any(one.rule in critical for one in faults):
        return Conclusion("crit", faults)
    if worst >= rank("medium"):
        return Conclusion("warn+", faults)
    if not reading.told:
        return Conclusion("unknown" if reading.kind else "error", faults)
    known = any(isinstance(one, proofs) for one in reading.told)
    doubtful = any(one.outcome == "unknown" and one.rule in doubts for one in findings)
    return Conclusion("ok" if known and not doubtful else "unknown", faults)


def outcome(subject: Subject, one: Recording) -> Outcome:
    reading = subject.read(one)
    ours = subject.conclude(reading)
    aside = reason(one.file, subject.aside) is not None
    agrees = (
        None if aside or one.expected not in subject.agrees else ours.word in subject.agrees[one.expected]
    )
    return Outcome(one, reading, ours, agrees, reason(one.file, subject.differs), aside)


def outcomes(subject: Subject) -> Iterator[Outcome]:
    return (outcome(subject, one) for one in subject.recordings())


def tally(one: Outcome) -> str:
    """The heading under which a file is counted."""
    if one.aside:
        return "refused"
    return f"{one.recording.expected} (robustness only)" if one.agrees is None else one.verb()


def unexplained(found: Collection[Outcome]) -> list[str]:
    """A line for each file on which we differ from the label without a reason."""
    return [
        f"{one.recording.file}: we say {one.conclusion.word} [{one.conclusion.why()}],"
        f" label {one.recording.expected} ({one.recording.shows[:150]})"
        for one in found
        if one.agrees is False and one.reason is None
    ]


def outdated(subject: Subject, found: Collection[Outcome]) -> list[str]:
    """A line for each file that is explained and agrees, and for each explanation of no file."""
    lines = [
        f"{one.recording.file} agrees by now: strike it off the list"
        for one in found
        if one.agrees and one.reason
    ]
    for pattern in (*subject.differs, *subject.aside):
        if not any(re.search(pattern, one.recording.file) for one in found):
            lines.append(f"{pattern} is the name of no file: strike it off the list")
    return lines


def compare(
    subject: Subject, capsys: pytest.CaptureFixture[str], heading: Callable[[Outcome], str] = tally
) -> None:
    """Every label is agreed with, or the difference is explained; prints how many files of each heading."""
    found = list(outcomes(subject))
    assert found, "the index lists no file of these kinds"
    with capsys.disabled():
        print(f"\n{dict(sorted(collections.Counter(map(heading, found)).items()))}")
    wrong = unexplained(found) + outdated(subject, found)
    assert not wrong, "\n".join(wrong)
