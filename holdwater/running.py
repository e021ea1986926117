"""A scheduled run: collect, judge, report, tell, ping; alone, and loud when there is no result."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from holdwater import options
from holdwater.alerts import due, told_at_once
from holdwater.errors import CannotRun
from holdwater.news import Channel, News
from holdwater.post import Post
from holdwater.result import Notes, news_of, said, tell
from holdwater.run_state import RunState, UnderWay, alone, now, remember, remembered
from holdwater.schedule_file import Schedule
from holdwater.secret import secret
from holdwater.site_file import SiteFile
from holdwater.webhooks import Unposted, Webhooks, posted

Say = Callable[[str], None]
GRACE_HOURS = 6
"""A run may be late by so much before it counts as missed."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a site's runs live. *name*: safe in file names."""

    audits: Path
    name: str

    @property
    def lock(self) -> Path:
        return self.audits / f".{self.name}.lock"

    @property
    def state(self) -> Path:
        return self.audits / f".{self.name}.run.json"

    @property
    def outbox(self) -> Path:
        return self.audits / "outbox"


def run(settings: SiteFile, config: Path | None, place: Place, *, fail_on: str, say: Say) -> int:
    """Run once; the exit status. Raises UnderWay where another run holds the lock."""
    schedule = settings.schedule or Schedule()
    try:
        with alone(place.lock, place.state):
            return _run(settings, schedule, config, place, fail_on, say)
    except UnderWay as busy:
        if busy.since and now() - busy.since > timedelta(hours=schedule.longest_hours / 2):
            # so long a run hangs: silence would look like health
            told = tell(failed(settings, place, [busy.message]), channels(settings, place, say))
            _ping(schedule, False, say)
            for one in told:
                say(said(one))
        raise


def _run(
    settings: SiteFile, schedule: Schedule, config: Path | None, place: Place, fail_on: str, say: Say
) -> int:
    last = remembered(place.state)
    state = RunState(now().isoformat())
    if last is not None:
        state.alerted, state.reported = last.alerted, last.reported
    remember(place.state, state)
    every = channels(settings, place, say)
    for channel in every:
        if isinstance(channel, Post):
            for one in channel.send_again():
                say(said(one))
    news = audited(settings, config, place, missed(last, schedule), say)
    regular = news.judgement is None or due(schedule, last, now().astimezone())
    outcomes = told_at_once(news, state, every, regular=regular, say=say)
    if regular:
        outcomes += tell(news, every)
    for one in outcomes:
        say(said(one))
    delivered = all(one.delivered for one in outcomes)
    good = news.judgement is not None and delivered
    _ping(schedule, good, say)
    state.ended, state.told = now().isoformat(), delivered and bool(outcomes or not regular)
    if regular and news.judgement is not None:
        state.reported = state.ended
    state.status = _status(news, fail_on) if good else 2
    remember(place.state, state)
    return state.status


def _status(news: News, fail_on: str) -> int:
    return options.exit_status(news.judgement.counts(), fail_on) if news.judgement else 2


def audited(settings: SiteFile, config: Path | None, place: Place, notes: Notes, say: Say) -> News:
    """Collect and judge, and write the reports beside the bundle; what goes wrong is news as well."""
    from holdwater.commands.audit import keep, write_all
    from holdwater.commands.collect import gather

    try:
        bundle = gather((), folder=place.audits, out=None, site=None, config=config)
    except CannotRun as error:
        say(error.message)
        news = failed(settings, place, [error.message])
        news.notes = notes
        return news
    news = news_of(bundle, settings, config=config, notes=notes)
    say(str(bundle))
    for reason in news.reasons:
        say(f"no result: {reason}")
    if news.judgement is not None:
        stem = bundle.with_name(bundle.name.removesuffix(options.SUFFIX))
        try:
            write_all(news.judgement, bundle, stem, (), settings, salvage=False)
            keep(news.judgement, bundle, options.store_folder(place.audits), salvage=False)
        except CannotRun as error:
            say(error.message)  # the evidence is whole, and people are told all the same
    return news


def failed(settings: SiteFile, place: Place, reasons: list[str]) -> News:
    """The news that there is no result."""
    last = remembered(place.state)
    good = last.begun_at if last and last.ended and last.status in (0, 1) else None
    return News(settings, settings.name or place.name, now(), reasons=tuple(reasons), last=good)


def channels(settings: SiteFile, place: Place, say: Say) -> list[Channel]:
    """Every way to people that the site file names."""
    found: list[Channel] = []
    if settings.mail:
        found.append(Post(settings.mail, place.outbox, sent_at=now(), progress=say))
    if settings.webhooks:
        found.append(Webhooks(settings.webhooks))
    return found


def missed(last: RunState | None, schedule: Schedule) -> Notes:
    """What is said of runs that did not take place, or broke off, since the last one."""
    from reports.failure import broke_off, missed_runs

    def notes(language: str) -> tuple[str, ...]:
        from holdwater.documents import words_of

        if last is None:
            return ()
        words, passed = words_of(language), now() - last.begun_at
        told = [] if last.ended else [broke_off(words, last.begun_at)]
        if passed > timedelta(hours=schedule.longest_hours + GRACE_HOURS):
            told.append(missed_runs(words, passed.days))
        return tuple(told)

    return notes


def _ping(schedule: Schedule, good: bool, say: Say) -> None:
    """Tell the watch that a run ended well, or badly."""
    where = schedule.ping if good else schedule.ping_failed
    try:
        if where:
            ping(where, now())
    except CannotRun as error:
        say(error.message)


def ping(where: str, at: datetime) -> None:
    """Touch a file or ask a URL, so that silence is noticed elsewhere. Raises CannotRun."""
    if where.startswith("file:"):
        path = Path(where.removeprefix("file:"))
        aside = path.with_name(f"{path.name}.{os.getpid()}.partial")
        try:
            aside.write_text(at.isoformat() + "\n", "utf-8")
            aside.replace(path)
        except OSError as error:
            raise CannotRun(f"the ping {path} could not be written: {error.strerror or error}") from error
        return
    url = where if where.startswith(("https://", "http://")) else secret(where)
    try:
        posted(url, None, {}, 20)
    except Unposted as error:
        raise CannotRun(f"the ping was not taken: {error}") from error
