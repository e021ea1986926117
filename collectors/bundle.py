"""Evidence bundles: one zip file with every question, every answer verbatim, and a manifest with hashes.

Layout: `manifest.json`, and `answers/TARGET/NNNN.out` / `.err` for each answer's streams. The manifest is written
last; a bundle without one was cut short. `docs/evidence.md` is the format for readers.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from collectors.question import Answer, Question

FORMAT = "holdwater-evidence"
VERSION = 1


class BundleError(Exception):
    """The file is no bundle, is damaged or was changed; the message says which and what to do."""


class BundleWriter:
    """Writes a bundle beside its final name and renames it when finished: a half-written one is never visible."""

    def __init__(self, path: Path, *, site: str, tool: str) -> None:
        self.path = path
        self._aside = path.with_name(path.name + ".partial")
        self._zip = zipfile.ZipFile(self._aside, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        self._manifest: dict[str, Any] = {
            "format": FORMAT,
            "version": VERSION,
            "site": site,
            "tool": tool,
            "collected_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "targets": {},
        }

    def open_target(self, name: str, kind: str, address: str) -> None:
        """Note a target before it is asked, so that an unreachable one is in the bundle too."""
        self._manifest["targets"][name] = {"kind": kind, "address": address, "answers": []}

    def add(self, target: str, answer: Answer) -> None:
        """Keep one answer."""
        answers = self._manifest["targets"][target]["answers"]
        stem = f"answers/{_slug(target)}/{len(answers):04d}"
        told: dict[str, Any] = {
            "argv": answer.question.argv,
            "status": answer.status,
            "started_at": answer.started_at.isoformat() if answer.started_at else None,
            "duration_seconds": answer.duration_seconds,
            "member": stem,
        }
        told |= {k: v for k in ("refusal", "detail", "via") if (v := getattr(answer, k))}
        for suffix, stream in (("out", answer.stdout), ("err", answer.stderr)):
            if stream:
                self._zip.writestr(f"{stem}.{suffix}", stream)
                told[suffix] = {"sha256": hashlib.sha256(stream).hexdigest(), "bytes": len(stream)}
        answers.append(told)

    def finish(self, *, complete: bool = True) -> Path:
        """Write the manifest and give the bundle its name."""
        self._manifest["finished_at"] = datetime.now(UTC).isoformat(timespec="seconds")
        self._manifest["complete"] = complete
        manifest = json.dumps(self._manifest, indent=1).encode()
        self._zip.writestr("manifest.json", manifest)
        self._zip.comment = hashlib.sha256(manifest).hexdigest().encode()
        self._zip.close()
        self._aside.replace(self.path)
        return self.path


@dataclass(frozen=True, slots=True)
class RecordedTarget:
    """The answers of one target of a bundle."""

    name: str
    kind: str
    address: str
    _bundle: Bundle
    _answers: dict[tuple[str, ...], dict[str, Any]] = field(repr=False)

    def answer(self, question: Question) -> Answer:
        told = self._answers.get(question.argv)
        if told is None:
            return Answer(question, refusal="not-asked", detail="not asked when this evidence was collected")
        return self._bundle.restore(question, told)


class Bundle:
    """A finished bundle, opened for reading. Raises BundleError if it is not one or was changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
            raw = self._zip.read("manifest.json")
            self.manifest: dict[str, Any] = json.loads(raw)
        except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
            raise BundleError(f"{path} is not a whole evidence bundle ({error})") from error
        if self._zip.comment.decode("ascii", "replace") != hashlib.sha256(raw).hexdigest():
            raise BundleError(f"{path}: the manifest was changed after collection; ask for the original file")
        if self.manifest.get("format") != FORMAT or self.manifest.get("version") != VERSION:
            raise BundleError(
                f"{path}: format version {self.manifest.get('version')!r} is not known; update holdwater"
            )

    @property
    def site(self) -> str:
        return str(self.manifest["site"])

    @property
    def at(self) -> datetime:
        """The bundle's time: "now" for everything that is judged."""
        return datetime.fromisoformat(self.manifest["collected_at"])

    def targets(self) -> Iterator[RecordedTarget]:
        for name, told in sorted(self.manifest["targets"].items()):
            answers = {tuple(a["argv"]): a for a in told["answers"]}
            yield RecordedTarget(name, told["kind"], told["address"], self, answers)

    def restore(self, question: Question, told: dict[str, Any]) -> Answer:
        """One answer as it was recorded. Raises BundleError if its bytes do not match the manifest."""
        started = told.get("started_at")
        return Answer(
            question,
            stdout=self._stream(told, "out"),
            stderr=self._stream(told, "err"),
            status=told["status"],
            started_at=datetime.fromisoformat(started) if started else None,
            duration_seconds=told["duration_seconds"],
            refusal=told.get("refusal"),
            detail=told.get("detail", ""),
            via=told.get("via", ""),
            member=told["member"],
        )

    def _stream(self, told: dict[str, Any], suffix: str) -> bytes:
        if suffix not in told:
            return b""
        name = f"{told['member']}.{suffix}"
        try:
            raw = self._zip.read(name)
        except (KeyError, zipfile.BadZipFile, OSError) as error:
            raise BundleError(f"{self.path}: {name} is damaged ({error})") from error
        if hashlib.sha256(raw).hexdigest() != told[suffix]["sha256"]:
            raise BundleError(f"{self.path}: {name} was changed after collection")
        return raw


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)[:80] or "_"
