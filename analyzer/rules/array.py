"""Rules on the state of an array: what is missing, what is being rebuilt, what its sources say."""

from __future__ import annotations

from analyzer.derived.array import Array
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict

_BUSY = {"recovery": "rebuilding a member", "resync": "resynchronising", "reshape": "being reshaped"}


def _gone(row: Array) -> str:
    return (
        f"{row.missing} of {row.slots} members not in sync"
        if row.missing and row.slots
        else "member count not told"
    )


def _members(row: Array) -> str:
    return f" [{row.member_text}]" if row.member_text else ""


@rule("raid/failed", on=Array, severity="critical", controls=("C2",))
def failed(row: Array) -> Verdict:
    """The array is offline or has lost more members than it can bear.

    Why it matters
        Its data cannot be read as a whole any more. Most arrays that are lost for good were still
        recoverable at this moment; the first hasty repair made the difference.

    What to do
        Stop everything that writes to the members. Note the order and offsets of all members (`mdadm
        --examine`), take an image of each, and look for the cause outside the drives first: controller,
        cable, power, an interrupted boot. Work on the images or on overlays. Restore from a tested backup,
        or ask a specialist.

    What not to do
        Do not force the assembly, do not create the array anew (`--create --assume-clean`), do not add
        members back one by one to see what happens, do not reboot again and again: each can overwrite what
        is left.

    References
        mdadm(8), md(4): a forced array may hold corrupt data.
    """
    if row.state == "unknown":
        return Unknown(f"{row.said}: nothing tells how many of its members are in sync")
    if row.state == "inactive":
        return Fail(f"{row.said} is assembled but not running{_members(row)}", None, "state")
    if row.state != "failed":
        return OK
    bears = f"; its level bears {row.redundancy}" if row.redundancy is not None else ""
    return Fail(f"{row.said} has failed: {_gone(row)}{bears}{_members(row)}", None, "state")


@rule("raid/degraded-no-margin", on=Array, severity="critical", controls=("C2",))
def degraded_no_margin(row: Array) -> Verdict:
    """The array runs without any redundancy left.

    Why it matters
        The next failing drive, and on parity arrays the next unreadable sector, loses data. Drives of one
        array have the same age and load, and the rebuild is the hardest work they ever do.

    What to do
        Confirm that the newest backup can be restored; make one now if it is old. Then replace the failed
        drive, found by its serial number and slot, and let the rebuild finish under as little load as
        possible.

    What not to do
        Do not pull a drive to test, do not reboot first, do not run long self-tests, scrubs or firmware
        updates until the array is whole.

    References
        md(4).
    """
    if row.redundancy == 0 or row.state in ("failed", "inactive"):
        return NA
    if row.state == "unknown":
        return Unknown(f"{row.said}: nothing tells how many of its members are in sync")
    if row.state != "degraded":
        return OK
    if row.redundancy_left is None:
        return Fail(f"{row.said} is degraded, level not told: {_gone(row)}{_members(row)}", None, "state")
    if row.redundancy_left > 0:
        return OK
    return Fail(
        f"{row.said} is degraded: {_gone(row)}, no redundancy left (limit: at least 1){_members(row)}",
        None,
        "redundancy_left",
    )


@rule("raid/degraded", on=Array, severity="high", controls=("C2",))
def degraded(row: Array) -> Verdict:
    """The array lacks a member, with some redundancy left.

    Why it matters
        The margin that was bought against the second failure is being spent. Nothing else will announce it.

    What to do
        Replace the failed drive, found by its serial number and slot, while redundancy is left. If the
        array was made with empty slots on purpose, record that with a waiver.

    What not to do
        Do not replace two drives at once, and do not wait for the second failure.

    References
        md(4).
    """
    if row.redundancy == 0 or row.state in ("failed", "inactive"):
        return NA
    if row.state == "unknown":
        return Unknown(f"{row.said}: nothing tells how many of its members are in sync")
    if row.state != "degraded":
        return OK
    if row.redundancy_left is None:
        return Unknown(f"{row.said} is degraded; its level, and with it the margin, was not told")
    if row.redundancy_left == 0:
        return OK
    return Fail(
        f"{row.said} is degraded: {_gone(row)}, it can lose {row.redundancy_left} more{_members(row)}",
        None,
        "missing",
    )


