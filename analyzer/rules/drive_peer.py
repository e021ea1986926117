"""Rules on `drive_peer`: drives beside others of their model."""

from __future__ import annotations

from analyzer.derived.drive_peer import DrivePeer
from analyzer.drive_judging import named
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict


@rule("smart/peer-outlier", on=DrivePeer, severity="low", controls=("C1",))
def peer_outlier(row: DrivePeer, *, least_peers: int = 4) -> Verdict:
    """A drive counts more errors than its peers of the same model and firmware.

    Why it matters
        What a counter means differs from model to model; among equals the comparison is fair.

    What to do
        Look at this drive first: its slot, its cable, its heat, then the drive.

    What not to do
        Do not work out a failure rate of the model from a few drives: that takes thousands.

    References
        Schroeder et al., FAST 2016; Narayanan et al., SYSTOR 2016.
    """
    if row.peers < least_peers:
        return NA
    if row.count is None or row.peers_high is None:
        return Unknown(f"{named(row)}: {row.counter} cannot be compared")
    if row.count <= row.peers_high:
        return OK
    return Fail(
        f"{named(row)}: {row.counter} {row.count}; "
        f"95 % of its {row.peers} peers are at or below {row.peers_high:.3g}",
        "low",
        "count",
    )
