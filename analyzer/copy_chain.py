"""What copies build on: increments since the last full one, those that lost a parent, what each one took."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from statistics import median

from collectors.backup_tables import RestorePoint

FULL = frozenset(("full", "synthetic"))
UNIQUE = "borg:"
"""Tells what a copy shares with no other, which falls once the next one is made: nothing to compare by."""
MOST_STORED = 64
"""What the newest of each kind took is kept, never of all."""
BEFORE = 14
"""The newest is compared with so many before it."""
LEAST_BEFORE = 5


@dataclass(slots=True)
class Chain:
    """Of the good copies of one system in one repository. Times in seconds since 1970, sizes in bytes."""

    increments: array[float] = field(default_factory=lambda: array("d"))
    last_full: float | None = None
    parents: dict[str, tuple[str, float]] = field(default_factory=dict)
    stored: dict[str, list[tuple[float, int]]] = field(default_factory=dict)
    newest: tuple[float, str] = (float("-inf"), "")
    broken: int = 0

    def take(self, row: RestorePoint, at: float) -> None:
        """Add a good copy."""
        kind = row.kind or ""
        if kind in FULL:
            self.last_full = at if self.last_full is None else max(self.last_full, at)
        elif kind == "incremental":
            self.increments.append(at)
        if row.parent:
            self.parents[row.point] = (row.parent, at)
        if row.stored_bytes is not None and not row.repository.startswith(UNIQUE):
            took = self.stored.setdefault(kind, [])
            took.append((at, row.stored_bytes))
            if len(took) > MOST_STORED:
                took.sort(reverse=True)
                del took[BEFORE + 2 :]
        self.newest = max(self.newest, (at, kind))

    def length(self) -> int:
        """Increments since the last full one that is on record."""
        return sum(self.last_full is None or at > self.last_full for at in self.increments)

    def rootless(self) -> bool:
        """Whether there are increments and no full one is on record."""
        return self.last_full is None and bool(self.increments)

    def added(self) -> tuple[int | None, int | None]:
        """What the newest copy took, and the median of those of its kind before it."""
        took = sorted(self.stored.get(self.newest[1], ()), reverse=True)
        if not took or took[0][0] != self.newest[0]:
            return None, None
        before = [size for _, size in took[1 : BEFORE + 1]]
        return took[0][1], int(median(before)) if len(before) >= LEAST_BEFORE else None

    def full_took(self) -> int | None:
        """What the newest full copy took."""
        took = [pair for kind in FULL for pair in self.stored.get(kind, ())]
        return max(took)[1] if took else None

    def lost(self, present: Collection[str]) -> Iterator[float]:
        """Times of copies that cannot be put together: one they build on is not *present*, or not whole."""
        whole: dict[str, bool] = {}
        for point, (_, at) in self.parents.items():
            path: list[str] = []
            while point in self.parents and point in present and point not in whole and point not in path:
                path.append(point)
                point = self.parents[point][0]
            good = whole.get(point, point in present and point not in path)  # a ring has no beginning
            whole |= dict.fromkeys(path, good)
            if not (whole[path[0]] if path else good):
                yield at
