"""How guests are kept: locks and the tasks behind them, agents, protection, checkpoints, replicas."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from analyzer.ages import hours_between
from analyzer.guest_places import guests_of
from analyzer.joining import by_target, sources
from analyzer.site import Site, derived
from analyzer.snapshot_names import role_of
from collectors.fact import Fact
from collectors.guest_backup_tables import GuestBackupRun, HypervisorTask
from collectors.hypervisor_tables import Guest
from collectors.table import Row, column, table

_EVER = datetime.min.replace(tzinfo=UTC)
_LOCKING = {
    "backup": ("vzdump",),
    "snapshot": ("qmsnapshot", "vzsnapshot"),
    "snapshot-delete": ("qmdelsnapshot", "vzdelsnapshot"),
    "rollback": ("qmrollback", "vzrollback"),
}
"""Tasks of Proxmox VE that hold a lock of that name."""


@table("guest_condition", key=("guest",), label=("name",), root=("guest",))
class GuestCondition(Row):
    """A guest and what its upkeep looks like."""

    guest: str = column("Identity of the guest")
    name: str = column("Its name")
    hypervisor: str | None = column("vmware, proxmox, libvirt, hyperv, xen and so on", default=None)
    kind: str | None = column("vm, container or template", default=None)
    power: str | None = column("running, off, suspended or paused", default=None)
    role: str | None = column("What may run in it by its name, notes or system", default=None)
    tier: int | None = column("Importance that its owner gave it; None: nobody did", default=None)
    lock: str | None = column("Lock that an operation holds", default=None)
    locked_hours: float | None = column("For how long, at least", default=None)
    task_running: bool | None = column("The task that took it still runs; None: not told", default=None)
    agent_enabled: bool | None = column("The hypervisor may ask an agent in the guest", default=None)
    tools: str | None = column("Guest agent or tools: running, not running, not installed", default=None)
    rest: str | None = column(
        "How its newest backup brought it to rest: frozen, agent silent, freeze off", default=None
    )
    protected: bool | None = column("Its removal and that of its disks is refused", default=None)
    merging: bool | None = column("Disks of it are being merged, or wait for it", default=None)
    checkpoint_type: str | None = column("Checkpoints it is set to (Hyper-V)", default=None)
    automatic_checkpoints: bool | None = column("Hyper-V makes one at every start", default=None)
    replication_health: str | None = column("normal, warning or critical (Hyper-V Replica)", default=None)
    replication_state: str | None = column("State of its replication, as told", default=None)
    replica_hours: float | None = column("Age of its replica", default=None)


@derived(GuestCondition, out_of=(Guest, HypervisorTask, GuestBackupRun))
def guest_condition(site: Site) -> Iterator[Fact[GuestCondition]]:
    if not site.facts(Guest):
        return
    tasks, runs = by_target(site.facts(HypervisorTask)), _newest(site)
    untold = {gap.target for gap in site.gaps if gap.table is HypervisorTask}
    tiers = {asset.name.lower(): asset.tier for asset in site.assets if asset.tier is not None}
    for fact in site.once(guests_of):
        guest = fact.row
        run = runs.get((fact.target, guest.guest))
        related = tasks.get(fact.target, []) if guest.lock else []
        mine = [one for one in related if _took(one.row, guest)]
        running = [one for one in mine if _runs(one.row)]
        told = fact.target in tasks and fact.target not in untold
        row = GuestCondition(
            guest=guest.guest,
            name=guest.name,
            hypervisor=guest.hypervisor,
            kind=guest.kind,
            power=guest.power,
            role=role_of(guest.name, guest.annotation, guest.system),
            tier=tiers.get(guest.name.lower()),
            lock=guest.lock,
            locked_hours=hours_between(guest.locked_at or _since(mine), site.at) if guest.lock else None,
            task_running=(bool(running) if told or running else None) if guest.lock else None,
            agent_enabled=guest.agent_enabled,
            tools=guest.tools,
            rest=run.row.rest if run else None,
            protected=guest.protected,
            merging=guest.merging,
            checkpoint_type=guest.checkpoint_type,
            automatic_checkpoints=guest.automatic_checkpoints,
            replication_health=guest.replication_health,
            replication_state=guest.replication_state,
            replica_hours=hours_between(guest.replicated_at, site.at),
        )
        yield Fact(fact.target, row, sources(fact, run, *mine[:3]))


def _newest(site: Site) -> dict[tuple[str, str], Fact[GuestBackupRun]]:
    """The newest backup of each guest whose log tells how it was brought to rest."""
    found: dict[tuple[str, str], Fact[GuestBackupRun]] = {}
    for fact in sorted(site.facts(GuestBackupRun), key=lambda one: one.row.started_at or _EVER):
        if fact.row.succeeded is not False:
            found[fact.target, fact.row.guest] = fact
    return found


def _took(task: HypervisorTask, guest: Guest) -> bool:
    """Whether the task is of a kind that takes the guest's lock, and was about it (or about many)."""
    if task.kind not in _LOCKING.get(guest.lock or "", ()):
        return False
    if task.guest:
        return task.guest in (guest.guest, guest.guest.rpartition("/")[2])
    return task.node is None or task.node == guest.host


def _runs(task: HypervisorTask) -> bool:
    return task.ended_at is None and task.outcome is None


def _since(tasks: list[Fact[HypervisorTask]]) -> datetime | None:
    """When the newest of them began: the lock is at least as old as that."""
    return max((one.row.started_at for one in tasks if one.row.started_at), default=None)
