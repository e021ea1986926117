"""Writes evidence bundles: streaming, beside the final name, renamed when whole."""

from __future__ import annotations

import json
import os
import platform
import time
import zipfile
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from collectors.bundle_aside import Aside
from collectors.bundle_format import (
    BATCH_BYTES,
    FORMAT,
    INLINE_BYTES,
    MANIFEST,
    VERSION,
    CannotWrite,
    digest,
    encode,
    slug,
)
from collectors.question import Answer
from collectors.redact import redact

SUFFIX = ".evidence.zip"
PARTIAL = ".partial"
BATCH_SECONDS = 5.0


def bundle_name(folder: Path, site: str, at: datetime | None = None) -> Path:
    """`folder/SITE-YYYYMMDDTHHMMZ.evidence.zip` for a bundle begun *at* (now), of a name not yet taken."""
    begun = (at or datetime.now(UTC)).astimezone(UTC)
    return _free(folder / f"{slug(site)}-{begun:%Y%m%dT%H%MZ}{SUFFIX}")


def _free(path: Path) -> Path:
    """*path*, or the first `NAME-2.evidence.zip`, `NAME-3…` that neither exists nor is being written."""
    stem = path.name.removesuffix(SUFFIX)
    suffix = path.name[len(stem) :]
    count, free = 1, path
    while free.exists() or free.with_name(free.name + PARTIAL).exists():
        count += 1
        free = path.with_name(f"{stem}-{count}{suffix}")
    return free


@dataclass(slots=True)
class _Open:
    """A target being asked: answers waiting for their batch, and what the manifest will tell of it."""

    told: dict[str, Any]
    waiting: list[bytes] = field(default_factory=list)
    size: int = 0
    since: float = 0.0
    batches: int = 0


