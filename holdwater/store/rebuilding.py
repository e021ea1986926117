"""Makes the store anew from evidence bundles: every one is opened once, and judged with those before it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from analyzer.changes import Audited
from analyzer.engine import LimitError, audited, judge
from analyzer.site import Site
from collectors.bundle import Bundle, BundleError
from holdwater import api, options, site_file
from holdwater.errors import CannotRun
from holdwater.past import MOST
from holdwater.store import layout, upkeep, writing


def rebuild(store: Path, folder: Path, config: Path | None = None) -> tuple[int, list[str]]:
    """Put every bundle of a folder into the store; returns how many, and what could not be read.

    Raises StoreError for a store that cannot be written, CannotRun for limits that do not exist.
    """
    from holdwater.commands.collect import Ticker

    settings = site_file.load(config)
    problems: list[str] = []
    progress = Ticker("bundles read")
    added = 0
    try:
        layout.create(store)
        for bundles in by_site(folder, problems).values():
            past: list[Site] = []
            before: Audited | None = None
            for path in bundles:
                progress(f"reading {path.name}")
                try:
                    site = api.open_site(
                        path, history=past, assets=settings.assets, declared=settings.declared
                    )
                    judged = judge(site, settings.limits, settings.waivers, before=before)
                    writing.keep(store, judged, path)
                except BundleError as error:
                    problems.append(str(error))
                    continue
                past, before, added = [*past, site.bare()][-MOST:], audited(judged), added + 1
        with upkeep.alone(store):
            content = layout.content(store)
            writing.remove(folder for folder, _ in content.damaged)
            writing.remove(unit.folder for unit in content.units if not unit.live)
            writing.sweep(store)
        upkeep.compact(store)
    except OSError as error:
        raise writing.cannot_write(store, error) from error
    except LimitError as error:
        raise CannotRun(f"{config or site_file.NAME}: {error}") from error
    finally:
        progress.done()
    return added, problems


def by_site(folder: Path, problems: list[str]) -> dict[str, list[Path]]:
    """The whole bundles of a folder by site, in the order of time; *problems* takes what is not whole."""
    found: dict[str, list[tuple[datetime, Path]]] = {}
    for path in sorted(folder.glob(f"*{options.SUFFIX}")):
        try:
            with Bundle(path) as opened:
                found.setdefault(opened.site, []).append((opened.at, path))
        except BundleError as error:
            problems.append(str(error))
    return {site: [path for _, path in sorted(of)] for site, of in sorted(found.items())}
