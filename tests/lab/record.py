# SPDX-License-Identifier: Apache-2.0
"""Records what the tools say in every scenario: ``python -m tests.lab.record OUT`` from the project's root.

OUT gets a directory a scenario, with three files a command: its output, ``.stderr`` and ``.status``;
``commands.json`` names the command of each file.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from . import filesystems, md
from .beds import Bed, HostBed
from .filesystems import filesystem_bed
from .smartshim import MEANING, smart_bed
from .uml import Uml

COMMON = {
    "lsblk": "lsblk --json --bytes --output-all",
    "mountinfo": "cat /proc/self/mountinfo",
    "df": "df -P -B1 -T",
    "df-inodes": "df -Pi",
    "ext4": "grep -aH '' /sys/fs/ext4/*/*",
}
MD = {
    "mdstat": "cat /proc/mdstat",
    "md-sysfs": "grep -aH '' /sys/block/md*/md/*",
    "md-members": "grep -aH '' /sys/block/md*/md/dev-*/*",
}
BTRFS = {
    "btrfs-stats": "btrfs --format json device stats {mount}",
    "btrfs-show": "btrfs filesystem show --raw {mount}",
    "btrfs-usage": "btrfs filesystem usage -b {mount}",
    "btrfs-scrub": "btrfs scrub status -R {mount}",
}
SMART = {
    "smart-scan-open": "smartctl --json --scan-open",
    "smart-json": "smartctl --json=c -x /dev/{drive}",
    "smart-text": "smartctl -x /dev/{drive}",
    "smart-json-unless-standby": "smartctl --json=c -n standby -x /dev/{drive}",
}


def record(bed: Bed, directory: Path, commands: Mapping[str, str]) -> None:
    """Run each command and keep what it gave."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, command in commands.items():
        answer = bed.run(command)
        (directory / name).write_bytes(answer.stdout)
        (directory / f"{name}.stderr").write_bytes(answer.stderr)
        (directory / f"{name}.status").write_text(f"{answer.status}\n")
    (directory / "commands.json").write_text(json.dumps(dict(commands), indent=1) + "\n")


def record_md(out: Path, scratch: Path) -> None:
    """Every md scenario, in user-mode Linux."""
    with Uml(scratch / "md", disks=md.DISKS) as bed:
        for name, scenario in md.SCENARIOS.items():
            with scenario(bed) as array:
                detail = {
                    "mdadm-export": f"mdadm --detail --export {array.device}",
                    "mdadm-detail": f"mdadm --detail {array.device}",
                }
                record(bed, out / f"md-{name}", MD | detail | COMMON)


def record_filesystems(out: Path, scratch: Path, prefix: str, in_uml: bool) -> None:
    """Every file system scenario, on the host or in user-mode Linux."""
    scratch.mkdir(exist_ok=True)
    with filesystem_bed(scratch, force_uml=in_uml) as bed:
        for name, scenario in filesystems.SCENARIOS.items():
            with scenario(bed) as volume:
                extra = BTRFS if name.startswith("btrfs") else {}
                commands = {key: text.format(mount=volume.mount) for key, text in extra.items()}
                record(bed, out / f"{prefix}-{name}", COMMON | commands)


def record_smart(out: Path, scratch: Path) -> None:
    """Every fabricated drive."""
    with smart_bed(scratch) as programs:
        os.environ["PATH"] = f"{programs}:{os.environ['PATH']}"
        for meaning, drive in MEANING.items():
            commands = {key: text.format(drive=drive) for key, text in SMART.items()}
            record(HostBed(), out / f"smart-{meaning}", commands)


def main(out: Path) -> None:
    """Record everything."""
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="record-")))
        record_filesystems(out, scratch / "host", "fs", in_uml=False)
        record_filesystems(out, scratch / "uml", "fs-uml", in_uml=True)
        record_md(out, scratch)
        record_smart(out, scratch / "smart")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
