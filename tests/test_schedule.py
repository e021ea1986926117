"""When jobs should have run, and what is made of it."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from analyzer.derived.job_record import JobRecord
from analyzer.engine import judge
from analyzer.schedule import interval, understood
from analyzer.site import Site
from collectors.backup_tables import BackupJob, BackupSession
from collectors.fact import Fact, Origin, Source
from collectors.table import Row

AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
"""A Monday."""


@pytest.mark.parametrize(
    ("text", "kind", "told"),
    [
        ("30 2 * * *", "cron", ["06-01 02:30", "05-31 02:30"]),
        ("0 */6 * * *", "cron", ["06-01 12:00", "06-01 06:00"]),
        ("0 22 * * 1-5", "cron", ["05-29 22:00", "05-28 22:00"]),
        ("0 22 * * sun", "cron", ["05-31 22:00", "05-24 22:00"]),
        ("0 22 * * 7", "cron", ["05-31 22:00", "05-24 22:00"]),
        ("15 3 1,15 * *", "cron", ["06-01 03:15", "05-15 03:15"]),
        ("15 3 1 * mon", "cron", ["06-01 03:15", "05-25 03:15"]),
        ("@weekly", "cron", ["05-31 00:00", "05-24 00:00"]),
        ("daily", "systemd", ["06-01 00:00", "05-31 00:00"]),
        ("*-*-* 03:00:00", "systemd", ["06-01 03:00", "05-31 03:00"]),
        ("Mon..Fri 22:30", "systemd", ["05-29 22:30", "05-28 22:30"]),
        ("*-*-01 04:00", "systemd", ["06-01 04:00", "05-01 04:00"]),
        ("sat 18:15", "pve", ["05-30 18:15", "05-23 18:15"]),
        ("mon,wed 02:00", "pve", ["06-01 02:00", "05-27 02:00"]),
        ("21:00", "pve", ["05-31 21:00", "05-30 21:00"]),
        ("*/6:00", "pve", ["06-01 12:00", "06-01 06:00"]),
        ("8..17,22:0/15", "pve", ["06-01 12:00", "06-01 11:45"]),
    ],
)
def test_expected_runs(text: str, kind: str, told: list[str]) -> None:
    schedule = understood(text, kind)
    assert schedule is not None
    assert [f"{run:%m-%d %H:%M}" for run in itertools.islice(schedule.before(AT), 2)] == told


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        *[
            ("", "cron"),
            ("61 2 * * *", "cron"),
            ("* *", "cron"),
            ("*/0 * * * *", "cron"),
            ("gibberish", "pve"),
        ],
        *[(None, "cron"), ("every night", "text"), ("99:99", "pve"), ("1-x * * * *", "cron")],
    ],
)
def test_what_is_not_understood_is_no_schedule(text: str | None, kind: str) -> None:
    assert understood(text, kind) is None


def record(job: BackupJob, *sessions: BackupSession) -> JobRecord:
    site = made(job, *sessions)
    return site.facts(JobRecord)[0].row


def made(*rows: Row) -> Site:
    source = Source(Origin("nas", ("x",), AT, "answers/1"))
    site = Site("site", AT, ("nas",))
    site.add(Fact("nas", row, (source,)) for row in rows)
    return site


def run(days: float, outcome: str = "ok", hours: float = 1.0) -> BackupSession:
    start = AT - timedelta(days=days)
    return BackupSession(
        product="borg",
        job="n",
        session=str(days),
        started_at=start,
        ended_at=start + timedelta(hours=hours),
        outcome=outcome,
    )


NIGHTLY = BackupJob(
    product="borg", job="n", name="nightly", schedule="0 2 * * *", schedule_kind="cron", zone="UTC"
)


def test_a_job_that_stopped_in_march() -> None:
    told = record(NIGHTLY, run(70.4), run(71.4))
    assert told.missed == 69
    faults = {f.rule: f.severity for f in judge(made(NIGHTLY, run(70.4), run(71.4))).failed()}
    assert faults["backup/job-silent"] == "critical"


def test_a_job_that_ran_tonight_is_not_silent() -> None:
    assert record(NIGHTLY, run(0.4), run(1.4)).missed == 0


def test_without_a_zone_a_run_may_come_later() -> None:
    anywhere = BackupJob(product="borg", job="n", name="nightly", schedule="0 2 * * *", schedule_kind="cron")
    assert record(anywhere, run(1.4)).missed == 0
    assert record(NIGHTLY, run(1.6)).missed == 1


def test_a_run_that_is_missing_counts_as_failed() -> None:
    told = record(NIGHTLY, *(run(0.4 + n) for n in range(0, 28, 2)))
    assert (told.good_runs, told.expected_runs) == (14, 25)
    assert told.ratio_percent == pytest.approx(56)


def test_streaks() -> None:
    told = record(NIGHTLY, run(0.4, "failed"), run(1.4, "failed"), run(2.4, "warning"), run(3.4))
    assert (told.failed_in_row, told.warned_in_row) == (2, 0)
    assert record(NIGHTLY, *(run(0.4 + n, "warning") for n in range(9))).warned_in_row == 9


def test_lengths() -> None:
    told = record(NIGHTLY, run(0.4, hours=5.0), *(run(1.4 + n) for n in range(6)))
    assert (told.last_hours, told.usual_hours) == (5.0, 1.0)


@pytest.mark.parametrize(("days", "missed"), [(1.0, 0), (1.5, 0), (1.6, 1), (7.0, 6)])
def test_what_is_due_some_time_after_the_last_run_is_missed_after_half_a_day_more(
    days: float, missed: int
) -> None:
    told = record(
        BackupJob(
            product="backuppc",
            job="web1",
            name="web1",
            schedule="every 0.97 days, a full one every 6.97 days",
            schedule_kind="interval",
            last_success_at=AT - timedelta(days=days),
        )
    )
    assert (told.missed, told.period_hours) == (missed, pytest.approx(23.28))


@pytest.mark.parametrize("text", ["", "every so often", "every 0 days", None])
def test_an_interval_that_is_none(text: str | None) -> None:
    assert interval(text, "interval") is None
