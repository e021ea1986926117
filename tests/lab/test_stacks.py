# SPDX-License-Identifier: Apache-2.0
"""Checksums, encryption, caches, replication, several paths and iSCSI of a real kernel, audited.

What is asserted is exact both ways: the alarms which have to ring, and that none of the others does.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from collectors.crypt_tables import CryptHeader, IntegrityDevice
from collectors.remote_disk_tables import IscsiSession, MultipathMap
from collectors.replicated_disk_tables import BcacheDevice, DrbdVolume
from collectors.table import Row

from . import stacks
from .audits import Expected, audited, faults, severities
from .beds import BedMissing, need_programs
from .targets import BedTarget
from .uml import Uml

ALARMS = (
    *("raid/integrity-mismatch", "fs/crypt-header-unprotected", "raid/bcache-broken"),
    *("raid/bcache-writeback-unmirrored", "raid/multipath-degraded", "raid/multipath-single-path"),
    *("raid/multipath-queues-forever", "raid/drbd-disconnected", "raid/drbd-not-up-to-date"),
)
STATES: dict[str, tuple[type[Row], Expected, str]] = {
    "integrity-healthy": (IntegrityDevice, {}, ""),
    "integrity-damaged": (IntegrityDevice, {"raid/integrity-mismatch": "high"}, "intact: "),
    "luks-open": (CryptHeader, {"fs/crypt-header-unprotected": "low"}, "(LUKS2): 1 key opens it"),
    "bcache-write-back": (
        BcacheDevice,
        {"raid/bcache-writeback-unmirrored": "medium"},
        "2.0 MB are only there now",
    ),
    "bcache-cache-lost": (BcacheDevice, {"raid/bcache-broken": "critical"}, "waits for its cache"),
    "multipath-healthy": (MultipathMap, {}, ""),
    "multipath-path-lost": (
        MultipathMap,
        {"raid/multipath-degraded": "high"},
        "1 of 2 paths work; broken: sdb (failed faulty offline)",
    ),
    "iscsi-healthy": (IscsiSession, {}, ""),
    "iscsi-portal-lost": (
        IscsiSession,
        {"raid/multipath-degraded": "high"},
        "1 of 2 paths work; broken: 127.0.0.2 (FAILED)",
    ),
    "drbd-in-step": (DrbdVolume, {}, ""),
    "drbd-alone": (DrbdVolume, {"raid/drbd-disconnected": "high"}, "expected Connected"),
}
"""Scenario → a table it fills, the alarms that ring, and what the first of them says."""
FAST = ("integrity-damaged", "bcache-cache-lost", "multipath-path-lost", "iscsi-portal-lost", "drbd-alone")


@pytest.fixture(scope="module")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Uml]:
    """User-mode Linux with disks for all of them."""
    try:
        need_programs(stacks.TOOLS)
        with Uml(tmp_path_factory.mktemp("uml-stacks"), disks=stacks.DISKS) as uml:
            yield uml
    except BedMissing as missing:
        pytest.skip(f"user-mode Linux bed: {missing}")


@pytest.mark.lab
@pytest.mark.parametrize("name", FAST)
def test_stack(bed: Uml, name: str, tmp_path: Path) -> None:
    """Each state rings its own alarms."""
    check(bed, name, tmp_path)


@pytest.mark.lab_slow
@pytest.mark.parametrize("name", [name for name in stacks.SCENARIOS if name not in FAST])
def test_other_stack(bed: Uml, name: str, tmp_path: Path) -> None:
    """The remaining states."""
    check(bed, name, tmp_path)


def check(bed: Uml, name: str, tmp_path: Path) -> None:
    """Audit one scenario and compare; nothing of it may be a gap."""
    filled, alarms, says = STATES[name]
    with stacks.SCENARIOS[name](bed):
        judgement = audited(BedTarget(bed, "lab-stacks"), tmp_path / "stacks.evidence.zip", ("stacks",))
    found = faults(judgement, ALARMS)
    assert severities(found) == alarms
    assert not alarms or says in found[next(iter(alarms))].message
    assert judgement.site.facts(filled)
    assert [str(gap) for gap in judgement.site.gaps if gap.table is filled] == []
