"""The public API: collect, read, judge. Everything the command line does goes through here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from analyzer.finding import Waiver
from analyzer.site import Asset, Limits, Site
from collectors.bundle import Bundle
from collectors.collector import load
from collectors.fact import Fact
from collectors.reading import Told, read_target
from collectors.table import Row
from holdwater import __version__
from holdwater.declared_file import SITE_WIDE
from holdwater.site_file import SiteFile, TargetEntry

if TYPE_CHECKING:
    from analyzer.changes import Audited
    from analyzer.engine import Judgement
    from collectors.importers.enclosed import Enclosed
    from collectors.targets import Target

Progress = Callable[[str], None]
SUFFIX = ".evidence.zip"


def collect(
    targets: Sequence[str | TargetEntry],
    folder: Path,
    *,
    site: str = "",
    sudo: bool = True,
    out: Path | None = None,
    probe: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Ask every target every question and write one evidence bundle; returns its path.

    *targets*: `""` or `local` for this machine, `ssh://user@host[:port]`. *out* overrides the name made of
    site and time; *probe*: try the ports of backup and management systems on hosts among the targets.
    Raises OSError if the bundle cannot be written and ValueError for an address that cannot be
    understood; whatever a target does is in the bundle as an answer or a refusal.
    """
    import asyncio
    import socket

    from collectors.asking import collect as ask_everything
    from collectors.bundle import BundleWriter, bundle_name
    from collectors.targets import open_targets

    entries = [TargetEntry(t) if isinstance(t, str) else t for t in targets] or [TargetEntry("")]
    opened = [
        target
        for entry in entries
        for target in open_targets(entry.address, sudo=sudo, name=entry.name, access=entry.access)
    ]
    site = site or (opened[0].name if len(opened) == 1 else socket.gethostname())
    folder.mkdir(parents=True, exist_ok=True)
    at = collected_at(opened)
    path = out or bundle_name(folder, site, at)
    collectors = list(load().values())
    asked = distinct(opened)
    if probe:
        from collectors.targets.probing import probed

        asked = probed(asked)
    writer = BundleWriter(path, site=site, tool=f"holdwater {__version__}", at=at)
    try:
        asyncio.run(ask_everything(asked, collectors, writer, progress=progress))
    except BaseException:
        writer.drop_if_empty()
        raise
    return writer.path


def collected_at(targets: Iterable[Target]) -> datetime | None:
    """When others collected it, if all of it comes from others; None: now."""
    times = [target.about.get("collected_at") for target in targets]
    known = [datetime.fromisoformat(at) for at in times if at]
    return max(known) if known and len(known) == len(times) else None


def distinct(targets: Iterable[Target]) -> list[Target]:
    """The targets with names that differ: a second `db` becomes `db (2)`."""
    seen: dict[str, int] = {}
    named = []
    for target in targets:
        seen[target.name] = count = seen.get(target.name, 0) + 1
        if count > 1:
            target.name = f"{target.name} ({count})"
        named.append(target)
    return named


def reached_at(address: str) -> str:
    """Host of a target's address; empty for what has none."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def open_site(
    bundle: Path | Bundle,
    *,
    history: Iterable[Path | Site] = (),
    assets: tuple[Asset, ...] = (),
    declared: Sequence[Fact[Row]] = (),
    salvage: bool = False,
    progress: Progress | None = None,
) -> Site:
    """Read a bundle into a site: facts, gaps and absences of every target. Raises BundleError.

    *history*: earlier audits of the site, as bundles or read already. *declared*: what `site.toml` adds to
    what machines tell.
    """
    sites = (one if isinstance(one, Site) else open_site(one, progress=progress) for one in history)
    earlier = tuple(sorted(sites, key=lambda one: one.at))
    opened = bundle if isinstance(bundle, Bundle) else Bundle(bundle, salvage=salvage)
    with opened:
        collectors = list(load().values())
        targets = tuple(opened.targets())
        site = Site(opened.site, opened.at, tuple(t.name for t in targets), assets=assets, history=earlier)
        site.systems = {one.name: one.about["system"] for one in targets if "system" in one.about}
        site.add(named(declared, site.name))
        site.addresses = {one.name: reached_at(one.address) for one in targets}
        for target in targets:
            if progress:
                progress(f"reading {target.name}")
            site.add(read_target(target, collectors))
    return site


def named(declared: Iterable[Fact[Row]], site: str) -> Iterator[Fact[Row]]:
    """What is declared of the whole site, under its name."""
    for fact in declared:
        yield replace(fact, target=site) if fact.target == SITE_WIDE else fact


def judge(
    bundle: Path,
    *,
    history: Iterable[Path | Site] = (),
    before: Audited | None = None,
    limits: Limits | None = None,
    assets: tuple[Asset, ...] = (),
    declared: Sequence[Fact[Row]] = (),
    waivers: Sequence[Waiver] = (),
    salvage: bool = False,
    progress: Progress | None = None,
) -> Judgement:
    """Read and judge one bundle: the same bundle, history, rules and limits always give the same judgement.

    *before*: the audit before this one, by which changes are told and faults not looked at again still stand.
    """
    from analyzer.engine import judge as judge_site

    site = open_site(
        bundle, history=history, assets=assets, declared=declared, salvage=salvage, progress=progress
    )
    if progress:
        progress(f"judging {site.name}")
    return judge_site(site, limits, waivers, before=before)


@dataclass(frozen=True, slots=True)
class Saved:
    """One saved output, recognised, read and judged."""

    kind: str
    judgement: Judgement


def read_saved(
    raw: bytes,
    *,
    name: str = "-",
    kind: str = "",
    at: datetime | None = None,
    settings: SiteFile | None = None,
) -> Saved:
    """Recognise one saved tool output, read and judge it.

    "Now" is the time the output tells of itself, else *at* (a file's time), else the clock. Raises
    collectors.targets.saved.NotRecognised if no reader knows it.
    """
    from analyzer.engine import judge as judge_site
    from collectors.targets import saved

    settings = settings or SiteFile()
    load()
    kind, told = saved.read_saved(raw, name=name, kind=kind)
    # no targets: one saved answer says nothing about what else a host should have told
    site = Site(name, _told_at(told) or at or datetime.now(UTC), assets=settings.assets)
    site.add([*told, *named(settings.declared, site.name)])
    return Saved(kind, judge_site(site, settings.limits))


def saved_parts(
    raw: bytes, *, name: str, kind: str = "", at: datetime | None = None, settings: SiteFile | None = None
) -> Iterator[tuple[Enclosed, Saved | None]]:
    """What each output in a saved file tells: of an archive, a mail, a copied terminal; see `read_saved`.

    None for an output that cannot be read; its `fault` then says so in one line, with its name. Words around
    the outputs, such as those of a mail, need not be an output.
    """
    from collectors.importers.enclosed import enclosed

    load()
    parts = enclosed(name, raw, split=not kind)
    refused = []
    told = False
    for part in parts:
        if part.fault:
            yield replace(part, fault=f"{part.name} {part.fault}"), None
            continue
        try:
            saved = read_saved(part.raw, name=part.name, kind=kind, at=at, settings=settings)
        except ValueError as error:
            refused.append(replace(part, fault=str(error)))
            continue
        told = True
        yield part, saved
    for part in refused:
        if not part.aside or not told:
            yield part, None


def _told_at(told: Iterable[Told]) -> datetime | None:
    times = (getattr(one.row, "read_at", None) for one in told if isinstance(one, Fact))
    return max((at for at in times if at is not None), default=None)
