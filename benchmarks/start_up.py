"""How long a command takes to start, against bare Python and against importing pandas."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.timing import processes, verdict


def run() -> None:
    """Print the ratios."""
    from benchmarks.replay import bundle_of

    with tempfile.TemporaryDirectory() as folder:
        bundle = bundle_of("bench", Path(folder))
        program = [sys.executable, "-m", "holdwater"]
        bare, pandas, shown, helped = processes(
            [
                [sys.executable, "-c", "pass"],
                [sys.executable, "-c", "import pandas"],
                [*program, "show", "drive", str(bundle)],
                [*program, "--help"],
            ]
        )
    print(f"start-up: python {bare * 1000:.0f} ms, import pandas {pandas * 1000:.0f} ms")
    print(f"          holdwater --help {helped * 1000:.0f} ms, holdwater show drive {shown * 1000:.0f} ms")
    verdict("--help / bare Python", helped / bare, "<= 6", helped / bare <= 6)
    verdict("show / bare Python", shown / bare, "no goal; recorded", True)
    verdict("show / import pandas", shown / pandas, "no goal; recorded", True)
