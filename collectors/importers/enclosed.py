"""What one file holds that somebody handed over: one output, or several in an archive, a mail or a session.

Nothing of it is trusted: archives are never unpacked to disk here, and bytes, parts and depth have an end.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import ModuleType

from collectors.importers.session import outputs
from collectors.question import decode
from collectors.xlsx_sheets import is_workbook

MOST_PARTS = 2_000
MOST_BYTES = 512 * 1024 * 1024
DEEPEST = 4

_DAMAGED = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,  # zipfile: encrypted, or packed in a way that it does not know
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    tarfile.TarError,
)
_PACKED: tuple[tuple[bytes, ModuleType], ...] = (
    (b"\x1f\x8b\x08", gzip),
    (b"BZh", bz2),
    (b"\xfd7zXZ\0", lzma),
)
_OTHERS = (
    (b"\x89PNG\r\n", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"%PDF-", "a PDF"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1", "a file of Office or Outlook"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\x28\xb5\x2f\xfd", "an archive of zstd"),
)
_HEADER = re.compile(rb"(?:[!-9;-~]+:[^\n]*\n(?:[ \t][^\n]*\n)*)+\r?\n")
_MIME = re.compile(rb"^(?:MIME-Version|Content-Transfer-Encoding):", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosed:
    """One output out of a file. *name*: the way to it, `mail.eml/smart.txt`.

    *aside*: words around the outputs, such as those of a mail: no output is expected there. *fault*: why
    there is nothing to read, in words that follow the name.
    """

    name: str
    raw: bytes = b""
    aside: bool = False
    fault: str = ""


@dataclass(slots=True)
class _Room:
    """What may still be taken out."""

    byte_count: int = MOST_BYTES
    parts: int = MOST_PARTS


def enclosed(name: str, raw: bytes, *, split: bool = True) -> list[Enclosed]:
    """The outputs in a file, at least one entry; a file that is an output itself is the only one.

    *split*: also the outputs of several commands that stand one after another in a text. The readers must be
    loaded. What cannot be taken out is an entry with its fault.
    """
    return list(_opened(name, raw, split, 0, _Room()))


def _opened(name: str, raw: bytes, split: bool, depth: int, room: _Room) -> Iterator[Enclosed]:
    room.parts -= 1
    if room.parts < 0:
        if room.parts == -1:
            yield Enclosed(
                name=name, fault=f"holds more than {MOST_PARTS} files; hand over the part that matters"
            )
        return
    parts = _parts(raw, room)
    if parts is None:
        yield from _plain(name, raw, split)
    elif depth == DEEPEST:
        yield Enclosed(name=name, fault="is an archive in an archive in an archive; unpack it")
    else:
        for part in parts:
            inner = f"{name}/{part.name}" if part.name else name
            if part.fault or part.aside:
                fault = part.fault.replace("audit FILE", f"audit {inner}")
                yield Enclosed(name=inner, raw=part.raw, fault=fault, aside=part.aside)
            else:
                yield from _opened(inner, part.raw, split, depth + 1, room)


def _plain(name: str, raw: bytes, split: bool) -> Iterator[Enclosed]:
    for magic, what in _OTHERS:
        if raw.startswith(magic):
            yield Enclosed(name=name, fault=f"is {what}; ask for the text itself, as the tool printed it")
            return
    pieces = outputs(decode(raw)) if split else []
    if not pieces:
        yield Enclosed(name=name, raw=raw)
    for title, text in pieces:
        yield Enclosed(name=f"{name} ({title})", raw=text.encode("utf-8", "replace"))


def _parts(raw: bytes, room: _Room) -> Iterator[Enclosed] | None:
    """What an archive or a mail holds; None: it is neither."""
    if raw.startswith(b"PK\3\4"):
        return None if is_workbook(raw) else _zip(raw, room)
    if raw[257:262] == b"ustar":
        return _tar(raw, room)
    for magic, packer in _PACKED:
        if raw.startswith(magic):
            return _unpacked(raw, packer, room)
    head = _HEADER.match(raw[:65536].replace(b"\r\n", b"\n"))
    return _mail(raw) if head and _MIME.search(head[0]) else None


def _unpacked(raw: bytes, packer: ModuleType, room: _Room) -> Iterator[Enclosed]:
    try:
        with packer.open(io.BytesIO(raw)) as file:
            yield _taken("", file.read(room.byte_count + 1), room)
    except _DAMAGED as error:
        yield Enclosed(name="", fault=f"is cut off or damaged ({_why(error)}); ask for it again")


def _zip(raw: bytes, room: _Room) -> Iterator[Enclosed]:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            names = archive.namelist()
            if "manifest.json" in names and any(one.startswith("targets/") for one in names):
                yield Enclosed(name="", fault="is an evidence bundle; holdwater audit FILE judges it")
                return
            if "[Content_Types].xml" in names:
                yield Enclosed(name="", fault="is an Office document; save its text as a plain file")
                return
            for entry in archive.infolist():
                if not entry.is_dir() and not _litter(entry.filename):
                    try:
                        with archive.open(entry) as file:
                            yield _taken(entry.filename, file.read(room.byte_count + 1), room)
                    except _DAMAGED as error:
                        yield Enclosed(name=entry.filename, fault=f"cannot be taken out ({_why(error)})")
    except _DAMAGED as error:
        yield Enclosed(name="", fault=f"is a damaged archive ({_why(error)}); ask for it again")


def _tar(raw: bytes, room: _Room) -> Iterator[Enclosed]:
    try:
        with tarfile.open(fileobj=io.BytesIO(raw), mode="r|") as archive:
            for entry in archive:
                if "/sos_commands/" in f"/{entry.name}":
                    yield Enclosed(name="", fault="is a sosreport; holdwater audit FILE reads it")
                    return
                file = archive.extractfile(entry) if entry.isreg() and not _litter(entry.name) else None
                if file is not None:
                    yield _taken(entry.name, file.read(room.byte_count + 1), room)
    except _DAMAGED as error:
        yield Enclosed(name="", fault=f"is damaged further on ({_why(error)}); ask for it again")


def _taken(name: str, raw: bytes, room: _Room) -> Enclosed:
    if len(raw) > room.byte_count:
        room.byte_count = 0
        return Enclosed(name=name, fault=f"unpacks to more than {MOST_BYTES >> 20} MiB; unpack it by hand")
    room.byte_count -= len(raw)
    return Enclosed(name=name, raw=raw)


def _litter(name: str) -> bool:
    """What file managers leave in archives."""
    return name.startswith("__MACOSX/") or name.rpartition("/")[2] in (
        ".DS_Store",
        "Thumbs.db",
        "desktop.ini",
    )


def _mail(raw: bytes) -> Iterator[Enclosed]:
    """Attachments by their names, and the words of the mail, in which an output may stand too."""
    told = message_from_bytes(raw, policy=policy.default)
    leaves = [one for one in told.walk() if isinstance(one, EmailMessage) and not one.is_multipart()]
    plain = any(one.get_content_type() == "text/plain" and not one.get_filename() for one in leaves)
    for number, one in enumerate(leaves, 1):
        kind, name = one.get_content_type(), one.get_filename()
        if name is None and (kind.startswith("image/") or (kind == "text/html" and plain)):
            continue  # a logo, or the same words once more
        if kind.startswith("image/") and one.get("Content-ID"):
            continue
        content = one.get_payload(decode=True)
        text = content if isinstance(content, bytes) else b""
        if name is None:
            text = _in_utf8(text, one.get_content_charset())
            for piece in _plain("", text, split=True):
                yield Enclosed(name=f"text {number}{piece.name}", raw=piece.raw, aside=True)
        else:
            yield Enclosed(name=name.replace("/", "_"), raw=text)


def _in_utf8(raw: bytes, charset: str | None) -> bytes:
    try:
        return raw.decode(charset or "utf-8").encode("utf-8", "replace")
    except (LookupError, ValueError):
        return raw


def _why(error: BaseException) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
