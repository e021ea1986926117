"""Proxmox VE by its API: ZFS pools of the nodes with the tree of their devices.

Source: PVE::API2::Disks::ZFS, which turns `zpool status` and `zpool list` into objects: what `zpool status`
says of the pool stands beside `children`, a tree of `name`, `state`, `read`, `write`, `cksum`, `msg`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from collectors import pve_answer
from collectors.collector import reader
from collectors.fact import At, Missing, Reading
from collectors.hypervisor_words import count, mappings, percent, word
from collectors.question import Answer, Form
from collectors.zfs_scan_text import scan_of
from collectors.zfs_tables import ZpoolProperties, ZpoolStatus, ZpoolVdev
from collectors.zfs_words import ROLES, kind_of

ZFS_POOLS = Form(
    ("pve-api", "GET", "/nodes/{node}/disks/zfs"),
    reads="pve-zfs",
    why="Health and space of ZFS pools (Sys.Audit or Datastore.Audit on /)",
)
ZFS_POOL = Form(
    ("pve-api", "GET", "/nodes/{node}/disks/zfs/{pool}"),
    reads="pve-zfs-pool",
    why="Devices of a ZFS pool with their errors, last scrub (Sys.Audit or Datastore.Audit on /)",
    timeout_seconds=60.0,
)
_POOL = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,99}")


def pools_of(answer: Answer) -> list[str]:
    """Names of pools that may be asked about."""
    names = (word(one.get("name")) or "" for one in pve_answer.seen(answer))
    return [name for name in names if _POOL.fullmatch(name) and ".." not in name]


@reader(
    "pve-zfs",
    fills=(ZpoolProperties,),
    recognises=lambda said: 0.95 if re.search(r'"dedup"\s*:', said) and '"health"' in said else 0.0,
)
def read_zfs(answer: Answer) -> Iterator[Reading]:
    """ZFS pools of one Proxmox VE node"""
    yield from pve_answer.refused(answer, ZpoolProperties)
    if answer.status in (None, 200):
        for number, one in enumerate(pve_answer.objects(answer)):
            size, used = count(one.get("size")), count(one.get("alloc"))
            row = ZpoolProperties(
                pool=f"{pve_answer.node_of(answer) or 'node'}:{word(one['name'])}",
                health=word(one.get("health")),
                size_bytes=size,
                allocated_bytes=used,
                free_bytes=count(one.get("free")),
                capacity_percent=percent(used, size),
                fragmentation_percent=_number(one.get("frag")),
            )
            yield At(row, f"[{number}]")


def _number(value: Any) -> float | None:
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if good else None


@reader(
    "pve-zfs-pool",
    fills=(ZpoolStatus, ZpoolVdev),
    recognises=lambda said: 0.95 if '"children"' in said[:20000] and '"cksum"' in said else 0.0,
)
def read_zfs_pool(answer: Answer) -> Iterator[Reading]:
    """one ZFS pool of a Proxmox VE node with its devices"""
    path = next((one for one in answer.question.argv if "/disks/zfs/" in one), "")
    node = pve_answer.node_of(answer) or "node"
    pool = f"{node}:{path.rpartition('/')[2]}" if path else ""
    yield from pve_answer.refused(answer, ZpoolStatus, ZpoolVdev, subject=pool)
    if answer.status not in (None, 200):
        return
    told = pve_answer.mapping(answer)
    pool = pool or f"{node}:{word(told.get('name')) or 'pool'}"
    top = mappings(told.get("children"))
    root = next((one for one in top if one.get("name") == pool.partition(":")[2]), None)
    yield _status(pool, told, root)
    groups = [("data", root)] if root else []
    groups += [(ROLES[str(one["name"])], one) for one in top if str(one.get("name")) in ROLES]
    count_of_data = 0
    for role, group in groups:
        for row in _tree(pool, mappings(group.get("children")), role, "" if role == "data" else role, ""):
            count_of_data += row.role == "data"
            yield row
    if not count_of_data:
        yield Missing(ZpoolVdev, "empty", f"{pool}: no device of it is listed", pool)


def _status(pool: str, told: Mapping[str, Any], root: Mapping[str, Any] | None) -> ZpoolStatus:
    said = " ".join(str(told.get("errors") or "").split())[:500]
    none = said.startswith("No known data errors")
    numbered = re.match(r"(\d{1,18}) data errors", said)
    return ZpoolStatus(
        pool=pool,
        state=word(told.get("state")),
        tree_state=word(root.get("state")) if root else None,
        status=_line(told.get("status")),
        action=_line(told.get("action")),
        errors_text=said or None,
        data_errors=0 if none else int(numbered[1]) if numbered else None,
        metadata_damaged=False if none else None,
        read_errors=count(root.get("read")) if root else None,
        write_errors=count(root.get("write")) if root else None,
        checksum_errors=count(root.get("cksum")) if root else None,
        **scan_of([str(told["scan"])[:2000]] if told.get("scan") else []),
    )


def _line(value: Any) -> str | None:
    return " ".join(str(value).split())[:1000] if value else None


def _tree(
    pool: str, children: list[dict[str, Any]], role: str, above: str, top: str, depth: int = 0
) -> Iterator[ZpoolVdev]:
    """The devices below, in the order of the tree. *above*: place of the group they belong to."""
    for number, one in enumerate(children if depth < 8 else []):
        name = str(one.get("name") or "?")[:300]
        short = name.rpartition("/")[2] if name.startswith("/") else name
        place = f"{above}/{short}" if above else short
        first = top or place
        yield ZpoolVdev(
            pool=pool,
            place=place,
            vdev=name,
            kind=kind_of(name),
            role=role,
            parent=above if depth else "",
            top=first,
            number=number,
            state=word(one.get("state")),
            read_errors=count(one.get("read")),
            write_errors=count(one.get("write")),
            checksum_errors=count(one.get("cksum")),
            note=_line(one.get("msg")) or "",
            path=name if name.startswith("/") else None,
        )
        yield from _tree(pool, mappings(one.get("children")), role, place, first, depth + 1)
