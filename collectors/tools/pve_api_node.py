"""Proxmox VE by its API: disks of the nodes with SMART, thin pools, replication of guests.

A disk is known by node and device name, since the answer with its SMART values tells no serial number.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

from collectors import pve_answer
from collectors.block_tables import FsUsage
from collectors.cluster_tables import GuestReplication
from collectors.collector import reader
from collectors.drive_tables import Drive, DriveAttribute
from collectors.exposure_tables import PlatformRelease
from collectors.fact import At, Missing, Reading
from collectors.hypervisor_words import count, kept, moment, percent, truth, word
from collectors.lvm_tables import LvmVolume
from collectors.pve_smart import drive_tree, health_tree
from collectors.question import Answer, Form
from collectors.smart_drive import drive_row
from collectors.smart_health import has_health
from collectors.smart_identity import who_of
from collectors.smart_logs import attributes

DISKS = Form(
    ("pve-api", "GET", "/nodes/{node}/disks/list"),
    reads="pve-disks",
    why="Disks of a node with health and wear (Sys.Audit or Datastore.Audit on /)",
    timeout_seconds=120.0,
)
SMART = Form(
    ("pve-api", "GET", "/nodes/{node}/disks/smart", "disk={device}"),
    reads="pve-smart",
    why="SMART values of a disk (Sys.Audit or Datastore.Audit on /)",
    timeout_seconds=60.0,
)
THIN_POOLS = Form(
    ("pve-api", "GET", "/nodes/{node}/disks/lvmthin"),
    reads="pve-thin-pools",
    why="How full thin pools and their metadata are (Sys.Audit or Datastore.Audit on /)",
)
NODE_STATUS = Form(
    ("pve-api", "GET", "/nodes/{node}/status"),
    reads="pve-node-status",
    why="How full the system disk of a node is (Sys.Audit on /nodes)",
)
REPLICATION = Form(
    ("pve-api", "GET", "/nodes/{node}/replication"),
    reads="pve-replication",
    why="Whether copies of guests to other nodes succeed (VM.Audit)",
)


def disks_of(answer: Answer) -> list[str]:
    """Device names in a list of disks, as far as they may be asked about."""
    found = (word(one.get("devpath")) or "" for one in pve_answer.seen(answer))
    return [device for device in found if pve_answer.DEVICE.fullmatch(device) and ".." not in device]


@reader(
    "pve-disks",
    fills=(Drive, DriveAttribute),
    recognises=lambda said: 0.95 if re.search(r'"devpath"\s*:\s*"/dev/', said[:20000]) else 0.0,
)
def read_disks(answer: Answer) -> Iterator[Reading]:
    """disks of one Proxmox VE node"""
    yield from pve_answer.refused(answer, Drive, DriveAttribute)
    if answer.status in (None, 200):
        node = pve_answer.node_of(answer) or "node"
        for number, one in enumerate(pve_answer.objects(answer)):
            device = f"{node}:{word(one['devpath'])}"
            tree = drive_tree(one, device)
            row = drive_row(tree, who_of(tree))
            yield At(dataclasses.replace(row, drive=f"device:{device}"), f"[{number}]")


@reader(
    "pve-smart",
    fills=(Drive, DriveAttribute),
    recognises=lambda said: (
        0.95 if re.search(r'"health"\s*:', said) and re.search(r'"type"\s*:\s*"(?:ata|text)"', said) else 0.0
    ),
)
def read_smart(answer: Answer) -> Iterator[Reading]:
    """SMART values of one disk of a Proxmox VE node"""
    asked = next((word[5:] for word in answer.question.argv if word.startswith("disk=")), "/dev/unknown")
    device = f"{pve_answer.node_of(answer) or 'node'}:{asked}"
    yield from pve_answer.refused(answer, Drive, DriveAttribute, subject=device)
    if answer.status not in (None, 200):
        return
    tree = health_tree(pve_answer.mapping(answer), device)
    if not has_health(tree):
        yield Missing(Drive, "unsupported", f"{device}: no SMART values are told", device)
        return
    who = who_of(tree)
    yield drive_row(tree, who)
    yield from attributes(tree, who)


@reader(
    "pve-thin-pools",
    fills=(LvmVolume,),
    recognises=lambda said: 0.95 if re.search(r'"metadata_used"\s*:', said[:20000]) else 0.0,
)
def read_thin_pools(answer: Answer) -> Iterator[Reading]:
    """LVM thin pools of one Proxmox VE node"""
    yield from pve_answer.refused(answer, LvmVolume)
    if answer.status in (None, 200):
        for number, one in enumerate(pve_answer.objects(answer)):
            group = f"{pve_answer.node_of(answer) or 'node'}:{word(one['vg'])}"
            size = count(one.get("lv_size"))
            row = LvmVolume(
                name=f"{group}/{word(one['lv'])}",
                group=group,
                volume=word(one["lv"]) or "",
                segment_type="thin-pool",
                size_bytes=size,
                data_percent=percent(count(one.get("used")), size),
                metadata_percent=percent(count(one.get("metadata_used")), count(one.get("metadata_size"))),
            )
            yield At(row, f"[{number}]")


@reader(
    "pve-replication",
    fills=(GuestReplication,),
    recognises=lambda said: 0.95 if re.search(r'"fail_count"\s*:', said[:20000]) else 0.0,
)
def read_replication(answer: Answer) -> Iterator[Reading]:
    """replication of guests by one Proxmox VE node"""
    yield from pve_answer.refused(answer, GuestReplication)
    if answer.status in (None, 200):
        for number, one in enumerate(pve_answer.objects(answer)):
            row = GuestReplication(
                job=word(one["id"]) or "",
                guest=_guest(one),
                source=word(one.get("source")) or pve_answer.node_of(answer),
                target=word(one.get("target")),
                enabled=truth(one.get("disable")) is not True,
                schedule=word(one.get("schedule")) or "*/15",  # the default of pvesr(1)
                last_sync_at=moment(one.get("last_sync")),
                last_try_at=moment(one.get("last_try")),
                failures=count(one.get("fail_count")),
                error=kept(one.get("error")),
            )
            yield At(row, f"[{number}]")


def _guest(one: dict[str, Any]) -> str | None:
    number, kind = word(one.get("guest")), word(one.get("vmtype"))
    return f"{kind}/{number}" if kind in ("qemu", "lxc") and number else number


@reader(
    "pve-node-status",
    fills=(FsUsage, PlatformRelease),
    recognises=lambda said: 0.95 if '"rootfs"' in said[:20000] and '"pveversion"' in said[:20000] else 0.0,
)
def read_node_status(answer: Answer) -> Iterator[Reading]:
    """space on the system disk of one Proxmox VE node, and its release"""
    node = pve_answer.node_of(answer) or "node"
    yield from pve_answer.refused(answer, FsUsage, subject=f"{node}:/")
    yield from pve_answer.refused(answer, PlatformRelease, subject=node)
    if answer.status not in (None, 200):
        return
    said = pve_answer.mapping(answer)
    version = re.search(r"/(\d[\w.-]*)", str(said.get("pveversion") or ""))
    if version:
        yield PlatformRelease(host=node, product="Proxmox VE", version=version[1])
    else:
        yield Missing(PlatformRelease, "empty", f"{node}: its release is not told", node)
    root = said.get("rootfs")
    told = root if isinstance(root, dict) else {}
    size = count(told.get("total"))
    if not size:
        yield Missing(FsUsage, "empty", f"{node}: the size of its system disk is not told", f"{node}:/")
        return
    yield FsUsage(
        mountpoint=f"{node}:/",
        fs_type="system disk",
        size_bytes=size,
        used_bytes=count(told.get("used")),
        available_bytes=count(told.get("avail")),
    )
