"""Guests and the scheduled backups that take them: by the hypervisor's own list, and by the jobs."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.guest_places import guests_of
from analyzer.joining import by_target, sources
from analyzer.site import Site, derived
from collectors.fact import Fact
from collectors.guest_backup_tables import GuestBackupJob, GuestNotBackedUp
from collectors.hypervisor_tables import Guest
from collectors.table import Row, column, table


@table("guest_job", key=("guest",), label=("name",), root=("guest",))
class GuestJob(Row):
    """Whether a scheduled backup takes a guest."""

    guest: str = column("Identity of the guest")
    name: str = column("Its name")
    kind: str | None = column("vm, container or template", default=None)
    left_out: bool | None = column("The hypervisor says that no job takes it; None: not told", default=None)
    jobs: str | None = column(
        "Jobs with a schedule that take it, newline-separated; None: not told", default=None
    )
    idle_jobs: str = column("Jobs that would take it, but are off or never run", default="")
    excluded_by: str = column("Jobs for all guests that leave it out by name", default="")
    pool_jobs: int = column("Jobs for pools of which it was not told who belongs to them", default=0)


@derived(GuestJob, out_of=(Guest, GuestBackupJob, GuestNotBackedUp))
def guest_job(site: Site) -> Iterator[Fact[GuestJob]]:
    if not site.facts(Guest):
        return
    jobs, unlisted = by_target(site.facts(GuestBackupJob)), by_target(site.facts(GuestNotBackedUp))
    no_jobs = {gap.target for gap in site.gaps if gap.table is GuestBackupJob}
    absent = {one.target for one in site.absences if one.table is GuestBackupJob}
    no_list = {gap.target for gap in site.gaps if gap.table is GuestNotBackedUp}
    # only a list of resources tells pools; one guest in a pool shows that it was told
    pooled = {one.target for one in site.facts(Guest) if one.row.pool}
    for fact in site.once(guests_of):
        if fact.row.hypervisor != "proxmox":
            continue
        mine = jobs.get(fact.target, [])
        out = [one for one in unlisted.get(fact.target, []) if one.row.guest == fact.row.guest]
        told = bool(mine or fact.target in absent) and fact.target not in no_jobs
        asked = fact.target in unlisted and fact.target not in no_list
        left_out = bool(out) or (False if asked else None)
        row = _row(fact.row, [one.row for one in mine] if told else None, left_out, fact.target in pooled)
        yield Fact(fact.target, row, sources(fact, *out, *mine))


def _row(guest: Guest, jobs: list[GuestBackupJob] | None, left_out: bool | None, pools: bool) -> GuestJob:
    number = guest.guest.rpartition("/")[2]
    taking = [job for job in jobs or () if _takes(job, guest, number)]
    active = [job for job in taking if job.enabled is not False and job.schedule]
    return GuestJob(
        guest=guest.guest,
        name=guest.name,
        kind=guest.kind,
        left_out=left_out,
        jobs=None if jobs is None else "\n".join(job.job for job in active),
        idle_jobs="\n".join(job.job for job in taking if job not in active),
        excluded_by="\n".join(job.job for job in jobs or () if number in _numbers(job.excluded)),
        pool_jobs=0 if pools else sum(job.pool is not None for job in jobs or ()),
    )


def _takes(job: GuestBackupJob, guest: Guest, number: str) -> bool:
    if job.node and guest.host and guest.host not in _numbers(job.node):
        return False  # the job runs on other nodes only
    if job.everything or (job.pool and guest.pool == job.pool):
        return number not in _numbers(job.excluded)
    return number in _numbers(job.guests)


def _numbers(told: str | None) -> set[str]:
    return set((told or "").replace(",", " ").replace(";", " ").split())
