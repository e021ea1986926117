"""Hundreds of thousands of snapshots as one row for each dataset and family."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from collectors.fact import Missing, Reading
from collectors.plain_text import whole_number
from collectors.zfs_tables import ZfsBookmarkSet, ZfsSnapshotSet
from collectors.zfs_words import family_of, moment

Gathered = Iterator[Reading]
_KEPT = 32


@dataclass(slots=True)
class _Set:
    count: int = 0
    oldest: int | None = None
    newest: tuple[int, str] = (0, "")
    used: int = 0
    used_told: bool = True
    held: int = 0
    held_told: bool = True
    held_newest: tuple[int, str] = (0, "")
    guids: list[tuple[int, str]] = field(default_factory=list)

    def add(self, at: int | None, name: str, used: int | None, held: int | None, guid: int | None) -> None:
        self.count += 1
        self.used, self.used_told = self.used + (used or 0), self.used_told and used is not None
        self.held_told = self.held_told and held is not None
        if at is None:
            return
        self.oldest = at if self.oldest is None else min(self.oldest, at)
        self.newest = max(self.newest, (at, name))
        if held:
            self.held += 1
            self.held_newest = max(self.held_newest, (at, name))
        if guid is not None:
            self.guids.append((at, str(guid)))
            if len(self.guids) > 4 * _KEPT:
                self.guids = sorted(self.guids, reverse=True)[:_KEPT]


def snapshot_sets(text: str) -> Gathered:
    """Rows of `name used creation userrefs guid`, tab-separated; also with fewer columns at the end."""
    found: dict[tuple[str, str], _Set] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("\t")
        dataset, at, name = words[0].partition("@")
        if not (at and dataset and name and len(words) >= 2):
            if line.strip():
                yield Missing(ZfsSnapshotSet, "unreadable", f"line {number}: {line.strip()[:120]}")
            continue
        told = [whole_number(word) for word in words[1:5]] + [None] * 4
        one = found.setdefault((dataset, family_of(name)), _Set())
        one.add(told[1], name, told[0], told[2], told[3])
    for (dataset, family), one in sorted(found.items()):
        yield ZfsSnapshotSet(
            dataset=dataset,
            family=family,
            count=one.count,
            oldest_at=moment(one.oldest),
            newest_at=moment(one.newest[0]),
            newest=one.newest[1],
            used_bytes=one.used if one.used_told else None,
            held=one.held if one.held_told else None,
            held_newest=one.held_newest[1],
            guids=" ".join(f"{guid}@{at}" for at, guid in sorted(one.guids, reverse=True)[:_KEPT]) or None,
        )


def bookmark_sets(text: str) -> Gathered:
    """Rows of `name creation guid`, tab-separated."""
    found: dict[tuple[str, str], _Set] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("\t")
        dataset, mark, name = words[0].partition("#")
        if not (mark and dataset and name and len(words) >= 2):
            if line.strip():
                yield Missing(ZfsBookmarkSet, "unreadable", f"line {number}: {line.strip()[:120]}")
            continue
        found.setdefault((dataset, family_of(name)), _Set()).add(
            whole_number(words[1]), name, None, None, None
        )
    for (dataset, family), one in sorted(found.items()):
        yield ZfsBookmarkSet(
            dataset=dataset,
            family=family,
            count=one.count,
            newest_at=moment(one.newest[0]),
            newest=one.newest[1],
        )
