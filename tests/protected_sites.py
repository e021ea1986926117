"""Sites with copies of their systems, for tests of what these prove."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from analyzer.declared import (
    DeclaredPlace,
    RestoreTest,
    declared,
)
from analyzer.derived.protection import Protection
from analyzer.engine import Judgement
from analyzer.site import Asset, Site
from collectors.backup_tables import BackupRepository, RestorePoint
from collectors.block_tables import Host, Mount
from collectors.fact import Fact, Origin, Source
from collectors.table import Row
from tests.derived_sites import AT

SOURCE = Source(Origin("t", ("a", "tool"), AT, "answers/1"))
TB = 10**12


def site(
    told: dict[str, list[Row]], *assets: Asset, name: str = "shop", more: list[Fact[Row]] | None = None
) -> Site:
    """A site of the targets with the rows; keys that begin with * are no targets."""
    made = Site(name, AT, tuple(t for t in told if not t.startswith("*")), assets=assets)
    made.add(Fact(target.removeprefix("*"), row, (SOURCE,)) for target, rows in told.items() for row in rows)
    made.add(more or [])
    return made


def points(repository: str, source: str, *hours: float, **more: Any) -> list[Row]:
    return [
        RestorePoint(
            repository=repository,
            point=f"{source}-{age}",
            source=source,
            created_at=AT - timedelta(hours=age),
            **{"size_bytes": TB, "complete": True, **more},
        )
        for age in hours
    ]


DAILY = [12 + 24 * n for n in range(100)]


def nas(**more: Any) -> BackupRepository:
    told = {
        "repository": "restic:1f",
        "name": "nas/restic",
        "product": "restic",
        "host": "nas",
        "path": "/backup/r",
    }
    return BackupRepository(**{**told, **more})


def host(name: str) -> list[Row]:
    return [
        Host(hostname=name),
        Mount(mountpoint="/", source="/dev/sda1", fs_type="ext4", options="rw", read_only=False),
    ]


def one(made: Site, asset: str) -> Protection:
    return next(fact.row for fact in made.facts(Protection) if fact.row.asset == asset)


def severities(told: Judgement, asset: str) -> dict[str, str]:
    return {f.rule: f.severity for f in told.failed() if f.target == asset}


def apart() -> dict[str, list[Row]]:
    """A file server, and a NAS that holds daily copies of it."""
    return {
        "files": host("files"),
        "nas": host("nas"),
        "*restic": [nas(), *points("restic:1f", "files", *DAILY)],
    }


def said(*more: Fact[Row]) -> list[Fact[Row]]:
    places = [
        DeclaredPlace(name="*", place="office", admin="domain"),
        DeclaredPlace(name="restic:1f", place="branch", admin="backup team"),
    ]
    return [*(declared(row, target="shop", where="places") for row in places), *more]


def restored(days: float, **more: Any) -> Fact[Row]:
    told: dict[str, Any] = {
        "asset": "files",
        "result": "ok",
        "kind": "machine",
        "size_bytes": TB,
        "seconds": 7200.0,
    }
    row = RestoreTest(at=AT - timedelta(days=days), **{**told, **more})
    return declared(row, target="files", where="restore_tests[0]", at=row.at, worth="artefact")
