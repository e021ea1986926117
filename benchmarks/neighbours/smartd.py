# SPDX-License-Identifier: Apache-2.0
"""smartd with the line of Debian's smartd.conf: DEVICESCAN, which implies -a. A warning sent is an alarm.

Two checks, `smartd -q onecheck` each with the state file smartd keeps: the first of drives as they are, the
second of drives which were well at the first and got their fault since.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tests.lab.beds import need_programs
from tests.lab.smartshim import DRIVES, Drive, smart_bed
from tests.lab.smartshim.ata import AtaDrive, Attribute
from tests.lab.smartshim.make_drives import SOLID_STATE, WORN
from tests.lab.smartshim.nvme import NvmeDrive
from tests.lab.smartshim.scsi import ScsiDrive

from .said import Said
from .states import ALL_DRIVES, DEVICES

FIRST, LATER = "smartd, first check", "smartd, check after the change"
NAMES = (FIRST, LATER)
DIRECTIVE = "DEVICESCAN -d removable -n standby -m root -M exec"


def version() -> str:
    """As the program says."""
    told = subprocess.run(["smartd", "--version"], capture_output=True, text=True).stdout
    return " ".join(told.split()[1:2])


def well(drive: Drive) -> Drive:
    """The same drive before its fault."""
    if isinstance(drive, NvmeDrive):
        return NvmeDrive(drive.serial)
    if isinstance(drive, ScsiDrive):
        return ScsiDrive(drive.serial)
    if drive.model != "ST4000DM004-2CV104":
        return replace(drive, attributes=SOLID_STATE | {177: Attribute(99, 20, WORN)}, statistics=None)
    healthy = DRIVES["sda"]
    assert isinstance(healthy, AtaDrive)
    return replace(healthy, serial=drive.serial)


def check(folder: Path, drives: Mapping[str, Drive]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """One check: device → kinds of warnings sent, and device → lines logged."""
    sent = folder / "sent"
    sent.unlink(missing_ok=True)
    report = folder / "report.sh"
    report.write_text(f'#!/bin/sh\nprintf "%s\\t%s\\n" "$SMARTD_DEVICE" "$SMARTD_FAILTYPE" >>{sent}\n')
    report.chmod(0o755)
    (folder / "smartd.conf").write_text(f"{DIRECTIVE} {report}\n")
    made = folder / "made"
    shutil.rmtree(made, ignore_errors=True)
    with smart_bed(made, dict(drives)):
        environment = os.environ | {"LD_PRELOAD": f"{made}/shim.so", "HOLDWATER_SHIM": f"{made}/drives"}
        options = [
            "-q",
            "onecheck",
            "-c",
            f"{folder}/smartd.conf",
            "-s",
            f"{folder}/state.",
            "-A",
            "",
            "-p",
            "",
        ]
        done = subprocess.run(
            ["smartd", *options], env=environment, capture_output=True, text=True, check=True
        )
    warnings, lines = defaultdict(list), defaultdict(list)
    for line in sent.read_text().splitlines() if sent.exists() else ():
        device, kind = line.split("\t")
        warnings[device.removeprefix("/dev/")].append(kind)
    for line in done.stdout.partition("Monitoring ")[2].splitlines():
        if line.startswith("Device: /dev/"):
            device, _, text = line.removeprefix("Device: /dev/").partition(", ")
            lines[device.split()[0]].append(text)
    return warnings, lines


def said(device: str, warnings: Mapping[str, list[str]], lines: Mapping[str, list[str]]) -> Said:
    """A warning is an alarm; a line in the log about trouble or a change is a note."""
    if kinds := warnings.get(device):
        return Said("alarm", ", ".join(dict.fromkeys(kinds)))
    for text in lines.get(device, ()):
        if "STANDBY" in text:
            return Said("unknown", "asleep, check postponed")
        if "completed with error" in text:
            return Said("note", "failed self-test, in the log only")
        if "changed from" in text:
            return Said("note", "change of a value, in the log only")
    return Said("silent")


def run(folder: Path) -> dict[str, dict[str, Said]]:
    """State → column → what was said."""
    need_programs({"smartd": "smartmontools"})
    (folder / "first").mkdir()
    (folder / "later").mkdir()
    first = check(folder / "first", ALL_DRIVES)
    check(folder / "later", {name: well(drive) for name, drive in ALL_DRIVES.items()})
    later = check(folder / "later", ALL_DRIVES)
    return {
        state: {FIRST: said(device, *first), LATER: said(device, *later)} for state, device in DEVICES.items()
    }
