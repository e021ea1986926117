"""How commands judge a bundle: with the site file's limits and assets, and the earlier bundles beside it."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.engine import Judgement, LimitError
from analyzer.engine import judge as judge_site
from analyzer.site import DERIVED, Limits, Site
from collectors.bundle import BundleError
from holdwater import api, options, site_file
from holdwater.errors import CannotRun

if TYPE_CHECKING:
    from reports.since import Since

RARELY = (200_000, 50, 100)
"""How seldom rings are looked for: rows and findings live to the end, and hold none. Saves a quarter of the
time of a large site."""


def judged(
    bundle: Path | None, *, config: Path | None = None, history: bool = True, salvage: bool = False
) -> Judgement:
    """Judge a bundle (None: the latest audit). Raises CannotRun with what to do about it."""
    from collectors.bundle import Bundle
    from holdwater.commands.collect import Ticker

    gc.set_threshold(*RARELY)
    bundle = bundle or options.latest(options.audits_folder())
    settings = site_file.load(config)
    progress = Ticker("hosts read")
    try:
        with Bundle(bundle, salvage=salvage) as opened:
            site = opened.site
        before = options.earlier(bundle, site) if history and not salvage else []
        return api.judge(
            bundle,
            history=before,
            limits=settings.limits,
            assets=settings.assets,
            salvage=salvage,
            progress=progress,
        )
    except LimitError as error:
        raise CannotRun(f"{config or site_file.NAME}: {error}") from error
    except BundleError as error:
        raise CannotRun(str(error)) from error
    except OSError as error:
        raise CannotRun(f"{bundle}: {error.strerror or error}") from error
    finally:
        progress.done()


def changed(judgement: Judgement, limits: Limits | None = None) -> Since | None:
    """What changed since the last audit that the judgement knows; None if it knows none."""
    from reports.since import since

    site = judgement.site
    if not site.history:
        return None
    last = site.history[-1]
    collected = {row_type: rows for row_type, rows in last.tables.items() if row_type not in DERIVED}
    before = Site(
        last.name,
        last.at,
        last.targets,
        collected,
        list(last.gaps),
        list(last.absences),
        site.assets,
        site.history[:-1],
    )
    return since(judge_site(before, limits), judgement)
