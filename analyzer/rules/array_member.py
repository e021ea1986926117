"""Rules on single members of arrays: bad blocks, error recovery, shingled or USB drives."""

from __future__ import annotations

from analyzer.derived.array_member import ArrayMember
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict

_REDUNDANT = ("raid1", "raid4", "raid5", "raid6", "raid10")
_PARITY = ("raid4", "raid5", "raid6")
_GONE = ("missing", "failed")


def _said(row: ArrayMember) -> str:
    return f"{row.array_name} {row.said}"


@rule("raid/member-bad-blocks", on=ArrayMember, severity="high", controls=("C1",))
def member_bad_blocks(row: ArrayMember) -> Verdict:
    """A member has unreadable areas that md noted without ejecting it.

    Why it matters
        md lists areas it could not read or write and goes on without them: those stripes have less redundancy
        than the array promises, and perhaps none. Corrected read errors show a drive on its way there.

    What to do
        Replace the member; read the affected files against a backup.

    What not to do
        Do not clear the list, and do not copy it to a new drive with a plain image.

    References
        md(4): bad block list; sysfs md/dev-*/bad_blocks, errors.
    """
    if row.state in _GONE or row.kind != "md":
        return NA
    if row.bad_blocks:
        return Fail(
            f"{_said(row)}: {row.bad_blocks} entries in its bad block list; limit 0", None, "bad_blocks"
        )
    if row.errors:
        return Fail(f"{_said(row)}: md corrected {row.errors} read errors; limit 0", "medium", "errors")
    if row.bad_blocks is None or row.errors is None:
        return Unknown(f"{_said(row)}: its bad block list or its corrected errors were not told")
    return OK


@rule("raid/no-erc", on=ArrayMember, severity="medium", controls=("C2",))
def no_error_recovery_control(row: ArrayMember, *, patient_seconds: int = 180) -> Verdict:
    """A disk in the array does not limit its own error recovery.

    Why it matters
        A disk that meets a bad sector may retry for minutes. The kernel gives up first and resets it, md
        throws the whole disk out, and if that happens in a rebuild the array is lost over one sector.

    What to do
        Set the limit to 7 seconds at every boot (`smartctl -l scterc,70,70`) or, if the disk cannot, raise
        the kernel's command timeout to 180 seconds. Buy disks made for arrays.

    What not to do
        Do not set the limit on a single disk without redundancy: there its long retries are the only rescue.

    References
        smartctl(8): -l scterc.
    """
    if row.level not in _REDUNDANT or row.state in _GONE or row.virtual or row.rotational is False:
        return NA
    if row.kind == "controller":
        return NA  # the controller has a patience of its own
    if row.transport not in ("sata", "ata", "usb", None) or row.disk is None:
        return NA
    if row.timeout_seconds is not None and row.timeout_seconds >= patient_seconds:
        return OK
    if row.erc_supported is False:
        return Fail(f"{_said(row)}: error recovery control is not supported", None, "erc_supported")
    if row.erc_read_deciseconds is None:
        return Unknown(f"{_said(row)}: error recovery control was not told")
    if row.erc_read_deciseconds == 0:
        return Fail(f"{_said(row)}: error recovery control is off", None, "erc_read_deciseconds")
    return OK


@rule("raid/erc-timeout-mismatch", on=ArrayMember, severity="high", controls=("C2",))
def recovery_timeout_mismatch(row: ArrayMember) -> Verdict:
    """The kernel gives up on the disk before the disk gives up on a sector.

    Why it matters
        The kernel resets the link while the disk still tries to read; the array loses the disk over one
        sector.

    What to do
        Make the disk's recovery limit shorter than the kernel's command timeout: 7 seconds against 30 are
        usual.

    What not to do
        Do not shorten the kernel's timeout.

    References
        smartctl(8): -l scterc; /sys/block/*/device/timeout.
    """
    if row.level not in _REDUNDANT or row.state in _GONE or not row.erc_read_deciseconds:
        return NA
    if row.kind == "controller":
        return NA
    if row.timeout_seconds is None:
        return Unknown(f"{_said(row)}: the kernel's command timeout was not told")
    recovery = row.erc_read_deciseconds / 10
    if recovery >= row.timeout_seconds:
        return Fail(
            f"{_said(row)}: recovers for up to {recovery:g} s, the kernel waits {row.timeout_seconds} s",
            None,
            "erc_read_deciseconds",
        )
    return OK


@rule("raid/smr-member", on=ArrayMember, severity="high", controls=("C2",))
def shingled_member(row: ArrayMember) -> Verdict:
    """A shingled disk is a member of the array.

    Why it matters
        Shingled recording stalls for minutes under the random writes of a rebuild; such disks get thrown
        out of arrays, and rebuilds take days.

    What to do
        Replace them by conventionally recorded disks one at a time, letting each rebuild finish. A rotating
        disk that offers TRIM is shingled.

    What not to do
        Do not buy the same model again as a spare.

    References
        smartmontools' drive database names the families.
    """
    if row.state in _GONE or row.virtual or row.disk is None or row.rotational is False:
        return NA
    if row.smr is None:
        return Unknown(f"{_said(row)}: nothing tells whether it is shingled")
    if row.smr:
        return Fail(f"{_said(row)} is shingled", "high" if row.level in _PARITY else "medium", "smr")
    return OK


@rule("raid/usb-member", on=ArrayMember, severity="medium", controls=("C2",))
def usb_member(row: ArrayMember) -> Verdict:
    """A member of the array is attached by USB.

    Why it matters
        USB links reset under load, and bridges often pass on neither flushes nor health. md throws the disk
        out.

    What to do
        Move the disk to SATA or SAS.

    What not to do
        Do not put two members on one USB bridge or hub.

    References
        Documentation/admin-guide/md.rst.
    """
    if row.state in _GONE or row.disk is None:
        return NA
    if row.transport is None:
        return NA if row.virtual else Unknown(f"{_said(row)}: how it is attached was not told")
    if row.transport == "usb":
        return Fail(f"{_said(row)} is attached by USB", None, "transport")
    return OK


@rule("power/drive-cache-no-plp", on=ArrayMember, severity="medium", controls=("C15",))
def volatile_cache(row: ArrayMember) -> Verdict:
    """A parity array writes into volatile drive caches.

    Why it matters
        With the power the caches are gone, each at another point of the same stripe: data and parity no
        longer fit. Solid-state drives without protection against power loss have lost more than what was in
        flight.

    What to do
        Use a UPS with an orderly shutdown, or drives with power-loss protection. As a stop-gap switch the
        cache off (`hdparm -W0`), which costs much speed and may not outlast a reboot.

    What not to do
        Behind a RAID controller change the cache only through the controller's own policy.

    References
        hdparm(8): -W. Protection of a drive against power loss cannot be read from it; waive drives that
        have it.
    """
    if row.level not in _PARITY or row.state in _GONE or row.virtual or row.disk is None:
        return NA
    if row.kind == "controller":
        return NA  # judged by the policy of the volume
    if row.drive_write_cache is None:
        return Unknown(f"{_said(row)}: whether its write cache is on was not told")
    if row.drive_write_cache:
        return Fail(f"{_said(row)}: its volatile write cache is on", None, "drive_write_cache")
    return OK
