"""Rules on how a host went down."""

from __future__ import annotations

from analyzer.derived.power_boots import BootRecord
from analyzer.rule import rule
from analyzer.verdict import OK, Fail, Unknown, Verdict
from analyzer.wording import ago


@rule("power/unclean-boots", on=BootRecord, severity="medium", controls=("C15",))
def unclean_boots(row: BootRecord, *, limit: int = 2) -> Verdict:
    """The host went down without being shut down.

    Why it matters
        Each such end may leave parity, file systems or databases inconsistent. Two in a month have a
        cause that comes again: power, watchdog, a crash of the kernel, somebody at the switch.

    What to do
        Find the cause in the log before the cut and in the management controller; check arrays and file
        systems after each.

    What not to do
        Do not skip the check because everything came up.

    References
        last(1): a boot after which no shutdown is on record was cut off.
    """
    if row.boots == 0:
        return Unknown("no boot is on record")
    if row.unclean == 0:
        return OK
    last = f", the last {ago(row.last_unclean_age_days)}" if row.last_unclean_age_days is not None else ""
    told = f"{row.unclean} of the boots of thirty days cut off{last}; limit {limit}"
    if row.open_arrays:
        return Fail(f"{told}, 1 with a write hole: check {row.open_arrays}", None, "open_arrays")
    return Fail(told, "low" if row.unclean < limit else None, "unclean")
