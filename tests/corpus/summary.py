"""How far our conclusions agree with the labels of the corpus, as a Markdown table; writes nothing else.

Run from the checkout: `python -m tests.corpus.summary`. A row for each kind of file:

- files: all that the index lists; read: those that a reader takes; refused: the others
- labelled: those whose label is compared with our conclusion (the others ask for robustness only)
- agree; disagree, explained: the reason stands in the test of the kind; disagree, unexplained: the test fails

Kinds without a `Subject` have files only; recordings of whole hosts are judged by a test of their own.
"""

from __future__ import annotations

import collections
import importlib
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

from tests.corpus.agreement import CORPUS, Outcome, Subject, index, outcomes

COLUMNS = (
    *("kind", "files", "read", "refused", "labelled"),
    *("agree", "disagree, explained", "disagree, unexplained"),
)


def subjects() -> Iterator[Subject]:
    """What the test modules of this folder compare."""
    for path in sorted(Path(__file__).parent.glob("test_*_agreement.py")):
        subject = getattr(importlib.import_module(f"tests.corpus.{path.stem}"), "SUBJECT", None)
        if subject is not None:
            yield subject


def counts(found: Collection[Outcome]) -> tuple[int, ...]:
    """The columns after the kind."""
    read = sum(bool(one.reading.kind) for one in found)
    compared = [one for one in found if one.agrees is not None]
    agree = sum(bool(one.agrees) for one in compared)
    explained = sum(not one.agrees and one.reason is not None for one in compared)
    return (
        len(found),
        read,
        len(found) - read,
        len(compared),
        agree,
        explained,
        len(compared) - agree - explained,
    )


def table() -> Iterator[str]:
    """The lines of the table, kinds in alphabetical order, sums last."""
    by_kind: dict[str, list[Outcome]] = {}
    for subject in subjects():
        for one in outcomes(subject):
            by_kind.setdefault(one.recording.kind, []).append(one)
    files = collections.Counter(one.kind for one in index())
    yield line(COLUMNS)
    yield line(("---", *["---:"] * (len(COLUMNS) - 1)))
    for kind in sorted(files):
        yield line((kind, *counts(by_kind[kind])) if kind in by_kind else (kind, files[kind], *["–"] * 6))
    together = counts([one for found in by_kind.values() for one in found])
    yield line(("all with a subject", *together))


def line(cells: Collection[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    if not CORPUS.is_dir():
        sys.exit("no corpus beside the checkout (HOLDWATER_CORPUS)")
    print("\n".join(table()))
