"""Rules on the error counters of btrfs devices."""

from __future__ import annotations

from analyzer.derived.btrfs_device_state import BtrfsDeviceState
from analyzer.rule import rule
from analyzer.verdict import OK, Fail, Severity, Unknown, Verdict


@rule("fs/btrfs-device-stats", on=BtrfsDeviceState, severity="high", controls=("C1",))
def device_stats(row: BtrfsDeviceState) -> Verdict:
    """btrfs has counted errors on a device.

    Why it matters
        Checksum and generation errors are data that the device returned wrong or never wrote; failed flushes
        take away what a crash relies on. On a mirror the other copy mended it silently, which is why only the
        counter tells.

    What to do
        Read the drive's SMART values, its cable and the machine's memory, then scrub. Replace a failing drive
        with `btrfs replace` while it still answers. When the cause is removed, reset the counters
        (`btrfs device stats -z`), so that new errors stand out.

    What not to do
        Do not run `btrfs check --repair` unless a developer of btrfs advises it, and do not remove and add a
        device where `btrfs replace` can copy from it.

    References
        btrfs-device(8): stats; the counters stay over reboots until they are reset.
    """
    told = {
        "flush_errors": row.flush_errors,
        "generation_errors": row.generation_errors,
        "corruption_errors": row.corruption_errors,
        "write_errors": row.write_errors,
        "read_errors": row.read_errors,
    }
    bad = {name: count for name, count in told.items() if count}
    if not bad:
        lacking = [name.replace("_", " ") for name, count in told.items() if count is None]
        return Unknown(f"{row.said}: {', '.join(lacking)} not told") if lacking else OK
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in bad.items())
    growth = f", {row.grown} of them since the audit before" if row.grown is not None else ""
    return Fail(f"{row.said}: {counts}{growth}; limit 0", _severity(row, set(bad)), next(iter(bad)))


def _severity(row: BtrfsDeviceState, bad: set[str]) -> Severity:
    """Old reads and writes that failed may be a loose cable of last year; growth is no history."""
    if bad & {"flush_errors", "generation_errors", "corruption_errors"} or row.grown:
        return "high"
    return "low" if row.grown == 0 else "medium"
