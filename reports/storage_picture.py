"""One host's storage as a picture: disks on the left, what rests on them to the right, mounts at the end.

Inline SVG in the page's colours; sick parts differ in colour, shape and words. The same stands as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.storage_boxes import WIDEST, Box
from reports.storage_graph import Storage, storages
from reports.svg import drawing, fit, icon, tag
from reports.text import listed, one_line, short

if TYPE_CHECKING:
    from markupsafe import Markup

    from analyzer.engine import Judgement

DRAWN = 40
"""Hosts that get a picture, the sickest first; the others are named."""
OPEN = 6
WIDTH, GAP, STEP, TALL = 238, 52, 12, 44
SHAPES = {"pass": "", "info": "", "virtual": "unknown", "missing": "critical"}
WORDS = {"missing": "missing", "unknown": "not read", "virtual": "virtual", "pass": "no fault found"}


@dataclass(frozen=True, slots=True)
class Picture:
    """One host's picture. *lines*: the same as text, (name, state, what it rests on)."""

    host: str
    svg: Markup
    open: bool
    sick: str
    shape: str
    lines: tuple[tuple[str, str, str], ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures of the sickest hosts, and the names of those that have none."""

    drawn: tuple[Picture, ...]
    others: tuple[str, ...]


def pictures(judgement: Judgement) -> Pictures:
    """The storage of every host."""
    found = storages(judgement)
    return Pictures(
        drawn=tuple(
            _picture(s, i < OPEN and (bool(s.sick) or len(found) <= 2)) for i, s in enumerate(found[:DRAWN])
        ),
        others=tuple(one_line(s.host, 60) for s in found[DRAWN:]),
    )


def _picture(storage: Storage, opened: bool) -> Picture:
    sick = [f"{box.name}: {box.worst or WORDS.get(box.state, box.about)}" for box in storage.sick]
    return Picture(
        host=one_line(storage.host, 80),
        svg=_svg(storage),
        open=opened,
        sick=short(listed(sick, 3), 240),
        shape=_shape(storage.sick[0]) if storage.sick else "pass",
        lines=tuple(_lines(storage)),
        left_out=storage.left_out,
    )


def _lines(storage: Storage) -> Iterator[tuple[str, str, str]]:
    places = _places(storage)
    for node in sorted(storage.boxes, key=lambda n: (-places[n][0], places[n][1])):
        box = storage.boxes[node]
        lowers = [
            storage.boxes[lower].name + (f" ({how})" if how else "")
            for lower, how in storage.below.get(node, {}).items()
            if lower in storage.boxes
        ]
        state = box.worst or WORDS.get(box.state, box.state)
        yield f"{box.head} {box.about}".strip(), state, listed(lowers, 30)


def _svg(storage: Storage) -> Markup:
    places = _places(storage)
    columns = max(column for column, _ in places.values()) + 1
    height = max(y + _height(storage.boxes[node]) for node, (_, y) in places.items()) + 4
    told = (
        f"Storage of {one_line(storage.host, 80)}: {len(storage.boxes)} parts, "
        f"{len(storage.sick)} with a fault; the same stands below as text."
    )
    drawn = [_drawn(box, *places[box.id]) for box in storage.boxes.values()]
    return drawing(
        "storage", columns * (WIDTH + GAP) - GAP + 4, height, told, *_edges(storage, places), *drawn
    )


def _left(column: int) -> int:
    return 2 + column * (WIDTH + GAP)


def _height(box: Box) -> int:
    return TALL + (15 if box.worst and box.state != "pass" else 0)


def _edges(storage: Storage, places: dict[str, tuple[int, int]]) -> Iterator[Markup]:
    for upper, lowers in storage.below.items():
        for lower, how in lowers.items():
            if upper not in places or lower not in places:
                continue
            (from_column, from_y), (to_column, to_y) = places[lower], places[upper]
            x1, y1 = _left(from_column) + WIDTH, from_y + _height(storage.boxes[lower]) // 2
            x2, y2 = _left(to_column), to_y + _height(storage.boxes[upper]) // 2
            dead = how == "failed" or storage.boxes[lower].state == "missing"
            kind = "dead" if dead else how or "carries"
            yield tag("path", cls=f"edge {kind}", d=f"M{x1} {y1}C{x1 + 28} {y1} {x2 - 28} {y2} {x2} {y2}")
            if dead:
                x, y = (x1 + x2) // 2, (y1 + y2) // 2
                yield tag("path", cls="cut", d=f"M{x - 5} {y - 5}l10 10m0-10l-10 10")


def _drawn(box: Box, column: int, y: int) -> Markup:
    x, tall = _left(column), _height(box)
    shape = _shape(box)
    room = 13.2 if shape else 14.6  # of the larger, bold letters of a name
    told = f"{box.head}, {box.about}: {box.worst or WORDS.get(box.state, box.state)}"
    round_ = 9 if box.kind == "disk" else 2
    parts = [
        tag("title", told),
        tag("rect", cls="body", x=x, y=y, width=WIDTH, height=tall, rx=round_),
        tag("text", fit(box.head, room), cls="name", x=x + 12, y=y + 18),
        tag("text", fit(box.about, WIDEST), cls="about", x=x + 12, y=y + 34),
    ]
    if shape:
        parts.append(icon(shape, x + WIDTH - 25, y + 7))
    if tall > TALL:
        parts.append(tag("text", fit(box.worst, WIDEST - 1.6), cls=f"worst {shape}", x=x + 12, y=y + 50))
    return tag("g", *parts, cls=f"box {box.kind} s-{box.state}")


def _shape(box: Box) -> str:
    """Which of the page's shapes marks the box; none for one that nothing is known against."""
    return SHAPES.get(box.state, box.state)


def _places(storage: Storage) -> dict[str, tuple[int, int]]:
    """Box → (column, y): column by what lies below, rows so that lines cross little."""
    columns = _columns(storage)
    above = storage.above()
    tops = [node for node in storage.boxes if not above.get(node)]
    order = _leaves(storage, sorted(tops, key=lambda n: (not storage.below.get(n), storage.boxes[n].name)))
    free = [0] * (max(columns.values(), default=0) + 1)
    y: dict[str, int] = {}
    for node in order:
        lowers = [y[lower] for lower in storage.below.get(node, {}) if lower in y]
        wanted = (min(lowers) + max(lowers)) // 2 if lowers else 0
        column = columns[node]
        y[node] = max(wanted, free[column])
        free[column] = y[node] + _height(storage.boxes[node]) + STEP
    return {node: (columns[node], y[node] + 2) for node in order}


def _columns(storage: Storage) -> dict[str, int]:
    """Distance from the disks; mounts all stand in the last column."""
    depth: dict[str, int] = {}

    def depth_of(node: str, seen: tuple[str, ...]) -> int:
        if node not in depth:
            lowers = [n for n in storage.below.get(node, {}) if n in storage.boxes and n not in seen]
            depth[node] = max((depth_of(n, (*seen, node)) + 1 for n in lowers), default=0)
        return depth[node]

    for node in storage.boxes:
        depth_of(node, ())
    last = max(depth.values(), default=0)
    return {
        node: last if storage.boxes[node].kind in ("mount", "swap") and last else at
        for node, at in depth.items()
    }


def _leaves(storage: Storage, tops: Sequence[str]) -> list[str]:
    """Every box after the boxes it rests on."""
    order: list[str] = []
    seen: set[str] = set()

    def visit(node: str) -> None:
        if node in seen or node not in storage.boxes:
            return
        seen.add(node)
        for lower in sorted(storage.below.get(node, {}), key=lambda n: (n.startswith("folded:"), n)):
            visit(lower)
        order.append(node)

    for top in [*tops, *storage.boxes]:
        visit(top)
    return order
