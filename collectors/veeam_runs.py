"""Jobs and their runs in answers of Veeam's REST API.

Source: the REST API reference of Veeam Backup & Replication, its models of jobs, job states, sessions and
task sessions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from collectors import veeam_words as words
from collectors.backup_tables import BackupCheck, BackupJob, BackupSession
from collectors.backup_values import count_of, listed, mapping_of, text_of

Told = Mapping[str, Any]
_CLOCK = re.compile(r"(?:^|T)(\d\d:\d\d)")
_JOB_PATH = re.compile(r"/jobs/([\w-]+)$")
_PURPOSES = (
    ("surebackup", "verify"),
    ("healthcheck", "verify"),
    ("replica", "replication"),
    ("copy", "copy"),
    ("archive", "copy"),
    ("restore", "restore"),
    ("recovery", "restore"),
    ("retention", "prune"),
    ("logbackup", "log"),
)
_WHOLE_RESTORES = ("restorevm", "instantrecovery", "endpointrestore", "clouddirectorvmrestore")


def purpose_of(told: str) -> str | None:
    """Of a session or a job, by its type; None for one that has nothing to do with copies."""
    lower = told.lower()
    known = next((purpose for part, purpose in _PURPOSES if part in lower), None)
    return known or ("backup" if "backup" in lower or lower in ("", "unknown") else None)


def job(one: Told) -> BackupJob:
    """A job as configured (/jobs), or as it stands (/jobs/states). Jobs of agents have fewer fields."""
    storage, schedule = mapping_of(one.get("storage")), mapping_of(one.get("schedule"))
    target = mapping_of(one.get("target"))
    kept = mapping_of(storage.get("retentionPolicy")) or mapping_of(target.get("retentionPolicy"))
    chosen = mapping_of(one.get("virtualMachines"))
    running = (text_of(one.get("status")) or "").lower()
    off = one.get("isDisabled")
    aware = mapping_of(mapping_of(one.get("guestProcessing")).get("appAwareProcessing")).get("isEnabled")
    quantity = count_of(kept.get("quantity"))
    when, written = _schedule(schedule)
    return BackupJob(
        product="veeam",
        server="?",
        job=str(one["id"]),
        name=text_of(one.get("name")) or str(one["id"]),
        purpose=purpose_of(text_of(one.get("type")) or "") or "backup",
        enabled=not off if isinstance(off, bool) else running != "disabled" if running else None,
        schedule=when,
        schedule_kind=written,
        next_run_at=words.moment(one.get("nextRun")),
        last_run_at=words.moment(one.get("lastRun")),
        last_outcome=words.outcome(one.get("lastResult"), one.get("status")),
        selects=_names(chosen.get("includes")) or _names(one.get("computers")),
        excludes=_names(mapping_of(chosen.get("excludes")).get("vms")),
        repository=_repository(one, storage, target),
        retention=f"{quantity} {kept.get('type')}" if quantity else None,
        notifies=_told(storage),
        application_aware=aware if isinstance(aware, bool) else None,
    )


def _repository(one: Told, storage: Told, target: Told) -> str | None:
    ids = (storage.get("backupRepositoryId"), target.get("backupRepositoryId"), one.get("repositoryId"))
    known = next((found for told in ids if (found := words.known_id(told))), None)
    place = known or text_of(one.get("repositoryName"))
    return words.repository(place) if place else None


def _names(told: Any) -> str | None:
    """Names of what a job takes; a release wraps each in an `inventoryObject`, another does not."""
    objects = [mapping_of(one) for one in told] if isinstance(told, list) else []
    named = (
        text_of(mapping_of(one.get("inventoryObject")).get("name")) or text_of(one.get("name"))
        for one in objects
    )
    return "\n".join(one for one in named if one) or None


def _told(storage: Told) -> str | None:
    """Who gets a mail of this job; one without it may be told of in the server's own mail."""
    notifications = mapping_of(mapping_of(storage.get("advancedSettings")).get("notifications"))
    mail = mapping_of(notifications.get("emailNotifications"))
    told = listed(mail.get("recipients")) if mail.get("isEnabled") is True else None
    return told.replace("\n", ", ") if told else None


