"""Rows out of the catalog of Bacula or Bareos, told by SQL or by its console.

Times in the catalog are those of the director's clock without a zone; `JobTDate` tells the end of a job in
seconds since 1970, and so the zone. Source: "The Bacula Catalog" of its developer's guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from collectors.backup_tables import BackupCheck, BackupJob, BackupRepository, BackupSession, RestorePoint
from collectors.backup_values import moment_of
from collectors.plain_text import whole_number
from collectors.table import Row

Told = Mapping[str, Any]
OUTCOMES = {"T": "ok", "W": "warning", "R": "running", "C": "running", "B": "running", "f": "failed",
            "E": "failed", "e": "failed", "A": "failed", "I": "failed", "D": "warning"}  # fmt: skip
"""JobStatus → outcome; e and D: errors that did not end it, differences of a verification."""
LEVELS = {"F": "full", "I": "incremental", "D": "differential", "f": "synthetic"}
PURPOSES = {"B": "backup", "R": "restore", "V": "verify", "D": "prune", "c": "copy", "g": "copy", "C": "copy"}
_TAPE = re.compile(r"lto|tape|dds|dlt|ait|sdlt|9940|t10k", re.IGNORECASE)


def words(one: Told, *names: str) -> str | None:
    """The first of the columns that tells something, as text."""
    for name in names:
        told = one.get(name)
        if told is not None and str(told).strip() not in ("", "NULL"):
            return str(told).strip()
    return None


def number(one: Told, name: str) -> int | None:
    """A whole number; the console writes it with commas."""
    told = words(one, name)
    return whole_number(told.replace(",", "")) if told else None


def moment(one: Told, name: str) -> datetime | None:
    """A time in UTC by the zone that JobTDate tells; 0000-00-00 is none."""
    at = moment_of(words(one, name))
    return at - _zone(one) if at and at.year > 1970 else None


def _zone(one: Told) -> timedelta:
    """How far the director's clock is ahead of UTC, to a quarter of an hour."""
    ended, stamp = moment_of(words(one, "realendtime", "endtime")), number(one, "jobtdate")
    if ended is None or not stamp:
        return timedelta()
    try:
        ahead = (ended - datetime.fromtimestamp(stamp, UTC)).total_seconds()
    except (OverflowError, ValueError, OSError):
        return timedelta()
    return timedelta(minutes=15 * round(ahead / 900)) if abs(ahead) < 15 * 3600 else timedelta()


def repository(one: Told) -> str:
    """Identity of the storage that a job or volume names; where none does, of the catalog's only one."""
    name = words(one, "storagename", "storage")
    return f"bacula:?/{name}" if name else "bacula:?"


def rows_of(one: Told) -> Iterator[Row]:
    """A run, and what it proves: a copy, a verification, a restore. Raises LookupError without a name."""
    job, identity = words(one, "name"), words(one, "jobid")
    if job is None or identity is None:
        raise LookupError("a job without number or name")
    sort, status = words(one, "type") or "", words(one, "jobstatus") or ""
    outcome, client = OUTCOMES.get(status), words(one, "clientname", "client")
    begun, ended = moment(one, "starttime"), moment(one, "endtime")
    yield BackupSession(
        product="bacula",
        server="?",
        session=identity,
        job=job,
        purpose=PURPOSES.get(sort),
        started_at=begun or moment(one, "schedtime"),
        ended_at=None if outcome == "running" else ended,
        outcome=outcome,
        message=_message(one, status),
        size_bytes=number(one, "readbytes"),
        transferred_bytes=number(one, "jobbytes"),
    )
    if sort in ("B", "C") and outcome in ("ok", "warning") and client:
        yield _point(one, job, identity, client)
    elif sort in ("R", "V") and outcome not in (None, "running"):
        yield _check(one, sort, identity, client, outcome)


def _message(one: Told, status: str) -> str | None:
    errors = number(one, "joberrors")
    said = {"f": "ended with a fatal error", "A": "cancelled", "E": "ended with errors", "I": "incomplete"}
    told = said.get(status)
    if errors:
        return f"{told or 'ended'}, {errors} error{'s' if errors != 1 else ''} on record"
    return told


