"""Replaying and judging recorded hosts: how many in a second on one core, and whether memory stays flat.

Hosts come as sites have them, ten in a bundle; and, dearest of all, each in a bundle of its own.
"""

from __future__ import annotations

import asyncio
import gc
import tempfile
import time
from pathlib import Path

from benchmarks.timing import peak_mebibytes, verdict
from collectors.asking import collect
from collectors.bundle import BundleWriter
from collectors.collector import load
from holdwater import api
from holdwater.judging import RARELY
from tests.canned import CannedTarget, host

HOSTS = 1000
SITE = 10
"""Hosts of one site."""


def bundle_of(names: list[str], folder: Path) -> Path:
    """The bundle of a site of canned hosts; every tenth has a sick disk."""
    targets = [
        CannedTarget(one, host(one, sick=lambda number, one=one: one.endswith("0") and number == 0))
        for one in names
    ]
    writer = BundleWriter(folder / f"{names[0]}-{len(names)}.evidence.zip", site=names[0], tool="benchmark")
    asyncio.run(collect(targets, list(load().values()), writer))
    return writer.path


def judged(bundles: list[Path]) -> tuple[float, int, float]:
    """Processor seconds, findings, and peak MiB after a tenth of the bundles."""
    findings, early = 0, 0.0
    begun = time.process_time()
    for number, path in enumerate(bundles):
        findings += len(api.judge(path).findings)
        if number == len(bundles) // 10:
            early = peak_mebibytes()
    return time.process_time() - begun, findings, early


def run() -> None:
    """Print hosts a second and memory after a tenth and after all of them."""
    gc.set_threshold(*RARELY)  # as every command that judges
    with tempfile.TemporaryDirectory() as folder:
        names = [f"host{number:04d}" for number in range(HOSTS)]
        sites = [names[at : at + SITE] for at in range(0, HOSTS, SITE)]
        bundles = [bundle_of(one, Path(folder)) for one in sites]
        alone = [bundle_of([one], Path(folder)) for one in names]
        api.judge(bundles[0])
        took, findings, early = judged(bundles)
        late = peak_mebibytes()
        single, _, _ = judged(alone)
        size = sum(path.stat().st_size for path in bundles) / HOSTS
    rate = HOSTS / took
    print(f"replaying and judging {HOSTS} hosts ({size / 1024:.1f} KiB, {findings // HOSTS} findings each):")
    print(f"          {took:.1f} s in {len(bundles)} sites, {single:.1f} s in bundles of their own;", end=" ")
    print(f"peak {early:.0f} MiB then {late:.0f} MiB")
    verdict(f"hosts a second, {SITE} a site", rate, ">= 200", rate >= 200)
    verdict("hosts a second, each its own site", HOSTS / single, ">= 200", HOSTS / single >= 200)
    verdict("memory after all / after a tenth", late / early, "<= 1.1", late / early <= 1.1)
