"""Rules on volumes of RAID controllers: how they write, and whether their data are whole."""

from __future__ import annotations

from analyzer.derived.controller_volume import ControllerVolume
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict

_DEAD = ("failed", "weak", "missing")


@rule("raid/wb-without-battery", on=ControllerVolume, severity="critical", controls=("C15",))
def write_back_without_battery(row: ControllerVolume) -> Verdict:
    """The volume writes into a cache that no battery keeps alive.

    Why it matters
        The controller tells the system that data are stored while they are in its memory. When the power
        fails they are gone, in the middle of file systems and databases that were promised they are safe.

    What to do
        Set the policy to write back only with a good battery (write-through otherwise). Replace the battery
        or capacitor. A UPS shortens the odds; it does not help against a crash of the power supply.

    What not to do
        Do not choose "always write back" for its speed.

    References
        StorCLI Reference Manual: wrcache=wb|awb|wt; HPE: No-Battery Write Cache.
    """
    if row.write_cache is None:
        return Unknown(f"{row.said}: how it writes was not told")
    if row.write_cache == "write-through" or row.cache_disabled:
        return OK
    battery = f"battery {row.told_battery or row.battery_state}"
    forced = row.write_cache == "always-write-back" or row.write_cache_default == "always-write-back"
    forced = forced or row.cache_without_battery is True
    if row.battery_state in _DEAD:
        return Fail(f"{row.said} writes back, {battery}", None, "write_cache")
    if row.battery_state in ("learning", "charging"):
        if not forced and row.cache_without_battery is None and row.write_cache_default is None:
            return Unknown(f"{row.said} writes back, {battery}; whether it may was not told")
        if not forced:
            return OK
        severity: Severity = "high"
        return Fail(f"{row.said} writes back whatever its battery does, {battery}", severity, "write_cache")
    if row.battery_state in (None, "unknown"):
        if forced and row.battery_state is None and row.write_cache == "always-write-back":
            return Fail(f"{row.said} always writes back; a battery was not told", "high", "write_cache")
        return Unknown(f"{row.said} writes back; the state of the battery was not told")
    if forced:
        return Fail(
            f"{row.said} would go on writing back without its battery, which is good now",
            "low",
            "write_cache",
        )
    return OK


@rule("raid/write-cache-fallback", on=ControllerVolume, severity="medium", controls=("C15",))
def write_cache_fallback(row: ControllerVolume) -> Verdict:
    """The volume was set to write back and writes through.

    Why it matters
        The controller has taken its cache out of use: for a battery that failed, learns or charges, for a
        fault of the cache, or because somebody did. Writes are many times slower, and nobody was told why.

    What to do
        Look at the battery or capacitor and the cache module, and at the log for the reason.

    What not to do
        Do not force write-back before the reason is known.

    References
        StorCLI Reference Manual: cache policy; HPE: cache status details.
    """
    if row.write_cache is None or row.write_cache_default is None:
        return Unknown(f"{row.said}: its cache policy now and as set was not told")
    if row.write_cache != "write-through" or row.write_cache_default == "write-through":
        return OK
    reason = f", battery {row.told_battery or row.battery_state}" if row.battery_state else ""
    busy = row.battery_state in ("learning", "charging")
    return Fail(
        f"{row.said} writes through, set to {row.write_cache_default}{reason}",
        "low" if busy else None,
        "write_cache",
    )


@rule("raid/disk-cache-on", on=ControllerVolume, severity="high", controls=("C15",))
def drive_caches_on(row: ControllerVolume) -> Verdict:
    """The drives behind the controller use volatile caches of their own.

    Why it matters
        The controller's battery keeps the controller's memory alive, not that of the drives. What a drive
        held in its cache is lost with the power, although the controller believed it stored.

    What to do
        Switch the drive cache of the volume off. Solid-state drives with protection against power loss may
        keep theirs: waive them by model.

    What not to do
        Do not rely on the controller's battery for it.

    References
        StorCLI Reference Manual: pdcache=on|off|default; HPE: drive write cache.
    """
    if row.drive_cache is None:
        return Unknown(f"{row.said}: whether its drives use their caches was not told")
    if row.drive_cache == "default":
        return Unknown(f"{row.said}: the caches of its drives are left to the drives")
    if row.drive_cache == "off":
        return OK
    if row.solid_state:
        return Fail(
            f"{row.said}: drive caches are {row.drive_cache}; whether these solid-state drives protect them"
            " against power loss cannot be read",
            "low",
            "drive_cache",
        )
    return Fail(f"{row.said}: drive caches are {row.drive_cache}", None, "drive_cache")


@rule("raid/volume-inconsistent", on=ControllerVolume, severity="high", controls=("C5",))
def volume_inconsistent(row: ControllerVolume) -> Verdict:
    """The volume has stripes or sectors that the controller could not save.

    Why it matters
        Bad blocks, failed stripes and unrecoverable media errors are data already lost: a second error met
        the first in a rebuild or a degraded array. Reading them fails, or gives zeros.

    What to do
        Find the files that lie there (read everything once), restore them from the backup, and make the
        volume anew if the controller cannot clear the mark.

    What not to do
        Do not clear the mark and trust the data; do not copy the volume over a good backup.

    References
        StorCLI Reference Manual: bad block table; arcconf: failed stripes; HPE: unrecoverable media errors.
    """
    if row.consistent is False:
        return Fail(f"{row.said}: it has unreadable or lost stripes or blocks", None, "consistent")
    return OK if row.consistent else NA


@rule("raid/volume-remark", on=ControllerVolume, severity="medium", controls=("C2",))
def volume_remark(row: ControllerVolume) -> Verdict:
    """The controller calls the volume whole and adds that something about it is not.

    Why it matters
        A failed spare, a drive that was replaced by the wrong one: the state of the volume is still good, the
        margin is not.

    What to do
        Read the remark, find the drive by slot and serial number, and put it right.

    What not to do
        Do not wait until the state of the volume changes too.

    References
        cciss_vol_status(8).
    """
    if row.trouble:
        return Fail(f"{row.said}: {row.trouble}", None, "trouble")
    return NA if row.trouble is None else OK
