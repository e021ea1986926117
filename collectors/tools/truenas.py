"""TrueNAS by its API, as saved: tasks of replication, cloud sync, rsync and snapshots (`/replication`,
`/cloudsync`, `/rsynctask`, `/pool/snapshottask`, or `midclt call replication.query` and so on). Source: the
API reference of TrueNAS.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from collectors.backup_tables import BackupJob
from collectors.backup_values import count_of, listed, mapping_of, objects_of, text_of
from collectors.collector import reader
from collectors.fact import At, NotHere, Reading
from collectors.question import Answer

_OUTCOMES = {"FINISHED": "ok", "SUCCESS": "ok", "ERROR": "failed", "FAILED": "failed", "ABORTED": "failed",
             "RUNNING": "running", "WAITING": "running", "HOLD": "failed"}  # fmt: skip
_SHAPES = {
    "replication": ("source_datasets", "target_dataset"),
    "cloudsync": ("transfer_mode", "credentials"),
    "rsync": ("remotehost", "direction"),
    "snapshot": ("naming_schema", "dataset"),
}


def _sort(one: Mapping[str, Any]) -> str | None:
    return next((sort for sort, needed in _SHAPES.items() if set(needed) <= set(one)), None)


def _recognises(text: str) -> float:
    known = any(all(f'"{one}"' in text[:20000] for one in needed) for needed in _SHAPES.values())
    return 0.95 if known and text.lstrip().startswith("[") else 0.0


@reader("truenas-tasks", fills=(BackupJob,), recognises=_recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """replication, cloud sync, rsync and snapshot tasks of TrueNAS"""
    told = objects_of(answer.text)
    for number, one in enumerate(told):
        sort = _sort(one)
        if sort is None:
            raise LookupError("a task of replication, cloud sync, rsync or snapshots was expected")
        yield At(_job(sort, one), f"[{number}]")
    if not told:
        yield NotHere(BackupJob, "TrueNAS lists no such task")


def _job(sort: str, one: Mapping[str, Any]) -> BackupJob:
    state, job = mapping_of(one.get("state")), mapping_of(one.get("job"))
    word = text_of(state.get("state")) or text_of(job.get("state"))
    outcome = _OUTCOMES.get(word or "")
    at = (
        _moment(state.get("datetime"))
        or _moment(job.get("time_finished"))
        or _moment(job.get("time_started"))
    )
    enabled, planned = one.get("enabled"), mapping_of(one.get("schedule"))
    chosen = text_of(one.get("path")) or text_of(one.get("dataset")) or listed(one.get("source_datasets"))
    purposes = {"replication": "replication", "cloudsync": "copy", "rsync": "copy", "snapshot": "snapshot"}
    name = next((told for key in ("name", "description", "desc") if (told := text_of(one.get(key)))), chosen)
    return BackupJob(
        product="truenas",
        server="?",
        job=f"{sort} {one['id']}",
        name=name or f"{sort} {one['id']}",
        purpose=purposes[sort],
        enabled=enabled if isinstance(enabled, bool) else None,
        schedule=_schedule(one, planned),
        schedule_kind="cron" if planned else None,
        last_run_at=at,
        last_success_at=at if outcome == "ok" else None,
        last_outcome=outcome,
        selects=chosen,
        excludes=listed(one.get("exclude")),
        repository=_place(sort, one),
        retention=_kept(one),
    )


def _schedule(one: Mapping[str, Any], planned: Mapping[str, Any]) -> str | None:
    """A line of cron; a replication that follows its snapshots (auto) has none of its own."""
    if planned:
        return " ".join(str(planned.get(name, "*")) for name in ("minute", "hour", "dom", "month", "dow"))
    return None if one.get("auto") is True else ""


def _place(sort: str, one: Mapping[str, Any]) -> str | None:
    if sort == "snapshot":
        return None  # it lies on the pool itself
    if sort == "rsync":
        there = text_of(one.get("remotepath")) or text_of(one.get("remotemodule"))
        return f"rsync:{text_of(one.get('remotehost')) or '?'}:{there or ''}"
    attributes = mapping_of(one.get("attributes"))
    if sort == "cloudsync":
        parts = (text_of(attributes.get(name)) for name in ("bucket", "folder"))
        provider = mapping_of(one.get("credentials")).get("provider")
        kind = provider if isinstance(provider, str) else text_of(mapping_of(provider).get("type"))
        return f"{(kind or 'cloud').lower()}:{'/'.join(part.strip('/') for part in parts if part)}"
    host = text_of(mapping_of(mapping_of(one.get("ssh_credentials")).get("attributes")).get("host"))
    return f"zfs:{host or '?'}:{text_of(one.get('target_dataset')) or ''}"


def _kept(one: Mapping[str, Any]) -> str | None:
    value, unit = count_of(one.get("lifetime_value")), text_of(one.get("lifetime_unit"))
    if value and unit:
        return f"{value} {unit.lower()}{'s' if value != 1 else ''}"
    policy = text_of(one.get("retention_policy"))
    return {"SOURCE": "as on the source", "NONE": "all"}.get(policy or "")


def _moment(told: Any) -> datetime | None:
    """{"$date": milliseconds}"""
    stamp = count_of(mapping_of(told).get("$date"))
    try:
        return datetime.fromtimestamp(stamp / 1000, UTC) if stamp else None
    except (ValueError, OverflowError, OSError):
        return None
