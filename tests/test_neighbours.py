# SPDX-License-Identifier: Apache-2.0
"""The comparison with the neighbours: how their words are read, and that its page tells every state."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.neighbours import check_raid, node_exporter, pools, pymdstat_fields, smartd
from benchmarks.neighbours.beds import CARE
from benchmarks.neighbours.page import SECTIONS, page
from benchmarks.neighbours.results import Results, kept
from benchmarks.neighbours.said import Said
from benchmarks.neighbours.states import DEVICES, DRIVE_STATES, NEITHER, TITLES, WELL

METRICS = """
node_md_disks_required{device="md1"} 2
node_md_disks{device="md1",state="active"} 1
node_md_disks{device="md1",state="failed"} 0
node_filesystem_files{device="/dev/loop0",fstype="ext4",mountpoint="/full"} 64
node_filesystem_files_free{device="/dev/loop0",fstype="ext4",mountpoint="/full"} 0
node_filesystem_avail_bytes{device="/dev/loop0",fstype="ext4",mountpoint="/full"} 5.1e+06
node_filesystem_size_bytes{device="/dev/loop0",fstype="ext4",mountpoint="/full"} 1e+07
node_filesystem_readonly{device="/dev/loop0",fstype="ext4",mountpoint="/full"} 0
"""
MDSTAT = """Personalities : [raid1]
md1 : active raid1 sdc1[1]
      48128 blocks super 1.2 [2/1] [_U]

unused devices: <none>
"""


def test_conditions_on_metrics() -> None:
    read = node_exporter.samples(METRICS)
    assert node_exporter.about_arrays(read) == Said("alarm", "NodeRAIDDegraded")
    assert node_exporter.about_filesystem(read, "/full").words == "NodeFilesystemAlmostOutOfFiles"
    assert node_exporter.about_filesystem(read, "/other") == Said("silent")


def test_exit_status_of_plugin() -> None:
    assert check_raid.verdict(2, "CRITICAL: mdstat:[md1…]\n") == Said("alarm", "CRITICAL")
    assert check_raid.verdict(0, "OK: …\n").level == "silent"
    assert check_raid.verdict(3, "").level == "unknown"


def test_warning_is_more_than_line_in_log() -> None:
    lines = {"sda": ["previous self-test completed with error (read test element)"]}
    assert smartd.said("sda", {}, lines).level == "note"
    assert smartd.said("sda", {"sda": ["SelfTest"]}, lines) == Said("alarm", "SelfTest")
    assert smartd.said("sdb", {}, lines) == Said("silent")


def test_fields_of_pymdstat() -> None:
    pytest.importorskip("pymdstat")
    assert pymdstat_fields.of(MDSTAT) == Said("alarm", "md1 1 of 2")


def test_every_state_is_named_and_placed() -> None:
    assert set(DEVICES) == set(DRIVE_STATES)
    assert set(TITLES) >= WELL | NEITHER


def test_page_from_kept_results(tmp_path: Path) -> None:
    rows = {
        state: {CARE: Said("note", "low `care`")} | {tool: Said("silent") for tool in tools}
        for states, tools, _ in SECTIONS.values()
        for state in states
    }
    Results(dates={"arrays": "2026-01-01"}, versions={"tool": "1"}, states=rows).keep(tmp_path / "kept.json")
    written = page(kept(tmp_path / "kept.json"))
    assert all(title in written for title in TITLES.values())


def test_published_page_tells_every_state() -> None:
    published = Path(__file__).resolve().parents[1] / "docs" / "neighbours.md"
    told = published.read_text("utf-8")
    assert [title for title in TITLES.values() if title not in told] == []


def test_word_of_a_pool_and_errors_of_its_devices() -> None:
    told = {}
    for state, (case, pool) in pools.RECORDED.items():
        part = pools.pool_texts((pools.FIXTURES / case / "answer.out").read_text())[pool]
        told[state] = (pools.state_of(part), pools.by_check_zpools(part).level)
    assert told["zfs-healthy"] == ("ONLINE", "silent")
    assert told["zfs-repaired"] == ("ONLINE", "alarm")
    assert told["zfs-suspended"] == ("SUSPENDED", "alarm")


def test_dates_of_parts_run_on_other_days() -> None:
    days = {"arrays": "2026-01-01", "drives": "2026-01-01", "pools": "2026-01-09"}
    assert Results(dates=days).told_dates == "2026-01-01; pools on 2026-01-09"
