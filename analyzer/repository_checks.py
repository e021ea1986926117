"""Checks of repositories: when the last good and the last failed one ended, of all of it or of one system."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from analyzer.copy_series import FUTURE_SECONDS
from analyzer.derived.asset import systems_of
from analyzer.site import Site
from collectors.backup_tables import BackupCheck
from collectors.fact import Fact

CONTENT = frozenset(("content", "sample", "boot", "restore", "application"))
"""Checks that read what was stored. A check of the structure alone proves nothing about it."""


@dataclass(slots=True)
class Checks:
    """Checks of one repository: system (empty: all of it) → when the last one ended.

    *good*, *failed*: those that read content; *sound*, *broken*: those of the structure alone.
    """

    good: dict[str, float] = field(default_factory=dict)
    failed: dict[str, float] = field(default_factory=dict)
    sound: dict[str, float] = field(default_factory=dict)
    broken: dict[str, float] = field(default_factory=dict)


def checks_of(site: Site) -> dict[str, Checks]:
    """A good check counts if it read content; a failed one until a good one of its kind, or of content."""
    index = site.once(systems_of).index
    found: dict[str, Checks] = {}
    for fact in site.facts(BackupCheck):
        row, at = fact.row, ended(site, fact)
        if at is None or row.result not in ("ok", "failed"):
            continue
        match = index.find(row.source) if row.source else None
        name = match.asset if match else "" if not row.source else f"?{row.source}"
        one = found.setdefault(row.repository, Checks())
        deep = row.kind in CONTENT
        into = (one.good if deep else one.sound) if row.result == "ok" else one.failed if deep else one.broken
        into[name] = max(into.get(name, 0.0), at)
    for one in found.values():
        for name, at in one.broken.items():
            if at > one.sound.get(name, 0.0):
                one.failed[name] = max(one.failed.get(name, 0.0), at)
    return found


def ended(site: Site, fact: Fact[BackupCheck]) -> float | None:
    """When a check ended, in seconds since 1970, at most now; None: not told, or good and still to come.

    What the audit itself ran ends after the audit began. Damage counts whatever the clock says.
    """
    row, asked = fact.row, [source.origin.at for source in fact.sources if source.origin.at]
    if row.at is None:
        return None
    begun = row.at - timedelta(seconds=(row.seconds or 0.0) + FUTURE_SECONDS)
    if row.result == "failed" or begun <= max(asked, default=site.at):
        return min(row.at, site.at).timestamp()
    return None
