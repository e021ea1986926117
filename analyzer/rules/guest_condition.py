"""Rules on how guests are kept: locks left behind, agents, protection, settings of checkpoints, replicas."""

from __future__ import annotations

from analyzer.derived.guest_condition import GuestCondition
from analyzer.guest_judging import aged
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict


@rule("snapshot/pve-locked", on=GuestCondition, severity="high", controls=("C6",))
def locked(row: GuestCondition, *, after_hours: float = 6.0) -> Verdict:
    """An operation that was interrupted has left the guest locked.

    Why it matters
        A locked guest is left out by backups, and the operation that locked it may have stopped half way: a
        snapshot that is neither there nor gone.

    What to do
        Find the task in the log of the node and see why it ended. If none runs, unlock the guest
        (`qm unlock`, `pct unlock`), then finish what it began.

    What not to do
        Do not unlock while a task runs.

    References
        qm(1), pct(1): unlock.
    """
    lock = row.lock
    if row.hypervisor != "proxmox" or lock is None:
        return NA
    if lock not in ("backup", "snapshot", "snapshot-delete", "rollback"):
        return OK
    if row.task_running:
        if row.locked_hours is None:
            return Unknown(f"{row.name} is locked ({lock}) by a task that runs; since when was not told")
        if row.locked_hours <= after_hours:
            return OK
        return Fail(
            f"{row.name} is locked ({lock}) for {aged(row.locked_hours)} by a task that still runs; limit"
            f" {after_hours:g} hours",
            "medium",
            "lock",
        )
    none = ", and no task that runs holds it" if row.task_running is False else ""
    if row.locked_hours is None:
        return Fail(
            f"{row.name} is locked ({lock}){none}; since when was not told, limit {after_hours:g} hours",
            "medium",
            "lock",
        )
    if row.locked_hours <= after_hours:
        return OK
    return Fail(
        f"{row.name} is locked ({lock}) for {aged(row.locked_hours)}{none}; limit {after_hours:g} hours",
        None,
        "lock",
    )


@rule("snapshot/pve-hibernated", on=GuestCondition, severity="medium", controls=("C6",))
def hibernated(row: GuestCondition) -> Verdict:
    """The guest was put to sleep with its memory on disk and was not woken.

    Why it matters
        Its disks are those of a machine that was stopped in the midst of work; only together with the memory
        do they make sense. Backups of it hold the disks alone, and the longer it sleeps, the more of the
        world around it has moved on.

    What to do
        Wake it and shut it down in order, then back it up.

    What not to do
        Do not unlock it and start it anew as long as somebody may need what was in memory.

    References
        Proxmox VE: qm(1) suspend --todisk; lock: suspended, suspending.
    """
    if row.hypervisor != "proxmox" or row.kind in ("container", "template") or row.lock is None:
        return NA
    if row.lock not in ("suspended", "suspending"):
        return OK
    return Fail(f"{row.name} is {row.lock}, with its memory on disk", None, "lock")


@rule("backup/agent-absent", on=GuestCondition, severity="medium", controls=("C9",))
def agent_absent(row: GuestCondition) -> Verdict:
    """No agent in the guest brings it to rest for a backup.

    Why it matters
        Without it a backup of a running guest catches file systems and databases in the midst of writing: the
        copy starts like a machine after a power cut.

    What to do
        Install qemu-guest-agent (or the tools of the hypervisor) in the guest, switch it on for the guest,
        restart it, and see in the log of the next backup that the freeze was issued.

    What not to do
        Do not switch freezing off because it slows a database down: give that a dump of its own instead.
        With SQL Server, see first whether the freeze breaks its differential backups.

    References
        Proxmox VE: `agent` of qm(1), freeze-fs-on-backup. libvirt: channel org.qemu.guest_agent.0. vSphere is
        judged by snapshot/vmw-tools-missing.
    """
    if row.hypervisor not in ("proxmox", "libvirt", "xen") or row.kind in ("container", "template"):
        return NA
    if row.power in ("off", "suspended"):
        return NA
    if row.rest in ("agent silent", "freeze off"):
        why = "did not answer" if row.rest == "agent silent" else "was told not to freeze"
        return Fail(f"{row.name}: its agent {why} when it was backed up last", None, "rest")
    if row.power is None and row.rest is None:
        return Unknown(f"{row.name}: whether it runs was not told, and so whether an agent is missed")
    if row.agent_enabled is False:
        return Fail(f"{row.name}: the guest agent is not switched on", None, "agent_enabled")
    if row.tools in ("not running", "not installed"):
        return Fail(f"{row.name}: its agent is {row.tools}", None, "tools")
    if row.rest == "frozen" or row.tools == "running":
        return OK
    on = "is switched on, but whether it answers" if row.agent_enabled else "whether one runs"
    return Unknown(f"{row.name}: guest agent: {on} was not told")


