"""What `cat`, `grep` and `journalctl --grep` would have printed of a record's files: read as a stream."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from collectors.importers.record import Files

_CLASSES = {
    "[:blank:]": r" \t",
    "[:space:]": r"\s",
    "[:digit:]": "0-9",
    "[:alpha:]": "A-Za-z",
    "[:alnum:]": "A-Za-z0-9",
    "[:upper:]": "A-Z",
    "[:lower:]": "a-z",
    "[:xdigit:]": "0-9A-Fa-f",
}


def cat(files: Files, path: str, most: int) -> tuple[bytes, bool] | None:
    """The file up to *most* bytes, and whether that was all; None if it was not collected."""
    file = files.open(path)
    if file is None:
        return None
    with file:
        raw = file.read(most + 1)
    return raw[:most], len(raw) <= most


def grep(files: Files, words: tuple[str, ...], most: int) -> tuple[bytes, bytes, bool] | None:
    """What `grep WORDS` prints and complains of, and whether that was all; None for options not understood.

    Known: -a -h -H -i -o -v -E -e -m, as the forms of this package use them.
    """
    told = _understood(words)
    if told is None:
        return None
    options, patterns, names, most_lines = told
    flags = re.IGNORECASE if "i" in options else 0
    try:
        pattern = re.compile("|".join(f"(?:{_python(one)})" for one in patterns).encode(), flags)
    except re.error:
        return None
    out, err = bytearray(), []
    for name in names:
        found = files.matching(name)
        if not found:
            err.append(f"grep: {name}: No such file or directory")
        for path in found:
            file = files.open(path)
            if file is None:
                continue
            head = b"" if "h" in options else f"{path}:".encode()
            with file:
                for line in _hits(file, pattern, options, most_lines):
                    out += head + line + b"\n"
                    if len(out) > most:
                        return bytes(out[:most]), b"", False
    return bytes(out), "\n".join(err).encode(), True


def _understood(words: tuple[str, ...]) -> tuple[set[str], list[str], list[str], int | None] | None:
    options: set[str] = set()
    patterns: list[str] = []
    rest: list[str] = []
    most_lines: int | None = None
    waiting = iter(words)
    for word in waiting:
        if word == "-e":
            patterns.append(next(waiting, ""))
        elif word == "-m":
            most_lines = int(next(waiting, "0") or 0)
        elif re.fullmatch(r"-[ahHiovE]+", word):
            options |= set(word[1:])
        elif word.startswith("-") and not rest and not patterns:
            return None
        else:
            rest.append(word)
    if not patterns:
        if not rest:
            return None
        patterns.append(rest.pop(0))
    return options, patterns, rest, most_lines


def _python(pattern: str) -> str:
    for name, inside in _CLASSES.items():
        pattern = pattern.replace(name, inside)
    return pattern


def _hits(
    file: BinaryIO, pattern: re.Pattern[bytes], options: set[str], most_lines: int | None
) -> Iterator[bytes]:
    count = 0
    for line in file:
        line = line.rstrip(b"\n")
        if "o" in options:
            yield from (found[0] for found in pattern.finditer(line) if found[0])
        elif (pattern.search(line) is not None) != ("v" in options):
            yield line
            count += 1
            if most_lines is not None and count >= most_lines:
                return


def telling(streams: Iterable[BinaryIO], pattern: re.Pattern[bytes], most: int) -> tuple[bytes, bool]:
    """The lines of logs that match, without those of other programs than the kernel, and whether all fit.

    The newest lines stand last in a log: of too many, the first are let go.
    """
    kept: list[bytes] = []
    size = dropped = 0
    for stream in streams:
        with stream:
            for line in stream:
                if pattern.search(line) is None or (b"kernel" not in line and line[:1] != b"["):
                    continue
                kept.append(line if line.endswith(b"\n") else line + b"\n")
                size += len(kept[-1])
                while size > most:
                    size -= len(kept[dropped])
                    kept[dropped] = b""
                    dropped += 1
    return b"".join(kept), dropped == 0
