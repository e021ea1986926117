"""Rules on the hosts of a hypervisor and the disks they see, as their management tells of them."""

from __future__ import annotations

from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict
from analyzer.wording import listed
from collectors.vsphere_tables import HypervisorAdapter, HypervisorHost, HypervisorLun

_LOST = {"lostCommunication", "error", "timeout"}
_DETACHED = {"off", "quiesced"}


@rule("blind-spot/hypervisor-host-unreachable", on=HypervisorHost, severity="high", controls=("C14",))
def host_unreachable(row: HypervisorHost) -> Verdict:
    """The management does not reach a host.

    Why it matters
        All that is told of the guests on it is as old as the loss: their snapshots, their disks, whether they
        run. Backups by the management's interface skip them, often without a word.

    What to do
        Look at the host's own console whether it runs, then at its management network, its clock and its
        certificate; reconnect it. Collect again, and look at the last backups of its guests.

    What not to do
        Do not remove the host from the inventory to get rid of the mark, and do not restart it while its
        guests run.

    References
        HostSystemConnectionState in the vSphere Web Services API: connected, disconnected, notResponding.
    """
    if row.connection is None:
        return Unknown(f"{row.name}: whether it is reached was not told")
    if row.connection == "connected":
        return OK
    if row.power == "standby":
        return NA
    severity: Severity | None = "medium" if row.maintenance else None
    return Fail(f"{row.name}: {row.connection}; what is told of its guests is old", severity, "connection")


@rule("raid/hypervisor-lun-trouble", on=HypervisorLun, severity="high", controls=("C2",))
def lun_trouble(row: HypervisorLun) -> Verdict:
    """A host has trouble with a disk or LUN.

    Why it matters
        Guests whose disks lie there stand still or lose writes as soon as they touch it, and snapshots on it
        can be neither made nor merged.

    What to do
        Compare with the other hosts: if one host alone is struck, look at its adapters, cables and zoning; if
        all are, look at the storage system itself. Keep the log of the host before it is restarted.

    What not to do
        Do not delete, format or resignature a datastore that has vanished, and do not unregister its guests:
        it comes back with its paths.

    References
        ScsiLun.operationalState in the vSphere Web Services API: ok, degraded, error, lostCommunication, off,
        quiesced, timeout, unknownState.
    """
    states = set((row.state or "").split())
    who = f"{row.host_name or row.host}: {row.display_name or row.lun}"
    if row.display_name and row.lun not in row.display_name:
        who += f" ({row.lun})"
    if not states or states == {"unknownState"}:
        return Unknown(f"{who}: its state was not told")
    wrong = sorted(states - {"ok", "unknownState"})
    if not wrong:
        return OK
    if not set(wrong) - _DETACHED:
        return Fail(f"{who}: {listed(wrong)}, set so on the host", "low", "state")
    severity: Severity | None = "critical" if set(wrong) & _LOST else None
    return Fail(f"{who}: {listed(wrong)}", severity, "state")


@rule("raid/hypervisor-adapter-fault", on=HypervisorAdapter, severity="high", controls=("C2",))
def adapter_fault(row: HypervisorAdapter) -> Verdict:
    """A storage adapter of a host reports a fault.

    Why it matters
        The disks behind it are lost to the host, or hang on the one adapter that is left.

    What to do
        Look at the paths of the host's disks, then at the adapter's cable, module and slot; replace it
        while guests are moved to another host.

    What not to do
        Do not restart the host before its log was kept and its guests were moved.

    References
        HostHostBusAdapter.status in the vSphere Web Services API. An adapter that is offline may be one
        that nobody uses.
    """
    who = f"{row.host_name or row.host}: {row.adapter}" + (f" ({row.model})" if row.model else "")
    if row.status in (None, "unknown", "unbound"):
        return NA  # many drivers do not tell
    return OK if row.status != "fault" else Fail(f"{who} reports a fault", None, "status")
