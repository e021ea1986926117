"""What a path holds: a sosreport (archive or folder), a recording, loose outputs, hosts side by side."""

from __future__ import annotations

import contextlib
import io
import shutil
import tempfile
import weakref
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from collectors.importers import mockup, sosreport
from collectors.importers.enclosed import enclosed
from collectors.importers.folder import Folder
from collectors.importers.record import FOLDER, MOST_BYTES, InMemory, Printed, Record
from collectors.importers.unpack import SUFFIXES, CannotUnpack, safe_name, unpack

MOST_HOSTS = 5000


def importable(path: Path) -> bool:
    """Whether the path is a folder, an archive or a recording that can be read as evidence of a host."""
    if path.is_dir():
        return True
    if not path.is_file():
        return False
    return (
        path.name.endswith(SUFFIXES)
        or _loose_zip(path)
        or (path.suffix == ".xml" and mockup.is_mockup(_head(path)))
    )


def records(path: Path) -> Iterator[Record]:
    """The hosts that the path tells of. Raises ValueError if it holds nothing that can be read."""
    if path.is_file() and path.name.endswith(SUFFIXES):
        yield from _archive(path)
    elif path.is_file() and _loose_zip(path):
        yield from _packed(path)
    elif path.is_file():
        at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        with path.open("rb") as file:
            text = file.read(MOST_BYTES).decode("utf-8", "replace")
        yield mockup.record_of(text, path.stem.removesuffix("-mockup"), at)
    else:
        yield from _folder(path)


def _archive(path: Path) -> Iterator[Record]:
    folder = Path(tempfile.mkdtemp(prefix="holdwater-"))
    try:
        unpack(path, folder, sosreport.wanted)
        root = sosreport.root_of(folder)
        record = sosreport.record_of(root, path.name) if root is not None else None
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    if record is None:
        shutil.rmtree(folder, ignore_errors=True)
        yield from _packed(path)
        return
    record.done = weakref.finalize(record, shutil.rmtree, folder, ignore_errors=True)
    yield record


def _loose_zip(path: Path) -> bool:
    """Whether it is a zip file that is not an evidence bundle, nor what is left of one."""
    if path.suffix != ".zip" or path.name.endswith(".evidence.zip"):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return "manifest.json" not in archive.namelist()
    except (OSError, ValueError, zipfile.BadZipFile):
        return False


def _packed(path: Path) -> Iterator[Record]:
    """An archive of loose outputs: a host, or one for each folder in it, as with folders.

    What cannot be taken out stands there as a file that nobody understands, with the reason in its name.
    """
    with path.open("rb") as file:
        raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise CannotUnpack(f"{path}: larger than {MOST_BYTES >> 20} MiB; unpack it, and audit the folder")
    parts = enclosed("", raw, split=False)
    if all(one.fault for one in parts):
        raise CannotUnpack(
            f"{path}: holds no sosreport (no folder {sosreport.COMMANDS}) and no outputs that can be read"
        )
    at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    paths = [one.name.strip("/").removeprefix("./") for one in parts]
    hosts: dict[str, list[Printed]] = {}
    apart = all("/" in one and safe_name(one) for one in paths if one)
    for one, inside in zip(parts, paths, strict=True):
        host = inside.partition("/")[0] if apart and inside else path.name.partition(".")[0]
        name = f"{inside or path.name} {one.fault}" if one.fault else inside
        hosts.setdefault(host, []).append(Printed((), name, partial(io.BytesIO, one.raw)))
    for host, outputs in sorted(hosts.items()):
        yield Record(host=host, kind=FOLDER, at=at, files=InMemory({}), commands=outputs)


def _folder(path: Path) -> Iterator[Record]:
    root = sosreport.root_of(path)
    if root is not None:
        yield sosreport.record_of(root, root.name)
        return
    inside = sorted(one for one in path.iterdir() if not one.is_symlink() and not one.name.startswith("."))
    hosts = [one for one in inside if one.is_dir()]
    loose = [one for one in inside if one.is_file()]
    apart = set()
    for one in loose:
        if importable(one):
            with contextlib.suppress(CannotUnpack):  # then it is one of the files that nobody understands
                yield from records(one)
                apart.add(one.name)
    found = bool(apart)
    plain = [one for one in loose if one.name not in apart]
    if hosts and not plain:
        for one in hosts[:MOST_HOSTS]:
            found = True
            yield from _folder(one)
    elif plain or hosts:
        found = True
        yield _loose(path, apart)
    if not found:
        raise ValueError(f"{path}: the folder is empty")


def _loose(path: Path, apart: set[str]) -> Record:
    files = Folder(path)
    names = [name for name in files.walk() if name not in apart]
    times = [(path / name).stat().st_mtime for name in names]
    return Record(
        host=path.resolve().name,
        kind=FOLDER,
        at=datetime.fromtimestamp(max(times, default=path.stat().st_mtime), UTC),
        files=InMemory({}),
        commands=[Printed((), name, partial(_opened, files, name)) for name in names],
    )


def _opened(files: Folder, name: str) -> BinaryIO:
    return files.open(name) or io.BytesIO()


def _head(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(4000).decode("utf-8", "replace")
