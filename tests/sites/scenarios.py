"""All sites of the library."""

from __future__ import annotations

from tests.sites import (
    failing_storage,
    fate,
    keeping,
    left_out,
    planning,
    policies,
    reach,
    replicas,
    silence,
    snapshots,
    verification,
)
from tests.sites.scenario import Scenario

SCENARIOS: tuple[Scenario, ...] = tuple(
    scenario
    for module in (
        failing_storage,
        fate,
        keeping,
        left_out,
        planning,
        policies,
        reach,
        replicas,
        silence,
        snapshots,
        verification,
    )
    for scenario in module.SCENARIOS
)
