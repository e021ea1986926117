"""How far back the copies of each system reach in each repository, against how far they should.

What should be there is what the owner wants, else what the policy of a job or a repository promises. That a
promise is broken takes proof: a young repository reaches back no further than its age.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analyzer.backup_server_store import store_repository
from analyzer.copy_series import collected
from analyzer.declared import DeclaredRepository
from analyzer.derived.asset import systems_of
from analyzer.derived.asset_copy import AssetCopy
from analyzer.derived.repository import Repository
from analyzer.derived.repository_room import RepositoryRoom
from analyzer.joining import sources
from analyzer.repository_names import means
from analyzer.retention import Promise, promised
from analyzer.site import Site, derived
from analyzer.snapshot_proofs import received_in
from collectors.backup_tables import BackupJob, BackupRepository
from collectors.fact import Fact
from collectors.frozen import frozen
from collectors.guest_backup_tables import GuestBackupJob
from collectors.table import Row, column, table

_DAY = 86_400.0


@table("kept_span", key=("asset", "repository"), label=("asset", "repository_name"), root=("asset",))
class KeptSpan(Row):
    """The copies of one system in one repository, of which somebody said for how long they are kept."""

    asset: str = column("Name of the system")
    repository: str = column("Identity of the repository")
    repository_name: str = column("What its people call it")
    wanted_days: float = column("How far back its copies should reach")
    wanted_by: str = column("Who says so: site.toml, or the policy as written")
    stated: bool = column("The owner says so; else a policy promises it", default=False)
    cycle_days: float = column(
        "Days between the oldest copies by the policy, or between any two", default=1.0
    )
    span_days: float | None = column(
        "From the newest good copy to the oldest; None: no time is told", default=None
    )
    lost_days: float | None = column(
        "Age that the oldest copy would have, which an earlier audit saw and which should still be there",
        default=None,
    )
    seen_days: float | None = column("Since the first audit that saw copies of it there", default=None)
    days_to_full: float | None = column("Days until the repository is full by its growth", default=None)


@frozen
class _Wanted:
    promise: Promise
    by: str
    stated: bool
    fact: Fact[Any] | None
    everywhere: bool = False


@derived(KeptSpan, out_of=(AssetCopy, Repository, RepositoryRoom))
def kept_spans(site: Site) -> Iterator[Fact[KeptSpan]]:
    copies = site.facts(AssetCopy)
    if not copies:
        return
    wanted = _Wishes(site)
    rooms = {fact.row.repository: fact for fact in site.facts(RepositoryRoom)}
    past: Mapping[tuple[str, str], tuple[float, float]] | None = None
    furthest = _furthest(copies)
    for fact in copies:
        wish = wanted.of(fact.row)
        if wish is None or not fact.row.good:
            continue
        if wish.everywhere and furthest[fact.row.asset] is not fact:
            continue  # one repository that reaches back far enough is what the owner asks for
        row, room = fact.row, rooms.get(fact.row.repository)
        span = None
        if row.oldest_days is not None and row.age_hours is not None:
            span = row.oldest_days - row.age_hours / 24
        cycle = max(wish.promise.cycle_days, (row.interval_hours or 0.0) / 24, 1.0)
        lost = seen = None
        if span is not None and span < wish.promise.days - cycle:
            past = _past(site) if past is None else past
            lost, seen = _earlier(site, past.get((row.asset, row.repository)), row, wish.promise, cycle)
        told = KeptSpan(
            asset=row.asset,
            repository=row.repository,
            repository_name=row.repository_name,
            wanted_days=wish.promise.days,
            wanted_by=wish.by,
            stated=wish.stated,
            cycle_days=cycle,
            span_days=span,
            lost_days=lost,
            seen_days=seen,
            days_to_full=room.row.days_to_full if room else None,
        )
        yield Fact(fact.target, told, sources(fact, wish.fact, room))


def _furthest(copies: Sequence[Fact[AssetCopy]]) -> dict[str, Fact[AssetCopy]]:
    """Of each system, the copies that reach back the furthest."""
    found: dict[str, Fact[AssetCopy]] = {}
    for fact in sorted(copies, key=lambda one: (one.row.oldest_days or 0.0, one.row.repository)):
        if fact.row.good:
            found[fact.row.asset] = fact
    return found


class _Wishes:
    """What is wanted of each copy: by the owner of the system, of the repository, or by a policy."""

    def __init__(self, site: Site) -> None:
        self._drafts = site.once(systems_of).drafts
        self._declared = [fact for fact in site.facts(DeclaredRepository) if fact.row.keep_days]
        self._repositories: dict[str, list[Fact[BackupRepository]]] = {}
        for fact in site.facts(BackupRepository):
            self._repositories.setdefault(fact.row.repository, []).append(fact)
        self._jobs: dict[str, list[Fact[Any]]] = {}
        self._known: dict[tuple[str, str], _Wanted | None] = {}
        for job in site.facts(BackupJob):
            if job.row.repository and job.row.retention and job.row.enabled is not False:
                self._jobs.setdefault(received_in(site, job) or job.row.repository, []).append(job)
        for vzdump in site.facts(GuestBackupJob):
            if vzdump.row.storage and vzdump.row.keep and vzdump.row.enabled is not False:
                name = store_repository(vzdump.target, vzdump.row.storage)
                self._jobs.setdefault(name, []).append(vzdump)

    def of(self, copy: AssetCopy) -> _Wanted | None:
        draft = self._drafts.get(copy.asset)
        if draft is not None and draft.wanted is not None and draft.wanted.keep_days:
            return _Wanted(Promise(draft.wanted.keep_days, 1.0), "site.toml", True, None, True)
        key = (copy.repository, copy.repository_name)
        if key not in self._known:
            self._known[key] = self._of_repository(*key)
        return self._known[key]

    def _of_repository(self, repository: str, repository_name: str) -> _Wanted | None:
        told = self._repositories.get(repository, [])
        names = [fact.row for fact in told]
        for fact in self._declared:
            if any(means(fact.row.name, row) for row in names) or fact.row.name == repository_name:
                return _Wanted(Promise(fact.row.keep_days or 0.0, 1.0), "site.toml", True, fact)
        policies: list[tuple[str | None, Fact[Any]]] = [(fact.row.retention, fact) for fact in told]
        for key in (repository, repository_name):
            for job in self._jobs.get(key, []):
                text = job.row.keep if isinstance(job.row, GuestBackupJob) else job.row.retention
                policies.append((text, job))
        found = [(promise, text, fact) for text, fact in policies if (promise := promised(text))]
        if not found:
            return None
        promise, text, fact = max(found, key=lambda one: (one[0].days, str(one[1])))
        return _Wanted(promise, f"the policy {text}", False, fact)


def _past(site: Site) -> dict[tuple[str, str], tuple[float, float]]:
    """System and repository → the first audit that saw copies, and the oldest copy that any audit saw."""
    found: dict[tuple[str, str], tuple[float, float]] = {}
    for earlier in site.history:
        for key, series in earlier.once(collected).series.items():
            if series.good:
                first, oldest = found.get(key, (earlier.at.timestamp(), float("inf")))
                found[key] = (first, min(oldest, min(series.good)))
    return found


def _earlier(
    site: Site, past: tuple[float, float] | None, row: AssetCopy, promise: Promise, cycle: float
) -> tuple[float | None, float | None]:
    """How old what is gone before its time would be, and since when copies were seen."""
    if past is None:
        return None, None
    first, oldest = past
    now = site.at.timestamp()
    age = (now - oldest) / _DAY
    gone = age > (row.oldest_days or 0.0) + cycle and age <= promise.days
    return (age if gone else None), (now - first) / _DAY
