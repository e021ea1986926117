"""Keeps the store small and sound: pack, prune, verify. What is replaced stays until the new one is whole."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdwater.store import arrow, layout, writing
from holdwater.store.layout import PACK, Content, Stored, StoreError, Unit
from holdwater.store.reading import damaged

if TYPE_CHECKING:
    import pyarrow

LOOSE = 4
"""Newest audits of a site that are left as they are by packing: they may well be written again."""
PACK_FROM = 16
"""A site with so many units is packed when the next audit is added, so that questions stay quick."""


class Busy(StoreError):
    """Another holdwater tidies up."""


@contextlib.contextmanager
def alone(store: Path) -> Iterator[None]:
    """Hold the store for tidying up; audits are added meanwhile all the same. Raises StoreError."""
    if not layout.exists(store):
        raise StoreError(
            f"there is no store in {store}; the next audit makes one, or `holdwater store rebuild`"
        )
    try:
        with (store / "lock").open("a") as file:
            _lock(file.fileno(), store)
            yield
    except OSError as error:
        raise writing.cannot_write(store, error) from error


def _lock(opened: int, store: Path) -> None:
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise Busy(f"{store} is being tidied up by another holdwater; try again later") from error


def pack_if_many(store: Path, site: str) -> None:
    """Pack a site that has many units, unless somebody else is at it. Raises StoreError."""
    if len(layout.content(store, site).units) >= PACK_FROM:
        with contextlib.suppress(Busy):
            compact(store, site=site)


def compact(store: Path, *, site: str | None = None, loose: int = LOOSE) -> tuple[int, int]:
    """Put all but the newest audits of a site (None: of each) into one pack.

    Returns (audits packed, units before).
    """
    packed = units = 0
    with alone(store):
        writing.sweep(store)
        content = layout.content(store, site)
        writing.remove(unit.folder for unit in content.units if not unit.live)
        for site in content.sites():
            older = content.audits(site)[:-loose] if loose else content.audits(site)
            names = {one.audit for one in older}
            mine = [
                unit for unit in content.units if unit.live and all(one.audit in names for one in unit.live)
            ]
            if sum(len(unit.live) for unit in mine) > 1 and len(mine) > 1:
                pack(store, site, mine)
                packed += sum(len(unit.live) for unit in mine)
                units += len(mine)
    return packed, units


def pack(store: Path, site: str, units: Sequence[Unit], *, without: frozenset[str] = frozenset()) -> None:
    """Replace units of one site by one that holds all their audits. Raises StoreError, OSError."""
    kept = sorted(
        (
            replace(one, generation=one.generation + 1)
            for unit in units
            for one in unit.live
            if one.audit not in without
        ),
        key=lambda one: (one.at, one.audit),
    )
    if kept:
        names = [one.audit for one in kept]
        digest = hashlib.sha256(" ".join(names).encode()).hexdigest()[:12]
        name = f"{PACK}{names[0].partition('-')[0]}-{digest}"
        writing.write_unit(layout.site_folder(store, site), name, _merged(units, set(names)), kept)
    writing.remove(unit.folder for unit in units)


def _merged(units: Sequence[Unit], names: set[str]) -> Iterator[tuple[str, int, bytes]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    for table in sorted({table for unit in units for table in unit.tables}):
        parts = []
        for unit in units:
            live = pa.array(sorted({one.audit for one in unit.live} & names), pa.string())
            path = unit.file(table)
            if path is not None:
                told = read_file(path)
                parts.append(told.filter(pc.is_in(told["audit_id"], value_set=live)))
        whole = pa.concat_tables(parts, promote_options="permissive").sort_by("audit_at")
        if whole.num_rows:
            yield table, whole.num_rows, arrow.parquet(whole, statistics=True)


def read_file(path: Path) -> pyarrow.Table:
    """A whole file of the store. Raises StoreError if it is damaged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path).read()
    except (OSError, ValueError, pa.ArrowException) as error:
        raise damaged(path, error) from error


def prune(store: Path, unwanted: Callable[[Content], list[Stored]], *, dry_run: bool = False) -> list[Stored]:
    """Take audits out of the store; returns them. Their evidence bundles are not touched."""
    with alone(store):
        writing.sweep(store)
        content = layout.content(store)
        gone = unwanted(content)
        names = frozenset(one.audit for one in gone)
        for unit in content.units if not dry_run else ():
            mine = {one.audit for one in unit.live}
            if mine and mine <= names:
                writing.remove([unit.folder])
            elif mine & names:
                pack(store, unit.live[0].site, [unit], without=names)
        for unit in content.units if not dry_run else ():
            if not unit.live:
                writing.remove([unit.folder])
    return gone


def verify(store: Path) -> list[str]:
    """What is damaged, a line each; empty: every file is as it was written."""
    if not layout.exists(store):
        raise StoreError(
            f"there is no store in {store}; the next audit makes one, or `holdwater store rebuild`"
        )
    content = layout.content(store)
    problems = [f"{folder}: {why}" for folder, why in content.damaged]
    for unit in content.units:
        problems.extend(f"{unit.folder}: {why}" for why in faults(unit))
    return problems


def faults(unit: Unit) -> Iterator[str]:
    """What is wrong with the files of a unit."""
    for table, told in sorted(unit.tables.items()):
        try:
            raw = (unit.folder / f"{table}.parquet").read_bytes()
        except OSError as error:
            yield f"{table}.parquet: {error.strerror}"
            continue
        if len(raw) != told.get("bytes") or hashlib.sha256(raw).hexdigest() != told.get("sha256"):
            yield f"{table}.parquet is not as it was written"


def drop_damaged(store: Path) -> list[str]:
    """Take away what cannot be understood any more or was changed; returns the names of the folders."""
    with alone(store):
        content = layout.content(store)
        bad = [folder for folder, _ in content.damaged]
        bad += [unit.folder for unit in content.units if any(True for _ in faults(unit))]
        writing.remove(bad)
    return [folder.name for folder in bad]


def size_bytes(store: Path) -> int:
    """Bytes of all files of the store."""
    return sum(
        os.stat(os.path.join(folder, name)).st_size for folder, _, names in os.walk(store) for name in names
    )


def summary(store: Path) -> list[dict[str, Any]]:
    """Site, audits, first and last of them."""
    content = layout.content(store)
    told = []
    for site in content.sites():
        audits = content.audits(site)
        told.append({"site": site, "audits": len(audits), "first": audits[0].at, "last": audits[-1].at})
    return told
