"""What is wrong with the storage that something rests on, and how many more disks it can lose."""

from __future__ import annotations

from analyzer.derived.array import Array
from analyzer.derived.disk import Disk
from analyzer.derived.filesystem import Filesystem
from analyzer.fate import Node
from analyzer.site import Site
from analyzer.wording import listed


class StorageHealth:
    """What is wrong with storage, by node of the graph."""

    def __init__(self, site: Site) -> None:
        self._sick: dict[Node, str] = {}
        self._left: dict[Node, int] = {}
        for array in site.facts(Array):
            node = (array.target, f"array:{array.row.array}")
            if array.row.state in ("degraded", "failed", "inactive"):
                self._sick[node] = f"array {array.row.said} of {array.target} is {array.row.state}"
            if array.row.redundancy_left is not None:
                self._left[node] = array.row.redundancy_left
        for disk in site.facts(Disk):
            if disk.row.sick:
                self._sick[disk.target, f"disk:{disk.row.disk}"] = f"{disk.row.said}: {disk.row.sick}"
        for system in site.facts(Filesystem):
            node = (system.target, f"mount:{system.row.mountpoint}")
            if system.row.emergency_read_only:
                self._sick[node] = f"{system.row.said} is read-only after an error"
            elif system.row.errors_count:
                self._sick[node] = f"{system.row.said} has {system.row.errors_count} errors on record"

    def of(self, needs: frozenset[Node]) -> str:
        return listed(sorted(self._sick[node] for node in needs if node in self._sick), 3)

    def redundancy(self, needs: frozenset[Node]) -> int | None:
        """The weakest array on the way; 0 where a disk is reached without one."""
        left = [self._left[node] for node in needs if node in self._left]
        if left:
            return min(left)
        return 0 if any(node[1].startswith("disk:") for node in needs) else None
