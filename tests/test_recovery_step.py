"""The order of recovery, circles in it, and what nobody said of the site."""

from __future__ import annotations

import pytest

from analyzer.declared import DeclaredRecovery, declared
from analyzer.derived.recovery_step import RecoveryStep
from analyzer.engine import judge
from analyzer.site import Asset, Site
from tests.protected_sites import DAILY, TB, apart, host, points, said, severities, site


def whole(*assets: Asset) -> Site:
    told = apart()
    for name in ("dc01", "db"):
        told[name] = host(name)
        told["*restic"] += points("restic:1f", name, *DAILY)
    return site(told, *assets, more=said())


def test_the_order_of_recovery_follows_what_is_needed() -> None:
    made = whole(
        Asset("files", 2, depends_on=("dc01", "db")), Asset("db", 1, depends_on=("dc01",)), Asset("dc01", 1)
    )
    steps = sorted((fact.row for fact in made.facts(RecoveryStep)), key=lambda row: row.place)
    names = [step.asset for step in steps]
    assert names.index("dc01") < names.index("db") < names.index("files")
    by_name = {step.asset: step for step in steps}
    start, before = by_name["db"].starts_hours, by_name["dc01"].ends_hours
    assert start is not None
    assert before is not None
    assert start >= before


def test_restores_from_one_repository_queue() -> None:
    ends = sorted(f.row.starts_hours or 0.0 for f in whole().facts(RecoveryStep) if f.row.repository)
    assert len(set(ends)) == 3
    assert ends[1] - ends[0] == pytest.approx(TB / 50e6 / 3600)


def test_a_circle_is_found_and_told() -> None:
    made = whole(Asset("db", 1, depends_on=("dc01",)), Asset("dc01", 1, depends_on=("db",)))
    assert severities(judge(made), "db")["recovery/cycle"] == "high"
    assert {f.row.cycle for f in made.facts(RecoveryStep) if f.row.cycle} == {"db, dc01"}


def test_a_repository_that_needs_what_it_restores() -> None:
    """The NAS authenticates against the domain controller whose backups it holds."""
    made = whole(Asset("nas", 2, depends_on=("dc01",)), Asset("dc01", 1))
    step = next(f.row for f in made.facts(RecoveryStep) if f.row.asset == "dc01")
    assert step.lost_with == "its repository is on nas, which needs dc01"
    assert severities(judge(made), "dc01")["recovery/restore-needs-itself"] == "high"


def test_what_it_needs_cannot_be_restored() -> None:
    made = whole(Asset("db", 1, depends_on=("mail",)), Asset("mail", 2))
    assert severities(judge(made), "db")["recovery/dependency-unprotected"] == "critical"


def test_what_nobody_said_of_the_site_is_undecided() -> None:
    told = judge(site(apart()))
    undecided = {f.rule for f in told.findings if f.outcome == "unknown" and f.target == "shop"}
    assert {"recovery/no-runbook", "recovery/single-person", "exposure/no-mfa"} <= undecided
    plan = declared(DeclaredRecovery(name="shop", runbook="", people=1), target="shop", where="recovery")
    faults = severities(judge(site(apart(), more=[plan])), "shop")
    assert {"recovery/no-runbook", "recovery/single-person"} <= set(faults)
