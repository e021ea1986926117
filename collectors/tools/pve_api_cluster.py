"""Proxmox VE by its API: rights of the token, cluster, nodes, guests in the list, storages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from collectors import proxmox_api as api
from collectors import pve_answer, pve_rights
from collectors.block_tables import FsUsage
from collectors.cluster_tables import (
    GuestReplication,
    HypervisorCluster,
    HypervisorNode,
    NodeStorage,
    StorageSetting,
    StorageVolume,
)
from collectors.collector import reader
from collectors.drive_tables import Drive, DriveAttribute
from collectors.fact import At, Missing, NotHere, Reading
from collectors.guest_backup_tables import GuestBackup, GuestBackupRun, HypervisorTask
from collectors.hypervisor_tables import Datastore, Guest, GuestDisk, GuestSnapshot
from collectors.hypervisor_words import count, mappings, truth, word
from collectors.lvm_tables import LvmVolume
from collectors.proxmox_sections import datastore_of
from collectors.pve_resources import datastores, node_storage, resources_of
from collectors.question import Answer, Form
from collectors.table import Row
from collectors.zfs_tables import ZpoolProperties, ZpoolStatus, ZpoolVdev

PERMISSIONS = Form(
    ("pve-api", "GET", "/access/permissions"),
    reads="pve-permissions",
    why="What the token may see: without a right the API answers with empty lists",
)
STATUS = Form(
    ("pve-api", "GET", "/cluster/status"),
    reads="pve-cluster-status",
    why="Quorum, and which nodes are there (Sys.Audit on /)",
)
RESOURCES = Form(
    ("pve-api", "GET", "/cluster/resources"),
    reads="pve-resources",
    why="Guests, nodes and storages of the cluster (VM.Audit on /vms, Datastore.Audit on /storage)",
    timeout_seconds=60.0,
    max_bytes=64 * 1024 * 1024,
)
STORAGES = Form(
    ("pve-api", "GET", "/storage"),
    reads="pve-storages",
    why="Where shared storages lie, and which are switched off (Datastore.Audit on /storage)",
)


@reader(
    "pve-permissions",
    fills=pve_rights.TABLES,
    recognises=lambda said: (
        0.9 if re.search(r'"(?:VM|Sys|Datastore)\.\w+"\s*:\s*[01"]', said[:20000]) else 0.0
    ),
)
def read_permissions(answer: Answer) -> Iterator[Reading]:
    """what the privileges of a Proxmox VE token hide from it"""
    yield from pve_answer.refused(answer, *pve_rights.TABLES)
    if answer.status not in (None, 200):
        return
    told = pve_answer.value(answer)
    if isinstance(told, dict) and isinstance(told.get("data"), dict):
        told = told["data"]
    if told in ([], None):
        told = {}  # Perl's empty table
    if not isinstance(told, dict) or not all(isinstance(held, dict) for held in told.values()):
        raise ValueError("privileges by path were expected")
    yield from pve_rights.gaps(told)


@reader(
    "pve-cluster-status",
    fills=(HypervisorCluster, HypervisorNode),
    recognises=lambda said: 0.95 if re.search(r'"(?:nodeid|quorate)"\s*:', said[:20000]) else 0.0,
)
def read_status(answer: Answer) -> Iterator[Reading]:
    """quorum and nodes of a Proxmox VE cluster"""
    yield from pve_answer.refused(answer, HypervisorCluster, HypervisorNode)
    if answer.status not in (None, 200):
        return
    told = pve_answer.objects(answer)
    for number, one in enumerate(told):
        if one.get("type") == "node":
            row = HypervisorNode(node=word(one["name"]) or "", online=truth(one.get("online")))
            yield At(row, f"[{number}]")
    nodes = [one for one in told if one.get("type") == "node"]
    cluster = next((one for one in told if one.get("type") == "cluster"), None)
    if cluster is not None:
        yield HypervisorCluster(
            cluster=word(cluster.get("name")) or "cluster",
            quorate=truth(cluster.get("quorate")),
            nodes=count(cluster.get("nodes")),
            nodes_online=sum(truth(one.get("online")) is True for one in nodes),
        )
    elif len(nodes) == 1:
        yield NotHere(HypervisorCluster, "one node that is in no cluster")
    else:
        yield Missing(HypervisorCluster, "empty", "the answer tells no cluster")


_OF_GUEST: tuple[type[Row], ...] = (GuestDisk, GuestSnapshot)
_OF_NODE: tuple[type[Row], ...] = (
    *(Drive, DriveAttribute, ZpoolProperties, ZpoolStatus, ZpoolVdev, LvmVolume, FsUsage),
    *(HypervisorTask, GuestReplication, GuestBackup, GuestBackupRun, StorageVolume),
)
_OF_RESOURCES: tuple[type[Row], ...] = (Guest, Datastore, NodeStorage, *_OF_GUEST, *_OF_NODE)
"""What is not asked about, and so must be missing, where this list is."""


@reader("pve-resources", fills=_OF_RESOURCES, recognises=lambda said: 0.0)  # saved ones: proxmox-api
def read_resources(answer: Answer) -> Iterator[Reading]:
    """guests and storages of a Proxmox VE cluster"""
    yield from pve_answer.refused(answer, *_OF_RESOURCES)
    if answer.status not in (None, 200):
        return
    told = pve_answer.objects(answer)
    found = resources_of(told)
    for number, one in enumerate(told):
        if one.get("type") in ("qemu", "lxc"):
            yield At(api.guest_in_list(one), f"[{number}]")
        elif one.get("type") == "storage":
            yield At(node_storage(one), f"[{number}]")
    yield from datastores([one for one in told if one.get("type") == "storage"], found.offline)
    for node in found.offline:
        for row_type in _OF_NODE:
            yield Missing(row_type, "unreachable", f"node {node} is offline", f"node {node}")
    for name in found.unreached:
        yield Missing(GuestBackup, "unreachable", f"storage {name}: no node reaches it", f"storage {name}")
    for node, kind, guest in found.guests:
        if node in found.offline:
            for row_type in _OF_GUEST:
                yield Missing(row_type, "unreachable", f"node {node} is offline", f"{kind}/{guest}")
    for name in found.strange:
        for row_type in (*_OF_GUEST, *_OF_NODE, Datastore):
            yield Missing(row_type, "unsupported", f"{name!r:.100}: not a name that can be asked about")
    if not any(one.get("type") == "node" for one in told):
        for row_type in _OF_RESOURCES:
            yield Missing(row_type, "empty", "not even a node is listed: the list is not whole")


@reader(
    "pve-storages", fills=(Datastore, StorageSetting), recognises=lambda said: 0.0
)  # saved ones: proxmox-api
def read_storages(answer: Answer) -> Iterator[Reading]:
    """shared and disabled storages of a Proxmox VE cluster as they are configured"""
    yield from pve_answer.refused(answer, Datastore, StorageSetting)
    if answer.status not in (None, 200):
        return
    for number, one in enumerate(mappings(pve_answer.objects(answer))):
        keys = {key: str(value) for key, value in one.items() if isinstance(value, str | int)}
        name, kind = word(one["storage"]) or "", word(one.get("type")) or ""
        disabled = truth(one.get("disable")) is True
        wanted = {key: keys[key] for key in PLACE if key in keys}
        place = datastore_of(kind, name, wanted).device
        yield At(_setting(one, name, kind or None, place, enabled=not disabled), f"[{number}]")
        if disabled or truth(one.get("shared")) or kind in SHARED:
            # other columns are told by the list of resources, in the words of the nodes
            row = datastore_of(kind, name, wanted | ({"disable": "1"} if disabled else {}))
            yield At(row, f"[{number}]")


def _setting(
    one: dict[str, Any], name: str, kind: str | None, place: str | None, *, enabled: bool
) -> StorageSetting:
    keep = one.get("prune-backups")
    if isinstance(keep, dict):
        keep = ",".join(f"{key}={value}" for key, value in sorted(keep.items()))
    limit = word(one.get("maxfiles"))  # before release 7
    chain = truth(one.get("snapshot-as-volume-chain"))
    return StorageSetting(
        storage=name,
        kind=kind,
        content=word(one.get("content")),
        enabled=enabled,
        shared=truth(one.get("shared")) or (True if kind in SHARED else None),
        nodes=word(one.get("nodes")),
        keep=word(keep) or (f"keep-last={limit}" if limit and limit != "0" else None),
        volume_chain=chain is True,
        place=place,
    )


SHARED = ("nfs", "cifs", "pbs", "rbd", "cephfs", "iscsi", "iscsidirect", "glusterfs", "zfs")
"""Kinds that are shared by their nature (PVE::Storage::Plugin)."""
PLACE = ("path", "pool", "export", "vgname", "share", "server", "thinpool", "datastore")
