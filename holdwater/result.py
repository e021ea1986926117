"""From a bundle to what people are told: its judgement, or why there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from analyzer.engine import Judgement
from collectors.fact import Gap
from holdwater import options
from holdwater.errors import CannotRun
from holdwater.judging import judged
from holdwater.news import Channel, News, Outcome
from holdwater.run_state import now
from holdwater.site_file import SiteFile

Notes = Callable[[str], tuple[str, ...]]


def news_of(
    bundle: Path, settings: SiteFile, *, config: Path | None = None, notes: Notes | None = None
) -> News:
    """What is told of a bundle. One that cannot be judged, or saw nothing, is told as a failure."""
    from reports.text import one_line

    site, at, last = _about(bundle)
    news = News(settings, settings.name or site or bundle.name, at or now(), bundle, last=last)
    if notes:
        news.notes = notes
    try:
        judgement = judged(bundle, config=config)
    except CannotRun as error:
        news.reasons = (one_line(error.message),)
        return news
    news.site = judgement.site.name
    news.reasons = tuple(blindness(judgement))
    if not news.reasons:
        news.judgement = judgement
    return news


def blindness(judgement: Judgement) -> Iterator[str]:
    """Why an audit saw nothing at all; nothing if it saw something."""
    if any(finding.outcome in ("pass", "fail") for finding in judgement.findings) and not _silent(judgement):
        return
    gaps = (spot.gap for spot in judgement.blind_spots if spot.gap.reason == "unreachable")
    silent = sorted({f"{gap.target}: {_without_command(gap) or gap.reason}" for gap in gaps})
    yield from silent or ["nothing that was answered could be judged"]


def _without_command(gap: Gap) -> str:
    """Why a target was not reached, which is the same whatever it was to be asked."""
    return gap.detail.removeprefix(f"{gap.source.origin}: ") if gap.source else gap.detail


def _silent(judgement: Judgement) -> bool:
    """Whether no target was reached."""
    unreachable = {spot.gap.target for spot in judgement.blind_spots if spot.gap.reason == "unreachable"}
    return set(judgement.site.targets) <= unreachable


def _about(bundle: Path) -> tuple[str, datetime | None, datetime | None]:
    """Site and time of a bundle, and the time of the one before it, as far as they can be read."""
    from collectors.bundle import Bundle, BundleError

    try:
        with Bundle(bundle) as opened:
            site, at = opened.site, opened.at
        earlier = options.earlier(bundle, site)
        if not earlier:
            return site, at, None
        with Bundle(earlier[-1]) as before:
            return site, at, before.at
    except (BundleError, OSError):
        return "", None, None


def tell(news: News, channels: Sequence[Channel]) -> list[Outcome]:
    """Tell the news over every channel; a channel that breaks does not keep the others from it."""
    outcomes: list[Outcome] = []
    for channel in channels:
        try:
            outcomes += channel.send(news)
        except CannotRun as error:
            outcomes.append(Outcome(type(channel).__name__.lower(), "everybody", False, error.message))
    return outcomes


def said(outcome: Outcome) -> str:
    """One line about what became of a message."""
    from reports.text import one_line

    done = "delivered to" if outcome.delivered else "NOT delivered to"
    done = done if outcome.due else "waits for its day, for"
    why = f": {outcome.told}" if outcome.told else ""
    kept = f"; kept in {outcome.kept}, `holdwater mail --resend` sends it again" if outcome.kept else ""
    return one_line(f"{outcome.channel} {done} {outcome.to}{why}{kept}", 600)
