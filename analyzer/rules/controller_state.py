"""Rules on RAID controllers: their own state, their housekeeping, what they do not tell."""

from __future__ import annotations

from analyzer.derived.controller_state import ControllerState
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict


@rule("raid/controller-status", on=ControllerState, severity="high", controls=("C2",))
def controller_status(row: ControllerState) -> Verdict:
    """The RAID controller reports a problem of its own.

    Why it matters
        Cache and enclosures belong to the controller, not to an array: every volume on it is at risk at once,
        and none of them shows it.

    What to do
        Read its event log first and save it; open a case with the maker.

    What not to do
        Do not clear the log.

    References
        StorCLI Reference Manual: show all; HPE Smart Storage Administrator user guide.
    """
    if row.status in ("failed", "attention"):
        return Fail(f"{row.said} says of itself: {row.told_status}", None, "status")
    if row.volumes_wrong and not row.volumes_listed:
        return Fail(
            f"{row.said} counts {row.volumes_wrong} volumes that are not optimal", None, "volumes_wrong"
        )
    if row.disks_wrong and not row.disks_listed:
        return Fail(f"{row.said} counts {row.disks_wrong} failed or failing drives", None, "disks_wrong")
    if row.enclosure_trouble:
        return Fail(f"{row.said}: {row.enclosure_trouble}", "medium", "enclosure_trouble")
    if row.status == "optimal" or row.volumes_wrong == 0:
        return OK
    return Unknown(f"{row.said}: its status was not told{_words(row.told_status)}")


def _words(told: str | None) -> str:
    return f" ({told})" if told else ""


@rule("raid/preserved-cache", on=ControllerState, severity="critical", controls=("C5",))
def preserved_cache(row: ControllerState) -> Verdict:
    """The controller holds writes for a volume that is gone.

    Why it matters
        When drives of a volume vanished, writes for it were in the cache. They are stored nowhere else, and
        the controller keeps them until the volume comes back or somebody discards them.

    What to do
        Bring the drives of that volume back first, by slot and serial number; the controller then writes what
        it holds.

    What not to do
        Do not discard the preserved cache to be allowed to go on.

    References
        StorCLI Reference Manual: show preservedcache.
    """
    if row.preserved_cache is None:
        told = not row.controller.startswith("megaraid:")
        return NA if told else Unknown(f"{row.said}: whether it holds preserved cache was not told")
    if row.preserved_cache:
        return Fail(f"{row.said} holds writes of a volume that is gone", None, "preserved_cache")
    return OK


@rule("raid/controller-memory", on=ControllerState, severity="high", controls=("C5",))
def controller_memory(row: ControllerState) -> Verdict:
    """The memory of the RAID controller has errors.

    Why it matters
        All data pass through it. What is not corrected there is written wrong to every member of the array,
        with parity that fits.

    What to do
        Replace the cache module or the controller when errors are uncorrectable or corrected ones go on.

    What not to do
        Do not trust a consistency check to find what was computed from wrong data.

    References
        StorCLI Reference Manual: Memory Correctable Errors, Memory Uncorrectable Errors.
    """
    if row.memory_uncorrectable_errors:
        count = row.memory_uncorrectable_errors
        return Fail(
            f"{row.said}: {count} uncorrectable memory errors; limit 0", None, "memory_uncorrectable_errors"
        )
    if row.memory_correctable_errors:
        count = row.memory_correctable_errors
        return Fail(
            f"{row.said}: {count} corrected memory errors; limit 0", "low", "memory_correctable_errors"
        )
    if row.memory_correctable_errors is None or row.memory_uncorrectable_errors is None:
        told = not row.controller.startswith("megaraid:")
        return NA if told else Unknown(f"{row.said}: errors of its memory were not told")
    return OK


@rule("raid/patrol-read-off", on=ControllerState, severity="medium", controls=("C1",))
def patrol_read_off(row: ControllerState) -> Verdict:
    """The controller reads its drives neither for errors nor for consistency.

    Why it matters
        Sectors that nobody reads go bad unnoticed. The next thing to read all of them is a rebuild, when the
        copy to mend them from is gone.

    What to do
        Switch patrol read (surface scan) to automatic, and a consistency check once a month.

    What not to do
        Do not start the first check after years in the week of a drive replacement.

    References
        StorCLI Reference Manual: set patrolread, set consistencycheck.
    """
    if row.has_redundancy is False:
        return NA
    if row.patrol_read == "auto" or row.consistency_check == "on":
        return OK
    if row.patrol_read == "off":
        return Fail(f"{row.said}: patrol read is off, and no consistency check is on", None, "patrol_read")
    if row.patrol_read == "manual" and row.consistency_check == "off":
        return Fail(
            f"{row.said}: no consistency check, and patrol read only by hand", "low", "consistency_check"
        )
    return Unknown(f"{row.said}: whether it reads its drives for errors was not told")


