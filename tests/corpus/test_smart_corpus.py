"""Every recorded answer about drives is read or refused, and none without health data looks healthy."""

from __future__ import annotations

import collections

import pytest

from collectors.collector import READERS
from collectors.drive_tables import Drive
from collectors.fact import Fact, Gap
from collectors.question import decode
from tests.corpus.agreement import NEEDED, Reading, Recording, index, recordings
from tests.corpus.agreement import read as read_by

KINDS = ("smart-json", "smart-text", "smart-series", "smart-scan", "smart-bin", "nvme-cli")
OURS = ("smartctl-json", "smartctl-text", "smart-scan", "nvme-cli")

NOT_READ = {
    "smart-json/Pulse__issue1612_unraid_28tb.json": "state of an Unraid server, no answer of smartctl",
    "smart-text/telegraf__smart__nvmeIntelInfoDataDeprecatedMetricsFormat.txt": "Intel's vendor log",
    "smart-text/telegraf__smart__nvmeIntelInfoDataMetricsFormat.txt": "Intel's vendor log",
    "smart-text/telegraf__smart__smartctlNVMeInfoDataWithOverflow.txt": "impossible temperatures only",
    "nvme-cli/telegraf__smart__nvmeIdentifyController.txt": "identity of a controller, no health",
}
"""Files no reader takes, and why."""

GAPS_TOO = {
    "smart-text/nagios-plugin-check_raid__cciss__issue83__smartctl.out": "three answer, thirteen do not",
    "smart-text/bsdhw__HDD_Toshiba_MK8025GAS_31C18F05CE2D.txt": "the drive's table of attributes is garbage",
}
"""Files that hold data and deserve a gap too, and why."""

pytestmark = NEEDED


def read(one: Recording) -> Reading:
    return read_by(one, OURS, None)


@pytest.mark.parametrize("kind", KINDS)
def test_every_file_is_read_or_refused(kind: str) -> None:
    """No exception, and of each recognised file at least one row or gap; prints the share read."""
    counts: collections.Counter[str] = collections.Counter()
    for one in recordings(kind):
        if not read(one).kind:
            counts["refused"] += 1
            assert one.file in NOT_READ, f"not recognised: {one.file}"
            continue
        told = read(one).told
        assert told, one.file
        unreadable = [gap for gap in told if isinstance(gap, Gap) and gap.reason == "unreadable"]
        refusable = one.expected in ("unknown", "error", "n/a") or one.file in GAPS_TOO
        assert not unreadable or refusable, (one.file, unreadable[0])
        counts["read" if any(isinstance(fact, Fact) for fact in told) else "gap"] += 1
    if counts:
        print(f"\n{kind}: {dict(counts)}; {(counts['read'] + counts['gap']) / counts.total():.1%} read")


def test_files_without_health_never_look_healthy() -> None:
    for one in recordings("smart-json", "smart-text", "smart-series"):
        if one.expected not in ("unknown", "error") or not read(one).kind:
            continue
        told = read(one).told
        assert any(isinstance(gap, Gap) and gap.table is Drive for gap in told), one.file
        assert not any(
            isinstance(fact, Fact) and isinstance(fact.row, Drive) and fact.row.passed for fact in told
        ), one.file


def test_files_with_health_have_a_drive_and_no_gap_about_it() -> None:
    for one in recordings("smart-json", "smart-text", "smart-series"):
        if one.expected not in ("ok", "ok?", "warn+", "crit") or not read(one).kind:
            continue
        told = read(one).told
        assert any(isinstance(fact, Fact) and isinstance(fact.row, Drive) for fact in told), one.file
        gaps = [gap for gap in told if isinstance(gap, Gap) and gap.table is Drive]
        assert not gaps or one.file in GAPS_TOO, (one.file, gaps[0])


@pytest.mark.parametrize("kind", sorted({one.kind for one in index()} - set(KINDS)))
def test_other_tools_are_not_taken_for_smartctl(kind: str) -> None:
    """A recogniser of ours says 0 to what other tools printed, unless it holds smartctl's output too."""
    for one in recordings(kind):
        raw = one.raw()[: 1 << 20]
        if kind == "bundle" or b"smartctl" in raw or b"nvme" in raw.lower():
            continue
        said = decode(raw)
        for name in OURS:
            assert READERS[name].recognises(said) == 0, (one.file, name)
