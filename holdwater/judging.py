"""How commands judge a bundle: with the site file's limits and assets, and the earlier bundles beside it."""

from __future__ import annotations

from pathlib import Path

from analyzer.engine import Judgement, LimitError
from collectors.bundle import BundleError
from holdwater import api, options, site_file
from holdwater.errors import CannotRun


def judged(
    bundle: Path | None, *, config: Path | None = None, history: bool = True, salvage: bool = False
) -> Judgement:
    """Judge a bundle (None: the latest audit). Raises CannotRun with what to do about it."""
    from collectors.bundle import Bundle

    bundle = bundle or options.latest(options.audits_folder())
    settings = site_file.load(config)
    try:
        with Bundle(bundle, salvage=salvage) as opened:
            site = opened.site
        before = options.earlier(bundle, site) if history and not salvage else []
        return api.judge(
            bundle, history=before, limits=settings.limits, assets=settings.assets, salvage=salvage
        )
    except (BundleError, LimitError) as error:
        raise CannotRun(str(error)) from error
    except OSError as error:
        raise CannotRun(f"{bundle}: {error.strerror or error}") from error
