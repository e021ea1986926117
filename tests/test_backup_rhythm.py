"""At which hours of the week backups run, which runs are missed, and how both and the grades are drawn."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from analyzer.changes import Graded
from analyzer.derived.backup_rhythm import BackupRhythm
from analyzer.engine import Judgement, graded, judge
from analyzer.site import Site
from collectors.backup_tables import BackupJob, BackupSession, RestorePoint
from collectors.fact import Fact
from collectors.table import Row
from reports.charts import Chart, charts
from reports.rhythm import calendars, grades
from tests.site_factory import build

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
"""A Thursday."""


def rhythm(*given: Row) -> list[BackupRhythm]:
    site = Site("office", AT)
    site.add(Fact("backup1", one) for one in given)
    return [fact.row for fact in site.facts(BackupRhythm)]


def job(schedule: str | None = "30 1 * * *", **more: object) -> BackupJob:
    return BackupJob(
        **{
            "product": "borg",
            "job": "nightly",
            "name": "nightly",
            "schedule": schedule,
            "schedule_kind": "cron",
            **more,
        }
    )


def run(at: datetime, outcome: str = "ok") -> BackupSession:
    return BackupSession(
        product="borg", session=at.isoformat(), job="nightly", started_at=at, outcome=outcome
    )


def nights(*days: int, hour: int = 1) -> list[datetime]:
    return [AT.replace(hour=hour, minute=30) - timedelta(days=day) for day in days]


def total(cells: Iterable[BackupRhythm], kind: str) -> int:
    return sum(getattr(one, kind) for one in cells)


def test_runs_are_added_up_by_hour_of_the_week() -> None:
    cells = rhythm(job(), *map(run, nights(*range(14))))
    assert [(c.week_day, c.hour, c.good, c.missed) for c in cells] == [(day, 1, 2, 0) for day in range(7)]


def test_a_night_without_a_run_is_missed_and_one_before_the_record_is_not() -> None:
    cells = rhythm(job(), *map(run, nights(*(day for day in range(10) if day != 4))))
    missed = [(c.week_day, c.hour) for c in cells if c.missed]
    assert missed == [((AT - timedelta(days=4)).weekday(), 1)]
    assert total(cells, "good") == 9


def test_a_schedule_in_another_zone_is_recognised_by_its_runs() -> None:
    cells = rhythm(job(), *map(run, nights(*(day for day in range(10) if day != 4), hour=6)))
    assert [(c.week_day, c.hour) for c in cells if c.missed] == [((AT - timedelta(days=4)).weekday(), 6)]


def test_a_failed_run_was_a_run() -> None:
    cells = rhythm(job(), *map(run, nights(0, 1, 3)), run(nights(2)[0], "failed"))
    assert (total(cells, "failed"), total(cells, "missed"), total(cells, "good")) == (1, 0, 3)


def test_nothing_is_missed_of_a_job_switched_off_or_with_a_schedule_not_understood() -> None:
    kept = list(map(run, nights(*(day for day in range(10) if day != 4))))
    assert total(rhythm(job(enabled=False), *kept), "missed") == 0
    assert total(rhythm(job("when the moon is full"), *kept), "missed") == 0
    assert total(rhythm(job(None), *kept), "missed") == 0


def point(at: datetime, source: str = "web", **more: object) -> RestorePoint:
    return RestorePoint(repository="r", point=f"{at} {source}", source=source, created_at=at, **more)


def test_pruned_copies_are_not_missed_but_those_after_the_newest_are() -> None:
    thinned = [point(at, job="nightly") for at in nights(3, 4, 6, 13, 20)]
    cells = rhythm(job(), *thinned)
    assert (total(cells, "good"), total(cells, "missed")) == (5, 2)


def test_copies_of_one_run_count_once_and_those_from_the_future_never() -> None:
    copies = [point(at, source) for at in nights(1, 2) for source in ("a", "b", "c")]
    cells = rhythm(*copies, point(AT + timedelta(days=1)), point(AT - timedelta(days=90)))
    assert [(c.job, c.good) for c in cells] == [("r", 1), ("r", 1)]


def test_a_million_copies_give_no_more_rows_than_a_week_has_hours() -> None:
    copies = [point(AT - timedelta(minutes=37 * i)) for i in range(5000)]
    assert len(rhythm(*copies)) <= 168


def judgement(*given: Row) -> Judgement:
    site = Site("office", AT)
    site.add(Fact("backup1", one) for one in given)
    return judge(site)


def test_the_calendar_says_in_words_what_it_shows() -> None:
    kept = nights(*(day for day in range(10) if day not in (2, 4)))
    told = judgement(job(name="<b>nightly"), *map(run, kept), run(nights(2)[0], "failed"))
    (chart,) = calendars(told)
    assert "8 good runs, 1 failed (crossed), 1 missed (hatched)" in chart.about
    assert "; Tue 01:00 (1 good run, 1 failed (crossed)) and Sun 01:00 (1 missed (hatched))" in chart.svg
    assert chart.svg.count('class="missed"') == 1
    assert chart.svg.count('class="failed"') == 1
    assert "<b>" not in chart.svg


def test_one_run_is_no_rhythm_and_jobs_beyond_a_few_are_counted() -> None:
    assert not list(calendars(judgement(job(), run(nights(1)[0]))))
    many = [point(at, job=f"job {i}") for i in range(7) for at in nights(1, 2, 3)]
    drawn = list(calendars(judgement(*many)))
    assert len(drawn) == 4
    assert drawn[-1].rest == "3 jobs more, with fewer missed or failed runs"


def course(*numbers: float | None, ruleset: str = "") -> Chart | None:
    told = build().judgement
    now = graded(told)
    earlier = tuple(
        Graded(
            at=told.site.at - timedelta(weeks=len(numbers) - i),
            grade="U" if number is None else "C",
            number=number,
            low=40,
            high=80,
            ruleset=ruleset or now.ruleset,
            scoring=now.scoring,
        )
        for i, number in enumerate(numbers)
    )
    return grades(dataclasses.replace(told, course=(*earlier, now)))


def test_grades_are_drawn_over_audits_judged_alike() -> None:
    chart = course(50, 60, 70)
    assert chart is not None
    assert chart.svg.count("<circle") == 4
    assert "Grade over 4 audits" in chart.svg
    assert not chart.rest


def test_grades_of_other_rules_and_audits_without_a_number_are_left_out() -> None:
    assert course(50, 60, 70, ruleset="older") is None
    assert course(50) is None
    chart = course(50, None, 70)
    assert chart is not None
    assert chart.svg.count("<circle") == 3


def test_the_report_has_no_course_where_there_is_no_past() -> None:
    assert "Grade over time" not in {chart.title for chart in charts(build().judgement)}
