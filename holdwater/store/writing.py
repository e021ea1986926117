"""Adds an audit to the store: written aside, renamed when whole."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from analyzer.engine import Judgement
from holdwater.store import layout, told
from holdwater.store.layout import ASIDE, UNIT, Stored, StoreError

FLUSHING = 12
"""Files flushed to the disk side by side: the disk's journal takes them together."""


def add(store: Path, judged: Judgement, bundle: Path, manifest: Mapping[str, Any]) -> Path:
    """Keep an audit; returns its folder. An audit that is there already is replaced.

    Raises StoreError, which says that the evidence is safe.
    """
    digest = layout.bundle_digest(bundle)
    if not digest:
        raise StoreError(f"not added to the store: {bundle} is not whole")
    try:
        layout.create(store)
        known = layout.content(store, judged.site.name)
        rows = told.own_rows(judged, bundle, manifest)
        name = layout.audit_name(judged.site.at, digest)
        before = max(
            (one.generation for unit in known.units for one in unit.audits if one.audit == name), default=0
        )
        audit = Stored(name, judged.site.name, judged.site.at, before + 2, asdict(rows["audit"][0]))
        folder = write_unit(layout.site_folder(store, audit.site), name, _files(judged, rows, audit), [audit])
        replaced = [unit for unit in known.units if all(one.audit == name for one in unit.audits)]
        remove(unit.folder for unit in replaced)
    except OSError as error:
        raise cannot_write(store, error, bundle) from error
    return folder


def keep(store: Path, judged: Judgement, bundle: Path, *, salvage: bool = False) -> Path:
    """Add a judged bundle, read once more for what its manifest tells. Raises StoreError."""
    from collectors.bundle import Bundle, BundleError

    try:
        with Bundle(bundle, salvage=salvage) as opened:
            return add(store, judged, bundle, opened.manifest)
    except BundleError as error:
        raise StoreError(f"not added to the store: {error}") from error


def cannot_write(store: Path, error: OSError, bundle: Path | None = None) -> StoreError:
    """The one message for a disk that is full or refuses."""
    safe = "; the audit itself is kept" if bundle else ""
    return StoreError(
        f"the store {store} could not be written: {error.strerror or error}{safe}; make room or set"
        " HOLDWATER_STORE, then run `holdwater store rebuild`"
    )


def _files(judged: Judgement, rows: Mapping[str, Any], audit: Stored) -> Iterator[tuple[str, int, bytes]]:
    """(table, rows, Parquet) of every table that has rows."""
    from collectors.table import TABLES
    from holdwater.store import arrow, tables
    from reports.tables import rows as facts_of

    for name, own in rows.items():
        if own:
            columns = tables.columns(tables.OWN[name], with_target=False)
            yield name, len(own), arrow.parquet(arrow.table(columns, own, None, audit))
    for name, row_type in sorted(TABLES.items()):
        facts = facts_of(judged, row_type)
        if facts:
            columns = tables.columns(row_type, with_target=True)
            kept = arrow.table(columns, [f.row for f in facts], [f.target for f in facts], audit)
            yield name, len(facts), arrow.parquet(kept)


def write_unit(site: Path, name: str, files: Iterable[tuple[str, int, bytes]], audits: list[Stored]) -> Path:
    """Write a unit aside and rename it. Raises OSError; what was written of it is then taken away."""
    site.mkdir(parents=True, exist_ok=True)
    with aside(site) as folder:
        tables = {}
        with ThreadPoolExecutor(FLUSHING) as pool:
            waiting = []
            for table, rows, raw in files:
                tables[table] = {"rows": rows, "bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
                waiting.append(pool.submit(_write, folder / f"{table}.parquet", raw))
            for one in waiting:
                one.result()
        listed = [
            {
                **one.told,
                "audit_id": one.audit,
                "site": one.site,
                "audit_at": one.at.isoformat(),
                "generation": one.generation,
            }
            for one in audits
        ]
        _write(folder / UNIT, json.dumps({"audits": listed, "tables": tables}).encode())
        _sync(folder)
        return _rename(folder, site, name, max(one.generation for one in audits))


def _rename(folder: Path, site: Path, name: str, generation: int) -> Path:
    while True:
        final = site / f"{name}.{generation}"
        try:
            folder.rename(final)
        except OSError:
            if not final.exists():
                raise
            generation += 1  # somebody audits the same evidence at this moment; either result is right
            continue
        _sync(site)
        return final


@contextlib.contextmanager
def aside(site: Path) -> Iterator[Path]:
    """A folder beside the units that nobody reads; it is gone, or renamed, afterwards.

    It is locked as long as its writer lives, so that :func:`sweep` knows the leavings of a crash.
    """
    folder = site / f"{ASIDE}{os.getpid()}-{os.urandom(4).hex()}"
    folder.mkdir()
    held = _held(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # nothing is left of it if it was renamed
        if held is not None:
            os.close(held)


def remove(folders: Iterable[Path]) -> None:
    """Take units away: unseen first, then piece by piece."""
    for folder in folders:
        gone = folder.with_name(f"{ASIDE}{os.getpid()}-{os.urandom(4).hex()}")
        with contextlib.suppress(FileNotFoundError):
            folder.rename(gone)
            shutil.rmtree(gone, ignore_errors=True)


def sweep(store: Path) -> int:
    """Take away what crashed writers left; returns how many folders."""
    count = 0
    for left in (store / "sites").glob(f"*/{ASIDE}*"):
        held = _held(left)
        if held is not None:
            shutil.rmtree(left, ignore_errors=True)
            os.close(held)
            count += 1
    return count


def _held(folder: Path) -> int | None:
    """The folder, locked for us; None if somebody else holds it or the system knows no such locks."""
    try:
        import fcntl
    except ImportError:
        return None
    try:
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(opened)
        return None
    return opened


def _write(path: Path, raw: bytes) -> None:
    with path.open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
