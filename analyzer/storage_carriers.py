"""What a datastore lies on, among all targets of a site, by the identifiers that both sides tell.

Exports of NFS by the name or address of exactly one target; world wide names (NAA, EUI) and UUIDs of VMFS by
the disks that bear them; storages of a Proxmox VE node by the folder, volume group or pool of the host of
that name; storage repositories of XenServer by the mounts and volume groups that bear their UUID. Nothing is
guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.derived.filesystem import Filesystem
from analyzer.derived.guest_rests_on import DeviceNodes
from analyzer.guest_places import within
from analyzer.joining import by_target
from analyzer.site import Site
from collectors.block_tables import BlockDevice, Host, HostIdentity
from collectors.cluster_tables import StorageSetting
from collectors.fact import Fact
from collectors.hypervisor_tables import Datastore
from collectors.zfs_tables import ZpoolVdev

Node = tuple[str, str, str]
"""Id, kind and label."""
_EXPORT = re.compile(r"([^/\s]+):(/\S*)")
_WORLD_WIDE = re.compile(r"(?:naa|eui|wwn|0x)[.-]?([0-9a-f]{16,32})", re.IGNORECASE)
_UUID = re.compile(r"uuid:([0-9a-f-]{16,40})", re.IGNORECASE)
_REPOSITORIES = ("VG_XenStorage-", "XSLocalEXT-")
"""Volume groups of XenServer, each with the UUID of its storage repository."""


class Carriers:
    """Finds what carries a datastore: a mount, a pool or a device of a target."""

    def __init__(self, site: Site) -> None:
        self._systems = by_target(site.facts(Filesystem))
        self._blocks = by_target(site.facts(BlockDevice))
        self._nodes = DeviceNodes(site)
        self._names: dict[str, set[str]] = {}
        self._disks: dict[str, list[tuple[str, str]]] = {}
        self._pools = {(f.target, f.row.pool) for f in site.facts(ZpoolVdev)}
        self._settings = {(f.target, f.row.storage): f.row for f in site.facts(StorageSetting)}
        hosts = {fact.target: fact.row.hostname for fact in site.facts(Host)}
        own = {f.target: (f.row.addresses or "").split() for f in site.facts(HostIdentity)}
        for target in site.targets:
            known = (target, hosts.get(target, ""), site.addresses.get(target, ""), *own.get(target, ()))
            for name in known:
                if name:
                    self._names.setdefault(name.lower(), set()).add(target)
                    if not re.fullmatch(r"[\d.]+|.*:.*", name):
                        self._names.setdefault(name.lower().partition(".")[0], set()).add(target)
        for block in site.facts(BlockDevice):
            if block.row.wwn and block.row.type in ("disk", "mpath"):
                self._disks.setdefault(_bare(block.row.wwn), []).append((block.target, block.row.name))
            if block.row.fs_uuid and (block.row.fs_type or "").upper().startswith("VMFS"):
                self._disks.setdefault(block.row.fs_uuid.lower(), []).append((block.target, block.row.name))

    def of(self, store: Fact[Datastore]) -> Iterator[tuple[str, Node]]:
        """Target and node of each mount, pool or device that the datastore lies on."""
        uuid = _UUID.fullmatch(store.row.datastore)
        if store.row.hypervisor == "xen" and uuid:
            yield from self._repository(store.target, uuid[1].lower())
            return
        if store.row.hypervisor == "proxmox" and "/" in store.row.datastore:
            yield from self._of_node(store)
            return
        export = _EXPORT.fullmatch(store.row.device or "")
        if export:
            yield from self._exported(store.target, export[1].lower(), export[2])
            return
        names = [_bare(name) for name in _WORLD_WIDE.findall(store.row.device or "")]
        for name in [*names, *([uuid[1].lower()] if uuid else [])]:
            for target, disk in self._disks.get(name, ()):
                if target != store.target:
                    yield target, self._nodes.node(target, f"/dev/{disk}")

    def _exported(self, asking: str, server: str, path: str) -> Iterator[tuple[str, Node]]:
        for target in self._called(server, asking):
            yield from self._folder(target, path)

    def _called(self, name: str, asking: str) -> set[str]:
        """The target of that name or address, if it is exactly one and another."""
        found = self._names.get(name.lower()) or self._names.get(name.lower().partition(".")[0], set())
        return found - {asking} if len(found - {asking}) == 1 else set()

    def _folder(self, target: str, path: str) -> Iterator[tuple[str, Node]]:
        mounts = [f.row for f in self._systems.get(target, ()) if not f.row.network]
        below = [one for one in mounts if within(path, one.mountpoint)]
        if below:
            best = max(below, key=lambda one: len(one.mountpoint))
            where = best.alias_of or best.mountpoint
            yield target, (f"mount:{where}", "mount", where)

    def _of_node(self, store: Fact[Datastore]) -> Iterator[tuple[str, Node]]:
        """A storage that each node of a cluster has for itself: on its host, or a pool that the API tells."""
        node, name = store.row.datastore.removeprefix("name:").split("/", 1)
        setting = self._settings.get((store.target, name))
        place = (setting.place if setting else None) or ""
        if not place:
            return
        pool = place.partition("/")[0]
        if setting and setting.kind == "zfspool" and (store.target, f"{node}:{pool}") in self._pools:
            yield store.target, (f"pool:{node}:{pool}", "volume", f"pool {node}:{pool}")
        for target in self._called(node, store.target):
            if place.startswith("/"):
                yield from self._folder(target, place)
            elif (target, pool) in self._pools:
                yield target, (f"pool:{pool}", "volume", f"pool {pool}")
            else:
                yield from self._volumes(target, pool)

    def _volumes(self, target: str, *groups: str) -> Iterator[tuple[str, Node]]:
        """Volumes of volume groups: one for each set of devices that they lie on."""
        prefixes = tuple(f"{group.replace('-', '--')}-" for group in groups)
        seen: set[str] = set()
        for block in sorted(self._blocks.get(target, ()), key=lambda fact: fact.row.name):
            if (block.row.mapped_name or "").startswith(prefixes) and block.row.parents not in seen:
                seen.add(block.row.parents)
                yield target, self._nodes.node(target, f"/dev/{block.row.name}")

    def _repository(self, target: str, uuid: str) -> Iterator[tuple[str, Node]]:
        mounts = [f.row for f in self._systems.get(target, ()) if not f.row.network]
        for one in mounts:
            if one.mountpoint.lower().endswith(f"/sr-mount/{uuid}"):
                where = one.alias_of or one.mountpoint
                yield target, (f"mount:{where}", "mount", where)
                return
        yield from self._volumes(target, *(f"{prefix}{uuid}" for prefix in _REPOSITORIES))


def _bare(name: str) -> str:
    return re.sub(r"^(?:naa|eui|wwn|0x)[.-]?", "", name.lower())
