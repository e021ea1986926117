"""A few rules with whole documentation, outside the registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from analyzer.rule import Rule
from analyzer.verdict import OK, Severity, Verdict
from collectors.block_tables import FsUsage, MdStatus
from collectors.drive_tables import Drive
from collectors.table import Row

RULE_TEXTS: Mapping[str, tuple[type[Row], Severity, str]] = {
    "smart/pending-sectors": (
        Drive,
        "high",
        """A drive holds sectors that it could not read

Why it matters
    Each pending sector is a piece of somebody's file that cannot be read now. In the field study of Google
    (2007) drives failed 16 times as often in the 60 days after the first one.

What to do
    In an array: replace the drive, then let the array rebuild and scrub it.
    - Check that a restorable backup exists before the rebuild starts.
    - Single disk: image it with `ddrescue` onto another disk first.

What not to do
    Do not overwrite the sectors with `dd` or `hdparm` to clear the counter before the files are copied.

References
    Pinheiro, Weber, Barroso: Failure Trends in a Large Disk Drive Population, FAST 2007
    https://www.usenix.org/conference/fast-07
""",
    ),
    "raid/md-degraded": (
        MdStatus,
        "critical",
        """An array runs without redundancy

Why it matters
    The array is one failure away from losing everything on it: the next unreadable sector or the next failing
    disk cannot be repaired from a copy.

What to do
    Secure a backup of the array now, then replace the missing member and watch the rebuild.

What not to do
    Do not pull another disk to test, do not re-create or force-assemble the array, do not run long self-tests
    while it rebuilds.

References
    md(4), mdadm(8)
""",
    ),
    "capacity/fs-nearly-full": (
        FsUsage,
        "medium",
        """A file system is nearly full

Why it matters
    Services stop in unexpected places when they cannot write, and data bases may need manual recovery.

What to do
    Find what grows with `du -xh --max-depth=2`, move or remove it, or enlarge the volume.

What not to do
    Do not delete data base logs or snapshot files by hand.

References
    df(1)
""",
    ),
    "smart/temperature-high": (
        Drive,
        "low",
        """A drive runs hotter than it should

Why it matters
    Heat shortens the life of drives and points at a blocked fan or filter.

What to do
    Look at fans, filters and the room.

What not to do
    Do not wait for the drive to switch itself off.

References
    Data sheet of the drive
""",
    ),
}


def synthetic_rules() -> dict[str, Rule]:
    """A few rules with whole documentation, outside the registry."""

    def judge_saying(text: str) -> Callable[..., Verdict]:
        def judge(row: Row) -> Verdict:
            return OK

        judge.__doc__ = text
        return judge

    return {
        name: Rule(name, on, severity, ("CIS 11.2",), judge_saying(text), {"limit": 0})
        for name, (on, severity, text) in RULE_TEXTS.items()
    }
