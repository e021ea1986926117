"""Small pictures of numbers, as inline SVG whose colours are the page's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markupsafe import Markup

BANDS = (("F", 0), ("E", 20), ("D", 35), ("C", 50), ("B", 65), ("A", 80))
"""Grades and the number from which they hold: the bands of the scoring method."""


def gauge(number: float | None, low: float, high: float) -> Markup:
    """The number 0 to 100 among the grades, with the range that unknowns leave open."""
    from markupsafe import Markup

    scale, left = 3.2, 4
    parts = [f'<rect class="track" x="{left}" y="6" width="{100 * scale:.0f}" height="9" rx="1"/>']
    start, end = sorted((max(0.0, min(100.0, low)), max(0.0, min(100.0, high))))
    x, width = left + start * scale, max(1.0, (end - start) * scale)
    parts.append(f'<rect class="range" x="{x:.1f}" y="6" width="{width:.1f}" height="9"/>')
    ends = [*(start for _, start in BANDS[1:]), 100]
    for (grade, begin), end in zip(BANDS, ends, strict=True):
        if begin:
            parts.append(f'<path class="tick" d="M{left + begin * scale:.1f} 6v9"/>')
        parts.append(f'<text x="{left + (begin + end) / 2 * scale:.1f}" y="26">{grade}</text>')
    if number is not None:
        parts.append(
            f'<circle class="dot" cx="{left + max(0.0, min(100.0, number)) * scale:.1f}" cy="10.5" r="5.5"/>'
        )
    return Markup(
        '<svg class="gauge" viewBox="0 0 328 30" role="img" aria-label="'
        f'{"no number" if number is None else f"{number:.0f} of 100"}, range {low:.0f} to {high:.0f}">'
        + "".join(parts)
        + "</svg>"
    )
