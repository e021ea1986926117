"""Backup products that are at work on the hosts of a site, and whether anything of them was read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analyzer.joining import sources
from analyzer.site import Site, derived
from collectors.backup_sign_tables import BackupSign
from collectors.backup_signs import product_of
from collectors.backup_tables import BackupJob, BackupRepository, BackupSession
from collectors.fact import Fact
from collectors.table import Row, column, table

_SCHEDULERS = ("cron", "systemd")


@table("backup_agent", key=("product",))
class BackupAgent(Row):
    """A backup product that is at work on a host."""

    product: str = column("Product")
    signs: str = column("What shows it, newline-separated")
    collected: bool = column("Jobs, runs or a repository of it are part of this audit")


@derived(BackupAgent, out_of=(BackupSign, BackupJob))
def backup_agents(site: Site) -> Iterator[Fact[BackupAgent]]:
    found: dict[tuple[str, str], list[tuple[str, Fact[Any]]]] = {}
    for sign in site.facts(BackupSign):
        row = sign.row
        files = f"{row.count} files in {row.where}" if row.kind == "files" else f"process {row.where}"
        found.setdefault((sign.target, row.product), []).append((files, sign))
    for job in site.facts(BackupJob):
        if job.row.product in _SCHEDULERS and job.row.command:
            product = product_of(job.row.command)
            if product:
                words = f"{job.row.product}: {job.row.name}"
                found.setdefault((job.target, product), []).append((words, job))
    if not found:
        return
    collected = _collected(site)
    for (target, product), signs in sorted(found.items()):
        agent = BackupAgent(
            product=product,
            signs="\n".join(dict.fromkeys(words for words, _ in signs)),
            collected=product in collected,
        )
        yield Fact(target, agent, sources(*(fact for _, fact in signs[:4])))


def _collected(site: Site) -> set[str]:
    """Products of which more is known than that they run."""
    found = {fact.row.product for fact in site.facts(BackupRepository)}
    found |= {fact.row.product for fact in site.facts(BackupSession)}
    return (found | {fact.row.product for fact in site.facts(BackupJob)}) - set(_SCHEDULERS)
