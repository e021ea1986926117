"""Rules on the watch over md arrays."""

from __future__ import annotations

from analyzer.derived.array_watch import ArrayWatch
from analyzer.rule import rule
from analyzer.verdict import OK, Fail, Unknown, Verdict


@rule("raid/monitor-off", on=ArrayWatch, severity="high", controls=("C14",))
def monitor_off(row: ArrayWatch) -> Verdict:
    """Nobody is told when an array degrades.

    Why it matters
        An array keeps working after the first failure, and keeps quiet. Without a message the second
        failure is the first that is noticed: the classic way to lose an array.

    What to do
        Enable the monitor (mdmonitor.service, mdadm daemon), set MAILADDR or PROGRAM in mdadm.conf, and
        send a test with `mdadm --monitor --scan --oneshot --test`.

    What not to do
        Do not rely on a lamp, or on somebody looking at /proc/mdstat.

    References
        mdadm(8): monitor mode; mdadm.conf(5).
    """
    if row.monitor_active is False:
        return Fail(
            f"the monitor of mdadm is not running; arrays unwatched: {row.arrays}", None, "monitor_active"
        )
    if row.monitor_active is None:
        return Unknown("whether the monitor of mdadm is running was not told")
    if not row.mail_to and not row.program:
        return Fail(
            f"the monitor runs, but mdadm.conf names nobody to tell (no MAILADDR, no PROGRAM): {row.arrays}"
        )
    return OK


@rule("raid/dirty-degraded-start", on=ArrayWatch, severity="high", controls=("C2",))
def dirty_degraded_start(row: ArrayWatch) -> Verdict:
    """Dirty, degraded arrays are started without asking.

    Why it matters
        A parity array that was not shut down cleanly and lacks a member may hold corrupt blocks that
        nothing can detect. The kernel refuses to start it, unless this switch is set.

    What to do
        Remove `start_dirty_degraded=1` from the module options and the kernel command line.

    What not to do
        Do not set it to get a machine to boot: image the members first.

    References
        md(4): start_dirty_degraded.
    """
    if row.start_dirty_degraded is None:
        return Unknown("the module parameter start_dirty_degraded was not told")
    if row.start_dirty_degraded:
        return Fail("md_mod.start_dirty_degraded is 1; expected 0", None, "start_dirty_degraded")
    return OK
