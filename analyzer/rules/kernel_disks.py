"""Rules on what the kernel logged of disks, their links and their controllers."""

from __future__ import annotations

from analyzer.derived.kernel_trouble import KernelTrouble
from analyzer.kernel_judging import message, standing
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Verdict


@rule("fs/io-errors-kernel", on=KernelTrouble, severity="high", controls=("C1",))
def io_errors(
    row: KernelTrouble, *, fresh_days: float = 7.0, old_days: float = 30.0, many: int = 10
) -> Verdict:
    """The kernel logged I/O errors.

    Why it matters
        A read or write that the kernel had to give up is often the first sign of a dying drive, cable or
        controller, before SMART tells anything; and what was to be read or written is missing somewhere.

    What to do
        Look at the drive's own health, then at cable, backplane and power. Copy what lies on it elsewhere
        first if nothing redundant is below. An error of the medium is the drive's; a command that failed
        without one may be the way to it.

    What not to do
        Do not run a file system check or a long self-test before the data are copied, and do not clear
        the log as a repair.

    References
        Documentation/scsi and drivers/block of the kernel; Jiang et al., FAST 2008: errors of the path
        are as frequent as those of disks.
    """
    if row.trouble != "io":
        return NA
    match standing(row, fresh_days, old_days):
        case "none" | "past":
            return OK
        case "old":
            return Fail(message(row, f"; none in the last {fresh_days:g} days"), "medium", "count")
    if row.recent_count >= many:
        return Fail(message(row, f"; limit 0, critical from {many} a week"), "critical", "recent_count")
    return Fail(message(row, f"; limit 0, critical from {many} a week"), "high", "count")


@rule("fs/device-lost-logged", on=KernelTrouble, severity="high", controls=("C1",))
def device_lost(row: KernelTrouble, *, old_days: float = 30.0) -> Verdict:
    """The kernel gave up a disk.

    Why it matters
        The disk did not answer any more, not even after resets. Whatever wrote to it lost its writes, and
        an array runs with one member less since then.

    What to do
        See whether the disk is there again and why it went: power, cable, backplane, firmware, heat.
        Check the arrays and file systems on it for what they missed.

    What not to do
        Do not put the disk back into an array without a look at its health: it will go again during the
        rebuild.

    References
        drivers/ata/libata-eh.c, drivers/nvme/host/pci.c, drivers/scsi/scsi_error.c of the kernel.
    """
    if row.trouble != "lost":
        return NA
    match standing(row, old_days, old_days):
        case "fresh":
            return Fail(message(row), None, "count")
    return OK


@rule("smart/link-resets-logged", on=KernelTrouble, severity="medium", controls=("C1",))
def link_resets(
    row: KernelTrouble, *, fresh_days: float = 7.0, old_days: float = 30.0, many: int = 10
) -> Verdict:
    """The link to a disk was reset.

    Why it matters
        The kernel lost its connection to the disk and had to build it anew. Mostly it is the cable, the
        backplane, the power supply or a sleeping controller, seldom the disk; but an array may throw the
        member out for it.

    What to do
        Swap cable and slot, one at a time, and watch the counter of interface errors (attribute 199). A
        link that was made slower stays slow until the next boot.

    What not to do
        Do not replace the disk before the cable.

    References
        drivers/ata/libata-eh.c of the kernel. Events of a port alone are what plugging in and out looks
        like.
    """
    if row.trouble != "link":
        return NA
    match standing(row, fresh_days, old_days):
        case "none" | "past":
            return OK
        case "old":
            return Fail(message(row), "low", "count")
    if set(row.kinds.split()) <= {"port-event", "usb-reset"} and row.recent_count < many:
        return Fail(message(row, f"; medium from {many} a week"), "low", "count")
    return Fail(
        message(row, f"; high from {many} a week"), "high" if row.recent_count >= many else None, "count"
    )


@rule("raid/controller-resets-logged", on=KernelTrouble, severity="high", controls=("C2",))
def controller_resets(row: KernelTrouble, *, old_days: float = 30.0) -> Verdict:
    """A disk controller was reset or reported a fault.

    Why it matters
        While a controller starts anew every disk behind it is gone, for file systems as for arrays. It
        happens by heat, firmware, power, or a disk that blocks the bus.

    What to do
        Read the controller's own log with its maker's tool, compare its firmware with the maker's notes,
        check its cooling.

    What not to do
        Do not update firmware on a machine without a proven backup.

    References
        drivers/scsi/mpt3sas, megaraid, aacraid, hpsa of the kernel.
    """
    if row.trouble != "controller":
        return NA
    match standing(row, old_days, old_days):
        case "fresh":
            return Fail(message(row), None, "count")
    return OK


@rule("raid/corrected-reads-logged", on=KernelTrouble, severity="medium", controls=("C1",))
def corrected_reads(row: KernelTrouble, *, old_days: float = 30.0) -> Verdict:
    """Redundancy had to repair what a disk returned.

    Why it matters
        The array or file system took the other copy and nobody lost anything. The disk that returned the
        wrong data, or none, is the one that fails next; without the second copy it would have been a
        loss.

    What to do
        Look at the health of the disk named, run a check or scrub over everything, plan the replacement
        if it goes on.

    What not to do
        Do not reset the counters as a repair, and do not take out the other disk of the pair.

    References
        md(4): read errors are corrected by writing; btrfs-device(8): the counters stay over a reboot.
    """
    if row.trouble != "corrected":
        return NA
    match standing(row, old_days, old_days):
        case "fresh":
            return Fail(message(row), None, "count")
    return OK


@rule("smart/pcie-errors-logged", on=KernelTrouble, severity="low", controls=("C1",))
def pcie_errors(row: KernelTrouble, *, old_days: float = 30.0, many: int = 100) -> Verdict:
    """The PCIe link of a device reports errors.

    Why it matters
        NVMe drives and controllers hang on PCIe. Corrected errors in number, or uncorrected ones, come
        from a slot, riser, cable or card that does not sit well, and end in timeouts.

    What to do
        Reseat the card or drive, try another slot, update the firmware of the board.

    What not to do
        Do not just switch the reports off (pci=noaer).

    References
        Documentation/PCI/pcieaer-howto.rst of the kernel.
    """
    if row.trouble != "pcie":
        return NA
    match standing(row, old_days, old_days):
        case "none" | "past" | "old":
            return OK
    if "pcie-uncorrected" in row.kinds.split():
        return Fail(message(row), "medium", "kinds")
    if row.count < many:
        return OK
    return Fail(message(row, f"; limit {many}"), None, "count")
