"""How commands judge a bundle: with the site file's limits and assets, and the site's earlier audits."""

from __future__ import annotations

import gc
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from analyzer.engine import Judgement, LimitError, graded
from collectors.bundle import BundleError
from holdwater import api, options, site_file
from holdwater.errors import CannotRun
from holdwater.past import Past, past

if TYPE_CHECKING:
    from reports.since import Since

RARELY = (200_000, 50, 100)
"""How seldom rings are looked for: rows and findings live to the end, and hold none. Saves a quarter of the
time of a large site."""


def judged(
    bundle: Path | None,
    *,
    config: Path | None = None,
    history: bool = True,
    salvage: bool = False,
    store: Path | None = None,
    settings: site_file.SiteFile | None = None,
) -> Judgement:
    """Judge a bundle (None: the latest audit). Raises CannotRun with what to do about it.

    *store*: default the one beside the bundle. If it cannot be used, that is said on stderr, and the bundles
    beside this one tell the past. *settings*: in place of what *config* says.
    """
    from collectors.bundle import Bundle
    from holdwater.commands.collect import Ticker

    gc.set_threshold(*RARELY)
    bundle = bundle or options.latest(options.audits_folder())
    settings = settings or site_file.load(config)
    progress = Ticker("hosts read")
    try:
        with Bundle(bundle, salvage=salvage) as opened:
            site = opened.site
        store = store or options.store_folder(bundle.parent)
        before = _past(bundle, site, settings, progress, store) if history and not salvage else Past()
        told = _judged(bundle, before, settings, salvage, progress)
        if before.troubles:
            progress.done()
            click.echo(f"Warning: {before.troubles[0]}", err=True)
            before = _past(bundle, site, settings, progress, None)
            told = _judged(bundle, before, settings, salvage, progress)
        return replace(told, course=(*before.course, graded(told))) if before.course else told
    except LimitError as error:
        raise CannotRun(f"{config or site_file.NAME}: {error}") from error
    except BundleError as error:
        raise CannotRun(str(error)) from error
    except OSError as error:
        raise CannotRun(f"{bundle}: {error.strerror or error}") from error
    finally:
        progress.done()


def changed(judgement: Judgement) -> Since | None:
    """What changed since the last audit, as the management page tells it; None if there is none."""
    from reports.since import told

    return None if judgement.changes is None else told(judgement.changes)


def _past(
    bundle: Path,
    site: str,
    settings: site_file.SiteFile,
    progress: api.Progress,
    store: Path | None,
) -> Past:
    return past(
        bundle,
        site,
        assets=settings.assets,
        limits=settings.limits,
        declared=settings.declared,
        waivers=settings.waivers,
        store=store,
        progress=progress,
    )


def _judged(
    bundle: Path, before: Past, settings: site_file.SiteFile, salvage: bool, progress: api.Progress
) -> Judgement:
    return api.judge(
        bundle,
        history=before.sites,
        before=before.before,
        limits=settings.limits,
        assets=settings.assets,
        declared=settings.declared,
        waivers=settings.waivers,
        salvage=salvage,
        progress=progress,
    )
