"""Jobs of one name on two servers: what one has done is no proof for the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from analyzer.derived.backup_rhythm import BackupRhythm
from analyzer.derived.job_record import JobRecord
from analyzer.site import Site
from collectors.backup_tables import BackupJob, RestorePoint
from collectors.fact import Fact

AT = datetime(2026, 3, 20, 9, tzinfo=UTC)


def site_of(*servers: str) -> Site:
    """Each server has the job `Nightly`; only the first one has copies, of every night."""
    site = Site("site", AT, servers)
    for server in servers:
        job = BackupJob(
            product="bacula",
            server=server,
            job="Nightly",
            name="Nightly",
            schedule="0 2 * * *",
            schedule_kind="cron",
        )
        site.add([Fact(server, job, ())])
    for day in range(20):
        point = RestorePoint(
            repository="bacula:first/Vault",
            point=f"{day}",
            source="web1",
            job="Nightly",
            created_at=AT - timedelta(days=day, hours=7),
            complete=True,
        )
        site.add([Fact(servers[0], point, ())])
    return site


@pytest.mark.parametrize(("servers", "told"), [(("one",), [True]), (("one", "other"), [True, False])])
def test_copies_prove_the_job_of_their_own_server(servers: tuple[str, ...], told: list[bool]) -> None:
    site = site_of(*servers)
    assert [fact.row.good_hours is not None for fact in site.facts(JobRecord)] == told
    held = {fact.target for fact in site.facts(BackupRhythm)}
    assert held == {servers[0]}


def test_copies_may_be_told_elsewhere_than_their_job() -> None:
    """A repository of its own lists copies of a job whose name nobody else has."""
    site = site_of("one")
    site.add([Fact("two", BackupJob(product="bacula", server="two", job="Weekly", name="Weekly"), ())])
    point = RestorePoint(
        repository="nas",
        point="w",
        source="db1",
        job="Weekly",
        created_at=AT - timedelta(days=2),
        complete=True,
    )
    site.add([Fact("nas", point, ())])
    records = {fact.row.name: fact.row.good_hours for fact in site.facts(JobRecord)}
    assert records["Weekly"] == 48.0
