# SPDX-License-Identifier: Apache-2.0
"""Brings about each state in its bed and asks every tool that runs there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from collectors.targets.local import LocalTarget
from tests.lab import filesystems, lvm, md
from tests.lab.beds import must
from tests.lab.filesystems import filesystem_bed
from tests.lab.smartshim import smart_bed
from tests.lab.targets import BedTarget
from tests.lab.uml import Uml

from . import check_raid, holdwater_itself, netdata, node_exporter, pymdstat_fields, smartd
from .said import UNCOVERED, Row, Said
from .states import ALL_DRIVES, ARRAYS, DEVICES, FILESYSTEMS, TITLES, VOLUMES

CARE = holdwater_itself.CARE_COLUMN
STATES = tuple(TITLES)
FORGET = "dmesg -C; rm -f /run/mdadm/map"  # no state shall read of the one before it


def progress(state: str, row: Row) -> None:
    """One line for each state while it runs."""
    print(state, {tool: f"{said.level} {said.words}".strip() for tool, said in row.items()}, flush=True)


def arrays(states: Iterable[str] = ARRAYS) -> dict[str, Row]:
    """md arrays in user-mode Linux: all tools see the same kernel in the same state."""
    rows: dict[str, Row] = {}
    with tempfile.TemporaryDirectory() as folder, Uml(Path(folder), disks=md.DISKS, memory="1024M") as bed:
        for state in states:
            bed.run(FORGET)
            with md.SCENARIOS[state](bed) as array:
                judgement = holdwater_itself.audit(BedTarget(bed, "lab-md"))
                rows[state] = {
                    holdwater_itself.NAME: holdwater_itself.about(judgement, array.name),
                    CARE: Said("note", ", ".join(holdwater_itself.care(judgement))),
                    check_raid.NAME: check_raid.inside(bed),
                    pymdstat_fields.NAME: pymdstat_fields.of(must(bed, "cat /proc/mdstat") + "\n"),
                    node_exporter.NAME: node_exporter.inside(bed),
                    netdata.NAME: netdata.inside(bed, "mdstat."),
                }
            progress(state, rows[state])
    return rows


def file_systems(states: Iterable[str] = FILESYSTEMS) -> dict[str, Row]:
    """File systems on loop devices in user-mode Linux."""
    rows: dict[str, Row] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        filesystem_bed(Path(folder), force_uml=True) as bed,
    ):
        for state in states:
            bed.run(FORGET)
            with filesystems.SCENARIOS[state](bed) as volume:
                names = (volume.mount, volume.name) + (("btrfs",) if "btrfs" in state else ())
                chart = "btrfs" if "btrfs" in state else volume.mount.replace("/", "_")
                judgement = holdwater_itself.audit(BedTarget(bed.bed, "lab-fs"))
                rows[state] = {
                    holdwater_itself.NAME: holdwater_itself.about(judgement, *names),
                    CARE: Said("note", ", ".join(holdwater_itself.care(judgement))),
                    node_exporter.NAME: node_exporter.inside(bed, volume.mount),
                    netdata.NAME: netdata.inside(bed, chart),
                }
            progress(state, rows[state])
    return rows


def volumes(states: Iterable[str] = VOLUMES) -> dict[str, Row]:
    """Volumes of LVM in user-mode Linux."""
    rows: dict[str, Row] = {}
    with tempfile.TemporaryDirectory() as folder, Uml(Path(folder), disks=lvm.DISKS, memory="1024M") as bed:
        for state in states:
            bed.run(FORGET)
            with lvm.SCENARIOS[state](bed):
                judgement = holdwater_itself.audit(BedTarget(bed, "lab-lvm"), ("lvm", "block", "kernel-log"))
                rows[state] = {
                    holdwater_itself.NAME: holdwater_itself.about(judgement, "vg/", "vg-", "group vg", "mdX"),
                    CARE: Said("note", ", ".join(holdwater_itself.care(judgement))),
                    check_raid.NAME: check_raid.inside(bed),
                    netdata.NAME: netdata.inside(bed, "lvm"),
                }
            progress(state, rows[state])
    return rows


def drives() -> dict[str, Row]:
    """Fabricated drives, read by the real smartctl and the real smartd."""
    with tempfile.TemporaryDirectory() as folder:
        rows: dict[str, Row] = dict(smartd.run(Path(folder)))
        path = os.environ["PATH"]
        with smart_bed(Path(folder) / "drives", ALL_DRIVES) as programs:
            os.environ["PATH"] = f"{programs}:/usr/sbin:/usr/bin:/sbin:/bin"
            try:
                judgement = holdwater_itself.audit(LocalTarget("lab-drives"), ("smart", "block"))
            finally:
                os.environ["PATH"] = path
    for state, device in DEVICES.items():
        serial = ALL_DRIVES[device].serial
        rows[state][CARE] = Said("note", ", ".join(holdwater_itself.care(judgement)))
        rows[state][holdwater_itself.NAME] = holdwater_itself.about(judgement, serial, f"/dev/{device}")
        progress(state, rows[state])
    return rows


def complete(row: Row, tools: Iterable[str]) -> Row:
    """With what was not asked because it is not what the tool looks at."""
    return {tool: row.get(tool, UNCOVERED) for tool in tools}
