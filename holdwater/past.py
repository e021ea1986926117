"""The earlier audits of a site, out of the store and out of the bundles beside the one that is judged.

What the store has is taken from there, which is quicker than reading the evidence again; what it has not is
read from its bundle. Both give the same rows. A store that cannot be used is said once, and bundles serve.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from analyzer.changes import Audited, Graded
from analyzer.engine import audited, judge
from analyzer.finding import Waiver
from analyzer.site import Asset, Limits, Site
from collectors.fact import Fact
from collectors.table import Row
from holdwater import api, options
from holdwater.store import layout
from holdwater.store.layout import Content, Stored, StoreError

MOST = 60
"""Earlier audits that are looked at, the newest ones."""


@dataclass(slots=True)
class Past:
    """Earlier audits of a site, oldest first. *before*: the newest of them, to compare with. *course*: grades
    of those that the store has.

    *troubles*: what was wrong with the store; filled also later, when a table of an earlier audit is read.
    """

    sites: tuple[Site, ...] = ()
    before: Audited | None = None
    course: tuple[Graded, ...] = ()
    troubles: list[str] = field(default_factory=list)

    def trouble(self, error: StoreError) -> None:
        """Note what is wrong, once."""
        if error.message not in self.troubles:
            self.troubles.append(error.message)


@dataclass(frozen=True, slots=True)
class _Earlier:
    """One earlier audit: stored, or a bundle."""

    at: datetime
    stored: Stored | None = None
    bundle: Path | None = None


def past(
    bundle: Path,
    site: str,
    *,
    assets: tuple[Asset, ...] = (),
    limits: Limits | None = None,
    declared: Sequence[Fact[Row]] = (),
    waivers: Sequence[Waiver] = (),
    store: Path | None,
    progress: api.Progress | None = None,
) -> Past:
    """All that is known of the site before the bundle was collected. *store*: None to do without."""
    from collectors.bundle import Bundle

    told = Past()
    with Bundle(bundle) as opened:
        at = opened.at
    content = _content(store, site, told) if store else Content((), ())
    known = {one.audit: one for one in content.audits(site) if one.at < at}
    digests = {name.rpartition("-")[2] for name in known}
    found = [_Earlier(one.at, stored=one) for one in known.values()]
    for path in options.earlier(bundle, site, but=digests):
        with Bundle(path) as opened:
            found.append(_Earlier(opened.at, bundle=path))
    found = sorted(found, key=lambda one: one.at)[-MOST:]
    told.course = _course([one.stored for one in found if one.stored is not None], told)
    sites = [_site(one, content, told, assets, declared, progress) for one in found]
    told.sites = tuple(sites)
    try:
        told.before = _before(found, content, sites, limits, waivers)
    except StoreError as error:
        told.trouble(error)
    return told


def _course(audits: Sequence[Stored], told: Past) -> tuple[Graded, ...]:
    from holdwater.store import reading

    try:
        return tuple(map(reading.graded, audits))
    except (KeyError, ValueError, TypeError) as error:
        told.trouble(StoreError(f"the grades of earlier audits cannot be read: {error}"))
        return ()


def _content(store: Path, site: str, told: Past) -> Content:
    try:
        return layout.content(store, site)
    except StoreError as error:
        told.trouble(error)
        return Content((), ())


def _site(
    one: _Earlier,
    content: Content,
    told: Past,
    assets: tuple[Asset, ...],
    declared: Sequence[Fact[Row]],
    progress: api.Progress | None,
) -> Site:
    if one.stored is not None:
        from holdwater.store import reading

        return replace(
            reading.site_of(content.unit_of(one.stored.audit), one.stored, told.trouble), assets=assets
        )
    assert one.bundle is not None
    return api.open_site(one.bundle, assets=assets, declared=declared, progress=progress)


def _before(
    found: Sequence[_Earlier],
    content: Content,
    sites: Sequence[Site],
    limits: Limits | None,
    waivers: Sequence[Waiver],
) -> Audited | None:
    """The audit before, with all that its own past left standing.

    A stored one tells that itself. Bundles that came after it are judged one after the other.
    """
    stored = [number for number, one in enumerate(found) if one.stored is not None]
    before: Audited | None = None
    if stored:
        newest = found[stored[-1]].stored
        assert newest is not None
        from holdwater.store import reading

        before = reading.audited(content.unit_of(newest.audit), newest)
    for number in range(stored[-1] + 1 if stored else 0, len(found)):
        then = replace(sites[number].bare(), history=tuple(sites[:number]))
        before = audited(judge(then, limits, waivers, before=before))
    return before
