"""By what the success of each backup is known: records that were read, or mails that somebody gets."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.declared import DeclaredCopy
from analyzer.derived.job_record import JobRecord, jobs_of
from analyzer.derived.repository import Repository, bears
from analyzer.joining import sources
from analyzer.site import Site, derived
from collectors.backup_tables import BackupJob
from collectors.fact import Fact
from collectors.guest_backup_tables import GuestBackupJob
from collectors.table import Row, column, table

_COPIES = ("backup", "copy", "replication")


@table("success_proof", key=("server", "name"))
class SuccessProof(Row):
    """What tells of the success of a backup job, or of a copy that is only declared."""

    server: str = column("Machine that runs it; for a declared copy its asset")
    name: str = column("Job, or where the copy is")
    mailed_to: str = column("Who gets a mail about it; empty: nobody, as far as is told", default="")
    known_by: str | None = column("How its success is known, as declared", default=None)
    on_record: bool = column("Runs of it, or copies that it made, are part of this audit", default=False)


@derived(SuccessProof, out_of=(BackupJob, GuestBackupJob))
def success_proofs(site: Site) -> Iterator[Fact[SuccessProof]]:
    written = {
        (fact.target, fact.row.product, fact.row.server, fact.row.job): fact.row.repository
        for fact in site.once(jobs_of)
    }
    stores = [fact.row for fact in site.facts(Repository) if fact.row.holds]
    for fact in site.facts(JobRecord):
        row = fact.row
        if row.purpose not in _COPIES or row.enabled is False:
            continue
        repository = written.get((fact.target, row.product, row.server, row.job))
        held = repository is not None and any(bears(store, repository) for store in stores)
        proof = SuccessProof(
            server=row.server or fact.target,
            name=row.name,
            mailed_to=row.notifies if row.notifies and _is_mail(row) else "",
            on_record=bool(row.runs) or row.good_hours is not None or held,
        )
        yield Fact(fact.target, proof, fact.sources)
    for said in site.facts(DeclaredCopy):
        if said.row.known_by is not None:
            told = SuccessProof(server=said.row.asset, name=said.row.where, known_by=said.row.known_by)
            yield Fact(said.target, told, sources(said))


def _is_mail(row: JobRecord) -> bool:
    """Cron and vzdump tell by mail, also an account of the machine; others name addresses and services."""
    told = (row.notifies or "").lower()
    return row.product in ("cron", "vzdump") or "@" in told or "mail" in told
