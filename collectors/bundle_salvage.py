"""What is left of a damaged or unfinished evidence bundle.

Works without the zip file's central directory and without the manifest: members are found by their local
headers (APPNOTE.TXT 4.3.7), unpacked as far as they go, and every record and stream is taken only if its own
hash is right.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from collectors.bundle_format import (
    MANIFEST,
    MAX_BATCH_BYTES,
    MAX_MANIFEST_BYTES,
    MAX_STREAM_BYTES,
    MEMBER,
    NONSENSE,
    BundleError,
    Record,
    Stream,
    digest,
    record_of,
    records,
)
from collectors.bundle_whole import BROKEN, Damaged, Whole, checked

_LOCAL_HEADER = re.compile(rb"PK\x03\x04")
_LOCAL_HEADER_BYTES = 30
_TOLD = {"target": str, "kind": str, "address": str, "answers": int}


def intact(path: Path) -> bool:
    """Whether there is nothing to salvage: the file opens and every member is as it was collected."""
    try:
        whole = Whole(path)
    except BundleError:
        return False
    try:
        for name in whole.members():
            whole.check(name)
        for told in whole.manifest["targets"].values():
            whole.records(told["folder"])
    except BundleError:
        return False
    finally:
        whole.close()
    return True


class Remains:
    """The intact records of a damaged file. Raises BundleError if there are none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with path.open("rb") as file:
                self._raw = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise BundleError(f"{path}: nothing can be recovered ({error})") from error
        try:
            self._places = _members(path, self._raw)
            self.manifest = self._rebuilt()
        except BaseException:
            self.close()
            raise

    def _rebuilt(self) -> dict[str, Any]:
        """The manifest if it is intact, filled in with what the batches tell of themselves."""
        manifest = self._manifest() or {}
        targets: dict[str, dict[str, Any]] = manifest.setdefault("targets", {})
        listed = bool(targets)
        for folder in sorted({m[1] for name in self._places if (m := MEMBER.fullmatch(name))}):
            for told in self._headers(folder):
                name = str(told.pop("target"))
                for word in ("site", "tool", "collected_at", "format", "version"):
                    manifest.setdefault(word, told.pop(word, None))
                if not listed:
                    targets[name] = told
        if not targets:
            raise BundleError(f"{self._path}: nothing can be recovered; it holds no intact evidence")
        self._complete(manifest)
        return manifest

    def _complete(self, manifest: dict[str, Any]) -> None:
        for told in manifest["targets"].values():
            intact_answers = len({one.number for one in self.records(told["folder"])})
            told["damaged"] = intact_answers < told["answers"]
        manifest["complete"] = False
        manifest["site"] = str(manifest.get("site") or self._path.name.partition(".")[0])
        try:
            aware = datetime.fromisoformat(manifest["collected_at"]).tzinfo is not None
        except NONSENSE:
            aware = False
        if not aware:
            manifest["collected_at"] = datetime.fromtimestamp(self._path.stat().st_mtime, UTC).isoformat()

    def _manifest(self) -> dict[str, Any] | None:
        """The manifest, if the hash in the zip file's comment says that it is the one that was written."""
        for at in self._places.get(MANIFEST, ()):
            raw = _unpacked(self._raw, at, len(MANIFEST), MAX_MANIFEST_BYTES)
            if self._raw[-64:] == digest(raw).encode():
                try:
                    told: dict[str, Any] = json.loads(raw)
                    checked(self._path, told)
                except (BundleError, *NONSENSE):
                    return None
                return told
        return None

    def _batches(self, folder: str) -> Iterator[tuple[dict[str, Any], bytes, bytes]]:
        """Every intact record of the target, in order, up to the first damage of each batch."""
        for name in sorted(self._places):
            found = MEMBER.fullmatch(name)
            if found is None or found[1] != folder or found[3] != "answers":
                continue
            for at in self._places[name]:
                try:
                    yield from records(_unpacked(self._raw, at, len(name), MAX_BATCH_BYTES), checked=True)
                except NONSENSE:
                    continue

    def _headers(self, folder: str) -> Iterator[dict[str, Any]]:
        """What the target's batches tell of it, oldest first."""
        for header, _, _ in self._batches(folder):
            if header.get("folder") == folder and all(
                isinstance(header.get(word), kind) for word, kind in _TOLD.items()
            ):
                yield header

    def records(self, folder: str) -> list[Record]:
        found = []
        for header, out, err in self._batches(folder):
            try:
                if "argv" in header:
                    found.append(record_of(header, out, err))
            except NONSENSE:
                continue
        return found

    def stream(self, stream: Stream) -> bytes:
        for at in self._places.get(stream.member, ()):
            raw = _unpacked(self._raw, at, len(stream.member), min(stream.size, MAX_STREAM_BYTES))
            if len(raw) == stream.size and hashlib.sha256(raw).hexdigest() == stream.sha256:
                return raw
        raise Damaged(f"{stream.member} is damaged")

    def close(self) -> None:
        self._raw.close()


def _members(path: Path, raw: mmap.mmap) -> dict[str, list[int]]:
    """Member name → offsets of its local headers, by scanning and, where it can be read, by the directory."""
    places: dict[str, set[int]] = {}
    for found in _LOCAL_HEADER.finditer(raw):
        at = found.start()
        head = raw[at : at + _LOCAL_HEADER_BYTES]
        if len(head) == _LOCAL_HEADER_BYTES:
            (length,) = struct.unpack_from("<H", head, 26)
            name = raw[at + _LOCAL_HEADER_BYTES : at + _LOCAL_HEADER_BYTES + length].decode(
                "ascii", "replace"
            )
            if name == MANIFEST or MEMBER.fullmatch(name):
                places.setdefault(name, set()).add(at)
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if entry.filename == MANIFEST or MEMBER.fullmatch(entry.filename):
                    places.setdefault(entry.filename, set()).add(entry.header_offset)
    except BROKEN:
        pass  # the scan is what there is
    return {name: sorted(offsets) for name, offsets in places.items()}


def _unpacked(raw: mmap.mmap, at: int, name_bytes: int, limit: int) -> bytes:
    """The member whose local header stands at *at*, as far as it can be unpacked, at most *limit* bytes.

    Our local headers have no extra field; method and sizes in a header may be damaged, so only the stream
    counts.
    """
    start = at + _LOCAL_HEADER_BYTES + name_bytes
    unpack = zlib.decompressobj(-zlib.MAX_WBITS)
    out = bytearray()
    while len(out) < limit and not unpack.eof and not unpack.unconsumed_tail and start < len(raw):
        try:
            out += unpack.decompress(raw[start : start + 65536], limit - len(out))
        except zlib.error:
            break
        start += 65536
    return bytes(out)
