"""Report, PDF and workbook of 100, 1,000 and 10,000 systems: seconds, megabytes, growth.

A PDF writes out a bounded part of the findings, so that it grows slower than the systems do.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks.report import in_chromium
from benchmarks.timing import peak_mebibytes, verdict
from reports.excerpt import excerpts
from reports.formats import FORMATS
from reports.material import Material
from tests.site_factory import build

SIZES = (100, 1_000, 10_000)
NAMES = ("html", "pdf", "xlsx", "csv", "json", "sarif", "prometheus", "markdown")
MOST_MEGABYTES = 12


def run() -> None:
    """Print seconds of processor time and megabytes of each format at each size."""
    taken: dict[str, list[float]] = {name: [] for name in NAMES}
    with tempfile.TemporaryDirectory() as folder:
        for hosts in SIZES:
            built = build(hosts=hosts, findings=hosts * 5, disks=4, passes=hosts * 20, unread=hosts)
            material = Material(
                judgement=built.judgement, manifest=built.manifest, excerpt=excerpts(built.read)
            )
            print(f"{hosts} systems, {hosts * 5} findings")
            for name in NAMES:
                begun = time.process_time()
                raw = FORMATS[name].write(material)
                taken[name].append(time.process_time() - begun)
                print(f"  {name:<11}{taken[name][-1]:8.2f} s {len(raw) / 1e6:8.2f} MB")
                if name == "html":
                    verdict("megabytes of HTML", len(raw) / 1e6, f"<= {MOST_MEGABYTES}", len(raw) < 12e6)
                    page = Path(folder) / "report.html"
                    page.write_bytes(raw)
                    in_chromium(page)
            print(f"  peak {peak_mebibytes():.0f} MiB")
    for name, seconds in taken.items():
        growth = seconds[-1] / seconds[-2]
        verdict(f"{name}: ten times the systems take times", growth, "<= 13", growth <= 13)
