"""Chains of image files: from each image that nothing builds on down to its base."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.joining import by_target, sources
from analyzer.site import Site, derived
from collectors.fact import Fact
from collectors.hypervisor_tables import DiskImage, GuestDisk
from collectors.table import Row, column, table

LONGEST = 1000
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")


@table("image_chain", key=("top",), root=("top",))
class ImageChain(Row):
    """The image that is written to, and all that it builds on."""

    top: str = column("The image that is written to")
    format: str | None = column("Its format", default=None)
    depth: int = column("Images below it, as far as told", default=0)
    images: str = column("Top to base, newline-separated")
    whole: bool | None = column("Every image down to the base was seen", default=None)
    missing: str | None = column("First image of it that is not there", default=None)
    virtual_bytes: int | None = column("Size that a guest sees", default=None)
    overlay_bytes: int | None = column("Space that the images above the base take", default=None)
    base_bytes: int | None = column("Space that the base takes", default=None)
    relative: str = column("Images that name the one below by a relative path, newline-separated", default="")
    unformatted: str = column("Images that do not tell the format of the one below", default="")
    corrupt: str = column("Images marked corrupt or with errors, newline-separated", default="")
    damage_known: bool = column("Of every image its damage marks were told", default=False)
    corruptions: int | None = column("Errors that a check found", default=None)
    leaks: int | None = column("Leaked clusters that a check found", default=None)
    dirty: str = column("Images that were not closed cleanly, newline-separated", default="")
    internal_snapshots: int | None = column("Snapshots inside the image written to", default=None)
    written_below: str = column("Images of it that another guest writes to, newline-separated", default="")


@derived(ImageChain, out_of=(DiskImage, GuestDisk))
def image_chain(site: Site) -> Iterator[Fact[ImageChain]]:
    used: dict[str, set[str]] = {}
    for disk in site.facts(GuestDisk):
        if disk.row.path:
            used.setdefault(disk.target, set()).add(key_of(disk.row.path))
    for target, facts in by_target(site.facts(DiskImage)).items():
        known: dict[str, list[Fact[DiskImage]]] = {}
        for fact in facts:
            known.setdefault(key_of(fact.row.path), []).append(fact)
        written = used.get(target, set())
        below = {key_of(f.row.backing_path) for f in facts if f.row.backing_path}
        for path in known:
            if path not in below or path in written:
                yield _chain(target, path, known, written)


def _chain(
    target: str, top: str, known: dict[str, list[Fact[DiskImage]]], written: set[str]
) -> Fact[ImageChain]:
    keys = list(_down(top, known))
    rows = [[fact.row for fact in known[key]] for key in keys]
    layers = [row[0].path for row in rows]
    last = rows[-1]
    missing = next((row.missing for layer in rows for row in layer if row.missing), None)
    ends = any(row.format is not None for row in last) and not any(row.backing for row in last)
    marks = [any(row.corrupt is not None or row.format == "raw" for row in layer) for layer in rows]
    chain = ImageChain(
        top=layers[0],
        format=next((row.format for row in rows[0] if row.format), None),
        depth=max(len(layers) - 1, 1 if any(row.backing for row in rows[0]) else 0),
        images="\n".join(layers),
        whole=False if missing else True if ends else None,
        missing=missing,
        virtual_bytes=_first(rows[0], "size_bytes"),
        overlay_bytes=_added(rows[:-1]) if ends else _added(rows),
        base_bytes=_first(last, "used_bytes") if ends else None,
        relative=_those(layers, rows, lambda row: _by_name(row) and not _absolute(row.backing or "")),
        unformatted=_those(layers, rows, lambda row: _by_name(row) and row.backing_format is None),
        corrupt=_those(layers, rows, lambda row: bool(row.corrupt or row.corruptions)),
        damage_known=bool(marks) and all(marks) and bool(ends),
        corruptions=_first(rows[0], "corruptions"),
        leaks=_first(rows[0], "leaks"),
        dirty=_those(layers, rows, lambda row: bool(row.dirty)),
        internal_snapshots=_first(rows[0], "internal_snapshots"),
        written_below="\n".join(
            row[0].path for key, row in zip(keys[1:], rows[1:], strict=True) if key in written
        ),
    )
    return Fact(target, chain, sources(*(fact for key in keys for fact in known[key])))


def _down(top: str, known: dict[str, list[Fact[DiskImage]]]) -> Iterator[str]:
    """The images from the top as far as they were told; a chain that bites its own tail ends there."""
    seen: set[str] = set()
    path: str | None = top
    while path is not None and path in known and path not in seen and len(seen) < LONGEST:
        seen.add(path)
        yield path
        below = next((fact.row.backing_path for fact in known[path] if fact.row.backing_path), None)
        path = key_of(below) if below else None


def key_of(path: str) -> str:
    """What a path is known by: Windows does not tell upper from lower case."""
    return path.casefold() if _WINDOWS.match(path) else path


def _by_name(row: DiskImage) -> bool:
    """Whether the image names the one below by a path that QEMU follows; VHD and VHDX know it otherwise."""
    return bool(row.backing) and row.format not in ("vhd", "vhdx", "vhds", "avhd", "avhdx")


def _absolute(backing: str) -> bool:
    return backing.startswith("/") or ":" in backing.split("/")[0]


def _first(rows: list[DiskImage], name: str) -> int | None:
    return next((value for row in rows if (value := getattr(row, name)) is not None), None)


def _added(layers: list[list[DiskImage]]) -> int | None:
    """Sum of what is told of each; None if of one it is not."""
    told = [_first(layer, "used_bytes") for layer in layers]
    return None if None in told else sum(value or 0 for value in told)


def _those(layers: list[str], rows: list[list[DiskImage]], such: object) -> str:
    assert callable(such)
    return "\n".join(
        path for path, layer in zip(layers, rows, strict=True) if any(such(row) for row in layer)
    )
