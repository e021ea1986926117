"""Properties of pools, and the lines of `zpool list` whose columns differ from release to release."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from collectors.fact import At, Missing, Reading
from collectors.plain_text import whole_number
from collectors.zfs_tables import ZpoolProperties
from collectors.zfs_words import STATES, bytes_of, percent_of, switch

_NAMES = {
    "alloc": "allocated",
    "used": "allocated",
    "avail": "free",
    "cap": "capacity",
    "frag": "fragmentation",
    "ckpoint": "checkpoint",
}
_PLAIN = {
    7: "name size allocated free capacity health altroot",
    8: "name size allocated free capacity dedup health altroot",
    10: "name size allocated free expandsz fragmentation capacity dedup health altroot",
    11: "name size allocated free checkpoint expandsz fragmentation capacity dedup health altroot",
}
"""Number of columns that `zpool list -H` prints, and which they are."""


def properties_of(pool: str, values: Mapping[str, str]) -> ZpoolProperties:
    """The row of a pool from its properties by name."""
    features = {name: value for name, value in values.items() if name.startswith("feature@")}
    off = sorted(name.partition("@")[2] for name, value in features.items() if value == "disabled")
    checkpoint, size = values.get("checkpoint"), bytes_of(values.get("size"))
    return ZpoolProperties(
        pool=pool,
        health=values.get("health") if values.get("health") in STATES else None,
        guid=values.get("guid") if whole_number(values.get("guid")) else None,
        size_bytes=size,
        allocated_bytes=bytes_of(values.get("allocated")),
        free_bytes=bytes_of(values.get("free")),
        capacity_percent=percent_of(values.get("capacity")),
        fragmentation_percent=percent_of(values.get("fragmentation")),
        checkpoint_bytes=0 if checkpoint == "-" and size is not None else bytes_of(checkpoint),
        autotrim=switch(values.get("autotrim")),
        ashift=whole_number(values.get("ashift")),
        read_only=switch(values.get("readonly")),
        features_disabled=" ".join(off) if features else None,
    )


def listed(text: str) -> Iterator[Reading]:
    """Pools of `zpool list`: by its headings, by the number of columns, or by where the state stands."""
    headings: Sequence[str] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith((" ", "\t")):
            continue  # a device (-v): told better by zpool status
        if re.match(r"NAME\s+(?:SIZE|HEALTH)\b", line):
            headings = [_NAMES.get(word, word) for word in line.lower().split()]
            continue
        words = line.split("\t") if "\t" in line else re.split(r"\s+", line.strip())
        words = [word.strip() for word in words]
        if words[0] in ("logs", "cache", "spare", "spares", "special", "dedup") and not _state(words[1:]):
            continue
        row = _row(words, headings)
        if row is None:
            yield Missing(ZpoolProperties, "unreadable", f"line {number}: {line.strip()[:120]}")
        else:
            yield At(row, f"line {number}")


def _state(words: Sequence[str]) -> str | None:
    return next((word for word in words if word in STATES), None)


def _row(words: Sequence[str], headings: Sequence[str] | None) -> ZpoolProperties | None:
    health = _state(words[1:])
    if health is None:
        return None
    names = headings or _PLAIN.get(len(words), "").split()
    values = dict(zip(names, words, strict=False)) if names else {}
    if values.get("health") != health:  # columns of somebody's own choice: the name and the state are sure
        values = {}
    pool = properties_of(words[0], {name: value for name, value in values.items() if name != "checkpoint"})
    return pool if pool.health else ZpoolProperties(pool=words[0], health=health)
