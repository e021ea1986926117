# SPDX-License-Identifier: Apache-2.0
"""node_exporter, scraped, and the conditions of the alerts which its mixin ships, put to the metrics.

Waiting times ("for: 15m") are taken as over; conditions on six hours of history (…FillingUp) are not put.
"""

from __future__ import annotations

import re
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections import defaultdict
from pathlib import Path

from tests.lab.beds import Bed

from .said import Said

NAME = "node_exporter + mixin"
PROGRAM = "prometheus-node-exporter"
SCRAPE = (
    f"{PROGRAM} --web.listen-address=127.0.0.1:9100 >/tmp/exporter.log 2>&1 & for i in $(seq 100); do "
    "curl -sf http://127.0.0.1:9100/metrics && break; sleep 0.1; done; kill $!"
)
SAMPLE = re.compile(r"^(node_\w+)\{([^}]*)\} (\S+)$", re.MULTILINE)
Samples = dict[str, dict[tuple[str, str], float]]
"""Metric → (device, state or mount point) → value."""


def version() -> str:
    """As the program says; empty if it is not there."""
    try:
        told = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    found = re.search(r"version (\S+)", told.stdout + told.stderr)
    return found[1] if found else "?"


def samples(text: str) -> Samples:
    """The samples of the metrics about arrays and file systems."""
    read: Samples = defaultdict(dict)
    for name, labels, value in SAMPLE.findall(text):
        by = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        read[name][by.get("device", ""), by.get("state") or by.get("mountpoint", "")] = float(value)
    return read


def about_arrays(read: Samples) -> Said:
    """NodeRAIDDegraded and NodeRAIDDiskFailure."""
    alerts = {}
    for (device, _), required in read["node_md_disks_required"].items():
        if required - read["node_md_disks"].get((device, "active"), required) > 0:
            alerts["NodeRAIDDegraded"] = True
        if read["node_md_disks"].get((device, "failed"), 0) > 0:
            alerts["NodeRAIDDiskFailure"] = True
    return Said("alarm", ", ".join(alerts)) if alerts else Said("silent")


def about_filesystem(read: Samples, mount: str) -> Said:
    """NodeFilesystemAlmostOutOfSpace and …OutOfFiles: less than 5 % left, and not read-only."""
    values = {name: v for name, by in read.items() for (_, place), v in by.items() if place == mount}
    alerts = []
    kinds = {"Space": ("avail_bytes", "size_bytes"), "Files": ("files_free", "files")}
    for word, (left, whole) in kinds.items():
        total = values.get(f"node_filesystem_{whole}", 0)
        share = values.get(f"node_filesystem_{left}", total) / total if total else 1
        if share < 0.05 and values.get("node_filesystem_readonly") == 0:
            alerts.append(f"NodeFilesystemAlmostOutOf{word}")
    if alerts:
        return Said("alarm", ", ".join(alerts))
    if values.get("node_filesystem_device_error"):
        return Said("note", "metric `device_error`, no alert on it")
    return Said("silent")


def inside(bed: Bed, mount: str = "") -> Said:
    """Scrape in a bed and put the conditions on arrays, or on one mount point."""
    if not version():
        return Said("absent")
    text = bed.run(SCRAPE).text
    if "node_exporter_build_info" not in text:
        return Said("wrong", "no metrics")
    read = samples(text)
    if mount:
        return about_filesystem(read, mount)
    failed = 'node_scrape_collector_success{collector="mdadm"} 0' in text
    return Said("wrong", "mdadm collector failed") if failed else about_arrays(read)


def of(mdstat: str) -> Said:
    """Run with a text as /proc/mdstat."""
    if not version():
        return Said("absent")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "mdstat").write_text(mdstat)
        text = collected("mdadm", Path(folder))
    failed = 'node_scrape_collector_success{collector="mdadm"} 0' in text
    return Said("wrong", "mdadm collector failed") if failed else about_arrays(samples(text))


def pools(proc: Path) -> str | None:
    """Its metrics on pools of ZFS, of a folder like /proc; None if it is not installed."""
    return collected("zfs", proc) if version() else None


def collected(collector: str, proc: Path) -> str:
    """The metrics of one collector, that takes *proc* for /proc."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"
    options = ["--collector.disable-defaults", f"--collector.{collector}", f"--path.procfs={proc}"]
    command = [PROGRAM, f"--web.listen-address={place}", *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            return scraped(f"http://{place}/metrics")
        finally:
            process.terminate()


def scraped(address: str) -> str:
    """The metrics, as soon as they are served."""
    for _ in range(100):
        try:
            with urllib.request.urlopen(address) as answer:
                return str(answer.read().decode())
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(address)
