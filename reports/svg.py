"""Elements of inline SVG, all in them escaped; without style attributes, which the page's policy forbids."""

from __future__ import annotations

from markupsafe import Markup, escape

from reports.text import visible


def tag(name: str, *inside: str, **attributes: str | float) -> Markup:
    """`<name …>inside</name>`. Strings are escaped, Markup is not; `cls` is class, `_` in names is `-`."""
    told = Markup("").join(
        Markup(' {}="{}"').format(_attribute(key), _written(value)) for key, value in attributes.items()
    )
    body = Markup("").join(part if isinstance(part, Markup) else escape(visible(part)) for part in inside)
    return Markup("<{0}{1}>{2}</{0}>").format(name, told, body)


def _attribute(key: str) -> str:
    return "class" if key == "cls" else key if key == "viewBox" else key.replace("_", "-")


def _written(value: str | float) -> str:
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0")
    return visible(str(value))


def drawing(cls: str, width: float, height: float, told: str, *inside: str) -> Markup:
    """A picture of that size with *told* as its words."""
    box = f"0 0 {_written(width)} {_written(height)}"
    return tag("svg", *inside, cls=cls, viewBox=box, width=width, height=height, role="img", aria_label=told)


def icon(kind: str, x: float, y: float, side: float = 15) -> Markup:
    """One of the page's shapes at a place."""
    return tag("use", cls=f"i {kind}", href=f"#i-{kind}", x=x, y=y, width=side, height=side)


_NARROW, _WIDE = frozenset("iljtfrI.,:;·'|!()[] "), frozenset("mwMW%@—…")


def width(text: str) -> float:
    """The width of the text in ems, estimated for a wide sans-serif face."""
    return sum(map(_ems, text))


def _ems(character: str) -> float:
    if character in _NARROW:
        return 0.4
    if character in _WIDE or character > "\u2e80":
        return 1.0
    return 0.68 if character.isupper() or character.isdigit() else 0.62


def fit(text: str, ems: float) -> str:
    """The beginning of the text that fits into that width."""
    taken = 0.0
    for at, character in enumerate(text):
        taken += _ems(character)
        if taken > ems:
            return text[: max(0, at - 1)].rstrip() + "…"
    return text
