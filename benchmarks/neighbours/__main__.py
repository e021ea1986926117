# SPDX-License-Identifier: Apache-2.0
"""Runs the comparison and writes docs/neighbours.md: ``python -m benchmarks.neighbours``."""

from __future__ import annotations

import argparse
from pathlib import Path

from . import beds, corpus, pools
from .page import page
from .results import Results, kept, stamped

PAGE = Path(__file__).resolve().parents[2] / "docs" / "neighbours.md"
BEDS = {
    "arrays": beds.arrays,
    "file-systems": beds.file_systems,
    "volumes": beds.volumes,
    "drives": beds.drives,
    "pools": pools.pools,
}


def main() -> None:
    """Run what was asked for on top of what was kept; write the page once it is whole."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.neighbours", description=__doc__)
    parser.add_argument(
        "--only", default="arrays,file-systems,volumes,pools,drives,corpus", help="parts, joined with commas"
    )
    parser.add_argument("--kept", type=Path, help="a file of results: read if it is there, and written")
    given = parser.parse_args()
    results = kept(given.kept) if given.kept and given.kept.exists() else Results()
    parts = [part for part in given.only.split(",") if part]
    for part in parts:
        if part == "corpus":
            results.corpus, results.corpus_words, differing = corpus.counts()
            results.pools, differing_pools = pools.corpus()
            print(*differing, *differing_pools, sep="\n")
        else:
            results.states |= BEDS[part]()
    if parts:
        stamped(results, parts)
    if given.kept:
        results.keep(given.kept)
    if missing := [state for state in beds.STATES if state not in results.states]:
        print(f"not every state was run, so {PAGE.name} stays as it is: {', '.join(missing)}")
        return
    PAGE.write_text(page(results), "utf-8")
    print(f"wrote {PAGE}")


main()