class BundleWriter:
    """Writes a bundle as `PATH.partial` and renames it when finished: a half-written one is never taken for
    whole.

    A name that is taken gets a number; `path` is the name it will have. As a context manager it finishes the
    bundle, marked incomplete if the block was left by an exception. Raises CannotWrite, an OSError.
    """

    def __init__(self, path: Path, *, site: str, tool: str, at: datetime | None = None) -> None:
        begun = (at or datetime.now(UTC)).astimezone(UTC)
        self.path = _free(path)
        self.finished = False
        self._failure: CannotWrite | None = None
        self._aside = Aside(self.path.with_name(self.path.name + PARTIAL))
        self._zip = zipfile.ZipFile(self._aside, "w", zipfile.ZIP_DEFLATED)
        self._date = max(begun.timetuple()[:6], (1980, 1, 1, 0, 0, 0))
        self._targets: dict[str, _Open] = {}
        self._removed: Counter[str] = Counter()
        self._members: dict[str, dict[str, Any]] = {}
        self._head: dict[str, Any] = {
            "format": FORMAT,
            "version": VERSION,
            "site": site,
            "tool": tool,
            "collected_at": begun.isoformat(timespec="seconds"),
        }

    def open_target(self, name: str, kind: str, address: str) -> None:
        """Note a target before it is asked. Raises ValueError if the name is taken."""
        if name in self._targets:
            raise ValueError(f"two targets are named {name!r}")
        folder = base = slug(name)
        taken = {one.told["folder"].lower() for one in self._targets.values()}
        count = 1
        while folder.lower() in taken:  # two names may look the same once made safe, or on a Mac
            count += 1
            folder = f"{base}-{count}"
        told = {"kind": kind, "address": address, "folder": folder, "answers": 0, "complete": False}
        self._targets[name] = _Open(told, since=time.monotonic())

    def add(self, target: str, answer: Answer) -> Answer:
        """Keep one answer; returns it as kept, without secrets, which is what everybody must go on with."""
        out, removed_out = redact(answer.stdout)
        err, removed_err = redact(answer.stderr)
        self._removed += Counter(removed_out) + Counter(removed_err)
        this = self._targets[target]
        number, folder = this.told["answers"], this.told["folder"]
        this.told["answers"] += 1
        stem = f"targets/{folder}/{number:04d}"
        header: dict[str, Any] = {
            "n": number,
            "argv": answer.question.argv,
            "status": answer.status,
            "started_at": answer.started_at.isoformat() if answer.started_at else None,
            "seconds": answer.duration_seconds,
        }
        header |= {k: v for k in ("refusal", "detail", "via") if (v := getattr(answer, k))}
        if this.waiting and max(len(out), len(err)) > INLINE_BYTES:
            self._flush(this)  # a long stream may fill the disk, and is worth nothing by itself
        inline = {
            suffix: self._place(header, stem, suffix, raw) for suffix, raw in (("out", out), ("err", err))
        }
        if not this.waiting:
            self._begin(target, this)
        record = encode(header, inline["out"], inline["err"])
        this.waiting.append(record)
        this.size += len(record)
        if answer.question.argv[0] == "date" and answer.started_at and answer.status == 0:
            clocks = {"collector": answer.started_at.isoformat(), "target": answer.text.strip()[:64]}
            this.told.setdefault("clock", clocks)
        if this.size >= BATCH_BYTES or time.monotonic() - this.since > BATCH_SECONDS:
            self._flush(this)
        return replace(answer, stdout=out, stderr=err, member=f"{folder}/{number:04d}")

    def write_waiting(self, seconds: float) -> None:
        """Write what has waited longer: while something hangs no answer comes that would take it along."""
        for this in self._targets.values():
            if this.waiting and time.monotonic() - this.since >= seconds:
                self._flush(this)

    def close_target(
        self,
        name: str,
        *,
        unreachable: str = "",
        interrupted: bool = False,
        about: dict[str, str] | None = None,
    ) -> None:
        """All answers of the target are in, or the reason why there are none or not all.

        *about*: what the connection told: user, user id, host key.
        """
        this = self._targets[name]
        told = {"unreachable": unreachable, "interrupted": interrupted, "about": about}
        this.told |= {k: v for k, v in told.items() if v}
        this.told["complete"] = not (unreachable or interrupted)
        self._begin(name, this)
        self._flush(this)

    def finish(self, *, complete: bool = True) -> Path:
        """Write the manifest and give the bundle its name; returns it."""
        for name, this in self._targets.items():
            if this.waiting:
                self._begin(name, this)
                self._flush(this)
        manifest = {
            **self._head,
            "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "complete": complete,
            "versions": {"python": platform.python_version(), "system": platform.system()},
            "removed": dict(sorted(self._removed.items())),
            "targets": {name: this.told for name, this in sorted(self._targets.items())},
            "members": dict(sorted(self._members.items())),
        }
        raw = json.dumps(manifest, indent=1).encode()
        try:
            self._write(MANIFEST, raw)
            self._zip.comment = digest(raw).encode()
            self._zip.close()
            self._aside.sync_and_close()
            self.path = self._name_it()
        except CannotWrite:
            raise
        except OSError as error:
            raise self._failed(error) from error
        self.finished = True
        return self.path

    def _name_it(self) -> Path:
        """Rename, never over a file that came up meanwhile."""
        path = self.path
        if path.exists():
            path = _free(path.with_name(path.name))
        self._aside.path.rename(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return path

    def _begin(self, name: str, this: _Open) -> None:
        """Every batch begins by telling whose it is, so that it can be understood without the manifest."""
        record = encode({"target": name, **this.told, **self._head})
        this.waiting.append(record)
        this.size += len(record)

    def _place(self, header: dict[str, Any], stem: str, suffix: str, raw: bytes) -> bytes:
        """Note the stream in the header; returns the bytes that go into the batch."""
        if not raw:
            return b""
        if len(raw) <= INLINE_BYTES:
            header[suffix] = len(raw)
            return raw
        member = f"{stem}.{suffix}"
        self._write(member, raw)
        header[suffix] = {"member": member, "bytes": len(raw), "sha256": self._members[member]["sha256"]}
        return b""

    def _flush(self, this: _Open) -> None:
        member = f"targets/{this.told['folder']}/{this.batches:04d}.answers"
        self._write(member, b"".join(this.waiting))
        this.waiting, this.size, this.since, this.batches = [], 0, time.monotonic(), this.batches + 1

    def _write(self, name: str, raw: bytes) -> None:
        entry = zipfile.ZipInfo(name, self._date)
        entry.external_attr = 0o100600 << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.create_system = 3
        if self._failure is not None:  # whoever met it first may have been nobody who could tell it
            raise self._failure
        try:
            self._zip.writestr(entry, raw)
        except OSError as error:
            raise self._failed(error) from error
        if name != MANIFEST:
            self._members[name] = {"bytes": len(raw), "sha256": digest(raw)}

    def _failed(self, error: OSError) -> CannotWrite:
        self.abandon()
        self._failure = CannotWrite(
            f"cannot write the evidence: {error.strerror or error}; what was collected so far is kept in "
            f"{self._aside.path} (read it with --salvage); make room and collect again"
        )
        return self._failure

    def drop_if_empty(self) -> None:
        """After an interruption before the first answer: leave no file, which could only puzzle."""
        if not self.finished and not any(this.told["answers"] for this in self._targets.values()):
            self.abandon()
            self._aside.path.unlink(missing_ok=True)

    def abandon(self) -> None:
        """Write nothing more, as if we had crashed: what was written stays, to be salvaged."""
        self._zip.fp = None  # else zipfile writes a directory when it is let go
        self._aside.give_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.finished and not isinstance(error, CannotWrite):
            self.finish(complete=error is None)
