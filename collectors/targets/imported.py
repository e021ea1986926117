"""What others collected as a target: the ordinary questions are put to their files and outputs."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from collectors.bundle_reader import EXTRA
from collectors.collector import load
from collectors.fact import Fact, Gap
from collectors.importers import searching
from collectors.importers.enclosed import Enclosed, enclosed
from collectors.importers.open import records
from collectors.importers.record import FOLDER, MOST_BYTES, Printed, Record
from collectors.kernel_log_kinds import TELLING_BYTES
from collectors.question import Answer, Form, Question
from collectors.redact import redact
from collectors.targets.saved import NotRecognised, understood
from collectors.tools.kernel_log import DMESG, FILES, JOURNAL, LAST, recognises

LOGS = ("journalctl", "dmesg")
EXTRA_FILES = ("/proc/mounts", "/proc/partitions", "/proc/self/mounts")
"""Files that no collector asks for where it can ask for better ones."""

_SMALL = 4 * 1024 * 1024
_HEAD = 64 * 1024
_SPOILT = ("truncated", "denied", "failed", "unreadable")
"""What is wrong with an output that told nothing and is kept all the same: somebody meant it to tell."""


def imported(path: Path, *, name: str = "") -> list[ImportedTarget]:
    """The hosts of a sosreport, recording or folder. *name* for the host if it is one. Raises ValueError."""
    found = [ImportedTarget(record, str(path)) for record in records(path)]
    if name and len(found) == 1:
        found[0].name = name
    return found


class ImportedTarget:
    """A host that somebody else collected. Everything but the ways to a live host is as with any target."""

    def __init__(self, record: Record, address: str) -> None:
        self.name = record.host
        self.kind = record.kind
        self.address = address
        self.about = {"imported": record.kind, "collected_at": record.at.isoformat(timespec="seconds")}
        self._record = record
        self._used: set[str] = set()
        self._asked_files: set[str] = set()

    async def reach(self) -> str:
        return ""

    async def close(self) -> None:
        """Take away what was unpacked."""
        if self._record.done is not None:
            self._record.done()

    async def ask(self, question: Question) -> Answer:
        """The answer if it was collected; else the refusal "not-asked"."""
        answer = self._log(question) or self._file(question) or self._command(question)
        detail = f"not in the {self._record.kind}"
        return answer or Answer(question, started_at=self._record.at, refusal="not-asked", detail=detail)

    def _file(self, question: Question) -> Answer | None:
        tool, most = question.argv[0], question.form.max_bytes
        if tool == "cat" and len(question.argv) == 2:
            self._asked_files.add(question.argv[1])
            found = searching.cat(self._record.files, question.argv[1], most)
            return self._answer(question, *found) if found else None
        if tool == "grep":
            told = searching.grep(self._record.files, question.argv[1:], most)
            if told is not None and told[0]:
                return self._answer(question, told[0], told[2], told[1])
        return None

    def _log(self, question: Question) -> Answer | None:
        """The kernel's log, gone through once and never held as a whole."""
        asked, most = question.argv, question.form.max_bytes
        if asked in (LAST.argv, JOURNAL.argv):
            mine = [one for one in self._record.printed("journalctl") if _is_log(one)]
            if not mine:
                return None
            if asked == LAST.argv:
                with mine[0].open() as file:
                    line = next((one for one in file if b"kernel" in one), b"")
                return self._answer(question, line)
            streams = (one.open() for one in mine)
        elif asked == DMESG.argv:
            mine = list(self._record.printed("dmesg"))[:1]
            streams = (one.open() for one in mine)
        elif asked == FILES.argv:
            names = [n for word in asked[3:] for n in self._record.files.matching(word)]
            mine = [self._of_file(name) for name in names]
            streams = (one.open() for one in mine)
            if not names:
                return None
        else:
            return None
        if not mine:
            return None
        return self._answer(question, *searching.telling(streams, TELLING_BYTES, most))

    def _command(self, question: Question) -> Answer | None:
        """The output of the very same command line."""
        for one in self._record.printed(question.argv[0].rpartition("/")[2]):
            if one.words[1:] == question.argv[1:]:
                self._used.add(one.name)
                with one.open() as file:
                    raw = file.read(question.form.max_bytes + 1)
                whole = len(raw) <= question.form.max_bytes
                return self._answer(question, raw[: question.form.max_bytes], whole, status=one.status or 0)
        return None

    def _answer(
        self, question: Question, out: bytes, whole: bool = True, err: bytes = b"", status: int = 0
    ) -> Answer:
        return Answer(
            question,
            stdout=out,
            stderr=err,
            status=status,
            started_at=self._record.at,
            refusal=None if whole else "truncated",
            detail="" if whole else f"more than {question.form.max_bytes} bytes",
        )

    def extra(self) -> Iterator[Answer]:
        """Every other output that a reader recognises, kept under the reader's name. Asked for at the end."""
        load()
        unread = []
        for one in self._record.commands:
            if one.name not in self._used and one.tool not in LOGS:
                for part in self._outputs(one):
                    told = list(self._recognised(one, part))
                    yield from told
                    unread += [] if told or part.aside else [part.name]
        for path in EXTRA_FILES:
            file = self._record.files.open(path)
            if file is not None and path not in self._asked_files:
                file.close()
                extra = self._of_file(path)
                for part in self._outputs(extra):
                    yield from self._recognised(extra, part)
        if unread and self.kind == FOLDER:  # a sosreport is full of what nobody asked for
            form = Form((EXTRA, "unread-files", "names"), reads="unread-files", why="what was handed over")
            names = "\n".join(unread).encode("utf-8", "replace")
            yield Answer(Question(form.argv, form), stdout=names, status=0, started_at=self._record.at)

    def _of_file(self, path: str) -> Printed:
        return Printed(("cat", path), path, lambda: self._record.files.open(path) or io.BytesIO())

    def _outputs(self, one: Printed) -> list[Enclosed]:
        """What a file holds: of loose outputs also those in an archive, a mail or a copied terminal."""
        try:
            raw = _content(one)
        except OSError:
            return [Enclosed(name=one.name)]
        return enclosed(one.name, raw) if self.kind == FOLDER else [Enclosed(name=one.name, raw=raw)]

    def _recognised(self, one: Printed, part: Enclosed) -> Iterator[Answer]:
        if part.fault:
            return
        try:
            kind, answer, told = understood(part.raw, name=part.name)
        except NotRecognised:
            return
        if not any(isinstance(o, Fact) or (isinstance(o, Gap) and o.reason in _SPOILT) for o in told):
            return
        words = tuple(word[:200] for word in one.words) or answer.question.argv
        form = Form((EXTRA, kind, *words), reads=kind, why="collected by somebody else")
        out = redact(answer.stdout)[0]
        yield Answer(
            Question(form.argv, form),
            stdout=out,
            status=one.status or 0,
            started_at=self._record.at,
            via=part.name,
        )


def _is_log(one: Printed) -> bool:
    return not any(word.startswith(("--list", "--disk", "--header", "--verify", "-u")) for word in one.words)


def _content(one: Printed) -> bytes:
    """The output; of a large log of the kernel only the lines that may tell something."""
    with one.open() as file:
        raw = file.read(_SMALL + 1)
        if len(raw) <= _SMALL:
            return raw
        if recognises(raw[:_HEAD].decode("utf-8", "replace")) < 0.5:
            return raw + file.read(MOST_BYTES - len(raw))
    return searching.telling([one.open()], TELLING_BYTES, 16 * 1024 * 1024)[0]
