"""Which critical faults are told at once: each when it appears, and not again while it stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from analyzer.engine import Judgement
from analyzer.finding import Finding
from holdwater.news import Channel, News, Outcome
from holdwater.result import tell
from holdwater.run_state import RunState
from holdwater.schedule_file import Schedule

Key = list[str]


def critical(judgement: Judgement) -> dict[tuple[str, str, str], Finding]:
    """The open critical faults by their keys, worst first."""
    return {f.key: f for f in judgement.failed() if f.severity == "critical"}


def due(schedule: Schedule, last: RunState | None, at: datetime) -> bool:
    """Whether the regular message is told in this run: on its days, and if it was not told for too long.

    *at*: local time.
    """
    if not schedule.report or at.weekday() in schedule.report:
        return True
    told = datetime.fromisoformat(last.reported) if last and last.reported else None
    return told is None or at - told > timedelta(hours=schedule.longest_silence_hours)


def told_at_once(
    news: News, state: RunState, channels: Sequence[Channel], *, regular: bool, say: Callable[[str], None]
) -> list[Outcome]:
    """Tell of critical faults that are new, and remember in *state* which are known.

    *regular*: the regular message goes out in this run; on a first run it is enough.
    """
    if news.judgement is None:
        return []
    found = critical(news.judgement)
    known = {tuple(key) for key in state.alerted or ()}
    fresh = [] if state.alerted is None and regular else [f for key, f in found.items() if key not in known]
    outcomes: list[Outcome] = []
    if fresh:
        say(f"{len(fresh)} critical faults that were not there before")
        about = News(news.settings, news.site, news.at, news.bundle, news.judgement, alert=tuple(fresh))
        outcomes = tell(about, channels)
    lost = bool(outcomes) and not any(one.delivered or one.kept for one in outcomes)
    untold = {finding.key for finding in fresh} if lost else set()
    state.alerted = [list(key) for key in found if key not in untold]
    return outcomes
