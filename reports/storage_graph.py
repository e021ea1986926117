"""What rests on what on one host, boiled down to what a picture can show.

Partitions are drawn into what lies on them, and healthy disks that carry the same things become one box.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from analyzer.derived.rests_on import RestsOn
from analyzer.engine import Judgement
from reports.storage_boxes import Box, Boxes, weight
from reports.tables import rows
from reports.text import listed, many

SINGLE = 4
"""Healthy disks with the same load that are drawn one by one; more become one box."""
MOUNTS = 24
"""Mounts of one host that are drawn; the rest is counted."""
BOXES = 120
"""Boxes of one host that are drawn."""


@dataclass(slots=True)
class Storage:
    """One host's picture. *below*: box → the boxes it rests on, with how: `""`, `failed` or `spare`."""

    host: str
    boxes: dict[str, Box] = field(default_factory=dict)
    below: dict[str, dict[str, str]] = field(default_factory=dict)
    left_out: int = 0

    @property
    def sick(self) -> list[Box]:
        """The boxes with something wrong, worst first."""
        return sorted((b for b in self.boxes.values() if b.sick), key=lambda b: -weight(b.state))

    def above(self) -> dict[str, list[str]]:
        """Box → the boxes that rest on it."""
        found: dict[str, list[str]] = {}
        for upper, lowers in self.below.items():
            for lower in lowers:
                found.setdefault(lower, []).append(upper)
        return found


def storages(judgement: Judgement) -> tuple[Storage, ...]:
    """The picture of every host whose storage was seen, the sickest first."""
    edges: dict[str, list[RestsOn]] = {}
    for fact in rows(judgement, RestsOn):
        edges.setdefault(fact.target, []).append(fact.row)
    boxes = Boxes(judgement)
    found = [_storage(target, of_target, boxes) for target, of_target in edges.items()]
    return tuple(sorted((s for s in found if s.boxes), key=_sickest))


def _sickest(storage: Storage) -> tuple[list[int], str]:
    return [-weight(b.state) for b in storage.sick[:3]] or [0], storage.host


def _storage(target: str, edges: Sequence[RestsOn], boxes: Boxes) -> Storage:
    storage = Storage(target)
    for edge in edges:
        if edge.lower_kind == "host":
            _add(storage, boxes, edge.upper, edge.upper_kind, edge.upper_label)
            continue
        for node, kind, label in (
            (edge.upper, edge.upper_kind, edge.upper_label),
            (edge.lower, edge.lower_kind, edge.lower_label),
        ):
            _add(storage, boxes, node, kind, label)
        how = "failed" if "failed" in edge.relation else "spare" if "spare" in edge.relation else ""
        storage.below.setdefault(edge.upper, {})[edge.lower] = how
    _leave_out(storage, [node for node in storage.boxes if not boxes.drawn(target, node)])
    _without_partitions(storage)
    _leave_out_many(storage)
    _mark_ejected(storage)
    _fold_disks(storage)
    _leave_out_rest(storage)
    return storage


def _add(storage: Storage, boxes: Boxes, node: str, kind: str, label: str) -> None:
    if node not in storage.boxes:
        storage.boxes[node] = boxes.box(storage.host, node, kind, label)


def _leave_out(storage: Storage, nodes: Iterable[str]) -> None:
    """Without these boxes and the volumes, partitions and loop devices that carried nothing else."""
    above = {lower: set(uppers) for lower, uppers in storage.above().items()}
    gone = list(nodes)
    while gone:
        node = gone.pop()
        storage.boxes.pop(node, None)
        for lower in storage.below.pop(node, {}):
            above[lower].discard(node)
            box = storage.boxes.get(lower)
            if box is not None and not above[lower] and _only_carries(box):
                gone.append(lower)


def _only_carries(box: Box) -> bool:
    return box.kind in ("volume", "partition") or box.name.startswith("loop")


def _without_partitions(storage: Storage) -> None:
    """What rests on a partition rests on its disk; a partition that carries nothing is not drawn."""
    parts = [b.id for b in storage.boxes.values() if b.kind == "partition" and storage.below.get(b.id)]
    for part in parts:
        lowers = storage.below.pop(part)
        for uppers in storage.below.values():
            if part in uppers:
                how = uppers.pop(part)
                for lower, own in lowers.items():
                    uppers.setdefault(lower, how or own)
        del storage.boxes[part]


def _leave_out_many(storage: Storage) -> None:
    """The worst mounts, as many as a picture can hold."""
    mounts = _worst_first(b for b in storage.boxes.values() if b.kind in ("mount", "swap"))
    _leave_out(storage, [box.id for box in mounts[MOUNTS:]])
    storage.left_out = len(mounts[MOUNTS:])


def _leave_out_rest(storage: Storage) -> None:
    rest = _worst_first(storage.boxes.values())[BOXES:]
    _leave_out(storage, [box.id for box in rest])
    storage.left_out += len(rest)


def _worst_first(boxes: Iterable[Box]) -> list[Box]:
    return sorted(boxes, key=lambda box: (-weight(box.state), box.name))


def _mark_ejected(storage: Storage) -> None:
    """A member that its array has thrown out is drawn as missing, whatever it tells of itself."""
    for upper, lowers in storage.below.items():
        for lower in [node for node, how in lowers.items() if how == "failed" and node in storage.boxes]:
            box = storage.boxes[lower]
            thrown_out = f"failed as member of {storage.boxes[upper].name}"
            storage.boxes[lower] = replace(box, state="missing", worst=thrown_out)


def _fold_disks(storage: Storage) -> None:
    """Disks that nothing is known against, alike in what they carry, become one box."""
    above = storage.above()
    alike: dict[tuple[tuple[tuple[str, str], ...], str], list[Box]] = {}
    for box in storage.boxes.values():
        if box.kind == "disk" and not box.sick and box.state != "low":
            carried = tuple(sorted((upper, storage.below[upper][box.id]) for upper in above.get(box.id, ())))
            alike.setdefault((carried, box.state), []).append(box)
    for (carried, state), same in alike.items():
        if len(same) > SINGLE or (len(same) > 1 and not carried):
            _fold(storage, same, state, above)


def _fold(storage: Storage, same: Sequence[Box], state: str, above: dict[str, list[str]]) -> None:
    before = {"unknown": "unread ", "virtual": "virtual "}.get(state, "")
    after = " without fault" if state == "pass" else ""
    folded = Box(
        id="folded:" + same[0].id,
        kind="disk",
        name=f"+ {many(len(same), before + 'disk')}{after}",
        size="",
        about=listed([box.name for box in same], 5),
        state=state,
    )
    storage.boxes[folded.id] = folded
    for upper in above.get(same[0].id, ()):
        storage.below[upper][folded.id] = storage.below[upper][same[0].id]
    for box in same:
        storage.boxes.pop(box.id)
        for upper in above.get(box.id, ()):
            storage.below[upper].pop(box.id, None)
