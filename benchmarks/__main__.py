"""Runs every benchmark, or those named."""

from __future__ import annotations

import importlib
import sys

ALL = (
    "start_up",
    "collecting",
    "replay",
    "report",
    "big_host",
    "vsphere",
    "vsphere_report",
    "exports",
    "mail",
    "forecast",
    "store",
    "proxmox",
    "verdicts",
)


def main() -> None:
    """`python -m benchmarks [NAME…]`."""
    for name in sys.argv[1:] or ALL:
        importlib.import_module(f"benchmarks.{name}").run()
        print(flush=True)


main()
