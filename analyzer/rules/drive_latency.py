"""Rules on `drive_latency`: disks slower than their peers."""

from __future__ import annotations

from analyzer.derived.drive_latency import DriveLatency
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict


@rule("smart/fail-slow", on=DriveLatency, severity="medium", controls=("C1",))
def fail_slow(row: DriveLatency, *, ratio: float = 2.0) -> Verdict:
    """A disk of an array answers far slower than its peers.

    Why it matters
        Disks can fail by becoming slow, with nothing to see in SMART. One slow member slows the whole array,
        and every rebuild over it.

    What to do
        Compare it with its peers under equal load; swap slot and cable; replace it if the slowness stays with
        the disk.

    What not to do
        Do not judge by a fixed latency: it depends on the load. Only peers of one array are compared here.

    References
        Hao et al., FAST 2016; Lu et al., ATC 2022.
    """
    model, serial = row.model or "model not told", row.serial or "not told"
    name = f"{row.array_name}: {row.disk_name} ({model}, serial {serial})"
    if row.ratio_twice is None:
        if row.days < 2:
            return NA
        return Unknown(f"{name}: waiting times were not told")
    if row.ratio_twice < ratio:
        return OK
    return Fail(
        f"{name}: on two days or more its requests waited at least {row.ratio_twice:.1f} times as long as "
        f"those of its {row.peers} peers (last: {row.wait_milliseconds or 0:.3g} ms, peers "
        f"{row.peer_wait_milliseconds or 0:.3g} ms), limit {ratio:g} times",
        "medium",
        "ratio_twice",
    )
