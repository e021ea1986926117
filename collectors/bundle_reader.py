"""Reads evidence bundles: lazily, one target at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from collectors.bundle_format import Record, Stream
from collectors.bundle_whole import Damaged, Store, Whole
from collectors.question import Answer, Form, Question, Refusal


@dataclass(slots=True)
class RecordedTarget:
    """The answers of one target of a bundle, read when the first is asked for."""

    name: str
    kind: str
    address: str
    folder: str
    unreachable: str
    about: dict[str, str]
    missing: tuple[Refusal, str]
    """What to say of a question that has no answer here."""
    _store: Store = field(repr=False)
    _salvage: bool = field(repr=False)
    _answers: dict[tuple[str, ...], Record] | None = field(default=None, repr=False)

    def answer(self, question: Question) -> Answer:
        """The recorded answer; a refusal if there is none. Raises BundleError if its bytes are not the ones
        recorded.
        """
        known = self._recorded()
        record = known.get(question.argv)
        if record is not None:
            return self._restored(question, record)
        for argv in question.form.formerly:
            if argv in known:
                return self._restored(Question(argv, question.form), known[argv])
        refusal, detail = self.missing
        return Answer(question, refusal=refusal, detail=detail)

    def answers(self) -> Iterator[Answer]:
        """All answers in the order they came, for people: their questions know no form."""
        for record in sorted(self._recorded().values(), key=lambda one: one.number):
            yield self._restored(Question(record.argv, _NO_FORM), record)

    def extra(self) -> Iterator[Answer]:
        """Answers that no collector asked for: what somebody else had collected, with the reader's name."""
        found = [one for one in self._recorded().values() if one.argv[:1] == _SAVED and len(one.argv) > 2]
        for record in sorted(found, key=lambda one: one.number):
            form = Form(record.argv[2:], reads=record.argv[1], why="collected by somebody else")
            yield self._restored(Question(form.argv, form), record)

    def _recorded(self) -> dict[tuple[str, ...], Record]:
        if self._answers is None:
            self._answers = {}
            for record in self._store.records(self.folder):
                self._answers.setdefault(record.argv, record)
        return self._answers

    def _restored(self, question: Question, record: Record) -> Answer:
        member = f"{self.folder}/{record.number:04d}"
        out, err = record.out, record.err
        try:
            if isinstance(out, Stream):
                out = self._store.stream(out)
            if isinstance(err, Stream):
                err = self._store.stream(err)
        except Damaged as error:
            if not self._salvage:
                raise
            return Answer(
                question, started_at=record.started_at, refusal="damaged", detail=f"{error}", member=member
            )
        return record.answer(question, out, err, member)


EXTRA = "saved"
"""First word of the question of an answer that no collector asked for; the name of the reader follows."""

_SAVED = (EXTRA,)
_NO_FORM = Form(("*",), reads="", why="as recorded")


class Bundle:
    """An evidence bundle opened for reading: a context manager. Opening reads the manifest only.

    Raises BundleError if the file is no bundle, is damaged or was changed. With *salvage*, whatever is intact
    in a damaged or unfinished file is given, and the rest is refused with "damaged" or "interrupted"; nothing
    altered by damage is ever given.
    """

    def __init__(self, path: Path | str, *, salvage: bool = False) -> None:
        self.path = path if isinstance(path, Path) else Path(path)
        self.salvaged = False
        self._store: Store
        if salvage:
            from collectors.bundle_salvage import Remains, intact

            self.salvaged = not intact(self.path)
            self._store = Remains(self.path) if self.salvaged else Whole(self.path)
        else:
            self._store = Whole(self.path)
        self.manifest = self._store.manifest

    @classmethod
    def open(cls, path: Path | str, *, salvage: bool = False) -> Self:
        """The bundle at *path*."""
        return cls(path, salvage=salvage)

    @property
    def site(self) -> str:
        """The site's name."""
        return str(self.manifest["site"])

    @property
    def at(self) -> datetime:
        """The bundle's time: "now" for everything that is judged."""
        return datetime.fromisoformat(self.manifest["collected_at"])

    @property
    def complete(self) -> bool:
        """Whether all was asked that was to be asked, and all of it is here."""
        return bool(self.manifest.get("complete")) and not self.salvaged

    def targets(self) -> Iterator[RecordedTarget]:
        """The targets by name; unreachable ones too."""
        for name, told in sorted(self.manifest["targets"].items()):
            yield self._target(name, told)

    def _target(self, name: str, told: dict[str, Any]) -> RecordedTarget:
        about = told.get("about") or {}
        if self.salvaged and not about and self._spoke_powershell(told["folder"]):
            about = {"system": "windows"}
        elif self.salvaged and not about and told["kind"] in ("vsphere", "proxmox", "pbs", "veeam"):
            about = {"system": told["kind"]}
        elif self.salvaged and not about and told["kind"] in ("repository", "catalog"):
            about = {"system": str(told["address"]).partition(":")[0].partition("+")[0]}
        return RecordedTarget(
            name,
            told["kind"],
            told["address"],
            told["folder"],
            str(told.get("unreachable", "")),
            about,
            _missing(told),
            self._store,
            self.salvaged,
        )

    def _spoke_powershell(self, folder: str) -> bool:
        """What a target runs is told at its end only: of an unfinished one the questions tell."""
        return any(record.argv[:1] == ("powershell",) for record in self._store.records(folder))

    def target(self, name: str) -> RecordedTarget:
        """The target of that name. Raises KeyError."""
        return self._target(name, self.manifest["targets"][name])

    def close(self) -> None:
        """Give the file back."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _missing(told: dict[str, Any]) -> tuple[Refusal, str]:
    if told.get("damaged"):
        return "damaged", "may have been in a part of the evidence file that is damaged"
    if told.get("unreachable"):
        return "unreachable", str(told["unreachable"])
    if told.get("interrupted") or not told.get("complete", True):
        return "interrupted", "collection was interrupted before this was asked"
    return "not-asked", "not asked when this evidence was collected"
