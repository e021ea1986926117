"""Scheduled backups of a hypervisor, with what is known of the storage they go to."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.joining import by_target, sources
from analyzer.site import Site, derived
from collectors.cluster_tables import HypervisorNode, NodeStorage, StorageSetting
from collectors.fact import Fact
from collectors.guest_backup_tables import GuestBackupJob
from collectors.hypervisor_tables import Datastore
from collectors.table import Row, column, table


@table("backup_job_state", key=("job",), root=("job",))
class BackupJobState(Row):
    """A scheduled backup of guests."""

    job: str = column("Identity of the job")
    enabled: bool | None = column("The schedule is on", default=None)
    schedule: str | None = column("When it runs, as written; None: never by itself", default=None)
    keep: str | None = column(
        "How many backups are kept, as written in the job, else in its storage", default=None
    )
    keep_told: bool = column("Both were told: where neither says a word, all are kept", default=False)
    at_once: str = column("Other jobs to the same storage at the same time, newline-separated", default="")
    members: str = column("What it takes, in words", default="")
    storage: str | None = column("Where the backups go", default=None)
    storage_exists: bool | None = column("A storage of that name is there", default=None)
    storage_disabled: bool | None = column("It is switched off", default=None)
    storage_local: bool | None = column("It belongs to the node that it protects", default=None)
    nodes_without: str = column("Nodes that are there and do not reach it, newline-separated", default="")


@derived(BackupJobState, out_of=(GuestBackupJob, Datastore, NodeStorage, HypervisorNode, StorageSetting))
def backup_job_state(site: Site) -> Iterator[Fact[BackupJobState]]:
    stores, seen = by_target(site.facts(Datastore)), by_target(site.facts(NodeStorage))
    nodes, jobs = by_target(site.facts(HypervisorNode)), by_target(site.facts(GuestBackupJob))
    settings = {(one.target, one.row.storage): one for one in site.facts(StorageSetting)}
    blind = {gap.target for gap in site.gaps if gap.table in (Datastore, NodeStorage) and not gap.subject}
    for fact in site.facts(GuestBackupJob):
        name = fact.row.storage
        known = stores.get(fact.target, [])
        mine = [store for store in known if name in (store.row.name, store.row.device)]
        views = [view for view in seen.get(fact.target, []) if view.row.storage == name]
        setting = settings.get((fact.target, name or ""))
        row = _row(
            fact.row,
            setting.row if setting else None,
            [one.row for one in jobs[fact.target]],
            [one.row for one in mine],
            [one.row for one in views],
            _online(fact.row, [one.row for one in nodes.get(fact.target, [])]) if views else [],
            listed=bool(known) and fact.target not in blind,
        )
        yield Fact(fact.target, row, sources(fact, setting, *mine, *views))


def _online(job: GuestBackupJob, nodes: list[HypervisorNode]) -> list[str]:
    """Nodes that are there and that the job runs on."""
    wanted = _names(job.node)
    return [one.node for one in nodes if one.online and (not wanted or one.node in wanted)]


def _at_once(job: GuestBackupJob, others: list[GuestBackupJob]) -> Iterator[str]:
    """Jobs that begin together with this one and write to the same place."""
    for one in others:
        if one.job != job.job and one.enabled is not False and one.storage == job.storage:
            apart = bool(one.node and job.node) and not _names(one.node) & _names(job.node)
            if job.schedule and one.schedule == job.schedule and not apart:
                yield one.job


def _names(told: str | None) -> set[str]:
    return {one.strip() for one in (told or "").split(",") if one.strip()}


def _row(
    job: GuestBackupJob,
    setting: StorageSetting | None,
    jobs: list[GuestBackupJob],
    stores: list[Datastore],
    views: list[NodeStorage],
    online: list[str],
    *,
    listed: bool,
) -> BackupJobState:
    reached = {one.node for one in views if one.accessible}
    told = [*((one.shared, one.kind) for one in views), *((one.shared, one.kind) for one in stores)]
    shared = [one for one, _ in told if one is not None]
    kinds = {kind for _, kind in told}
    folder = (job.storage or "").startswith("/")  # a folder instead of a storage (dumpdir)
    return BackupJobState(
        job=job.job,
        enabled=job.enabled,
        schedule=job.schedule,
        keep=job.keep or (setting.keep if setting else None),
        keep_told=bool(job.keep) or setting is not None,
        at_once="\n".join(sorted(_at_once(job, jobs))),
        members=_members(job),
        storage=job.storage,
        storage_exists=True if stores else False if listed and not folder else None,
        storage_disabled=any(one.maintenance == "disabled" for one in stores) if stores else None,
        storage_local=False if "pbs" in kinds else not any(shared) if shared else None,
        nodes_without="\n".join(sorted(set(online) - reached)),
    )


def _members(job: GuestBackupJob) -> str:
    if job.everything:
        return f"all guests but {job.excluded}" if job.excluded else "all guests"
    if job.pool:
        return f"guests of pool {job.pool}"
    return f"guests {job.guests}" if job.guests else "no guests"
