"""/cluster/resources of Proxmox VE: guests, nodes and storages in one list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from collectors import proxmox_api as api
from collectors.cluster_tables import NodeStorage
from collectors.hypervisor_tables import Datastore
from collectors.hypervisor_words import truth, word
from collectors.pve_answer import NODE, NUMBER, STORAGE

Told = dict[str, Any]


@dataclass(slots=True)
class Resources:
    """What there is to ask about, and what of it cannot be asked."""

    online: list[str] = field(default_factory=list)
    offline: list[str] = field(default_factory=list)
    guests: list[tuple[str, str, str]] = field(default_factory=list)
    """Node, qemu or lxc, number."""
    stores: list[tuple[str, str]] = field(default_factory=list)
    """Node and storage that backups may lie on; a shared one once."""
    images: list[tuple[str, str, str]] = field(default_factory=list)
    """Node, storage and images or rootdir, for storages of guests' disks; a shared one once."""
    unreached: list[str] = field(default_factory=list)
    """Storages for backups that no node reaches."""
    strange: list[str] = field(default_factory=list)
    """Names that cannot stand in a path."""


def resources_of(data: Sequence[Told]) -> Resources:
    """The list, sorted out."""
    found, shared = Resources(), set[str]()
    seen: set[tuple[str, str]] = set()
    for one in data:
        name = word(one.get("node")) or ""
        if one.get("type") == "node":
            place = found.online if word(one.get("status")) != "offline" else found.offline
            (place if NODE.fullmatch(name) else found.strange).append(name)
    for one in data:
        node, number = word(one.get("node")) or "", word(one.get("vmid")) or ""
        if one.get("type") in ("qemu", "lxc"):
            good = NODE.fullmatch(node) and NUMBER.fullmatch(number)
            if good:
                found.guests.append((node, str(one["type"]), number))
            else:
                found.strange.append(f"{one['type']}/{number} on {node}")
        elif one.get("type") == "storage" and node not in found.offline:
            _images(found, one, node, seen)
            if not _holds_backups(one):
                continue
            name = word(one.get("storage")) or ""
            if not (NODE.fullmatch(node) and STORAGE.fullmatch(name)):
                found.strange.append(f"storage {name} on {node}")
            elif name not in shared:
                found.stores.append((node, name))
                if truth(one.get("shared")):
                    shared.add(name)
    lost = {_called(one) for one in data if one.get("type") == "storage" and _for_backups(one)}
    found.unreached += sorted(lost - {_called(one) for one in data if _holds_backups(one)})
    return found


def _images(found: Resources, one: Told, node: str, seen: set[tuple[str, str]]) -> None:
    """What to ask of a storage that disks of guests lie on."""
    name = word(one.get("storage")) or ""
    if word(one.get("status")) != "available" or not (NODE.fullmatch(node) and STORAGE.fullmatch(name)):
        return
    where = "" if truth(one.get("shared")) else node
    for sort in ("images", "rootdir"):
        if sort in _content(one) and (where, name + sort) not in seen:
            seen.add((where, name + sort))
            found.images.append((node, name, sort))


def _called(one: Told) -> str:
    """A storage by its name, one of a single node with the name of that."""
    name = word(one.get("storage")) or "?"
    return name if truth(one.get("shared")) else f"{name} of {word(one.get('node')) or '?'}"


def _for_backups(one: Told) -> bool:
    return "backup" in _content(one)


def _content(one: Told) -> list[str]:
    return (word(one.get("content")) or "").replace(" ", "").split(",")


def _holds_backups(one: Told) -> bool:
    return _for_backups(one) and word(one.get("status")) == "available"


def node_storage(one: Told) -> NodeStorage:
    """An entry of type storage. Raises KeyError without names."""
    status = word(one.get("status"))
    return NodeStorage(
        node=word(one["node"]) or "",
        storage=word(one["storage"]) or "",
        accessible=None if status is None else status == "available",
        shared=truth(one.get("shared")),
        kind=word(one.get("plugintype")),
        content=word(one.get("content")),
    )


def datastores(entries: Sequence[Told], offline: Sequence[str]) -> Iterator[Datastore]:
    """Each storage once: a shared one is listed by every node, and every node has its own `local`.

    A shared storage is told of as a node sees it that reaches it; what single nodes do not reach is told by
    the table of each node's storages. A node that is off reaches nothing, and says nothing of the storage.
    """
    shared: dict[str, list[Told]] = {}
    for one in entries:
        if truth(one.get("shared")) and word(one.get("storage")):
            shared.setdefault(str(one["storage"]), []).append(one)
        else:
            row = api.datastore_in_list(one)
            yield row
    for listed in shared.values():
        there = [one for one in listed if word(one.get("node")) not in offline]
        best = [one for one in there if word(one.get("status")) == "available"] or there or listed
        yield api.datastore_in_list(best[0])
