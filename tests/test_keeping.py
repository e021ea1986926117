"""How far back copies reach against what was wanted, disks that count as offline, backups of logs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analyzer.declared import DeclaredRepository, declared
from analyzer.derived.kept_span import KeptSpan
from analyzer.derived.log_chain import LogChain
from analyzer.derived.repository import Repository
from analyzer.engine import judge
from analyzer.retention import Promise, promised
from analyzer.site import Asset, Site
from collectors.backup_tables import BackupJob
from collectors.block_tables import FstabEntry, Host, Mount
from collectors.collector import load
from collectors.fact import Fact
from collectors.reading import read_answer
from collectors.table import Row
from tests.derived_sites import AT
from tests.protected_sites import host, nas, points, site
from tests.test_readers import FIXTURES, recorded

load()


@pytest.mark.parametrize(
    ("text", "days", "cycle"),
    [
        ("keep-daily=14, keep-weekly=8", 56, 7),
        ("keep-daily=14,keep-last=3", 14, 1),
        ("daily 7, weekly 4, monthly 6", 180, 30),
        ("48 hourly, 90 daily, 6 monthly", 180, 30),
        ("20d 10w", 70, 7),
        ("14d 2y, all of 2d", 730, 365),
        ("30 days", 30, 1),
        ("1 week", 7, 7),
        ("volumes 30, 60 days", 60, 1),
        ("0 daily, 3 weekly", 21, 7),
    ],
)
def test_a_policy_as_written(text: str, days: float, cycle: float) -> None:
    assert promised(text) == Promise(days, cycle)


@pytest.mark.parametrize("text", [None, "", "keep-last=3", "7 restore points", "all", "full 2"])
def test_what_says_nothing_about_days(text: str | None) -> None:
    assert promised(text) is None


def kept(days: int, *, oldest: int = 0, wanted: str | None = None, age_of_site: int = 0, **more: Any) -> Site:
    """A site at that many days before the audit, with a copy of each day between."""
    nights = [12.0 + 24 * night for night in range(oldest, days)]
    rows: list[Row] = [nas(retention=wanted, **more), *points("restic:1f", "files", *nights)]
    made = site({"files": host("files"), "nas": host("nas"), "*r": rows})
    made.at = AT - timedelta(days=age_of_site)
    return made


def fails(made: Site) -> list[str]:
    return [found.message for found in judge(made).failed() if found.rule == "capacity/retention-unmet"]


def spans(made: Site) -> list[KeptSpan]:
    return [fact.row for fact in made.facts(KeptSpan)]


def test_what_nobody_wanted_is_not_judged() -> None:
    assert not spans(kept(20))


def test_a_young_repository_breaks_no_promise() -> None:
    (row,) = spans(kept(20, wanted="keep-daily=90"))
    assert (row.wanted_days, row.span_days, row.lost_days, row.seen_days) == (90, 19, None, None)
    assert not fails(kept(20, wanted="keep-daily=90"))


def test_copies_that_an_earlier_audit_saw_are_gone_before_their_time() -> None:
    now = kept(20, wanted="keep-daily=90")
    now.history = (kept(60, oldest=30, age_of_site=30),)
    (said,) = fails(now)
    assert "an earlier audit saw one that would be 60 days old" in said


def test_copies_that_went_at_their_time_are_not_missed() -> None:
    now = kept(90, wanted="keep-daily=90")
    now.history = (kept(120, oldest=30, age_of_site=30),)
    assert not fails(now)


def test_copies_known_for_longer_than_the_promise_that_reach_back_less() -> None:
    now = kept(20, wanted="keep-daily=90")
    now.history = (kept(101, oldest=100, age_of_site=95),)
    assert "there have been copies for 95 days" in fails(now)[0]


def test_a_repository_that_is_full_before() -> None:
    size = 10**12
    now = kept(20, wanted="keep-daily=90", size_bytes=size, free_bytes=size // 10)
    before = kept(10, oldest=10, age_of_site=10, size_bytes=size, free_bytes=3 * size // 10)
    earlier = kept(20, oldest=20, age_of_site=20, size_bytes=size, free_bytes=size // 2)
    now.history = (earlier, before)
    assert "the repository is full in 5 days" in fails(now)[0]


@pytest.mark.parametrize("by", ["asset", "repository", "job"])
def test_who_wants_it(by: str) -> None:
    assets = (Asset("files", 1, keep_days=90.0),) if by == "asset" else ()
    wish = declared(
        DeclaredRepository(name="nas/restic", keep_days=90.0), target="shop", where="repositories[0]"
    )
    job = BackupJob(
        product="restic", job="a", name="a", repository="restic:1f", retention="daily 7, monthly 3"
    )
    rows: list[Row] = [nas(), *points("restic:1f", "files", 12, 36), *([job] if by == "job" else [])]
    more: list[Fact[Row]] = [wish] if by == "repository" else []
    made = site({"files": host("files"), "*r": rows}, *assets, more=more)
    (row,) = spans(made)
    assert (row.wanted_days, row.stated) == (90, by != "job")
    assert bool(fails(made)) is (by != "job"), "what the owner wants is not there, young or not"


USB = Mount(mountpoint="/mnt/usb", source="/dev/sdc1", fs_type="ext4", options="rw", read_only=False)


def offline(*rows: Row, path: str = "/mnt/usb/r", hours: float = 0.0) -> Site:
    wish = declared(
        DeclaredRepository(name="nas/restic", offline=True), target="shop", where="repositories[0]"
    )
    system = Host(hostname="nas", boot_at=AT - timedelta(days=40))
    held: list[Row] = [nas(path=path), *points("restic:1f", "files", 12, 36)]
    made = site({"files": host("files"), "nas": [system, *host("nas")[1:], *rows], "*r": held}, more=[wish])
    made.at = AT - timedelta(hours=hours)
    return made


def hangs(made: Site) -> tuple[bool | None, float | None, int]:
    (row,) = (fact.row for fact in made.facts(Repository))
    return row.attached, row.attached_hours, row.attached_audits


def fstab(options: str) -> FstabEntry:
    return FstabEntry(mountpoint="/mnt/usb", source="/dev/sdc1", fs_type="ext4", options=options)


def test_a_disk_that_was_put_away() -> None:
    assert hangs(offline()) == (False, None, 0)
    assert hangs(offline(fstab("noauto"))) == (False, None, 0)


def test_a_folder_of_the_system_is_no_disk() -> None:
    assert hangs(offline(USB, path="/backup/r")) == (False, None, 0)


def test_a_disk_that_is_there_now() -> None:
    assert hangs(offline(USB)) == (True, None, 1)
    assert hangs(offline(USB, fstab("noauto,nofail"))) == (True, None, 1)


def test_what_fstab_mounts_is_there_since_the_boot() -> None:
    assert hangs(offline(USB, fstab("defaults,nofail"))) == (True, pytest.approx(960), 1)


def test_audits_in_a_row() -> None:
    now = offline(USB)
    now.history = (offline(USB, hours=90), offline(hours=72), offline(USB, hours=48), offline(USB, hours=24))
    assert hangs(now) == (True, pytest.approx(48), 3)
    assert "backup/always-attached" in {found.rule for found in judge(now).failed()}


def test_nobody_looked() -> None:
    told: list[Row] = [nas(path="/mnt/usb/r"), *points("restic:1f", "files", 12)]
    wish = declared(
        DeclaredRepository(name="nas/restic", offline=True), target="shop", where="repositories[0]"
    )
    assert hangs(site({"files": host("files"), "*r": told}, more=[wish])) == (None, None, 0)


def test_logs_of_a_database_by_its_history() -> None:
    made = Site("shop", datetime(2026, 11, 23, 12, tzinfo=UTC), ("sql",))
    made.add(
        told
        for told in read_answer(
            "sql", recorded(FIXTURES / "sql-server-history" / "healthy-csv", "sql-server-history")
        )
        if isinstance(told, Fact)
    )
    rows = {fact.row.source: fact.row for fact in made.facts(LogChain)}
    assert (rows["SQL1/shop"].model, rows["SQL1/shop"].logs) == ("full", 1)
    assert (rows["SQL1/crm"].model, rows["SQL1/crm"].logs) == ("full", 0)
    failed = {f.subject for f in judge(made).failed() if f.rule == "backup/db-log-chain"}
    assert "SQL1/crm" in failed
    assert "SQL1/shop" not in failed, "one backup of the log shows no rhythm"
