"""`zpool status -j` of OpenZFS 2.3 and newer, with or without --json-int (numbers may be texts)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from collectors.fact import At, Missing, Reading
from collectors.zfs_status_text import features_off, metadata_damaged
from collectors.zfs_tables import ZpoolStatus, ZpoolVdev
from collectors.zfs_words import ROLES, bytes_of, kind_of, moment, number_of, written_time

_GROUPS = ("vdevs", "dedup", "special", "logs", "l2cache", "spares")
_SCANS = {"SCRUB": "scrub", "RESILVER": "resilver", "REBUILD": "resilver", "NONE": "none"}
_SCAN_STATES = {"SCANNING": "running", "FINISHED": "finished", "CANCELED": "canceled", "NONE": None}
_DEEPEST = 8


def told(answer: Mapping[str, Any]) -> Iterator[Reading]:
    """The rows of all pools. Raises ValueError if it is not the shape of `zpool status -j`."""
    pools = answer.get("pools")
    if not isinstance(pools, dict):
        raise ValueError("no pools in the answer")
    for name, pool in pools.items():
        if not isinstance(pool, dict):
            yield Missing(ZpoolStatus, "unreadable", "not an object", str(name))
            continue
        root = _mapping(_mapping(pool.get("vdevs")).get(name))
        yield At(_status(str(name), pool, root), f"$.pools.{name}")
        count = 0
        for group in _GROUPS:
            held = root.get("vdevs") if group == "vdevs" else pool.get(group)
            role = "data" if group == "vdevs" else ROLES[group]
            for row in _tree(str(name), _mapping(held), role, "", ""):
                count += row.role == "data"
                yield At(row, f"$.pools.{name}.{group}")
        if not count:
            yield Missing(ZpoolVdev, "empty", "no device of it is listed", str(name))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(value: Any) -> int | None:
    return number_of(str(value)) if value is not None and not isinstance(value, bool) else None


def _text(value: Any) -> str | None:
    return " ".join(str(value).split()) if value else None


def _status(name: str, pool: Mapping[str, Any], root: Mapping[str, Any]) -> ZpoolStatus:
    listed = pool.get("errlist", pool.get("errors"))
    damaged = [str(one) for one in listed] if isinstance(listed, list) else []
    count = _count(pool.get("error_count"))
    advice = _text(pool.get("status"))
    return ZpoolStatus(
        pool=name,
        state=_text(pool.get("state")),
        tree_state=_text(root.get("state")),
        guid=_text(pool.get("pool_guid")),
        status=advice,
        action=_text(pool.get("action")),
        message_id=_text(pool.get("msgid")),
        data_errors=count,
        damaged="\n".join(damaged[:20]),
        metadata_damaged=metadata_damaged(damaged) if damaged or count == 0 else None,
        features_off=features_off(advice),
        checkpoint_at=_time(_mapping(pool.get("checkpoint_stats")).get("start_time")),
        read_errors=_count(root.get("read_errors")),
        write_errors=_count(root.get("write_errors")),
        checksum_errors=_count(root.get("checksum_errors")),
        **_scan(pool.get("scan_stats")),
    )


def _scan(told: Any) -> dict[str, Any]:
    if told is None:
        return {"scan_kind": "none"}
    if not isinstance(told, dict):
        return {}
    kind, state = _SCANS.get(str(told.get("function"))), _SCAN_STATES.get(str(told.get("state")))
    if kind is None or kind == "none":
        return {"scan_kind": kind}
    paused = state == "running" and _count(told.get("scrub_pause")) not in (None, 0)
    whole, issued = bytes_of(told.get("to_examine")), bytes_of(told.get("issued"))
    whole = whole - (bytes_of(told.get("skipped")) or 0) if whole is not None else None
    running = state == "running"
    return {
        "scan_kind": kind,
        "scan_state": "paused" if paused else state,
        "scan_started_at": _time(told.get("start_time")),
        "scan_ended_at": None if running else _time(told.get("end_time")),
        "scan_percent": min(100.0, 100.0 * issued / whole)
        if running and whole and issued is not None
        else None,
        "scan_repaired_bytes": bytes_of(told.get("processed")),
        "scan_errors": _count(told.get("errors")),
    }


def _time(value: Any) -> datetime | None:
    return moment(value) or written_time(str(value))


def _tree(
    pool: str, held: Mapping[str, Any], role: str, parent: str, top: str, depth: int = 0
) -> Iterator[ZpoolVdev]:
    if depth > _DEEPEST:
        raise ValueError("the tree of devices is too deep")
    for number, (key, one) in enumerate(held.items()):
        if not isinstance(one, dict):
            raise ValueError(f"device {key!r} is not an object")
        name = str(one.get("name") or key)
        mine = ROLES.get(str(one.get("class")), role) if not parent and role == "data" else role
        place = "/".join(
            filter(
                None, (parent or ("" if mine == "data" else mine), str(key).rpartition("/")[2] or str(key))
            )
        )
        yield _vdev(pool, one, name, place, mine, parent, top or place, number)
        yield from _tree(pool, _mapping(one.get("vdevs")), mine, place, top or place, depth + 1)


def _vdev(
    pool: str, one: Mapping[str, Any], name: str, place: str, role: str, parent: str, top: str, number: int
) -> ZpoolVdev:
    notes = [str(one[key]) for key in ("aux", "reason") if one.get(key)]
    if one.get("was"):
        notes.append(f"was {one['was']}")
    action = "resilvering" if one.get("resilvering") or one.get("resilver_repair") == "resilvering" else None
    return ZpoolVdev(
        pool=pool,
        place=place,
        vdev=name,
        kind=kind_of(name, str(one.get("vdev_type") or "")),
        role=role,
        parent=parent,
        top=top,
        number=number,
        state=_text(one.get("state")),
        read_errors=_count(one.get("read_errors")),
        write_errors=_count(one.get("write_errors")),
        checksum_errors=_count(one.get("checksum_errors")),
        slow_ios=_count(one.get("slow_ios")),
        note="; ".join(notes),
        action=action,
        path=_text(one.get("path")) or (name if name.startswith("/") else None),
        guid=_text(one.get("guid")),
        size_bytes=bytes_of(one.get("phys_space")),
    )
