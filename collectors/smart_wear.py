"""Wear of a drive in one scale, whoever made it: endurance used, spare left, bytes written.

Vendor attributes are taken by their name in smartctl's drive database, never by number alone: the same number
means other things to other makers. Their normalised values count down from 100.
"""

from __future__ import annotations

from collections.abc import Sequence

from collectors.smart_values import Tree, at, branch, first, items, name_of, natural, percent

COUNTS_DOWN = frozenset(
    {
        "media_wearout_indicator",
        "percent_lifetime_remain",
        "percent_life_remaining",
        "percent_lifetime_used",
        "perc_rated_life_used",
        "perc_rated_life_remain",
        "remaining_lifetime_perc",
        "drive_life_remaining%",
        "ssd_life_left",
        "ssd_life_left_perc",
        "wear_leveling_count",
        "remaining_life",
        "remaining_life_left",
        "lifetime_left",
        "life_left",
    }
)
"""Names whose normalised value is the share of life left."""

SPARE = frozenset({"available_reservd_space", "available_reserved_space"})

MIB, GIB = 1 << 20, 1 << 30
WRITTEN_BYTES = {
    "host_writes_32mib": 32 * MIB,
    "host_writes_mib": MIB,
    "host_writes_gib": GIB,
    "lifetime_writes_gib": GIB,
    "total_writes_gib": GIB,
    "total_writes_gb": 1_000_000_000,
    "lifetime_writes_from_host_gib": GIB,
    "total_writes_32mib": 32 * MIB,
}
"""Names of attributes whose raw value counts writes of the host, with the bytes of one count."""
WRITTEN_SECTORS = frozenset({"total_lbas_written", "total_host_sector_write", "host_sector_writes"})

OLDEST_HOURS = 25 * 8766
FASTEST, FASTEST_NVME = 3_000_000_000, 16_000_000_000
"""Bytes a second that no SAS or SATA drive, and no NVMe drive, writes."""


Named = Sequence[tuple[str, Tree]]
"""Vendor attributes that tell of wear, with their names in lower case."""
_TELLING = COUNTS_DOWN | SPARE | WRITTEN_BYTES.keys() | WRITTEN_SECTORS


def named_attributes(tree: Tree) -> Named:
    """The vendor attributes of a drive that tell of its wear."""
    return [
        (name, one)
        for _, one in items(tree, "ata_smart_attributes.table")
        if (name := (name_of(one.get("name")) or "").lower()) in _TELLING
    ]


def endurance_used(tree: Tree, named: Named) -> int | None:
    """Percent of rated endurance used: as smartctl, NVMe, SCSI or devstat tell it, else by attribute."""
    nvme = percent(at(tree, "nvme_smart_health_information_log.percentage_used"))
    used = percent(at(tree, "endurance_used.current_percent"))
    told = first(
        used if nvme is not None else _filled(used),
        nvme,
        percent(tree.get("scsi_percentage_used_endurance_indicator")),
        _filled(percent(statistic(tree, 7, 8))),
    )
    return told if told is not None else _used_by_attribute(named)


def _filled(used: int | None) -> int | None:
    """ATA drives that never fill the endurance statistic tell 255 % from their first day."""
    return used if used != 255 else None


def _used_by_attribute(named: Named) -> int | None:
    used: list[int] = []
    for name, one in named:
        if name not in COUNTS_DOWN:
            continue
        value, number = natural(one.get("value")), natural(one.get("id"))
        if value is None or value > 100:
            continue
        if name == "media_wearout_indicator" and number == 230:
            continue  # SanDisk and WD: the value does not count down
        used.append(100 - value)
    return max(used, default=None)


def spare(tree: Tree, named: Named) -> tuple[int | None, int | None]:
    """Percent of spare area left, and the maker's limit.

    Both zero without the drive's own warning is what virtual NVMe drives say: not told.
    """
    log = branch(tree, "nvme_smart_health_information_log")
    left = first(percent(at(tree, "spare_available.current_percent")), percent(log.get("available_spare")))
    limit = first(
        percent(at(tree, "spare_available.threshold_percent")), percent(log.get("available_spare_threshold"))
    )
    if left == 0 and not limit and not (natural(log.get("critical_warning")) or 0) & 1:
        return None, None
    if left is None:
        for name, one in named:
            if name in SPARE and (value := percent(one.get("value"))) is not None and value <= 100:
                return value, percent(one.get("thresh")) or None
    return left, limit


def power_on_hours(tree: Tree) -> int | None:
    """Power-on hours: smartctl has unpacked hours, minutes and half-minutes by its drive database.

    Some drives count from an offset (Intel 330 and 520) or in minutes: beyond 25 years it is not told.
    """
    hours = first(
        natural(at(tree, "power_on_time.hours")),
        natural(at(tree, "nvme_smart_health_information_log.power_on_hours")),
        statistic(tree, 1, 16),
    )
    return hours if hours is not None and hours <= OLDEST_HOURS else None


def bytes_written(tree: Tree, named: Named) -> int | None:
    """Bytes the host wrote over the drive's life; None if no drive could have written so much in its time."""
    written, hours = _written(tree, named), power_on_hours(tree)
    fastest = FASTEST_NVME if "nvme_smart_health_information_log" in tree else FASTEST
    if written is not None and hours is not None and written > (hours + 1) * 3600 * fastest:
        return None
    return written


def _written(tree: Tree, named: Named) -> int | None:
    units = natural(at(tree, "nvme_smart_health_information_log.data_units_written"))
    if units is not None:
        return natural(units * 512_000)  # NVMe base specification: thousands of 512-byte units
    sector = natural(tree.get("logical_block_size")) or 512
    sectors = statistic(tree, 1, 24)
    if sectors is not None:
        return natural(sectors * sector)
    gigabytes = at(tree, "scsi_error_counter_log.write.gigabytes_processed")
    try:
        return (
            natural(round(float(gigabytes) * 1e9)) if gigabytes is not None else _written_by_attribute(named)
        )
    except (ValueError, TypeError, OverflowError):
        return None


def _written_by_attribute(named: Named) -> int | None:
    for name, one in named:
        unit = 512 if name in WRITTEN_SECTORS else WRITTEN_BYTES.get(name)
        if unit and (raw := natural(at(one, "raw.value"))) is not None:
            return natural(raw * unit)
    return None


def statistic(tree: Tree, page: int, offset: int) -> int | None:
    """A valid entry of the ATA device statistics log."""
    if "ata_device_statistics" not in tree:
        return None
    for _, one in items(tree, "ata_device_statistics.pages"):
        if natural(one.get("number")) != page:
            continue
        for _, entry in items(one, "table"):
            if natural(entry.get("offset")) == offset and at(entry, "flags.valid") is not False:
                return natural(entry.get("value"))
    return None
