"""Coverage, shared fate and verdicts for many systems, restore points and repositories.

Baseline: a tenth of the size in the same run; twice linear is the most that is fine. Goal: 60 s and 2 GiB for
10,000 systems, 1,000,000 restore points and 200 repositories on two cores.
"""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

from analyzer.declared import DeclaredPlace, declared
from analyzer.derived.protection import Protection
from analyzer.derived.recovery_step import RecoveryStep
from analyzer.engine import every_rule
from analyzer.site import Asset, Site
from benchmarks.timing import verdict
from collectors.backup_tables import BackupRepository, RestorePoint
from collectors.fact import Fact, Origin, Source
from collectors.hypervisor_tables import Datastore, Guest, GuestDisk

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
GB = 10**9


def site(systems: int, points: int, repositories: int, seed: int = 1) -> Site:
    """Guests on 40 datastores, each in one or two repositories, every tenth of them needing another."""
    chance = random.Random(seed)
    source = (Source(Origin("vc", ("bench",), AT, "answers/1")),)
    made = Site("bench", AT, ("vc",))
    names = [f"vm-{n:05}" for n in range(systems)]
    stores = [Datastore(datastore=f"name:ds{n}", name=f"ds{n}", hypervisor="vmware") for n in range(40)]
    made.add(Fact("vc", row, source) for row in stores)
    for n, name in enumerate(names):
        guest = f"uuid:{n:08x}-0000-0000-0000-000000000000"
        made.add((Fact("vc", Guest(guest=guest, name=name, hypervisor="vmware"), source),))
        disk = GuestDisk(
            guest=guest,
            guest_name=name,
            disk="d",
            storage=f"ds{n % 40}",
            path=f"[ds{n % 40}] {name}",
            size_bytes=80 * GB,
        )
        made.add((Fact("vc", disk, source),))
    made.assets = tuple(
        Asset(name, 1 + n % 3, depends_on=(names[n // 10],) if n and n % 10 == 0 else ())
        for n, name in enumerate(names)
    )
    for n in range(repositories):
        row = BackupRepository(
            repository=f"r{n}", name=f"repo {n}", product="veeam", host=names[n] if n < 5 else None
        )
        made.add((Fact("vbr", row, source),))
        place = DeclaredPlace(name=f"r{n}", place=f"site {n % 3}", admin="backup")
        made.add((declared(place, target="bench", where="places"),))
    for at in range(points // systems):
        when = AT - timedelta(hours=24 * at + 10)
        for n, name in enumerate(names):
            point = RestorePoint(
                repository=f"r{(n + at % 2) % repositories}",
                point=f"{n}-{at}",
                source=name,
                created_at=when - timedelta(minutes=chance.randrange(60)),
                size_bytes=80 * GB,
                complete=True,
            )
            made.tables.setdefault(RestorePoint, []).append(Fact("vbr", point, source))
    return made


def measured(systems: int, points: int, repositories: int) -> tuple[float, float, int]:
    """CPU seconds of the verdicts, peak memory in MiB (input included), systems judged; in this process."""
    every_rule()
    made = site(systems, points, repositories)
    begun = time.process_time()
    judged = len(made.facts(Protection))
    len(made.facts(RecoveryStep))
    spent = time.process_time() - begun
    return spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, judged


def run() -> None:
    """Print a line for each size, each in a process of its own, and the growth between them."""
    print("verdicts: systems, their copies, what they share, levels, order of recovery")
    told = []
    for systems, points, repositories in ((1_000, 100_000, 20), (10_000, 1_000_000, 200)):
        work = (
            f"from benchmarks.verdicts import measured; print(*measured({systems}, {points}, {repositories}))"
        )
        command = [sys.executable, "-c", work]
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        seconds, memory, judged = (float(word) for word in out.split())
        told.append((seconds, memory))
        size = f"{judged:,.0f} systems, {points:,} points, {repositories} repositories"
        print(f"  {size}: {seconds:.1f} s CPU, {memory:,.0f} MiB")
    (small, _), (large, memory) = told
    verdict("seconds for the larger", large, "<= 60", large <= 60)
    verdict("MiB for the larger", memory, "<= 2048", memory <= 2048)
    verdict("ten times the size takes, times", large / small, "<= 20", large <= 20 * small)
