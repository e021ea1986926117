"""Rules on the battery or capacitor of a RAID controller's cache."""

from __future__ import annotations

from analyzer.derived.controller_state import ControllerState
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict


@rule("raid/bbu-failed", on=ControllerState, severity="high", controls=("C15",))
def battery_failed(row: ControllerState) -> Verdict:
    """The battery or capacitor of the controller's cache does not work.

    Why it matters
        It keeps what was written to the cache alive when the power fails. Without it the controller falls
        back to slow writes at best, and at worst goes on writing into memory that forgets.

    What to do
        Replace the module; wait for its first charge and learning cycle; then see that the volumes write back
        again.

    What not to do
        Do not force write-back without a battery to get the speed back.

    References
        StorCLI Reference Manual: /cx/bbu, /cx/cv; HPE: cache module backup power source.
    """
    words = f": {row.told_battery}" if row.told_battery else ""
    fallback = row.writes_back is False
    if row.battery_state == "failed":
        severity: Severity | None = "medium" if fallback else None
        then = "; the volumes write through meanwhile" if fallback else ""
        return Fail(f"{row.said}: battery or capacitor failed{words}{then}", severity, "battery_state")
    if row.battery_state == "weak":
        return Fail(f"{row.said}: battery or capacitor is weak{words}", "medium", "battery_state")
    if row.battery_state == "missing":
        if row.wants_write_back is None:
            return Unknown(f"{row.said} has no battery; how its volumes write was not told")
        if not row.wants_write_back:
            return NA
        return Fail(
            f"{row.said} has no battery or capacitor{words}, and volumes set to write back",
            "medium" if fallback else None,
            "battery_state",
        )
    if row.battery_state in (None, "unknown"):
        return Unknown(f"{row.said}: the state of its battery was not told{words}")
    return OK


@rule("raid/bbu-old", on=ControllerState, severity="low", controls=("C15",))
def battery_old(row: ControllerState, *, oldest_years: float = 4.0) -> Verdict:
    """The battery of the controller's cache is old.

    Why it matters
        Packs wear out with the years, and fail in the hour after the power did.

    What to do
        Order a new pack and change it at the next maintenance.

    What not to do
        Do not take "optimal" for a promise: it was measured in the last learning cycle.

    References
        StorCLI Reference Manual: /cx/bbu show all, date of manufacture.
    """
    if row.battery_age_years is None or row.battery_state == "missing":
        return NA
    if row.battery_age_years > oldest_years:
        years = f"{row.battery_age_years:.1f} years old, limit {oldest_years:g}"
        return Fail(f"{row.said}: its battery is {years}", None, "battery_age_years")
    return OK


@rule("raid/bbu-learn-stuck", on=ControllerState, severity="medium", controls=("C15",))
def battery_busy(row: ControllerState, *, longest_hours: float = 24.0) -> Verdict:
    """The cache battery does not come to an end with learning or charging.

    Why it matters
        While it learns or charges the cache writes through. A pack that cannot finish will not hold the cache
        either.

    What to do
        Replace the pack; leave the volumes writing through until then.

    What not to do
        Do not start the learning cycle again and again.

    References
        StorCLI Reference Manual: learn cycle.
    """
    if row.battery_state is None:
        return Unknown(f"{row.said}: the state of its battery was not told")
    if row.battery_state not in ("learning", "charging"):
        return OK if row.battery_state == "ok" else NA
    if row.battery_busy_hours is None:
        return Unknown(f"{row.said}: its battery is {row.battery_state}; one look cannot tell since when")
    if row.battery_busy_hours > longest_hours:
        return Fail(
            f"{row.said}: its battery has been {row.battery_state} for {row.battery_busy_hours:.0f} hours,"
            f" limit {longest_hours:g}",
            None,
            "battery_busy_hours",
        )
    return OK
