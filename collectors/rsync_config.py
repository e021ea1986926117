"""Modules of rsyncd.conf(5)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from collectors.exposure_tables import RsyncModule

_SECTION = re.compile(r"\s*\[([^\]]+)\]\s*")
_YES = ("yes", "true", "1", "on")


def modules(lines: Sequence[tuple[int, str]]) -> Iterator[tuple[int, RsyncModule]]:
    """Every module with the number of its line; what stands before the first counts for all."""
    common: dict[str, str] = {}
    found: list[tuple[int, str, dict[str, str]]] = []
    for number, line in lines:
        if section := _SECTION.fullmatch(line):
            if section[1].strip().lower() != "global":
                found.append((number, section[1].strip(), dict(common)))
            continue
        name, equals, value = line.partition("=")
        if equals:
            (found[-1][2] if found else common)["".join(name.lower().split())] = value.strip()
    for number, name, told in found:
        yield (
            number,
            RsyncModule(
                name=name,
                path=told.get("path") or None,
                writable=told.get("readonly", "yes").lower() not in _YES,
                users=bool(told.get("authusers")),
                hosts_allowed=told.get("hostsallow") or None,
                address=common.get("address") or None,
            ),
        )
