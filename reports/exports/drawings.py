"""Drawings of the page for a printer of HTML that styles each picture by itself: all it needs goes inside."""

from __future__ import annotations

import base64
import re
from functools import cache, partial
from importlib.resources import files

_VARIABLE = re.compile(r"--([a-z-]+):([^;{}]+)")
_USED = re.compile(r"var\(--([a-z-]+)\)")
_SYMBOL = re.compile(r'<symbol id="i-([a-z]+)" viewBox="([^"]+)">(.*?)</symbol>', re.DOTALL)
_OPENED = re.compile(r"<svg\b[^>]*>")


@cache
def styles() -> str:
    """The style sheet of drawings with the colours of paper in place of variables."""
    return _USED.sub(lambda used: variables().get(used[1], "#000"), _asset("assets", "drawing.css"))


@cache
def variables() -> dict[str, str]:
    """The page's colours and faces on light ground."""
    first = _asset("assets", "report.css").partition("}")[0]
    return {found[1]: found[2].strip() for found in _VARIABLE.finditer(first)}


@cache
def _definitions() -> str:
    told = _asset("templates", "icons.html")
    return told[told.index("<defs>") : told.index("</defs>") + len("</defs>")]


def self_contained(page: str) -> str:
    """The page with styles, patterns and shapes inside every drawing of it."""
    inside = f"<style>{styles()}</style>{_definitions()}".replace("\\", r"\\")
    return _OPENED.sub(rf"\g<0>{inside}", page)


@cache
def icon_uri(kind: str) -> str:
    """One of the page's shapes as a picture by itself. Drawn often: plain lines, no styles."""
    symbols = {
        found[1]: (found[2], found[3]) for found in _SYMBOL.finditer(_asset("templates", "icons.html"))
    }
    box, body = symbols[kind if kind in symbols else "info"]
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" width="16" height="16">'
        f"{_HATCHING if 'hatched' in body else ''}{_CLASS.sub(partial(_attributes, kind), body)}</svg>"
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn.encode()).decode()}"


_CLASS = re.compile(r'class="([a-z]+)"')
_HATCHING = '<path fill="none" stroke="#cfcfcf" stroke-width="2" d="M2 7 7 2M2 14 14 2M9 14l5-5"/>'


def _attributes(kind: str, used: re.Match[str]) -> str:
    shade = variables().get(kind, variables()["unknown"])
    width = {"ink": 1.9, "line": 1.5, "mark": 1.8}.get(used[1], 1.2)
    match used[1]:
        case "fill":
            return f'fill="{shade}"'
        case "ink":
            return f'fill="none" stroke="#fff" stroke-width="{width}"'
        case _:
            return f'fill="none" stroke="{shade}" stroke-width="{width}"'


def _asset(*path: str) -> str:
    return files("reports").joinpath(*path).read_text("utf-8")
