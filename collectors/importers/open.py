"""What a path holds: a sosreport (archive or folder), a recording, loose outputs, hosts side by side."""

from __future__ import annotations

import io
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from collectors.importers import mockup, sosreport
from collectors.importers.folder import Folder
from collectors.importers.record import MOST_BYTES, InMemory, Printed, Record
from collectors.importers.unpack import SUFFIXES, CannotUnpack, unpack

MOST_HOSTS = 5000


def importable(path: Path) -> bool:
    """Whether the path is a folder, an archive or a recording that can be read as evidence of a host."""
    if path.is_dir():
        return True
    if not path.is_file():
        return False
    return path.name.endswith(SUFFIXES) or (path.suffix == ".xml" and mockup.is_mockup(_head(path)))


def records(path: Path) -> Iterator[Record]:
    """The hosts that the path tells of. Raises ValueError if it holds nothing that can be read."""
    if path.is_file() and path.name.endswith(SUFFIXES):
        yield _archive(path)
    elif path.is_file():
        at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        with path.open("rb") as file:
            text = file.read(MOST_BYTES).decode("utf-8", "replace")
        yield mockup.record_of(text, path.stem.removesuffix("-mockup"), at)
    else:
        yield from _folder(path)


def _archive(path: Path) -> Record:
    folder = Path(tempfile.mkdtemp(prefix="holdwater-"))
    try:
        unpack(path, folder, sosreport.wanted)
        root = sosreport.root_of(folder)
        if root is None:
            raise CannotUnpack(f"{path}: holds no sosreport (no folder {sosreport.COMMANDS})")
        record = sosreport.record_of(root, path.name)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    record.done = weakref.finalize(record, shutil.rmtree, folder, ignore_errors=True)
    return record


def _folder(path: Path) -> Iterator[Record]:
    root = sosreport.root_of(path)
    if root is not None:
        yield sosreport.record_of(root, root.name)
        return
    inside = sorted(one for one in path.iterdir() if not one.is_symlink() and not one.name.startswith("."))
    hosts = [one for one in inside if one.is_dir()]
    loose = [one for one in inside if one.is_file()]
    found = False
    for one in loose:
        if importable(one):
            found = True
            yield from records(one)
    plain = [one for one in loose if not importable(one)]
    if hosts and not plain:
        for one in hosts[:MOST_HOSTS]:
            found = True
            yield from _folder(one)
    elif plain or hosts:
        found = True
        yield _loose(path)
    if not found:
        raise ValueError(f"{path}: the folder is empty")


def _loose(path: Path) -> Record:
    files = Folder(path)
    names = list(files.walk())
    times = [(path / name).stat().st_mtime for name in names]
    return Record(
        host=path.resolve().name,
        kind="folder",
        at=datetime.fromtimestamp(max(times, default=path.stat().st_mtime), UTC),
        files=InMemory({}),
        commands=[Printed((), name, partial(_opened, files, name)) for name in names],
    )


def _opened(files: Folder, name: str) -> BinaryIO:
    return files.open(name) or io.BytesIO()


def _head(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(4000).decode("utf-8", "replace")
