"""Unpacks somebody else's archive without trusting it: nothing outside, no links, no end of bytes."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Callable
from pathlib import Path

MOST_FILES = 200_000
MOST_FILE_BYTES = 512 * 1024 * 1024
MOST_BYTES = 4 * 1024 * 1024 * 1024
SUFFIXES = (".tar", ".tar.xz", ".tar.gz", ".tar.bz2", ".tgz", ".txz", ".tbz2")

_CHUNK = 1 << 20


class CannotUnpack(ValueError):
    """The file is no archive that can be read; the message says why."""


def unpack(archive: Path, folder: Path, wanted: Callable[[str], bool]) -> int:
    """Write the wanted regular files of a tar archive below *folder*, read as a stream; returns how many.

    Links, devices and names that lead outside are passed over; a file beyond the limit is cut there. What an
    archive that breaks off held until then is kept. Raises CannotUnpack if it holds nothing that can be read.
    """
    count, total = 0, 0
    try:
        with tarfile.open(archive, "r|*") as tar:
            for entry in tar:
                name = safe_name(entry.name)
                if not entry.isreg() or name is None or not wanted(name):
                    continue
                if count >= MOST_FILES or total >= MOST_BYTES:
                    break
                total += _write(tar, entry, folder / name, min(MOST_FILE_BYTES, MOST_BYTES - total))
                count += 1
    except (tarfile.TarError, EOFError, OSError, ValueError, OverflowError) as error:
        if isinstance(error, OSError) and error.errno is not None and not isinstance(error, EOFError):
            raise CannotUnpack(f"{archive}: {error.strerror or error}") from error
        if count == 0:
            raise CannotUnpack(f"{archive}: not a tar archive that can be read ({error})") from error
    except Exception as error:  # lzma and zlib raise errors of their own, bases of nothing common
        if count == 0:
            raise CannotUnpack(f"{archive}: damaged ({type(error).__name__}: {error})") from error
    return count


def safe_name(name: str) -> str | None:
    """The name relative to the folder; None if it is absolute, leads upwards or cannot be a file name."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts or not parts or re.search(r"[\x00\\]", name):
        return None
    if any(len(part.encode("utf-8", "replace")) > 250 for part in parts) or len(parts) > 60:
        return None
    return "/".join(parts)


def _write(tar: tarfile.TarFile, entry: tarfile.TarInfo, path: Path, most: int) -> int:
    source = tar.extractfile(entry)
    if source is None:
        return 0
    written = 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            while written < most and (chunk := source.read(min(_CHUNK, most - written))):
                written += file.write(chunk)
    except (FileExistsError, NotADirectoryError):
        return 0  # a second member of that name, or a file where a folder is wanted: the first one counts
    return written
