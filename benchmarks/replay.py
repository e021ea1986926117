"""Replaying and judging recorded hosts: how many in a second on one core, and whether memory stays flat."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from benchmarks.timing import peak_mebibytes, verdict
from collectors.asking import collect
from collectors.bundle import BundleWriter
from collectors.collector import load
from holdwater import api
from tests.canned import CannedTarget, host

HOSTS = 1000


def bundle_of(name: str, folder: Path) -> Path:
    """The bundle of one canned host; every tenth has a sick disk."""
    sick = name.endswith("0")
    target = CannedTarget(name, host(name, sick=lambda number: sick and number == 0))
    writer = BundleWriter(folder / f"{name}.evidence.zip", site=name, tool="benchmark")
    asyncio.run(collect([target], list(load().values()), writer))
    return writer.path


def run() -> None:
    """Print hosts a second and memory after a tenth and after all of them."""
    with tempfile.TemporaryDirectory() as folder:
        bundles = [bundle_of(f"host{number:04d}", Path(folder)) for number in range(HOSTS)]
        size = sum(path.stat().st_size for path in bundles) / HOSTS
        api.judge(bundles[0])
        begun = time.process_time()
        findings = 0
        early = 0.0
        for number, path in enumerate(bundles):
            findings += len(api.judge(path).findings)
            if number == HOSTS // 10:
                early = peak_mebibytes()
        took = time.process_time() - begun
    rate = HOSTS / took
    late = peak_mebibytes()
    print(f"replaying and judging {HOSTS} hosts ({size / 1024:.1f} KiB, {findings // HOSTS} findings each):")
    print(f"          {took:.1f} s, {rate:.0f} hosts a second; peak {early:.0f} MiB then {late:.0f} MiB")
    verdict("hosts a second", rate, ">= 200", rate >= 200)
    verdict("memory after all / after a tenth", late / early, "<= 1.1", late / early <= 1.1)
