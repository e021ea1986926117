"""How long a restore takes: what was measured if there is a measurement, else what is assumed, and it says
which.

time = decide + provision + bytes / speed + checking what came back. Speed is that of a restore test of the
system itself, else of the repository, else half of what its backups read, else an assumption.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from analyzer.backup_server_store import store_repository, twins_of
from analyzer.declared import DeclaredRecovery, RestoreTest
from analyzer.derived.asset import System, systems_of
from analyzer.derived.asset_copy import AssetCopy
from analyzer.derived.repository import Repository
from analyzer.site import Site
from analyzer.wording import size
from collectors.backup_tables import BackupJob, BackupSession
from collectors.frozen import frozen
from collectors.guest_backup_tables import GuestBackupRun

DECIDE_HOURS = 2.0
PROVISION_HOURS = 1.0
CHECK_SHARE = 0.25
BACKUP_SHARE = 0.5
ASSUMED_BYTES_PER_SECOND = 50_000_000.0
"""Half of what a single disk or a gigabit network carries: where nothing was measured."""


LEAST_SECONDS = 60.0
"""A shorter run measures its start and end."""


@frozen
class Speed:
    """Bytes a second, and where it is from. *measured*: by a restore."""

    bytes_per_second: float
    basis: str
    measured: bool = False


_ASSUMED = Speed(ASSUMED_BYTES_PER_SECOND, f"assumed {size(ASSUMED_BYTES_PER_SECOND)}/s")


@frozen
class Estimate:
    """Hours to restore one system alone, its terms in words, and the part that only moves bytes."""

    hours: float
    basis: str
    measured: bool
    moving_hours: float
    speed: Speed


@frozen
class Speeds:
    """Speeds of a site. *assets*, *repositories*: by name of the asset, by identity of the repository."""

    assets: Mapping[str, Speed]
    repositories: Mapping[str, Speed]
    decide: tuple[float, bool]
    provision: tuple[float, bool]

    def of(self, asset: str, repository: str) -> Speed:
        """The surest speed that is known."""
        return self.assets.get(asset) or self.repositories.get(repository) or _ASSUMED


def speeds_of(site: Site) -> Speeds:
    """All that was measured."""
    plan = next((fact.row for fact in site.facts(DeclaredRecovery)), None)
    decide = plan.decide_hours if plan else None
    provision = plan.provision_hours if plan else None
    return Speeds(
        assets=_of_tests(site),
        repositories=_of_repositories(site),
        decide=(DECIDE_HOURS, False) if decide is None else (decide, True),
        provision=(PROVISION_HOURS, False) if provision is None else (provision, True),
    )


def _of_tests(site: Site) -> dict[str, Speed]:
    index = site.once(systems_of).index
    found: dict[str, Speed] = {}
    for fact in sorted(site.facts(RestoreTest), key=lambda one: one.row.at):
        row, match = fact.row, index.find(fact.row.asset)
        if match and match.asset and row.result == "ok" and row.size_bytes and row.seconds:
            rate = row.size_bytes / row.seconds
            found[match.asset] = Speed(
                rate, f"measured {size(rate)}/s in the restore test of {row.at:%Y-%m-%d}", True
            )
    return found


def _of_repositories(site: Site) -> dict[str, Speed]:
    read = _rates(site, "backup")
    for name, rates in _guest_rates(site).items():
        read.setdefault(name, []).extend(rates)
    found = {
        name: _speed(BACKUP_SHARE * median(rates), f"{BACKUP_SHARE:.0%} of what {_backups(len(rates))} read")
        for name, rates in read.items()
    }
    for name, rates in _rates(site, "restore").items():
        found[name] = _speed(median(rates), "of earlier restores", measured=True)
    for fact in site.facts(Repository):
        rate = fact.row.restore_bytes_per_second
        if rate:
            found[fact.row.repository] = Speed(rate, f"measured {size(rate)}/s, as site.toml says", True)
    return found


def _speed(rate: float, basis: str, *, measured: bool = False) -> Speed:
    return Speed(rate, f"{size(rate)}/s, {basis}", measured)


def _backups(count: int) -> str:
    return "one backup" if count == 1 else f"its {count} backups"


def _rates(site: Site, purpose: str) -> dict[str, list[float]]:
    """The speeds of good runs of at least a minute, by repository as the job names it."""
    sessions = site.facts(BackupSession)
    targets = _targets_of_jobs(site) if sessions else {}
    rates: dict[str, list[float]] = {}
    for fact in sessions:
        row = fact.row
        seconds = (row.ended_at - row.started_at).total_seconds() if row.ended_at and row.started_at else 0.0
        if (
            (row.purpose or "backup") == purpose
            and row.outcome in ("ok", "warning")
            and seconds >= LEAST_SECONDS
        ):
            moved = row.size_bytes or row.transferred_bytes
            repository = targets.get((row.product, row.server, row.job))
            if moved and repository:
                rates.setdefault(repository, []).append(moved / seconds)
    return rates


def _guest_rates(site: Site) -> dict[str, list[float]]:
    """How fast a hypervisor's backups read the disks of guests, by the repository they went to."""
    twins = site.once(twins_of).repositories
    rates: dict[str, list[float]] = {}
    for fact in site.facts(GuestBackupRun):
        row = fact.row
        seconds = row.transfer_seconds or 0.0
        if row.storage and row.succeeded and seconds >= LEAST_SECONDS:
            rate = row.transferred_bytes / seconds if row.transferred_bytes else row.bytes_per_second
            name = store_repository(fact.target, row.storage)
            if rate:
                rates.setdefault(twins.get(name, name), []).append(rate)
    return rates


def _targets_of_jobs(site: Site) -> dict[tuple[str, str, str], str]:
    names = {fact.row.name.lower(): fact.row.repository for fact in site.facts(Repository)}
    return {
        (fact.row.product, fact.row.server, fact.row.job): names.get(
            fact.row.repository.lower(), fact.row.repository
        )
        for fact in site.facts(BackupJob)
        if fact.row.repository
    }


def estimate(system: System, copies: Sequence[AssetCopy], best: str, speeds: Speeds) -> Estimate | None:
    """The time to restore the system alone; None if there is no copy or its size is not known."""
    chosen = next((copy for copy in copies if copy.repository == best), None)
    whole = system.size_bytes or (chosen.size_bytes if chosen else None)
    if chosen is None or not whole:
        return None
    speed = speeds.of(system.asset, chosen.repository)
    moving = whole / speed.bytes_per_second / 3600
    (decide, decide_told), (provision, provision_told) = speeds.decide, speeds.provision
    checking = CHECK_SHARE * moving
    terms = (
        f"decide {decide:g} h ({'declared' if decide_told else 'assumed'})",
        f"provision {provision:g} h ({'declared' if provision_told else 'assumed'})",
        f"move {size(whole)} {moving:.1f} h ({speed.basis})",
        f"check {checking:.1f} h (assumed)",
    )
    return Estimate(decide + provision + moving + checking, " + ".join(terms), speed.measured, moving, speed)
