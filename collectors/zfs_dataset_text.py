"""Datasets of `zfs list` and `zfs get`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from collectors.fact import At, Missing, Reading
from collectors.zfs_tables import ZfsDataset
from collectors.zfs_words import bytes_of, moment, switch, written_time

_NAMES = {
    "avail": "available",
    "refer": "referenced",
    "usedsnap": "usedbysnapshots",
    "usedbysnapshots": "usedbysnapshots",
}


def dataset_of(name: str, values: Mapping[str, str]) -> ZfsDataset:
    """The row of a dataset from its properties by name."""

    def told(key: str) -> str | None:
        value = (values.get(key) or "").strip()
        return value if value and value != "-" else None

    created = told("creation")
    token = values.get("receive_resume_token")
    return ZfsDataset(
        dataset=name,
        pool=name.partition("/")[0],
        type=told("type"),
        used_bytes=bytes_of(told("used")),
        available_bytes=bytes_of(told("available")),
        referenced_bytes=bytes_of(told("referenced")),
        snapshot_bytes=bytes_of(told("usedbysnapshots")),
        mountpoint=told("mountpoint"),
        mounted=switch(values.get("mounted")),
        sync=told("sync"),
        encryption=told("encryption"),
        encryption_root=told("encryptionroot"),
        key_location=told("keylocation"),
        key_status=told("keystatus"),
        receive_interrupted=None if token is None else token.strip() not in ("-", ""),
        created_at=(moment(created) or written_time(created)) if created else None,
    )


def datasets(text: str, names: Sequence[str] | None) -> Iterator[Reading]:
    """Lines of `zfs list`: by the columns that were asked for, by a heading, else name and what is sure."""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        if re.match(r"NAME\s+[A-Z]", line):
            names = [_NAMES.get(word, word) for word in line.lower().split()]
            continue
        words = line.split("\t") if "\t" in line else re.split(r"\s{2,}|(?<=\S)\s+(?=\d|-|/)", line.strip())
        if "@" in words[0] or "#" in words[0]:
            continue  # a snapshot or bookmark: read from its own list
        if len(words) < 2 or (names is not None and len(words) != len(names)):
            yield Missing(ZfsDataset, "unreadable", f"line {number}: {line.strip()[:120]}")
            continue
        yield At(
            dataset_of(words[0], dict(zip(names or _guess(words), words, strict=False))), f"line {number}"
        )


def _guess(words: Sequence[str]) -> Sequence[str]:
    """The columns that `zfs list -H` prints without -o; with any others only the name is sure."""
    usual = len(words) == 5 and bytes_of(words[3]) is not None and re.match(r"/|legacy$|none$|-$", words[4])
    return ("name", "used", "available", "referenced", "mountpoint") if usual else ("name",)


def gotten(text: str) -> dict[str, dict[str, str]]:
    """Properties by dataset of `zfs get`; those of snapshots and bookmarks are left out."""
    found: dict[str, dict[str, str]] = {}
    for line in text.splitlines():
        words = line.split("\t")
        if len(words) >= 3 and words[0] and "@" not in words[0] and "#" not in words[0]:
            found.setdefault(words[0], {})[words[1]] = words[2]
    return found
