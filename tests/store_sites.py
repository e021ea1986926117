"""Audits of one canned host over weeks, for tests and benchmarks of the store."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from analyzer.engine import Judgement, judge
from analyzer.site import Asset, Site
from collectors.asking import collect
from collectors.block_tables import FsUsage, Mount
from collectors.bundle import BundleWriter
from collectors.collector import load
from collectors.drive_tables import Drive
from collectors.fact import Fact, Gap
from collectors.hypervisor_tables import Guest, GuestDisk, GuestSnapshot
from collectors.table import Row
from collectors.tools import host as machine
from holdwater.store import writing
from tests.canned import BEGAN, Answers, CannedTarget, host

FIRST = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def bundle(
    folder: Path, week: int, answers: Answers | None = None, *, site: str = "site", name: str = "db"
) -> Path:
    """The bundle of one week, asked in that week; answers default to those of a healthy host."""
    folder.mkdir(parents=True, exist_ok=True)
    at, began = (one + timedelta(weeks=week) for one in (FIRST, BEGAN))
    path = folder / f"audit-{week:03}-{name}.evidence.zip"
    writer = BundleWriter(path, site=site, tool="test", at=at)
    told = dict(host(name) if answers is None else answers)
    told[machine.CLOCK(hostname=name).argv] = f"{began.timestamp() + 3:.9f} {name}\n".encode()
    target = CannedTarget(name, told, began=began)
    asyncio.run(collect([target], list(load().values()), writer))
    return writer.path


def weeks(
    folder: Path, count: int, sick: Callable[[int], bool] = lambda week: False, *, site: str = "site"
) -> Iterator[Path]:
    """A bundle for each week; in the weeks that are *sick* the first disk fails."""
    for week in range(count):
        bad = sick(week)
        yield bundle(folder, week, host("db", sick=lambda number, bad=bad: bad and number == 0), site=site)


def keep(store: Path, judgement: Judgement, *, unreachable: str = "") -> Path:
    """Put a judgement of made-up facts into a store, as if its evidence lay in a bundle."""
    site = judgement.site
    digest = hashlib.sha256(f"{site.name} {site.at}".encode()).hexdigest()
    store.parent.mkdir(parents=True, exist_ok=True)
    path = store.parent / f"{digest[:8]}.evidence.zip"
    path.write_bytes(b"PK" + digest.encode())
    told: dict[str, dict[str, str]] = {
        name: {"kind": "ssh", "address": f"ssh://{name}"} for name in site.targets
    }
    if unreachable:
        told[unreachable] = {"kind": "ssh", "address": f"ssh://{unreachable}", "unreachable": "no route"}
    return writing.add(store, judgement, path, {"targets": told, "complete": True, "tool": "test"})


def guests(store: Path, count: int = 16) -> None:
    """A site `guests` with one audit a day: a file system that fills, a guest with an old snapshot."""
    past: list[Site] = []
    assets = (Asset("DC01", tier=1),)
    for day in range(count):
        rows: list[Row] = [
            Mount(mountpoint="/srv", source="/dev/sda1", fs_type="ext4", options="rw", read_only=False),
            FsUsage(
                mountpoint="/srv",
                source="/dev/sda1",
                fs_type="ext4",
                size_bytes=10**12,
                used_bytes=(500 + 20 * day) * 10**9,
                available_bytes=(500 - 20 * day) * 10**9,
            ),
            Guest(guest="uuid:1", name="DC01", hypervisor="libvirt"),
            GuestDisk(guest="uuid:1", guest_name="DC01", disk="vda", path="/srv/dc", format="qcow2"),
            GuestSnapshot(
                guest="uuid:1",
                guest_name="DC01",
                snapshot="before",
                name='=before|<b>"update"',
                created_at=FIRST - timedelta(days=40),
            ),
        ]
        site = Site("guests", FIRST + timedelta(days=day), ("hyper",), assets=assets, history=tuple(past))
        site.add(Fact("hyper", row) for row in rows)
        site.gaps.append(Gap("hyper", Drive, "denied", "sudo: a password is required", "/dev/sda"))
        keep(store, judge(site), unreachable="lost" if day == count - 1 else "")
        past.append(site)
