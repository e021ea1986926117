"""Bundles and settings under aliases, and the private map by which their owner can tell what is what."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from analyzer.finding import Waiver
from collectors.aliases import Aliases, loads
from collectors.anonymise import Anonymiser
from collectors.bundle_format import slug
from holdwater import options, site_file
from holdwater.errors import CannotRun
from holdwater.site_file import BrandEntry, SiteFile

MAP_SUFFIX = ".aliases.json"
WITHHELD = "reason withheld"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Disguised:
    """A bundle under aliases with what judging it needs. *map*: of the aliases, for its owner."""

    bundle: Path
    settings: SiteFile
    map: Path


def map_beside(bundle: Path) -> Path:
    """Where the map of a bundle's site is: one for all of its audits, so that aliases stay the same."""
    from collectors.bundle import Bundle, BundleError

    try:
        with Bundle(bundle) as opened:
            return bundle.parent / f"{slug(opened.site)}{MAP_SUFFIX}"
    except BundleError as error:
        raise CannotRun(str(error)) from error


def read_map(path: Path) -> Aliases:
    """The aliases of earlier times, or new ones. Raises CannotRun."""
    try:
        return loads(path.read_text("utf-8")) if path.exists() else Aliases()
    except (OSError, ValueError) as error:
        raise CannotRun(f"{path}: {error}; name another map with --map") from error


def write_map(path: Path, aliases: Aliases) -> None:
    """Keep the aliases so that only their owner can read them. Raises CannotRun."""
    aside = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(aliases.dumps())
        aside.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
        raise CannotRun(
            f"{path}: the map of aliases could not be written: {error.strerror or error}"
        ) from error


def anonymise(bundle: Path, output: Path, map_path: Path, settings: SiteFile | None = None) -> Disguised:
    """Write *bundle* under aliases to the folder or file *output*, and the map first. Raises CannotRun."""
    from collectors.anonymise_bundle import learn, rewrite, vocabulary
    from collectors.bundle import Bundle, BundleError, bundle_name
    from collectors.collector import load

    aliases = read_map(map_path)
    who = Anonymiser(aliases, vocabulary())
    told = settings or SiteFile()
    try:
        with Bundle(bundle) as opened:
            _learn_settings(who, told)
            learn(opened, list(load().values()), who)
            path = bundle_name(output, who.text(opened.site), opened.at) if output.is_dir() else output
            write_map(map_path, aliases)
            written = rewrite(opened, path, who)
    except (BundleError, OSError) as error:
        raise CannotRun(f"{bundle}: {getattr(error, 'strerror', None) or error}") from error
    disguised = _settings(who, told)
    write_map(map_path, aliases)
    return Disguised(written, disguised, map_path)


@contextlib.contextmanager
def disguised(
    bundle: Path, *, config: Path | None, history: bool, map_path: Path | None
) -> Iterator[Disguised]:
    """The bundle, its earlier ones and the settings under aliases, for as long as the block lasts."""
    from collectors.bundle import Bundle, BundleError

    told = site_file.load(config)
    kept = map_path or map_beside(bundle)
    with tempfile.TemporaryDirectory(prefix="holdwater-") as name:
        folder = Path(name)
        try:
            with Bundle(bundle) as opened:
                site = opened.site
            earlier = options.earlier(bundle, site) if history else []
        except BundleError as error:
            raise CannotRun(str(error)) from error
        for path in earlier:
            anonymise(path, folder, kept, told)
        yield anonymise(bundle, folder, kept, told)


def _learn_settings(who: Anonymiser, told: SiteFile) -> None:
    from collectors.alias_names import names

    for asset in told.assets:
        who.learn("machine", asset.name)
        who.learn("person", asset.owner)
    for waiver in told.waivers:
        who.learn("person", waiver.by)
    for kind, word in names(told.declared):
        who.learn(kind, word)


def _settings(who: Anonymiser, told: SiteFile) -> SiteFile:
    """Without name, logo and own templates, which would tell whose it is."""
    return dataclasses.replace(
        told,
        name="",
        templates=None,
        brand=BrandEntry(),
        mail=None,
        webhooks=(),
        schedule=None,
        targets=(),
        assets=tuple(_told(who, asset) for asset in told.assets),
        declared=tuple(
            dataclasses.replace(fact, target=who.text(fact.target), row=_told(who, fact.row))
            for fact in told.declared
        ),
        waivers=tuple(_waiver(who, waiver) for waiver in told.waivers),
    )


def _waiver(who: Anonymiser, waiver: Waiver) -> Waiver:
    told = _told(who, waiver)
    return dataclasses.replace(told, rule=waiver.rule, reason=WITHHELD)


def _told(who: Anonymiser, row: T) -> T:
    """The row with every text of it under aliases."""
    changed: dict[str, Any] = {}
    for one in dataclasses.fields(row):  # type: ignore[arg-type]  # callers give dataclasses
        value = getattr(row, one.name)
        if isinstance(value, str):
            changed[one.name] = who.text(value)
        elif isinstance(value, tuple):
            changed[one.name] = tuple(who.text(v) if isinstance(v, str) else v for v in value)
    return dataclasses.replace(row, **changed)  # type: ignore[type-var]  # the same