def _schedule(told: Told) -> tuple[str | None, str | None]:
    """When it runs and how that is written. Times are those of the server, whose zone is not told."""
    if told.get("runAutomatically") is False:
        return "", None
    parts = {one: mapping_of(told.get(one)) for one in ("daily", "periodically", "monthly", "continuously")}
    on = [name for name, one in parts.items() if one.get("isEnabled") is True]
    if on == ["daily"]:
        return _daily(parts["daily"])
    if on == ["periodically"]:
        return _periodic(parts["periodically"])
    after = mapping_of(told.get("afterThisJob"))
    if not on and after.get("isEnabled") is True:
        return f"after {text_of(after.get('jobName')) or 'another job'}", "text"
    return (", ".join(on), "text") if on else (None, None)


def _daily(one: Told) -> tuple[str | None, str | None]:
    clock = _CLOCK.search(text_of(one.get("localTime")) or "")
    kind, days = str(one.get("dailyKind")).lower(), one.get("days")
    if clock is None:
        return "daily", "text"
    if kind == "everyday":
        return clock[1], "pve"
    if kind == "weekdays":
        return f"mon..fri {clock[1]}", "pve"
    named = [str(day).lower()[:3] for day in days] if isinstance(days, list) else []
    return (f"{','.join(named)} {clock[1]}", "pve") if named else (f"daily {clock[1]}", "text")


def _periodic(one: Told) -> tuple[str | None, str | None]:
    every, kind = count_of(one.get("frequency")), str(one.get("periodicallyKind")).lower()
    if every and kind == "hours" and every < 24:
        return f"0/{every}:00", "pve"
    if every and kind == "minutes" and every < 60:
        return f"*:0/{every}", "pve"
    return f"every {every or '?'} {kind}", "text"


def session(one: Told) -> BackupSession | None:
    """From /sessions; None for one that has nothing to do with copies."""
    result, name = mapping_of(one.get("result")), text_of(one.get("name")) or ""
    purpose = purpose_of(text_of(one.get("sessionType")) or "")
    if purpose is None:
        return None
    path = _JOB_PATH.search(text_of(one.get("resourceReference")) or "")
    outcome = words.outcome(result.get("result"), one.get("state"))
    return BackupSession(
        product="veeam",
        server="?",
        session=str(one["id"]),
        job=words.known_id(one.get("jobId")) or (path[1] if path else name),
        purpose=purpose,
        started_at=words.moment(one["creationTime"]),
        ended_at=None if outcome == "running" else words.moment(one.get("endTime")),
        outcome=outcome,
        message=text_of(result.get("message")),
    )


def check(one: Told) -> BackupCheck | None:
    """From /taskSessions: a machine that SureBackup tested, or that was restored whole; else None."""
    sort = str(one["sessionType"]).lower()
    scanned = "contentscan" in sort or str(one.get("type")).lower() == "antivirus"
    kind = "restore" if sort in _WHOLE_RESTORES else "boot" if "surebackup" in sort else None
    result = words.outcome(mapping_of(one.get("result")).get("result"), one.get("state"))
    if kind is None or result in (None, "running"):
        return None
    return BackupCheck(
        repository="veeam:?",
        check=str(one["id"]),
        kind="malware" if scanned else kind,
        source=text_of(one.get("name")),
        point=words.known_id(one.get("restorePointId")),
        at=words.moment(one.get("endTime")) or words.moment(one["creationTime"]),
        result=result,
        bytes=count_of(mapping_of(one.get("progress")).get("processedSize")) or None,
        message=text_of(mapping_of(one.get("result")).get("message")),
    )


def configuration(one: Told) -> BackupJob:
    """From /configBackup: the backup of Veeam's own configuration. Raises KeyError."""
    place, on = words.known_id(one.get("backupRepositoryId")), one["isEnabled"]
    when, written = _schedule({"runAutomatically": None} | dict(mapping_of(one.get("schedule"))))
    kept = count_of(one.get("restorePointsToKeep"))
    return BackupJob(
        product="veeam",
        server="?",
        job="configuration backup",
        name="backup of Veeam's configuration",
        purpose="backup",
        enabled=on if isinstance(on, bool) else None,
        schedule=when,
        schedule_kind=written,
        last_success_at=words.moment(mapping_of(one.get("lastSuccessfulBackup")).get("lastSuccessfulTime")),
        selects="configuration of Veeam",
        repository=words.repository(place) if place else None,
        retention=f"{kept} restore points" if kept else None,
    )
