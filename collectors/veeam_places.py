"""Places of copies and copies in answers of Veeam's REST API: repositories, backups, restore points.

Repositories are known by their id, which jobs and backups name; restore points name the backup (chain) they
are part of. Source: the REST API reference of Veeam Backup & Replication, its models of these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from collectors import veeam_words as words
from collectors.backup_tables import BackupChain, BackupCheck, BackupRepository, RestorePoint
from collectors.backup_values import count_of, mapping_of, text_of

Told = Mapping[str, Any]
_KINDS = {"full": "full", "increment": "incremental", "incremental": "incremental", "rollback": "incremental"}
_GUESTS = ("vmware", "hyperv", "clouddirector", "nutanix", "proxmox", "ovirt", "olvm", "scale", "hpe")
_INFECTED = ("infected", "suspicious")


def state(one: Told) -> BackupRepository:
    """From /backupInfrastructure/repositories/states: room, and whether it is reachable. Raises KeyError."""
    name, online = str(one["name"]), one.get("isOnline")
    size = words.gigabytes(one["capacityGB"])
    untold = not size  # zeros stand for "not told", as of object storage without a limit
    return BackupRepository(
        repository=words.repository(text_of(one.get("id")) or name),
        name=name,
        product="veeam",
        kind=words.kind_of(text_of(one.get("type"))),
        location=text_of(one.get("path")),
        host=_host(one, text_of(one.get("path"))),
        path=text_of(one.get("path")),
        size_bytes=None if untold else size,
        free_bytes=None if untold else words.gigabytes(one.get("freeGB")),
        used_bytes=None if untold else words.gigabytes(one.get("usedSpaceGB")),
        reachable=online if isinstance(online, bool) else None,
        lock_mode="hardened" if "hardened" in str(one.get("type")).lower() else None,
    )


def repository(one: Told) -> BackupRepository:
    """From /backupInfrastructure/repositories: where it lies, and for how long copies are locked."""
    name, kind = str(one["name"]), text_of(one.get("type"))
    settings, share, bucket = (mapping_of(one.get(key)) for key in ("repository", "share", "bucket"))
    container = mapping_of(one.get("container"))
    path = text_of(settings.get("path")) or text_of(share.get("sharePath"))
    held = text_of(bucket.get("bucketName")) or text_of(container.get("containerName"))
    mode, days = _locked((kind or "").lower(), settings, bucket or container)
    return BackupRepository(
        repository=words.repository(text_of(one.get("id")) or name),
        name=name,
        product="veeam",
        kind=words.kind_of(kind),
        location=path or held,
        host=_host(one, path),
        path=path,
        lock_mode=mode,
        lock_days=days,
    )


_SHARE = re.compile(r"(?:\\\\|nfs\d?\w*://)?(?P<host>[A-Za-z0-9][\w.-]*)(?:[\\/]|:/)")


def _host(one: Told, path: str | None) -> str | None:
    """The machine it lies on: of a share the one that offers it; what is named then is the gateway to it."""
    kind = words.kind_of(text_of(one.get("type")))
    if kind in ("smb", "nfs"):
        share = _SHARE.match(path or "")
        return share["host"] if share else None
    named = text_of(one.get("hostName")) if kind == "local" else None
    return None if (named or "").lower() == "this server" else named


def _locked(kind: str, settings: Told, bucket: Told) -> tuple[str | None, float | None]:
    """Mode and days of immutability; what is not told stays open."""
    told = mapping_of(bucket.get("immutability"))
    if isinstance(told.get("isEnabled"), bool):  # S3 Object Lock, which Veeam uses in its mode compliance
        return ("compliance", _days(told.get("daysCount"))) if told["isEnabled"] else ("none", None)
    days = count_of(settings.get("makeRecentBackupsImmutableDays"))
    if "hardened" in kind:  # such a repository cannot be set up without
        return "none" if days == 0 else "hardened", float(days) if days else None
    if settings.get("enableGovernanceMode") is True:
        return "governance", _days(settings.get("governanceModeRetentionDays"))
    told = mapping_of(settings.get("immutability"))  # of a deduplicating appliance: it has modes of its own
    if told.get("isEnabled") is True:
        return None, _days(told.get("daysCount"))
    plain = kind in ("winlocal", "smb", "nfs") or told.get("isEnabled") is False
    return ("none" if plain else None), None


def _days(told: Any) -> float | None:
    days = count_of(told)
    return float(days) if days else None


def scale_out(one: Told) -> BackupRepository:
    """From /backupInfrastructure/scaleOutRepositories; its extents are repositories of their own."""
    extents = mapping_of(one.get("performanceTier")).get("performanceExtents")
    parts = [mapping_of(each) for each in extents] if isinstance(extents, list) else []
    named = [text_of(each.get("name")) for each in parts]
    ids = [words.known_id(each.get("id")) for each in parts]
    return BackupRepository(
        repository=words.repository(str(one["id"])),
        name=str(one["name"]),
        product="veeam",
        location=", ".join(each for each in named if each) or None,
        extents="\n".join(words.repository(each) for each in ids if each) or None,
    )


def chain(one: Told) -> Iterator[BackupChain | BackupRepository]:
    """From /backups, with the name of its repository if that is told. Raises KeyError without ids."""
    name = text_of(one.get("name")) or str(one["id"])
    place = words.repository(str(one["repositoryId"]))
    yield BackupChain(
        product="veeam",
        chain=chain_of(one["id"]),
        name=name,
        repository=place,
        job=words.known_id(one.get("jobId")) or name,
    )
    if named := text_of(one.get("repositoryName")):
        yield BackupRepository(repository=place, name=named, product="veeam")


def chain_of(identity: Any) -> str:
    """How a backup is known where its repository is not."""
    return words.repository(f"backup {identity}")


def point(one: Told) -> Iterator[RestorePoint | BackupCheck]:
    """From /restorePoints or /objectRestorePoints, with what a search for malware found in it."""
    identity = str(one["id"])
    name = text_of(one.get("name")) or identity
    at = words.moment(one["creationTime"])
    yield RestorePoint(
        repository=chain_of(one["backupId"]),
        point=identity,
        source=name,
        source_name=name,
        source_kind=_sort(text_of(one.get("platformName")) or ""),
        kind=_KINDS.get(str(one.get("type")).lower()),
        created_at=at,
        size_bytes=count_of(one.get("originalSize")) or None,
    )
    found = str(one.get("malwareStatus")).lower()
    if found in _INFECTED:
        yield BackupCheck(
            repository=chain_of(one["backupId"]),
            check=f"malware {identity}",
            kind="malware",
            source=name,
            point=identity,
            at=at,
            result="failed" if found == "infected" else "warning",
            message=f"malware status: {found}",
        )


def _sort(platform: str) -> str | None:
    lower = platform.lower()
    if lower.startswith(_GUESTS):
        return "guest"
    if "physical" in lower or "endpoint" in lower:
        return "host"
    return "files" if "nas" in lower or "unstructured" in lower else None
