"""Rules on disks reached over a network or over several paths."""

from __future__ import annotations

from analyzer.derived.remote_disk import RemoteDisk
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict
from collectors.remote_disk_tables import MultipathMap


@rule("raid/multipath-degraded", on=RemoteDisk, severity="high", controls=("C2",))
def multipath_degraded(row: RemoteDisk) -> Verdict:
    """A disk has lost paths.

    Why it matters
        The spare path carried the load, and nobody noticed. The next cable, switch or controller that fails
        takes the disk away from every system on it at once, in the middle of its writes.

    What to do
        Trace the path from adapter over cable and switch port to the port of the storage, by its address.
        Repair it before any work on the other paths: no firmware update, no switch restart until then.

    What not to do
        Do not remove the failed path's device to make the message go away, and do not restart the storage's
        other controller.

    References
        multipath(8): path states ready, ghost, faulty; iscsiadm(8); nvme-list-subsys(1). Expected are the
        paths of an earlier audit, or of disks of the same maker and product on the same host.
    """
    if row.working is None:
        return Unknown(f"{row.said}: the state of a path was not told")
    if row.working == 0:
        return Fail(f"{row.said}: no path works: {row.broken or 'none is left'}", "critical", "working")
    if row.working < row.paths:
        return Fail(
            f"{row.said}: {row.working} of {row.paths} paths work; broken: {row.broken}", None, "working"
        )
    if row.paths < row.expected:
        return Fail(f"{row.said}: {row.paths} paths, expected {row.expected}", "medium", "paths")
    return OK


@rule("raid/multipath-single-path", on=RemoteDisk, severity="medium", controls=("C2",))
def single_path(row: RemoteDisk) -> Verdict:
    """A remote disk is reached over one path only.

    Why it matters
        One cable, one switch or one controller of the storage is enough to take the disk away.

    What to do
        Add a second path over another adapter, switch and controller, and join the paths with multipath.
        Test it: pull one cable while nothing important runs.

    What not to do
        Do not use the same disk over two paths without multipath: both will write.

    References
        multipath.conf(5); nvme-connect(1).
    """
    if row.kind == "iscsi" and row.multipath_above:
        return NA
    if row.paths > 1:
        return OK
    severity: Severity | None = None if row.kind == "multipath" else "low"
    return Fail(f"{row.said}: {row.paths} path, expected 2 or more", severity, "paths")


@rule("raid/multipath-queues-forever", on=MultipathMap, severity="low", controls=("C2",))
def queues_forever(row: MultipathMap) -> Verdict:
    """A disk waits for ever when all its paths are lost.

    Why it matters
        Without any path, requests are kept in memory without an end: programs hang, cannot be stopped, and a
        cluster cannot move them elsewhere. The machine then has to be switched off.

    What to do
        Set `no_path_retry` to a number of retries that outlasts a change of controllers; keep `queue` only
        where the maker of the storage asks for it.

    What not to do
        Do not set it to `fail` without thought: a short interruption then becomes a write error.

    References
        multipath.conf(5): no_path_retry, features. While the daemon retries a limited number of times it sets
        the same feature, so look at the configuration first.
    """
    if row.queues_without_path is None:
        return Unknown(f"{row.name}: its features were not told")
    if row.queues_without_path:
        return Fail(f"{row.name}: queue_if_no_path is set", None, "queues_without_path")
    return OK
