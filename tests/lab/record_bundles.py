# SPDX-License-Identifier: Apache-2.0
"""Records the bundles of `fixtures/bundles` from the beds: ``python -m tests.lab.record_bundles``.

With names it records only those; with ``--expect`` nothing is recorded, but what today's rules make of the
bundles is written anew. Needs what the beds need, and root.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from collectors.bundle import Bundle
from holdwater import api
from holdwater.site_file import TargetEntry
from tests.recorded import BUNDLES, SUFFIX, write_expected

from . import filesystems, md
from .audits import collected
from .beds import Answer, Bed, BedError, must, shell_text
from .filesystems import filesystem_bed
from .guest import Guest
from .smartshim import smart_bed
from .targets import BedTarget
from .uml import Uml

ARRAYS = {
    "md-healthy": "raid1-healthy",
    "md-degraded": "raid1-degraded",
    "md-removed": "raid1-removed",
    "md-rebuilding": "raid5-rebuilding",
    "md-mismatched": "raid1-mismatched",
    "md-inactive": "raid5-inactive",
    "md-failed": "raid5-broken",
}
FILESYSTEMS = {"fs-emergency-read-only": "ext4-emergency-read-only", "fs-no-inodes": "ext4-no-inodes"}
DRIVES = ("drives",)
SSH = {"ssh-degraded": "root", "ssh-sudo-refused": "auditor"}


class Drives:
    """A bed whose smartctl sees the fabricated drives, which were copied into it."""

    PLACE = "/tmp/drives"

    def __init__(self, bed: Uml, made: Path) -> None:
        """Copy; *made* is the directory which smart_bed was given."""
        self.bed = bed
        shared = bed.share(made, "/mnt/made")
        rewrite = f"sed -i 's|{made}|{self.PLACE}|g' {self.PLACE}/bin/smartctl"
        must(bed, f"cp -r {shared} {self.PLACE} && umount {shared} && {rewrite}")

    def run(self, command: str | Sequence[str], timeout: float = 60) -> Answer:
        """Run with their smartctl first in PATH."""
        return self.bed.run(f"PATH={self.PLACE}/bin:$PATH; {shell_text(command)}", timeout)


def afresh(name: str) -> Path:
    """The path of a bundle, with nothing there."""
    path = BUNDLES / f"{name}{SUFFIX}"
    path.unlink(missing_ok=True)
    return path


def keep(bed: Bed, target: str, name: str) -> None:
    """Record a bed as it is now."""
    collected(BedTarget(bed, target), afresh(name))


def record_arrays(scratch: Path, names: Iterable[str]) -> None:
    """Arrays in user-mode Linux."""
    with Uml(scratch, disks=md.DISKS, name="lab-md") as bed:
        for name in names:
            with md.SCENARIOS[ARRAYS[name]](bed):
                keep(bed, "lab-md", name)


def record_filesystems(scratch: Path, names: Iterable[str]) -> None:
    """File systems in user-mode Linux, for this host's own mounts are nobody's business."""
    scratch.mkdir(exist_ok=True)
    with filesystem_bed(scratch, force_uml=True) as bed:
        for name in names:
            with filesystems.SCENARIOS[FILESYSTEMS[name]](bed):
                keep(bed, "lab-fs", name)


def record_drives(scratch: Path, names: Iterable[str]) -> None:
    """The fabricated drives, all in one bundle."""
    with smart_bed(scratch / "made"), Uml(scratch / "uml", disks=md.DISKS[:1], name="lab-drives") as bed:
        for name in names:
            keep(Drives(bed, scratch / "made"), "lab-drives", name)


def record_ssh(scratch: Path, names: Iterable[str]) -> None:
    """A degraded array of the emulated guest, over SSH, as root and as a user whose sudo is refused."""
    with Guest(scratch) as guest, md.SCENARIOS["raid1-degraded"](guest):
        (scratch / ".ssh").mkdir()
        (scratch / ".ssh" / "config").write_text(
            f"Host lab-guest\n  HostName {guest.host}\n  Port {guest.port}\n  IdentityFile {guest.key}\n"
            f"  UserKnownHostsFile {guest.known_hosts}\n"
        )
        os.environ["HOME"] = str(scratch)
        for name in names:
            target = TargetEntry(f"ssh://{SSH[name]}@lab-guest", "lab-guest")
            api.collect([target], BUNDLES, site="lab-guest", out=afresh(name))


def traces(path: Path) -> set[str]:
    """Names and places of the machine that recorded which are in a bundle's answers or manifest."""
    with Bundle(path) as bundle:
        texts = [repr(bundle.manifest).encode()]
        texts += [part for t in bundle.targets() for a in t.answers() for part in (a.stdout, a.stderr)]
    return {word for text in texts for word in traces_in(text)}


def traces_in(text: bytes) -> set[str]:
    """The same in a text."""
    places = (Path(__file__).resolve().parents[2], Path.home(), Path(tempfile.gettempdir()) / "tmp")
    words = [str(place) for place in places if len(place.parts) > 2] + [socket.gethostname()]
    found = {word for word in words if re.search(rf"\b{re.escape(word)}\b".encode(), text)}
    return found | ({str(Path(tempfile.gettempdir()) / "record-")} if b"/record-" in text else set())


RECORDERS: list[tuple[Iterable[str], Callable[[Path, Iterable[str]], None]]] = [
    (ARRAYS, record_arrays),
    (FILESYSTEMS, record_filesystems),
    (DRIVES, record_drives),
    (SSH, record_ssh),
]


def main(arguments: list[str]) -> None:
    """Record what was named, or all; then write the expectations."""
    expect_only = "--expect" in arguments
    names = [name for name in arguments if name != "--expect"]
    scratch = Path(tempfile.mkdtemp(prefix="record-"))
    BUNDLES.mkdir(parents=True, exist_ok=True)
    try:
        for number, (known, recorder) in enumerate(RECORDERS):
            chosen = [name for name in known if not names or name in names]
            if chosen and not expect_only:
                recorder(scratch / str(number), chosen)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    for path in sorted(BUNDLES.glob(f"*{SUFFIX}")):
        path.chmod(0o644)
        if found := traces(path):
            raise BedError(f"{path} tells of this machine: {', '.join(sorted(found))}")
        judgement = api.judge(path)
        for spot in judgement.blind_spots:
            if spot.gap.reason in ("unreadable", "truncated"):
                raise BedError(f"{path}: {spot.gap}")
        write_expected(path, judgement)


if __name__ == "__main__":
    main(sys.argv[1:])
