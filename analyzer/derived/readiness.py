"""How recovery is prepared and who can reach the backups, as far as anybody said: a row each for the site."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analyzer.asset_index import AssetIndex
from analyzer.declared import DeclaredExposure, DeclaredRecovery
from analyzer.derived.asset import System, systems_of
from analyzer.derived.protection import Protection
from analyzer.host_roles import host_roles
from analyzer.joining import sources
from analyzer.site import Site, derived
from analyzer.wording import listed
from collectors.block_tables import Host
from collectors.fact import Fact
from collectors.table import Row, column, table


@table("recovery_readiness", key=("site",))
class RecoveryReadiness(Row):
    """The recovery of the site as it is prepared. None: nobody said."""

    site: str = column("Name of the site")
    systems: int = column("Systems of tier 1 and 2, those without a tier included", default=0)
    runbook: str | None = column("Where the plan is; empty: there is none", default=None)
    runbook_days: float | None = column("Since it was last gone through", default=None)
    runbook_lost_with: str = column("Systems of the site that it is only kept on", default="")
    runbook_kept_outside: bool | None = column("A copy is kept off all systems of the site", default=None)
    people: int | None = column("How many can carry it out", default=None)
    clean_room: bool | None = column("There is an isolated network to restore into", default=None)
    spare_capacity: bool | None = column("There are machines to restore onto", default=None)
    break_glass: bool | None = column("Credentials that need no directory are kept apart", default=None)
    golden_images: bool | None = column("Images, licence keys and drivers are kept offline", default=None)
    obsolete_reader: str | None = column(
        "Old drive or system that a restore needs; empty: none", default=None
    )
    needs: str = column("What the backup system needs to restore, that is a system of the site", default="")
    needs_told: bool = column("Somebody said what it needs", default=False)
    dependencies: int = column("Systems for which somebody said what they need", default=0)
    unknown_dependencies: str = column("Names of what is needed that mean no system of the site", default="")
    directories: int = column("Systems that are a directory or a domain controller", default=0)
    directories_restorable: int = column("Of these, restorable ones", default=0)


@table("exposure_state", key=("site",))
class ExposureState(Row):
    """Who can reach the backups of the site. None: nobody said."""

    site: str = column("Name of the site")
    backups: int = column("Repositories with good copies", default=0)
    backup_domain_joined: bool | None = column("The backup server is in the production domain", default=None)
    shared_admin: bool | None = column("One account administers production and backup", default=None)
    mfa: bool | None = column("Consoles need a second factor", default=None)
    backup_admin_can_delete: bool | None = column("The backup administrator can delete copies", default=None)
    default_credentials: bool | None = column("Factory accounts are left", default=None)
    cleartext_transport: bool | None = column("Copies leave the site unencrypted", default=None)
    audit_log: bool | None = column("Deletions are logged on another machine", default=None)
    bmc_on_user_network: bool | None = column("Management controllers can be reached by users", default=None)
    cloud_single_account: bool | None = column("Cloud backups lie in the account of production", default=None)
    clock_of_production: bool | None = column("Their clock follows one that production can set", default=None)
    clock_host: str = column("The machine with backups whose clock is furthest off", default="")
    clock_skew_seconds: float | None = column("How far; None: no clock was compared", default=None)
    alerting: bool | None = column("Somebody is told when a backup does not happen", default=None)
    licence_days: float | None = column("Days to the end of the product's licence", default=None)


_DIRECTORY = ("directory", "domain controller")
_SAME = (
    *("backup_domain_joined", "shared_admin", "mfa", "backup_admin_can_delete", "default_credentials"),
    *("cleartext_transport", "audit_log", "bmc_on_user_network", "cloud_single_account", "alerting"),
    "clock_of_production",
)
"""Columns that are as `site.toml` tells them."""


@derived(RecoveryReadiness, out_of=(DeclaredRecovery,))
def readiness(site: Site) -> Iterator[Fact[RecoveryReadiness]]:
    if not site.targets:
        return
    index = site.once(systems_of).index
    told = next(iter(site.facts(DeclaredRecovery)), None)
    systems = [fact.row for fact in site.facts(System)]
    standings = {fact.row.asset: fact.row.standing for fact in site.facts(Protection)}
    directories = [row.asset for row in systems if row.kind in _DIRECTORY or row.role in _DIRECTORY]
    unknown = {name for one in systems for name in _lines(one.unknown_dependencies)}
    state = RecoveryReadiness(
        site=site.name,
        systems=len([one for one in systems if (one.tier or 2) <= 2]),
        dependencies=len([one for one in systems if one.depends_on]),
        unknown_dependencies=listed(sorted(unknown), 4),
        directories=len(directories),
        directories_restorable=len(
            [one for one in directories if standings.get(one) in ("proven", "plausible")]
        ),
        **(_said(site, told.row, index) if told else {}),
    )
    yield Fact(site.name, state, sources(told))


def _said(site: Site, row: DeclaredRecovery, index: AssetIndex) -> dict[str, Any]:
    """Columns that `site.toml` tells."""
    outside, lost = _kept(row.runbook_kept, index)
    needed = [match.asset for one in _lines(row.needs) if (match := index.find(one)) and match.asset]
    return {
        "runbook": row.runbook,
        "runbook_days": (site.at - row.runbook_at).total_seconds() / 86_400 if row.runbook_at else None,
        "runbook_lost_with": listed(lost, 3),
        "runbook_kept_outside": outside if row.runbook_kept else None,
        "people": row.people,
        "clean_room": row.clean_room,
        "spare_capacity": row.spare_capacity,
        "break_glass": row.break_glass,
        "golden_images": row.golden_images,
        "obsolete_reader": row.obsolete_reader,
        "needs": "\n".join(needed),
        "needs_told": bool(row.needs),
    }


def _lines(text: str) -> list[str]:
    return [one for one in text.split("\n") if one] if text else []


def _kept(places: str, index: AssetIndex) -> tuple[bool, list[str]]:
    """Whether a place is none of the systems, and the systems among the places."""
    found = [(place, index.find(place)) for place in _lines(places)]
    inside = [match.asset for _, match in found if match is not None and match.asset]
    return len(inside) < len(found), inside


@derived(ExposureState, out_of=(DeclaredExposure,))
def exposure(site: Site) -> Iterator[Fact[ExposureState]]:
    if not site.targets:
        return
    told = next(iter(site.facts(DeclaredExposure)), None)
    same: dict[str, Any] = {name: getattr(told.row, name) for name in _SAME} if told else {}
    ends = told.row.licence_ends_at if told else None
    clock = _worst_clock(site)
    state = ExposureState(
        site=site.name,
        backups=len({fact.row.best for fact in site.facts(Protection) if fact.row.best}),
        licence_days=(ends - site.at).total_seconds() / 86_400 if ends else None,
        clock_host=clock.target if clock else "",
        clock_skew_seconds=clock.row.clock_skew_seconds if clock else None,
        **same,
    )
    yield Fact(site.name, state, sources(told, clock))


def _worst_clock(site: Site) -> Fact[Host] | None:
    """Of the machines that hold or make backups, the one whose clock is furthest off."""
    roles = site.once(host_roles)
    holding = {target for target in site.targets if roles.of(target) in ("repository", "backup server")}
    holding.update(roles.repositories)
    told = [
        fact
        for fact in site.facts(Host)
        if fact.row.clock_skew_seconds is not None and fact.target in holding
    ]
    return max(told, key=lambda fact: (abs(fact.row.clock_skew_seconds or 0.0), fact.target), default=None)
