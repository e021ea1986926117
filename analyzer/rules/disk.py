"""Rules on every disk that should be there: was it read, and do its caches obey."""

from __future__ import annotations

from analyzer.derived.disk import Disk
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict


@rule("blind-spot/no-smart", on=Disk, severity="medium", controls=("C14",))
def no_smart(row: Disk) -> Verdict:
    """The health of a disk could not be read.

    Why it matters
        Silence is not health. A disk that nobody reads fails without a warning, and every statement about
        what lies on it is worth that much less.

    What to do
        Install smartmontools, run the collection with the right it needs, let a sleeping disk wake once, or
        reach the disk through its controller (`-d megaraid,N`, `-d cciss,N`, `-d sat`).

    What not to do
        Do not count an unread disk as a healthy one.

    References
        smartctl(8): -d; exit status bits 0 and 1.
    """
    if row.status == "read":
        return OK
    bridged = row.transport == "usb" and row.status in ("unsupported", "unreadable")
    if bridged or row.status in ("disabled", "behind-controller"):
        return NA  # rules of their own
    if row.status == "virtual":
        return Fail(f"{row.said}: virtual; its drives have to be read where it is provided", "info", "status")
    why = f": {row.detail}" if row.detail else ""
    return Fail(f"{row.said} was not read: {row.status}{why}", None, "status")


@rule("blind-spot/smart-disabled", on=Disk, severity="medium", controls=("C14",))
def smart_disabled(row: Disk) -> Verdict:
    """SMART is switched off on a disk.

    Why it matters
        The drive keeps no health state, so it cannot warn.

    What to do
        Switch it on: `smartctl -s on`. Look for what switched it off: firmware set-up, a script, a
        controller.

    What not to do
        Do not take the missing warning as good news.

    References
        smartctl(8): -s.
    """
    if row.status == "disabled":
        return Fail(f"{row.said}: SMART is switched off", None, "status")
    return OK if row.status == "read" else NA


@rule("blind-spot/usb-bridge", on=Disk, severity="low", controls=("C14",))
def usb_bridge(row: Disk) -> Verdict:
    """A USB bridge hides the health of a disk.

    Why it matters
        Many bridges pass on neither health nor serial number. Backup disks are the usual victims.

    What to do
        Try the types that the drive database names for the bridge (`-d sat`, `-d usbjmicron` …), use another
        enclosure, or attach the disk by SATA once for a check.

    What not to do
        Do not use such a disk as the only copy.

    References
        smartmontools: supported USB devices.
    """
    if row.transport != "usb" or row.virtual:
        return NA
    if row.status in ("unsupported", "unreadable"):
        why = f": {row.detail}" if row.detail else ""
        return Fail(f"{row.said} at USB tells nothing of its health{why}", None, "status")
    return OK if row.status == "read" else NA


@rule("power/host-flush-disabled", on=Disk, severity="high", controls=("C15",))
def flush_disabled(row: Disk) -> Verdict:
    """The kernel sends no flushes to a drive whose cache is on.

    Why it matters
        The kernel believes the drive writes through and never asks it to empty its volatile cache. What file
        systems and databases were told is safe, is lost with a power cut.

    What to do
        Set the queue back (`write back` in /sys/block/*/queue/write_cache), or switch the drive's cache off.

    What not to do
        Do not set it to gain speed, unless every cache below survives a power cut by design.

    References
        Documentation/ABI/stable/sysfs-block: write_cache.
    """
    if row.virtual or row.behind_controller or row.kernel_write_cache is None:
        return NA
    if row.kernel_write_cache != "write through":
        return OK
    if row.drive_write_cache is None:
        return Unknown(f"{row.said}: the kernel writes through; the drive's own cache was not told")
    if row.drive_write_cache:
        return Fail(
            f"{row.said}: its cache is on, the kernel is set to write through", None, "kernel_write_cache"
        )
    return OK


@rule("blind-spot/serial-repeated", on=Disk, severity="low", controls=("C14",))
def serial_repeated(row: Disk) -> Verdict:
    """Several disks of a host tell the same serial number.

    Why it matters
        The number names neither of them: the wrong drive is pulled, a warranty is claimed for another, and
        history by serial number is lost. Cheap enclosures do it, forged drives too.

    What to do
        Note which drive sits in which slot by another mark (its label, its lamp), and attach the disks
        without the enclosure that hides their numbers.

    What not to do
        Do not replace a drive by this number alone.

    References
        smartctl(8): -d sat and its variants read the drive behind a bridge.
    """
    if row.serial is None or row.virtual:
        return NA
    if not row.serial_repeats:
        return OK
    return Fail(f"{row.said}: another disk of this host tells the same serial number", None, "serial_repeats")
