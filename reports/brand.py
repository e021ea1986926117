"""Whose name, colour and logo a document bears: for the page, the PDF and the management page alike."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from pathlib import Path

MOST_BYTES = 512 * 1024
"""Size of a logo file; it is embedded in every document and mail."""
LEAST_CONTRAST = 4.5
"""Of the accent colour against white paper: it colours text (WCAG AA)."""
DARK_PAPER = (20, 23, 26)
"""The page's ground in the dark scheme."""

_KINDS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)

Colour = tuple[int, int, int]


class BrandError(ValueError):
    """A logo or colour cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """*logo*: a data URI; *accent*, *accent_dark*: #rrggbb for light and dark ground; or empty."""

    name: str = ""
    logo: str = ""
    accent: str = ""
    accent_dark: str = ""


NONE = Brand()


def brand(name: str = "", logo: Path | None = None, accent: str = "") -> Brand:
    """The brand of those files and that colour. Raises BrandError."""
    light, dark = _accents(accent) if accent else ("", "")
    return Brand(
        name=name,
        logo=embedded(logo) if logo else "",
        accent=light,
        accent_dark=dark,
    )


def embedded(logo: Path) -> str:
    """The picture as a data URI. Raises BrandError unless it is a PNG, JPEG or GIF of bearable size."""
    try:
        with logo.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise BrandError(f"logo {logo}: {error.strerror or error}") from error
    if len(raw) > MOST_BYTES:
        raise BrandError(f"logo {logo} is larger than {MOST_BYTES // 1024} KiB; make it smaller")
    for magic, kind in _KINDS:
        if raw.startswith(magic):
            return f"data:{kind};base64,{base64.b64encode(raw).decode()}"
    if b"<svg" in raw[:4096].lower():
        raise BrandError(f"logo {logo} is SVG, which may hold scripts; export it as PNG")
    raise BrandError(f"logo {logo} is no PNG, JPEG or GIF")


def _accents(told: str) -> tuple[str, str]:
    """The colour for light and for dark ground. Raises BrandError if it cannot be read on white."""
    found = re.fullmatch(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})", told)
    if found is None:
        raise BrandError(f"accent {told!r} is no colour such as #1f4f82")
    colour = (int(found[1], 16), int(found[2], 16), int(found[3], 16))
    told_contrast = contrast(colour, (255, 255, 255))
    if told_contrast < LEAST_CONTRAST:
        raise BrandError(
            f"accent {told} can hardly be read on white: contrast {told_contrast:.1f}, at least"
            f" {LEAST_CONTRAST} is wanted; choose a darker one"
        )
    return told.lower(), "#" + bytes(_lightened(colour)).hex()


def _lightened(colour: Colour) -> Colour:
    """The colour mixed with white until it can be read on dark ground."""
    for share in range(0, 101, 5):
        red, green, blue = (round(part + (255 - part) * share / 100) for part in colour)
        if contrast((red, green, blue), DARK_PAPER) >= LEAST_CONTRAST:
            return red, green, blue
    return 255, 255, 255


def contrast(one: Colour, other: Colour) -> float:
    """Contrast of two sRGB colours by WCAG 2: 1 to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Colour) -> float:
    linear = [
        part / 255 / 12.92 if part / 255 <= 0.03928 else ((part / 255 + 0.055) / 1.055) ** 2.4
        for part in colour
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
