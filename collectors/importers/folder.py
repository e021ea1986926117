"""Files of a folder on disk, never those that a link leads to outside."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from collectors.importers.record import matched

MOST_FILES = 50_000


class Folder:
    """The files below a folder as files of a host: `/proc/mdstat` is `proc/mdstat` in it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._real = root.resolve()
        self._paths: list[str] | None = None

    def open(self, path: str) -> BinaryIO | None:
        within = self.within(self._root / path.lstrip("/"))
        try:
            return within.open("rb") if within else None
        except OSError:
            return None

    def matching(self, pattern: str) -> list[str]:
        if not any(sign in pattern for sign in "*?["):
            return [pattern] if self.within(self._root / pattern.lstrip("/")) else []
        if self._paths is None:
            self._paths = [f"/{path}" for path in self.walk()]
        return matched(pattern, self._paths)

    def walk(self, below: str = "") -> Iterator[str]:
        """Paths of regular files relative to the folder, sorted, at most MOST_FILES."""
        count = 0
        for folder, folders, names in os.walk(self._root / below, followlinks=False):
            folders.sort()
            for name in sorted(names):
                path = Path(folder, name)
                if self.within(path):
                    yield str(path.relative_to(self._root))
                    count += 1
                    if count >= MOST_FILES:
                        return

    def within(self, path: Path) -> Path | None:
        """The file if it is regular and lies in the folder, links followed; else None."""
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError, ValueError):
            return None
        return real if real.is_file() and real.is_relative_to(self._real) else None