def _point(one: Told, job: str, identity: str, client: str) -> RestorePoint:
    level = LEVELS.get(words(one, "level") or "")
    return RestorePoint(
        repository=repository(one),
        point=identity,
        source=client,
        source_name=client.removesuffix("-fd"),
        source_kind="files",
        job=job,
        paths=words(one, "filesetname", "fileset"),
        kind=level,
        created_at=moment(one, "starttime"),
        finished_at=moment(one, "endtime"),
        # an incremental copy tells its own size only, not what is restored from it
        size_bytes=number(one, "jobbytes") if level == "full" else None,
        stored_bytes=number(one, "jobbytes"),
        complete=True,
    )


def _check(one: Told, sort: str, identity: str, client: str | None, outcome: str | None) -> BackupCheck:
    """A restore; or a verification, which reads content only where its level is that of data."""
    begun, ended = moment(one, "starttime"), moment(one, "endtime")
    data = words(one, "level") == "A"
    return BackupCheck(
        repository=repository(one),
        check=f"job {identity}",
        kind="restore" if sort == "R" else "content" if data else "structure",
        source=client,
        at=ended,
        result=outcome,
        bytes=number(one, "jobbytes"),
        seconds=(ended - begun).total_seconds() if begun and ended else None,
        message=words(one, "name"),
    )


def jobs_of(told: Iterable[Told]) -> Iterator[BackupJob]:
    """Each job by its runs. The catalog holds no schedule, so none is told."""
    runs: dict[str, list[Told]] = {}
    for one in told:
        name = words(one, "name")
        if name and words(one, "type") != "R":  # a restore is no job that should run by itself
            runs.setdefault(name, []).append(one)
    for name, mine in sorted(runs.items()):
        mine.sort(key=lambda one: number(one, "jobid") or 0, reverse=True)
        good = (one for one in mine if OUTCOMES.get(words(one, "jobstatus") or "") in ("ok", "warning"))
        last, proof = mine[0], next(good, None)
        clients = (words(one, "clientname", "client") for one in mine)
        yield BackupJob(
            product="bacula",
            server="?",
            job=name,
            name=name,
            purpose=PURPOSES.get(words(last, "type") or ""),
            last_run_at=moment(last, "starttime") or moment(last, "schedtime"),
            last_success_at=moment(proof, "endtime") if proof else None,
            last_outcome=OUTCOMES.get(words(last, "jobstatus") or ""),
            selects="\n".join(dict.fromkeys(one for one in clients if one)) or None,
            repository=repository(last) if words(last, "storagename") else None,
        )


def volume_rows(told: Iterable[Told]) -> Iterator[Row]:
    """Storages by their volumes, and volumes that Bacula itself marks as bad."""
    places: dict[str, list[Told]] = {}
    for one in told:
        if words(one, "volumename"):
            places.setdefault(repository(one), []).append(one)
    for place, volumes in sorted(places.items()):
        yield _storage(place, volumes)
        for one in volumes:
            errors, state = number(one, "volerrors"), words(one, "volstatus")
            if errors or state == "Error":
                name = words(one, "volumename")
                yield BackupCheck(
                    repository=place,
                    check=f"volume {name}",
                    kind="structure",
                    at=moment(one, "lastwritten"),
                    result="failed",
                    message=f"volume {name} is {state}, {errors or 0} errors on record",
                )


def _storage(place: str, volumes: list[Told]) -> BackupRepository:
    name = place.removeprefix("bacula:?").lstrip("/")
    media = {words(one, "mediatype") or "" for one in volumes}
    kept = {number(one, "volretention") for one in volumes} - {None}
    days = sorted({round((one or 0) / 86_400, 1) for one in kept})
    sizes = [number(one, "volbytes") for one in volumes]
    return BackupRepository(
        repository=place,
        name=name or "volumes",
        product="bacula",
        kind="tape" if any(_TAPE.search(one) for one in media) else None,
        used_bytes=sum(size or 0 for size in sizes) if any(size is not None for size in sizes) else None,
        retention=f"volumes {', '.join(f'{one:g}' for one in days)} days" if days else None,
    )
