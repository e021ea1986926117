"""Drawings of the page for a printer of HTML that styles each picture by itself: all it needs goes inside."""

from __future__ import annotations

import base64
import re
from functools import cache
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
    """One of the page's shapes as a picture by itself."""
    symbols = {
        found[1]: (found[2], found[3]) for found in _SYMBOL.finditer(_asset("templates", "icons.html"))
    }
    box, body = symbols[kind if kind in symbols else "info"]
    pattern = _definitions().partition("<symbol")[0] + "</defs>"
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" width="16" height="16" class="i {kind}">'
        f"<style>{_plain_styles(kind)}</style>{pattern if 'hatched' in body else ''}<g>{body}</g></svg>"
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn.encode()).decode()}"


def _plain_styles(kind: str) -> str:
    """The few rules that one shape needs: there are thousands of them."""
    shade = variables().get(kind, variables()["unknown"])
    return (
        f"g{{color:{shade}}}.fill{{fill:{shade}}}.ink{{stroke:#fff;stroke-width:1.9;fill:none}}"
        f".line{{fill:none;stroke:{shade};stroke-width:1.5}}.mark{{fill:none;stroke:{shade};stroke-width:1.8}}"
        f".hatched{{fill:url(#hatch);stroke:{shade}}}.hatch-bg{{fill:#fff}}.hatch-fg{{fill:#cfcfcf}}"
    )


def _asset(*path: str) -> str:
    return files("reports").joinpath(*path).read_text("utf-8")
