"""A whole evidence bundle: names, sizes and hashes checked, no more unpacked than the manifest admits."""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from collectors.bundle_format import (
    FOLDER,
    FORMAT,
    MANIFEST,
    MAX_BATCH_BYTES,
    MAX_MANIFEST_BYTES,
    MAX_STREAM_BYTES,
    MEMBER,
    NONSENSE,
    VERSION,
    BundleError,
    Record,
    Stream,
    digest,
    record_of,
    records,
)

BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, NotImplementedError, RuntimeError,
    MemoryError, *NONSENSE,
)  # fmt: skip
"""All that zipfile raises for a damaged file."""


class Damaged(BundleError):
    """A member cannot be read, or is not what the manifest says."""


def _hint(path: Path) -> str:
    """What to do with a file that is no zip file: it was a bundle once, or never was."""
    return _SALVAGE if path.suffix in (".zip", ".partial") else f"if a tool printed it: holdwater read {path}"


class Store(Protocol):
    """Where a bundle's content comes from: a whole file, or the remains of one."""

    manifest: dict[str, Any]

    def records(self, folder: str) -> list[Record]: ...

    def stream(self, stream: Stream) -> bytes:
        """The bytes of a stream that is a member of its own."""
        ...

    def close(self) -> None: ...


class Whole:
    """A bundle as it was written. Raises BundleError on opening, Damaged on reading, if it is not."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except FileNotFoundError as error:
            raise BundleError(f"{path}: no such file") from error
        except BROKEN as error:
            raise BundleError(
                f"{path} is not a whole evidence bundle ({_told(error)}); {_hint(path)}"
            ) from error
        try:
            self.manifest = self._opened()
        except BaseException:
            self._zip.close()
            raise

    def _opened(self) -> dict[str, Any]:
        self._entries = {entry.filename: entry for entry in self._zip.infolist()}
        if len(self._entries) != len(self._zip.infolist()):
            raise BundleError(f"{self._path}: {_twice(self._zip)} is in it twice: the file was changed")
        if MANIFEST not in self._entries:
            raise BundleError(f"{self._path} is a zip file but not an evidence bundle: it has no {MANIFEST}")
        raw = self._unpacked(MANIFEST, self._entries[MANIFEST].file_size, MAX_MANIFEST_BYTES)
        if self._zip.comment.decode("ascii", "replace") != digest(raw):
            what = f"{MANIFEST} was changed after collection, or the end of the file is missing"
            raise BundleError(f"{self._path}: {what}; {_ORIGINAL}")
        try:
            manifest: dict[str, Any] = json.loads(raw)
            self._members = checked(self._path, manifest)
        except NONSENSE as error:
            raise BundleError(
                f"{self._path}: {MANIFEST} makes no sense ({_told(error)}); {_ORIGINAL}"
            ) from error
        self._compare()
        self._batches: dict[str, list[str]] = {}
        for name in sorted(self._members):
            if name.endswith(".answers"):
                self._batches.setdefault(name.split("/")[1], []).append(name)
        return manifest

    def _compare(self) -> None:
        """What is in the file must be what the manifest lists, by name and size."""
        for name, entry in self._entries.items():
            if name != MANIFEST and name not in self._members:
                raise BundleError(f"{self._path}: {name[:100]!r} was added after collection; {_ORIGINAL}")
            if name != MANIFEST and entry.file_size != self._members[name]["bytes"]:
                raise BundleError(f"{self._path}: {name} does not have its size; {_SALVAGE}")
        for name in self._members:
            if name not in self._entries:
                raise BundleError(f"{self._path}: {name} is missing; {_SALVAGE}")

    def members(self) -> list[str]:
        """The names of all members but the manifest."""
        return list(self._members)

    def check(self, name: str) -> None:
        """Raise Damaged unless the member's bytes are the ones collected."""
        self._member(name, MAX_BATCH_BYTES if name.endswith(".answers") else MAX_STREAM_BYTES)

    def records(self, folder: str) -> list[Record]:
        found: list[Record] = []
        for name in self._batches.get(folder, ()):
            batch = self._member(name, MAX_BATCH_BYTES)
            try:
                found += [record_of(*one) for one in records(batch, checked=False) if "argv" in one[0]]
            except NONSENSE as error:
                raise Damaged(f"{self._path}: {name} makes no sense ({_told(error)})") from error
        return found

    def stream(self, stream: Stream) -> bytes:
        if self._members.get(stream.member, {}).get("sha256") != stream.sha256:
            raise Damaged(f"{self._path}: {stream.member[:100]!r} is not the stream that was recorded")
        return self._member(stream.member, MAX_STREAM_BYTES)

    def _member(self, name: str, limit: int) -> bytes:
        raw = self._unpacked(name, self._members[name]["bytes"], limit)
        if digest(raw) != self._members[name]["sha256"]:
            raise Damaged(f"{self._path}: {name} was changed after collection; {_ORIGINAL}")
        return raw

    def _unpacked(self, name: str, size: int, limit: int) -> bytes:
        """The member's bytes: *size* of them, or Damaged. Never unpacks more than that."""
        entry = self._entries[name]
        if not 0 <= size <= limit:
            raise Damaged(f"{self._path}: {name} claims to unpack to {size} bytes; no bundle of ours does")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or entry.flag_bits & 1:
            raise Damaged(f"{self._path}: {name} is packed in a way that bundles are not; {_ORIGINAL}")
        try:
            with self._zip.open(entry) as packed:
                raw = packed.read(size + 1)
        except BROKEN as error:
            raise Damaged(f"{self._path}: {name} is damaged ({_told(error)}); {_SALVAGE}") from error
        if len(raw) != size:
            raise Damaged(f"{self._path}: {name} does not have its size; {_SALVAGE}")
        return raw

    def close(self) -> None:
        self._zip.close()


_SALVAGE = "ask for the original file, or read what is left with --salvage"
_ORIGINAL = "ask for the original file"


def _told(error: BaseException) -> str:
    return f"{error}"[:160] or type(error).__name__


def _twice(archive: zipfile.ZipFile) -> str:
    names = [entry.filename for entry in archive.infolist()]
    return repr(next(name for name in names if names.count(name) > 1)[:100])


def checked(path: Path, manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The members of a manifest that has the shape of ours. Raises one of NONSENSE or BundleError."""
    if manifest.get("format") != FORMAT:
        raise BundleError(f"{path} is not an evidence bundle")
    if manifest.get("version") != VERSION:
        raise BundleError(
            f"{path}: format version {manifest.get('version')!r} is not known; update holdwater"
        )
    if datetime.fromisoformat(manifest["collected_at"]).tzinfo is None:
        raise ValueError("collected_at has no time zone")
    for told in manifest["targets"].values():
        if not all(isinstance(told[word], str) for word in ("kind", "address", "folder")):
            raise TypeError("target without kind, address and folder")
        if not FOLDER.fullmatch(told["folder"]) or not isinstance(told["answers"], int):
            raise ValueError("target with an odd folder")
    folders = {told["folder"].lower() for told in manifest["targets"].values()}
    if len(folders) != len(manifest["targets"]):
        raise ValueError("two targets share a folder")
    members: dict[str, dict[str, Any]] = manifest["members"]
    for name, told in members.items():
        if not MEMBER.fullmatch(name):
            raise BundleError(f"{path}: {name[:100]!r} is no name that we give to members; {_ORIGINAL}")
        if not isinstance(told["bytes"], int) or not isinstance(told["sha256"], str):
            raise TypeError("member without size and hash")
    return members
