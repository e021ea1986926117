"""Who made a snapshot, by the tasks of the hypervisor: snapshots themselves do not tell."""

from __future__ import annotations

from datetime import timedelta

from analyzer.site import Site
from collectors.fact import Fact
from collectors.guest_backup_tables import HypervisorTask
from collectors.hypervisor_tables import GuestSnapshot

APART = timedelta(minutes=10)
"""A task begins so long before the time that its snapshot bears, at most: quiescing takes its time."""
CREATES = ("create snapshot", "qmsnapshot", "vzsnapshot")
"""Kinds of such tasks: of vSphere, and of Proxmox VE for machines and containers."""


class SnapshotMakers:
    """Finds the task that made a snapshot."""

    def __init__(self, site: Site) -> None:
        self._made: dict[tuple[str, str], Fact[HypervisorTask]] = {}
        self._of_guest: dict[tuple[str, str], list[Fact[HypervisorTask]]] = {}
        for fact in site.facts(HypervisorTask):
            task = fact.row
            if task.kind not in CREATES or not task.user:
                continue
            if task.made:
                self._made[fact.target, task.made] = fact
            elif task.guest and task.started_at:
                self._of_guest.setdefault((fact.target, task.guest), []).append(fact)

    def of(self, snapshot: Fact[GuestSnapshot], reference: str | None) -> Fact[HypervisorTask] | None:
        """The task that names the snapshot; else the only one of its guest at its time. None: not told."""
        named = self._made.get((snapshot.target, snapshot.row.snapshot))
        kind, slash, number = snapshot.row.guest.partition("/")
        if reference is None and slash and kind in ("qemu", "lxc"):
            reference = number
        at = snapshot.row.created_at
        if named is not None or at is None or reference is None:
            return named
        near = [
            task
            for task in self._of_guest.get((snapshot.target, reference), ())
            if task.row.started_at is not None and abs(at - task.row.started_at) <= APART
        ]
        users = {task.row.user for task in near}
        return near[0] if len(users) == 1 else None
