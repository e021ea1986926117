"""Analysis and report of 10,000 machines with 30,000 snapshots: time, peak memory, size, and how soon a
browser shows it. The baseline is to decode the same answers as JSON.

Needs Go and govmomi (tests/lab/vcsim.py). `python -m benchmarks.vsphere_report 1000` measures another size.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.report import in_chromium
from benchmarks.timing import verdict
from benchmarks.vsphere import collected
from collectors.bundle import Bundle
from collectors.targets.vsphere import PASSWORD
from tests.lab.beds import BedMissing
from tests.lab.vcsim import PASSWORD as SECRET
from tests.lab.vcsim import population, vcsim

MACHINES = 10_000


def run(machines: int = MACHINES) -> None:
    """Print seconds, megabytes and ratios."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            with vcsim(folder, seed=population(machines), machines=machines) as vcenter:
                os.environ |= {"SSL_CERT_FILE": str(vcenter.certificate), PASSWORD: SECRET}
                bundle = asyncio.run(collected(vcenter.port, folder))
        except BedMissing as missing:
            print(f"report of a vCenter: not measured: {missing}")
            return
        begun = time.perf_counter()
        _decoded(bundle)
        baseline = time.perf_counter() - begun
        page = folder / "report.html"
        command = [sys.executable, "-m", "holdwater", "report", str(bundle), "-o", str(page), "--no-history"]
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        took, peak = time.perf_counter() - begun, usage.ru_maxrss / 1024
        assert status == 0, "the report was not written"
        print(f"analysis and report of {machines} machines, {3 * machines} snapshots:")
        verdict("seconds", took, "<= 20", took <= 20)
        print(f"          of a processor: {usage.ru_utime + usage.ru_stime:.2f} s")
        verdict("of decoding the answers as JSON", took / baseline, "no goal; recorded", True)
        verdict("peak memory (MiB)", peak, "< 1024", peak < 1024)
        size = page.stat().st_size / 1e6
        verdict("megabytes", size, "<= 8", size <= 8)
        in_chromium(page)


def _decoded(bundle: Path) -> None:
    with Bundle(bundle) as opened:
        for target in opened.targets():
            for answer in target.answers():
                for line in answer.stdout.split(b"\n"):
                    json.loads(line or b"0")


if __name__ == "__main__":
    run(*(int(word) for word in sys.argv[1:2]))