@rule("raid/failed-member", on=Array, severity="medium", controls=("C2",))
def failed_member(row: Array) -> Verdict:
    """A failed drive is still in the array, a spare or another copy took its place.

    Why it matters
        The array is whole, and one spare poorer. The failed drive says something about its siblings.

    What to do
        Find the drive by its serial number, read its SMART values, replace it, and give the array a new
        spare.

    What not to do
        Do not add the same drive back without knowing why it was thrown out.

    References
        mdadm(8).
    """
    if row.failed_count is None:
        return Unknown(f"{row.said}: failed members were not told")
    if row.state != "clean" or row.failed_count == 0:
        return OK
    names = f" ({row.failed_names})" if row.failed_names else ""
    return Fail(
        f"{row.said}: {row.failed_count} failed{names}, all slots in sync; limit 0", None, "failed_count"
    )


@rule("raid/rebuilding", on=Array, severity="high", controls=("C2",))
def rebuilding(row: Array) -> Verdict:
    """The array is rebuilding, resynchronising or being reshaped.

    Why it matters
        Until it ends, the array has less redundancy than its level promises, and every sector of the
        surviving drives is read: the time when latent errors surface.

    What to do
        Let it finish; keep load low; watch pending sectors and uncorrectable errors of the surviving drives.

    What not to do
        No reboot, no firmware update, no long self-test, no second drive replacement until it is done.

    References
        md(4), section on recovery and resync.
    """
    if row.state in ("failed", "inactive"):
        return NA
    if row.action is None:
        return Unknown(f"{row.said}: nothing tells whether it is rebuilding")
    if row.action not in _BUSY:
        return OK
    severity: Severity = "medium" if row.action == "resync" and row.state == "clean" else "high"
    told = f"{row.action_percent:.1f} % done" if row.action_percent is not None else "progress not told"
    if row.action_state not in (None, "running"):
        told = f"waiting ({row.action_state})"
    if row.action_minutes_left is not None:
        told += f", about {_time(row.action_minutes_left)} left"
    return Fail(f"{row.said} is {_BUSY[row.action]}: {told}{_members(row)}", severity, "action")


@rule("raid/rebuild-stalled", on=Array, severity="high", controls=("C2",))
def rebuild_stalled(row: Array, *, still_minutes: float = 120.0, longest_hours: float = 72.0) -> Verdict:
    """The rebuild stands still or will take very long.

    Why it matters
        A rebuild that does not move leaves the array exposed for as long as it likes. The usual causes are
        one slow or erring drive, a limit on its speed, or an array that waits for its first write.

    What to do
        Compare the drives' response times and error counters, look at the kernel log, check
        `sync_speed_min` and `sync_speed_max`, reduce other load. A PENDING resync starts when the array is
        first written or set read-write.

    What not to do
        Do not restart the machine to hurry it on; do not pull the slow drive while it is the only good copy.

    References
        md(4): sync_speed_min, sync_action.
    """
    if row.action_state == "frozen" and row.missing:
        return Fail(f"{row.said}: recovery is frozen while {_gone(row)}{_members(row)}", None, "action_state")
    if row.action not in _BUSY or row.state in ("failed", "inactive"):
        return NA
    if row.action_state == "PENDING":
        return Fail(f"{row.said}: {row.action} waits for the first write (PENDING)", "medium", "action_state")
    if row.stalled_minutes is not None and row.stalled_minutes >= still_minutes:
        return Fail(
            f"{row.said}: {row.action} has stood at {row.action_percent} % for {_time(row.stalled_minutes)},"
            f" limit {_time(still_minutes)}",
            None,
            "stalled_minutes",
        )
    if row.action_minutes_left is not None and row.action_minutes_left > longest_hours * 60:
        return Fail(
            f"{row.said}: {row.action} needs {_time(row.action_minutes_left)} more by the kernel's estimate,"
            f" limit {longest_hours:g} hours",
            None,
            "action_minutes_left",
        )
    if row.action_state in ("DELAYED", "REMOTE"):
        return OK
    if row.stalled_minutes is None and row.action_minutes_left is None:
        return Unknown(f"{row.said}: one look cannot tell whether the {row.action} moves")
    return OK


@rule("raid/sources-disagree", on=Array, severity="medium", controls=("C14",))
def sources_disagree(row: Array) -> Verdict:
    """The kernel and mdadm tell different things about the array.

    Why it matters
        One of them is wrong or out of date, and whoever watches only that one is deceived.

    What to do
        Look again; if they still disagree, trust the worse word, and find out why before anything is changed.

    What not to do
        Do not act on the better one of two stories.

    References
        md(4).
    """
    if row.contradiction:
        return Fail(f"{row.said}: {row.contradiction}", None, "contradiction")
    return OK


def _time(minutes: float) -> str:
    return f"{minutes:.0f} minutes" if minutes < 120 else f"{minutes / 60:.0f} hours"
