"""Where things lie in the store, and which of them count.

::

    STORE/holdwater-store.json            format and version of the layout
    STORE/lock                            held by whoever tidies up
    STORE/sites/SITE/AUDIT.GENERATION/    a unit: one audit, or a pack of several (`pack-…`)
        unit.json                         what the unit holds, with sizes and hashes; written last
        TABLE.parquet                     one file for each table that has rows

A unit is written under a name that begins with a dot and renamed when it is whole: nobody sees half of one.
If an audit is in several units, the highest generation counts: there is no moment in which an audit that is
written again, or packed, is missing.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from holdwater.errors import CannotRun

FORMAT = "holdwater-store"
VERSION = 1
MARKER = "holdwater-store.json"
UNIT = "unit.json"
ASIDE = ".aside-"
PACK = "pack-"
BROKEN = (OSError, ValueError, KeyError, TypeError, AttributeError)
"""What reading a damaged `unit.json` raises."""


class StoreError(CannotRun):
    """The store cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One audit as its unit tells of it. *told*: grade, rule set and the like, as `audit` rows have them."""

    audit: str
    site: str
    at: datetime
    generation: int
    told: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Unit:
    """A folder with the tables of one or more audits. *live*: those that no newer unit replaces."""

    folder: Path
    audits: tuple[Stored, ...]
    tables: Mapping[str, Mapping[str, Any]]
    live: tuple[Stored, ...] = ()

    def file(self, table: str) -> Path | None:
        """The table's Parquet file; None if no audit of the unit has rows in it."""
        return self.folder / f"{table}.parquet" if table in self.tables else None

    @property
    def generation(self) -> int:
        return max((one.generation for one in self.audits), default=0)


@dataclass(frozen=True, slots=True)
class Content:
    """What is in the store. *damaged*: folders that cannot be understood, with the reason."""

    units: tuple[Unit, ...]
    damaged: tuple[tuple[Path, str], ...]

    def audits(self, site: str | None = None) -> list[Stored]:
        """The audits that count, oldest first, of one site or of all."""
        found = [one for unit in self.units for one in unit.live if site in (None, one.site)]
        return sorted(found, key=lambda one: (one.at, one.site, one.audit))

    def sites(self) -> list[str]:
        """Names of the sites, sorted."""
        return sorted({one.site for unit in self.units for one in unit.live})

    def unit_of(self, audit: str) -> Unit:
        """Where the audit lies. Raises KeyError."""
        for unit in self.units:
            if any(one.audit == audit for one in unit.live):
                return unit
        raise KeyError(audit)


def exists(store: Path) -> bool:
    """Whether there is a store. Raises StoreError if a newer holdwater made it, or it is none of ours."""
    try:
        told = json.loads((store / MARKER).read_text("utf-8"))
    except FileNotFoundError:
        return False
    except NotADirectoryError as error:
        raise StoreError(f"{store} is a file, not a store; set HOLDWATER_STORE to a folder") from error
    except (OSError, ValueError) as error:
        raise StoreError(f"{store / MARKER} cannot be read ({error}); {REBUILD}") from error
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise StoreError(f"{store} is not a store of holdwater; set HOLDWATER_STORE to another folder")
    if told.get("version") != VERSION:
        raise StoreError(
            f"{store} was made by another version of holdwater (layout {told.get('version')!r}, known:"
            f" {VERSION}); update holdwater, or set HOLDWATER_STORE to a new folder and run"
            " `holdwater store rebuild`"
        )
    return True


REBUILD = "move it away and run `holdwater store rebuild`"


def create(store: Path) -> None:
    """Make the store if there is none. Raises OSError or StoreError."""
    if exists(store):
        return
    (store / "sites").mkdir(parents=True, exist_ok=True)
    aside = store / f"{ASIDE}{os.getpid()}-{MARKER}"
    aside.write_text(json.dumps({"format": FORMAT, "version": VERSION}) + "\n", "utf-8")
    aside.replace(store / MARKER)


def site_folder(store: Path, site: str) -> Path:
    """The folder of a site, whatever its name is made of."""
    from collectors.bundle_format import slug

    digest = hashlib.sha256(site.encode("utf-8", "surrogatepass")).hexdigest()
    return store / "sites" / f"{slug(site)[:60]}-{digest[:8]}"


def audit_name(at: datetime, digest: str) -> str:
    """What an audit is called in the store: the time of its bundle and the beginning of its hash."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{digest[:12]}"


def bundle_digest(bundle: Path) -> str:
    """The hash of a whole bundle's manifest, which stands at the end of the file; empty if there is none."""
    try:
        with bundle.open("rb") as file:
            file.seek(-64, os.SEEK_END)
            told = file.read(64).decode("ascii", "replace")
    except OSError:
        return ""
    return told if all(one in "0123456789abcdef" for one in told) else ""


def content(store: Path, site: str | None = None) -> Content:
    """All units of a site (None: of all), which of their audits count, what is damaged. Raises StoreError."""
    if not exists(store):
        return Content((), ())
    units, damaged = [], []
    for folder in _folders(_entries(store / "sites") if site is None else [site_folder(store, site)]):
        try:
            units.append(_unit(folder))
        except FileNotFoundError:
            if folder.exists():
                damaged.append((folder, f"it has no {UNIT}"))
        except BROKEN as error:
            damaged.append((folder, f"{UNIT} cannot be read: {error}"[:200]))
    return Content(tuple(_living(units)), tuple(damaged))


def _folders(sites: Sequence[Path]) -> Iterator[Path]:
    for site in sorted(sites):
        yield from sorted(one for one in _entries(site) if not one.name.startswith("."))


def _entries(folder: Path) -> list[Path]:
    try:
        return [Path(one.path) for one in os.scandir(folder) if one.is_dir()]
    except FileNotFoundError:
        return []


def _unit(folder: Path) -> Unit:
    told = json.loads((folder / UNIT).read_text("utf-8"))
    audits = tuple(
        Stored(
            str(one["audit_id"]),
            str(one["site"]),
            datetime.fromisoformat(one["audit_at"]),
            int(one["generation"]),
            one,
        )
        for one in told["audits"]
    )
    tables = {str(name): dict(entry) for name, entry in told["tables"].items()}
    if any("/" in name or name.startswith(".") for name in tables):
        raise ValueError("a table has a name that is none")
    return Unit(folder, audits, tables)


def _living(units: Sequence[Unit]) -> Iterator[Unit]:
    newest: dict[str, tuple[int, Path]] = {}
    for unit in units:
        for one in unit.audits:
            mine = (one.generation, unit.folder)
            newest[one.audit] = max(newest.get(one.audit, mine), mine)
    for unit in units:
        live = tuple(one for one in unit.audits if newest[one.audit] == (one.generation, unit.folder))
        yield Unit(unit.folder, unit.audits, unit.tables, live)
