"""What somebody else collected of one host: files by path, and commands with what they printed."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, Protocol

MOST_BYTES = 64 * 1024 * 1024
FOLDER = "folder"
"""Kind of a record that is loose outputs, which nobody has said the commands of."""


class Files(Protocol):
    """Files of the host, named as on the host (`/proc/mdstat`)."""

    def open(self, path: str) -> BinaryIO | None:
        """The file, or None if it was not collected."""
        ...

    def matching(self, pattern: str) -> list[str]:
        """Paths that a pattern of a shell matches, sorted."""
        ...


@dataclass(frozen=True, slots=True)
class Printed:
    """What one command printed. *words*: its command line as far as known; *name*: where it was kept."""

    words: tuple[str, ...]
    name: str
    open: Callable[[], BinaryIO]
    status: int | None = None

    @property
    def tool(self) -> str:
        """smartctl for /usr/sbin/smartctl; empty if the command is not known."""
        return self.words[0].rpartition("/")[2] if self.words else ""


@dataclass(slots=True, weakref_slot=True)
class Record:
    """One host as it was collected. *at*: when; *kind*: what collected it."""

    host: str
    kind: str
    at: datetime
    files: Files
    commands: list[Printed] = field(default_factory=list)
    done: Callable[[], object] | None = None
    """Called when nothing more is wanted of the record: takes away the folder of an unpacked archive."""

    def printed(self, tool: str) -> Iterator[Printed]:
        """What a tool printed, each time it was run."""
        return (one for one in self.commands if one.tool == tool)


class InMemory:
    """Files that are known by their contents."""

    def __init__(self, contents: dict[str, bytes]) -> None:
        self._contents = contents

    def open(self, path: str) -> BinaryIO | None:
        raw = self._contents.get(path)
        return io.BytesIO(raw) if raw is not None else None

    def matching(self, pattern: str) -> list[str]:
        return matched(pattern, self._contents)


def matched(pattern: str, paths: Iterable[str]) -> list[str]:
    """The paths that a pattern of a shell matches: a star does not match a slash."""
    import fnmatch
    import re

    if "*" not in pattern and "?" not in pattern and "[" not in pattern:
        return [pattern] if pattern in set(paths) else []
    parts = [fnmatch.translate(part).removesuffix(r"\Z").removesuffix(r"\z") for part in pattern.split("/")]
    whole = re.compile("/".join(part.replace(".*", "[^/]*") for part in parts) + r"\Z")
    return sorted(path for path in paths if whole.match(path))