@rule("backup/guest-deletable", on=GuestCondition, severity="info")
def deletable(row: GuestCondition) -> Verdict:
    """A guest of the first tier can be deleted by one click.

    Why it matters
        Removing a guest removes its disks, and with one more check mark it also leaves every backup job.

    What to do
        Set the protection flag of guests that nobody may remove in passing.

    What not to do
        Do not take the flag for protection from an attacker: who may remove the guest may remove the flag.

    References
        Proxmox VE: protection of qm(1) and pct(1).
    """
    if row.hypervisor != "proxmox" or row.tier != 1:
        return NA
    if row.protected is None:
        return Unknown(f"{row.name}: whether it is protected from removal was not told")
    return OK if row.protected else Fail(f"{row.name} is not protected from removal", None, "protected")


@rule("snapshot/hv-automatic", on=GuestCondition, severity="low", controls=("C18",))
def automatic_checkpoints(row: GuestCondition) -> Verdict:
    """Hyper-V makes a checkpoint of the guest whenever it starts.

    Why it matters
        The guest always runs on a differencing disk that nobody asked for. It grows between starts, and a
        server starts seldom.

    What to do
        Switch automatic checkpoints off (Set-VM -AutomaticCheckpointsEnabled $false); the one that is there
        is merged when it is deleted.

    What not to do
        Do not delete its .avhdx file.

    References
        Microsoft: Get-VM, AutomaticCheckpointsEnabled, meant for desktops.
    """
    if row.hypervisor != "hyperv":
        return NA
    if row.automatic_checkpoints is None:
        return Unknown(f"{row.name}: whether it has automatic checkpoints was not told")
    if not row.automatic_checkpoints:
        return OK
    return Fail(f"{row.name} gets a checkpoint at every start", None, "automatic_checkpoints")


@rule("snapshot/hv-standard-setting", on=GuestCondition, severity="low", controls=("C18",))
def standard_setting(row: GuestCondition) -> Verdict:
    """The guest is set to standard checkpoints, or falls back to them.

    Why it matters
        The next checkpoint, also one that a backup makes, freezes memory and disks in the midst of work.
        Domain controllers and databases do not bear being put back to that.

    What to do
        Set the guest to production checkpoints only (Set-VM -CheckpointType ProductionOnly) and see that its
        integration services run.

    What not to do
        Do not switch checkpoints off where the backup program needs them.

    References
        Microsoft: standard or production checkpoints; "production" falls back to standard where it fails.
    """
    if row.hypervisor != "hyperv" or (row.tier or 2) > 2:
        return NA
    if row.checkpoint_type is None:
        return Unknown(f"{row.name}: which checkpoints it is set to was not told")
    if row.checkpoint_type != "standard":
        return OK
    may = f"; it may be a {row.role}" if row.role else ""
    grave = row.role in ("domain controller", "database", "exchange")
    return Fail(
        f"{row.name} is set to standard checkpoints{may}", "medium" if grave else None, "checkpoint_type"
    )


@rule("snapshot/hv-merge-pending", on=GuestCondition, severity="medium", controls=("C18",))
def merge_pending(row: GuestCondition) -> Verdict:
    """Disks of the guest are being merged, or wait to be.

    Why it matters
        Until the merge has ended the guest depends on the whole chain of its checkpoints, and the merge needs
        room for the largest of them.

    What to do
        See that the volume has room for the largest .avhdx, then leave the merge alone until it has ended.
        Audit again the next day: one that is still there then does not get on.

    What not to do
        Do not restart the management service to hurry it, and do not delete .avhdx files.

    References
        Microsoft: Get-VM, Status "Merging disks"; merges wait while the guest runs on old releases.
    """
    if row.hypervisor != "hyperv":
        return NA
    if row.merging is None:
        return Unknown(f"{row.name}: what it is busy with was not told")
    return Fail(f"{row.name}: its disks are being merged", None, "merging") if row.merging else OK


@rule("snapshot/hv-replica-health", on=GuestCondition, severity="medium", controls=("C6",))
def replica_health(row: GuestCondition, *, late_hours: float = 24.0) -> Verdict:
    """The replica of the guest on another host is not well.

    Why it matters
        Whoever fails over to it loses everything since it stood still. And a replica repeats every deletion:
        it was never a backup.

    What to do
        Read Get-VMReplication and the events of both hosts: space, network, certificate. Then resume, or
        synchronise anew in an hour of little load.

    What not to do
        Do not remove the replication while its copy may be the only one.

    References
        Microsoft: Get-VMReplication, Health and LastReplicationTime.
    """
    if row.hypervisor != "hyperv" or (row.replication_health is None and row.replication_state is None):
        return NA
    state = f" ({row.replication_state})" if row.replication_state else ""
    late = row.replica_hours is not None and row.replica_hours > late_hours
    since = f", last updated {aged(row.replica_hours)} ago" if row.replica_hours is not None else ""
    if row.replication_health in ("warning", "critical"):
        return Fail(
            f"{row.name}: health of its replica is {row.replication_health}{state}{since}; limit"
            f" {late_hours:g} hours",
            "high" if row.replication_health == "critical" or late else None,
            "replication_health",
        )
    if late:
        return Fail(f"{row.name}: its replica is late{state}{since}; limit {late_hours:g} hours", "high")
    if row.replication_health is None or row.replica_hours is None:
        return Unknown(f"{row.name}: health or age of its replica was not told{state}")
    return OK
