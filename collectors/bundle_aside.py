"""The file that an evidence bundle is written into until it is whole."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

from collectors.bundle_format import CannotWrite


class Aside(io.RawIOBase):
    """The file being written; after a failure it swallows what zipfile still wants to write."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            self._file = os.open(path, flags, 0o600)
        except OSError as error:
            raise CannotWrite(
                f"cannot write {path}: {error.strerror}; choose another folder with -o"
            ) from error
        self._given_up = False

    def write(self, raw: Any) -> int:
        rest = memoryview(raw)
        while rest and not self._given_up:
            rest = rest[os.write(self._file, rest) :]
        return len(raw)

    def seekable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return 0 if self._given_up else os.lseek(self._file, offset, whence)

    def tell(self) -> int:
        return self.seek(0, os.SEEK_CUR)

    def sync_and_close(self) -> None:
        os.fsync(self._file)
        self.give_up()

    def give_up(self) -> None:
        """Write nothing more; the file stays as it is."""
        if not self._given_up:
            self._given_up = True
            os.close(self._file)
