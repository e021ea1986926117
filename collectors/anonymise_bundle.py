"""Writes a bundle anew under aliases: what it tells is the same, but not of whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from collectors.alias_names import names, parts
from collectors.anonymise import Anonymiser, candidates
from collectors.bundle_reader import EXTRA, Bundle, RecordedTarget
from collectors.bundle_writer import BundleWriter
from collectors.collector import Collector
from collectors.question import Answer, Form, Question
from collectors.reading import read_target


def learn(bundle: Bundle, collectors: Iterable[Collector], who: Anonymiser) -> None:
    """Take in every name of a bundle. Raises BundleError."""
    known = list(collectors)
    for word in [bundle.site, *parts(bundle.site)]:
        who.learn("site", word)
    for target in bundle.targets():
        bare = target.name.partition(" (")[0]
        who.learn("machine", bare)
        user, _, place = target.address.partition("://")[2].rpartition("@")
        for word in [*parts(user), target.about.get("user", "")]:
            who.learn("person", word)
        for word in parts(place):
            who.learn("machine", word)
        for kind, word in names(read_target(target, known)):
            who.learn(kind, word)
        for answer in target.answers():
            for kind, word in candidates(answer.stdout):
                who.learn(kind, word)


def rewrite(bundle: Bundle, path: Path, who: Anonymiser) -> Path:
    """Write the bundle to *path* under aliases; returns where it is. Raises BundleError, CannotWrite."""
    tool = str(bundle.manifest.get("tool") or "")
    writer = BundleWriter(path, site=who.text(bundle.site), tool=tool, at=bundle.at)
    try:
        for target in bundle.targets():
            _target(target, bundle, writer, who)
    except BaseException:
        writer.finish(complete=False)
        writer.path.unlink(missing_ok=True)
        raise
    return writer.finish(complete=bundle.complete)


def _target(target: RecordedTarget, bundle: Bundle, writer: BundleWriter, who: Anonymiser) -> None:
    name = who.text(target.name)
    writer.open_target(name, target.kind, who.text(target.address))
    for answer in target.answers():
        writer.add(name, _answer(answer, who))
    told = bundle.manifest["targets"][target.name]
    writer.close_target(
        name,
        unreachable=who.text(target.unreachable),
        interrupted=bool(told.get("interrupted")),
        about={key: who.text(value) for key, value in target.about.items()},
    )


def _answer(answer: Answer, who: Anonymiser) -> Answer:
    argv = answer.question.argv
    ours = 2 if argv[0] == EXTRA else 0  # a word of ours, and the reader's name
    argv = (*argv[:ours], *(who.text(word) for word in argv[ours:]))
    form = Form(argv, reads="", why="")
    return replace(
        answer,
        question=Question(argv, form),
        stdout=who.raw(answer.stdout),
        stderr=who.raw(answer.stderr),
        detail=who.text(answer.detail),
        via=who.text(answer.via),
    )


def vocabulary() -> frozenset[str]:
    """Lower-case words of tools: of every form's command line, and of tables and columns."""
    from dataclasses import fields

    from collectors.collector import load
    from collectors.table import TABLES

    told: set[str] = set()
    for one in load().values():
        for form in one.asks:
            for word in form.argv:
                told.update(part.lower() for part in parts(word))
    for name, row_type in TABLES.items():
        told.add(name)
        told.update(one.name for one in fields(row_type))
    return frozenset(told)
