"""Writes a judged bundle in any format, whole or not at all; the evidence stays whatever goes wrong."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.engine import Judgement
from holdwater.errors import CannotRun
from holdwater.site_file import BrandEntry, SiteFile

if TYPE_CHECKING:
    from reports.brand import Brand
    from reports.formats import Format


BRANDED = ("html", "pdf", "markdown")
"""Formats that bear a name, a logo or a colour."""


def brand_of(entry: BrandEntry) -> Brand:
    """The brand that a site file asks for. Raises CannotRun for a logo, colour or folder of no use."""
    from reports.brand import BrandError, brand

    try:
        return brand(entry.name, entry.logo, entry.accent)
    except BrandError as error:
        raise CannotRun(f"[brand] of the site file: {error}") from error


def chosen(name: str | None, output: Path | None) -> Format:
    """The format asked for by name, else by the file's suffix, else HTML. Raises CannotRun."""
    from reports.formats import FORMATS, by_suffix

    if name is not None:
        return FORMATS[name]
    if output is None or str(output) == "-":
        return FORMATS["html"]
    found = by_suffix(output)
    if found is None:
        known = ", ".join(one.suffixes[0] for one in FORMATS.values())
        raise CannotRun(f"{output}: its name tells no format; end it in one of {known}, or use --format")
    return found


def content(
    kind: Format, judgement: Judgement, bundle: Path, settings: SiteFile, *, salvage: bool = False
) -> bytes:
    """The document in that format. Raises CannotRun, which says that the evidence is whole."""
    from collectors.bundle import Bundle, BundleError
    from holdwater import evidence
    from reports.brand import NONE
    from reports.formats import NotInstalled
    from reports.material import Material
    from reports.templating import TemplateBroken

    try:
        with Bundle(bundle, salvage=salvage) as opened:
            return kind.write(
                Material(
                    judgement=judgement,
                    manifest=evidence.manifest(opened),
                    excerpt=evidence.excerpt_of(opened),
                    brand=brand_of(settings.brand) if kind.name in BRANDED else NONE,
                    templates=settings.templates,
                )
            )
    except (NotInstalled, TemplateBroken, BundleError) as error:
        raise CannotRun(f"{error}; the evidence is whole: {bundle}") from error
    except CannotRun as error:
        raise CannotRun(f"{error.message}; the evidence is whole: {bundle}") from error


def written(file: Path, raw: bytes, bundle: Path) -> None:
    """Write *file* aside and rename it. Raises CannotRun, which says that the evidence is safe."""
    aside = file.with_name(f"{file.name}.{os.getpid()}.partial")
    try:
        aside.write_bytes(raw)
        aside.replace(file)
    except BaseException as error:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        raise CannotRun(
            f"{file} could not be written: {error.strerror or error}; the evidence is whole:"
            f" holdwater audit {bundle} -o FOLDER, with a folder that has room"
        ) from error
