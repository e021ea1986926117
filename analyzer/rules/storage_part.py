"""Rules on parts of storage systems, as their management tells them."""

from __future__ import annotations

from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict
from analyzer.wording import size
from collectors.storage_system_tables import StoragePart

_ALERTS: dict[str, Severity] = {"critical": "critical", "major": "high", "minor": "medium"}


@rule("raid/storage-part-unsound", on=StoragePart, severity="high", controls=("C2",))
def part_unsound(row: StoragePart) -> Verdict:
    """A storage system reports a part that is not sound.

    Why it matters
        The system knows of the trouble already. Whatever it carries runs on the margin that is left.

    What to do
        Open a case with the maker, name the part by its location and serial number, and replace it.

    What not to do
        Do not acknowledge the alert before the part is replaced, and do not pull a drive by its name alone:
        let its lamp blink.

    References
        The maker's guide to the management interface.
    """
    which = f"{row.kind} {row.name}{f' (serial {row.serial})' if row.serial else ''}"
    if row.kind == "alert" and row.alert_severity is None:
        return Unknown(f"{which}: its severity was not told")
    if row.kind == "alert":
        severity = _ALERTS.get(row.alert_severity or "")
        return Fail(f"{which}: {row.said}", severity, "alert_severity") if severity else OK
    if row.health is None:
        return NA
    if row.sound is None:
        return Unknown(f"{which}: state {row.health}")
    if row.sound:
        return OK
    worst = row.health in ("Fault", "Failed", "Offline")
    severity = "critical" if worst and row.kind in ("pool", "volume", "system", "disk group") else None
    return Fail(f"{which}: {row.health}{f': {row.said}' if row.said else ''}", severity, "health")


@rule("smart/storage-part-worn", on=StoragePart, severity="medium", controls=("C1",))
def part_worn(row: StoragePart, *, medium: float = 10.0, high: float = 2.0) -> Verdict:
    """A solid-state drive of a storage system is nearly worn.

    Why it matters
        Its rated endurance is used up: no warranty, and nobody knows how long it keeps data without power.
        Drives of one system wear at the same pace.

    What to do
        Plan the exchange of all drives of the group, one after another.

    What not to do
        Do not exchange several at once.

    References
        PowerStore: percent_endurance_remaining; PowerVault: ssd-life-left.
    """
    if row.life_left_percent is None:
        return NA
    if row.life_left_percent > medium:
        return OK
    return Fail(
        f"{row.kind} {row.name}: {row.life_left_percent:g} % of its endurance left, limits"
        f" {medium:g}/{high:g} %",
        "high" if row.life_left_percent <= high else None,
        "life_left_percent",
    )


@rule("capacity/storage-pool-full", on=StoragePart, severity="medium", controls=("C4",))
def pool_full(
    row: StoragePart, *, medium: float = 20.0, high: float = 10.0, critical: float = 5.0
) -> Verdict:
    """A pool of a storage system is nearly full.

    Why it matters
        Thin volumes promise more than there is. When the pool is full, all of them fail their writes at the
        same moment.

    What to do
        Delete snapshots that nobody needs through the system's own management, move volumes, add drives.

    What not to do
        Do not fill it further with a copy made "to be safe".

    References
        The maker's guide to pool thresholds.
    """
    if row.kind != "pool":
        return NA
    if not row.size_bytes or row.free_bytes is None:
        return Unknown(f"pool {row.name}: its space was not told")
    free = 100.0 * row.free_bytes / row.size_bytes
    ladder: tuple[tuple[float, Severity], ...] = ((critical, "critical"), (high, "high"), (medium, "medium"))
    severity = next((level for limit, level in ladder if free <= limit), None)
    if severity is None:
        return OK
    return Fail(
        f"pool {row.name}: {free:.1f} % free ({size(row.free_bytes)} of {size(row.size_bytes)}), limits"
        f" {medium:g}/{high:g}/{critical:g} %",
        severity,
        "free_bytes",
    )
