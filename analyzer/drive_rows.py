"""What is told of each drive, by target and drive: several derived tables look it up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from analyzer.site import Site
from collectors.drive_tables import DriveAttribute, DriveSelfTest
from collectors.fact import Fact

Key = tuple[str, str]
"""Target and identity of the drive."""


def attributes_of(site: Site) -> dict[Key, list[Fact[DriveAttribute]]]:
    """Attributes of each drive."""
    return by_drive(site.facts(DriveAttribute))


def self_tests_of(site: Site) -> dict[Key, list[Fact[DriveSelfTest]]]:
    """Self-tests of each drive."""
    return by_drive(site.facts(DriveSelfTest))


def by_drive(facts: Iterable[Fact[Any]]) -> dict[Key, list[Fact[Any]]]:
    """Rows that name a drive, by that drive."""
    found: dict[Key, list[Fact[Any]]] = {}
    for fact in facts:
        key = (fact.target, fact.row.drive)
        if key in found:
            found[key].append(fact)
        else:
            found[key] = [fact]
    return found
