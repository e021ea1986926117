"""What `holdwater init` asks: what no machine can tell. Each answer is checked when it is given.

An empty answer means that nobody said, and nothing is written of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from holdwater.declared_file import hours
from reports.coverage_text import WANTED

Check = Callable[[str], Any]
Ask = Callable[[str, Check], Any]
"""Asks until the answer passes the check; gives what the check makes of it, None for an empty answer."""

MOST_SYSTEMS = 40
"""More than so many are written without a question about each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block of the site file. *heading*: with its brackets. *says*: the comment above it."""

    heading: str
    values: Mapping[str, Any]
    says: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What an audit has found: names of systems (what they are) and of repositories."""

    systems: Mapping[str, str] = field(default_factory=dict)
    repositories: Sequence[str] = ()
    roles: frozenset[str] = frozenset()


def interview(ask: Ask, known: Known) -> Iterator[Block]:
    """All questions, as blocks one after the other: what was answered before an end stays."""
    yield from _site(ask)
    names = []
    for block in _systems(ask, known):
        yield block
        names.append(str(block.values["name"]))
    for kind, what in WANTED.items():
        if kind == "directory" and "domain controller" in known.roles:
            continue
        for block in _wanted(ask, kind, what):
            yield block
            names += [str(block.values["name"])] if block.heading == "[[assets]]" else []
    yield from _repositories(ask, known)
    yield from _tests(ask, names)
    yield from _plan(ask)


def prefilled(known: Known) -> Iterator[Block]:
    """The systems of an audit, unasked."""
    for name, kind in known.systems.items():
        yield Block(heading="[[assets]]", values={"name": name}, says=f"{kind}; tier, rpo and rto: not said")


def _site(ask: Ask) -> Iterator[Block]:
    values = _told(
        place=ask("Where do the machines stand (building)?", text),
        admin=ask("Whose credentials administer them (a domain or an account)?", text),
    )
    if values:
        yield Block(heading="[site]", values=values)


def _systems(ask: Ask, known: Known) -> Iterator[Block]:
    if len(known.systems) > MOST_SYSTEMS:
        yield from prefilled(known)
        return
    for name, kind in known.systems.items():
        values = {"name": name, **_objectives(ask, f"{name} ({kind})")}
        yield Block(heading="[[assets]]", values=values, says=kind)


def _objectives(ask: Ask, said: str) -> dict[str, Any]:
    tier = ask(f"{said}: how vital is it? 1 vital, 2 important, 3 nice to have", one_of("1", "2", "3"))
    if tier is None:
        return {}
    return _told(
        tier=int(tier),
        rpo=ask("  How much work may be lost (24h, 7d)?", span),
        rto=ask("  How long may it be away (8h, 2d)?", span),
        depends_on=ask("  What does it need to run (names, with commas)?", names_of),
    )


def _wanted(ask: Ask, kind: str, what: str) -> Iterator[Block]:
    """An asset that no machine tells of, and where its copy stands."""
    name = ask(f"{what[0].upper()}{what[1:]}: by what name? (empty: there is none, or not now)", text)
    if name is None:
        return
    values = {"name": name, "kind": kind, **_objectives(ask, name)}
    values |= _told(admin=ask("  Whose credentials administer it?", text))
    where = ask("  Where does a copy of it stand that holdwater cannot see? (empty: nowhere)", text)
    if where is None:
        nothing = ask("  Does anything else back it up? yes, no (empty: not known)", one_of("yes", "no"))
        values |= {"no_backup": True} if nothing == "no" else {}
    yield Block(heading="[[assets]]", values=values, says=what)
    if where is not None:
        copy = _told(
            asset=name,
            where=where,
            newest=ask("  Of which day is the newest copy (2026-11-20)?", day),
            interval=ask("  How often is one made (24h, 7d)?", span),
            place=ask("  In which building does it lie?", text),
            offline=_yes(ask("  Is it out of reach between backups? yes, no", one_of("yes", "no"))),
        )
        yield Block(heading="[[copies]]", values=copy, says=f"as said; a copy of {kind}")


def _repositories(ask: Ask, known: Known) -> Iterator[Block]:
    """Where repositories stand and where their keys are kept; further ones by name."""
    for name in known.repositories:
        yield from _repository(ask, name)
    while (name := ask("A repository of backups (its name or path; empty: no more)", text)) is not None:
        yield from _repository(ask, name)


def _repository(ask: Ask, name: str) -> Iterator[Block]:
    modes = ("compliance", "governance", "hardened", "none")
    values = _told(
        place=ask(f"{name}: in which building does it stand?", text),
        admin=ask("  Whose credentials administer it?", text),
        lock_mode=ask(f"  Can copies be deleted before their time? {', '.join(modes)}", one_of(*modes)),
    )
    if values:
        yield Block(heading="[[repositories]]", values={"name": name, **values})
    kept = ask("  Where is its key kept (places, with commas)?", names_of)
    if kept:
        tested = ask("  When was a key from there last used (2026-11-20)?", day)
        yield Block(heading="[[keys]]", values=_told(opens=name, kept=kept, tested_at=tested))


def _tests(ask: Ask, names: Sequence[str]) -> Iterator[Block]:
    known = f" ({', '.join(names[:3])} …)" if names else ""
    while (name := ask(f"A system that was restored as a test{known} (empty: no more)", text)) is not None:
        at = ask("  On which day (2026-10-02)?", day)
        result = ask("  How did it end? ok, partial, failed", one_of("ok", "partial", "failed"))
        if at is None or result is None:
            continue  # without a day or an end it is no test
        values = _told(
            asset=name,
            at=at,
            result=result,
            kind=ask("  What was restored? file, boot, machine, database, application", one_of(*_KINDS)),
            artefact=ask("  What proves it (a file with hashes, a screenshot)?", text),
        )
        yield Block(heading="[[restore_tests]]", values=values)


_KINDS = ("file", "boot", "machine", "database", "application")


def _plan(ask: Ask) -> Iterator[Block]:
    values = _told(
        runbook=ask("Where is the plan of recovery? (empty: not said)", text),
        runbook_at=ask("  When was it last gone through (2026-06-01)?", day),
        runbook_kept=ask("  Where is it kept besides (places, with commas)?", names_of),
        people=ask("How many people can carry out a recovery?", count),
    )
    if values:
        yield Block(heading="[recovery]", values=values)


def _told(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _yes(word: str | None) -> bool | None:
    return None if word is None else word == "yes"


def text(answer: str) -> str:
    """Printable text. Raises ValueError."""
    if not answer.isprintable():
        raise ValueError("a control character is in it")
    return answer


def one_of(*words: str) -> Check:
    """One of the words, or the beginning of just one."""

    def check(answer: str) -> str:
        found = [word for word in words if word.startswith(answer.lower())]
        if len(found) != 1:
            raise ValueError(f"{', '.join(words)} is wanted, not {answer!r}")
        return found[0]

    return check


def span(answer: str) -> str:
    """A time as the site file takes it: 24h, 7d. Raises ValueError."""
    hours(answer, "time")
    return answer


def day(answer: str) -> date:
    """A date. Raises ValueError."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", answer):
        raise ValueError(f"a date like 2026-11-20 is wanted, not {answer!r}")
    return date.fromisoformat(answer)


def count(answer: str) -> int:
    """A whole number. Raises ValueError."""
    if not re.fullmatch(r"[0-9]{1,4}", answer):
        raise ValueError(f"a number is wanted, not {answer!r}")
    return int(answer)


def names_of(answer: str) -> list[str] | None:
    """Names with commas between them."""
    return [name.strip() for name in text(answer).split(",") if name.strip()] or None