@rule("raid/foreign-config", on=ControllerState, severity="high", controls=("C2",))
def foreign_configuration(row: ControllerState) -> Verdict:
    """Drives carry the configuration of another array.

    Why it matters
        Either a drive of another machine was put in, or drives of this one dropped out together and came back
        with an older state. The two look alike.

    What to do
        Find out first which drives, by slot and serial number, and when they left. Preview the foreign
        configuration. Confirm the newest backup before importing anything.

    What not to do
        Do not clear it and do not import it blindly: importing a stale member corrupts the array, clearing
        may delete the only good copy.

    References
        StorCLI Reference Manual: /cx/fall show all, import preview.
    """
    if row.foreign_count is None:
        told = not row.controller.startswith("megaraid:")
        return NA if told else Unknown(f"{row.said}: foreign configurations were not told")
    if row.foreign_count:
        return Fail(
            f"{row.said}: foreign configurations or drives: {row.foreign_count}", None, "foreign_count"
        )
    return OK


@rule("blind-spot/controller-drives-untold", on=ControllerState, severity="high", controls=("C14",))
def drives_untold(row: ControllerState) -> Verdict:
    """The controller tells of fewer drives than it has.

    Why it matters
        What is left out of the list is often what is broken, and nothing is known of it.

    What to do
        Ask again; look at the log of the controller; compare with the drives in their slots.

    What not to do
        Do not judge the arrays by the part that was listed.

    References
        StorCLI Reference Manual: Physical Drives of show all.
    """
    if row.disk_count is None:
        return NA
    if row.disk_count and not row.disks_listed:
        return Unknown(f"{row.said} has {row.disk_count} drives, which were not told one by one")
    if row.disks_listed < row.disk_count:
        return Fail(
            f"{row.said} says it has {row.disk_count} drives and told of {row.disks_listed}",
            None,
            "disk_count",
        )
    return OK


@rule("blind-spot/controller-volumes-untold", on=ControllerState, severity="high", controls=("C14",))
def volumes_untold(row: ControllerState) -> Verdict:
    """The controller tells of fewer volumes than it has.

    Why it matters
        What is left out of the list is often what is broken, and nothing is known of it.

    What to do
        Ask again; look at the log of the controller; compare with the drives in their slots.

    What not to do
        Do not judge the arrays by the part that was listed.

    References
        StorCLI Reference Manual: Virtual Drives of show all.
    """
    if row.volume_count is None:
        return NA
    if row.volume_count and not row.volumes_listed:
        return Unknown(f"{row.said} has {row.volume_count} volumes, which were not told one by one")
    if row.volumes_listed < row.volume_count:
        return Fail(
            f"{row.said} says it has {row.volume_count} volumes and told of {row.volumes_listed}",
            None,
            "volume_count",
        )
    return OK


@rule("firmware/controller-old", on=ControllerState, severity="low", controls=("C3",))
def firmware_old(row: ControllerState, *, oldest_months: float = 36.0) -> Verdict:
    """The firmware of the RAID controller is old, or its tool asks for a newer one.

    Why it matters
        Controller firmware lies in the path of every write. Makers mend loss and corruption of data in it and
        say so in release notes that nobody reads; age is only the prompt to read them.

    What to do
        Read the maker's release notes for what concerns the integrity of data. Save the configuration, check
        the backup, and plan the update.

    What not to do
        Do not update while an array is degraded or rebuilding.

    References
        The maker's release notes; ssacli prints warnings of its own.
    """
    if row.firmware_warning:
        return Fail(f"{row.said}: {row.firmware_warning[:160]}", "medium", "firmware_warning")
    if row.firmware_version is None:
        return Unknown(f"{row.said}: its firmware was not told")
    if row.firmware_age_months is None:
        return Unknown(f"{row.said}: of its firmware {row.firmware_version} no date was told")
    if row.firmware_age_months > oldest_months:
        age = f"{row.firmware_age_months:.0f} months old, limit {oldest_months:g}"
        return Fail(f"{row.said}: firmware {row.firmware_version} is {age}", None, "firmware_age_months")
    return OK


@rule("raid/single-controller-no-spare", on=ControllerState, severity="low", controls=("C13",))
def single_controller(row: ControllerState, *, most_tier: int = 1) -> Verdict:
    """All volumes of an important host hang on one RAID controller.

    Why it matters
        Drives and backup may be whole: when the controller dies, the volumes can be read again only by one of
        the same family, often of the same firmware. Old ones are found second-hand, if at all.

    What to do
        Keep a controller of the same model on the shelf, or a maintenance contract that brings one in time,
        and save the configuration. Then waive this and name the contract: from here it cannot be seen.

    What not to do
        Do not try the drives on a controller of another kind: it may offer to initialise them.

    References
        OpenZFS documentation, hardware: formats of RAID controllers.
    """
    if not (row.volumes_listed or row.volume_count):
        return NA
    if row.tier is None or row.tier > most_tier:
        return NA  # a host whose owner said nothing counts as tier 2
    if not row.only_one:
        return OK
    return Fail(
        f"{row.said}: the only controller with volumes in a host of tier {row.tier};"
        f" a spare or a contract is asked for from tier {most_tier} on",
        None,
        "only_one",
    )
