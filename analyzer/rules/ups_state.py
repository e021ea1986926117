"""Rules on uninterruptible power supplies."""

from __future__ import annotations

import re

from analyzer.derived.power_supply import UpsState
from analyzer.rule import rule
from analyzer.verdict import OK, Fail, Severity, Unknown, Verdict

_ILL = re.compile(r"fail|bad|warn", re.IGNORECASE)


@rule("power/ups-not-communicating", on=UpsState, severity="high", controls=("C15",))
def not_communicating(row: UpsState) -> Verdict:
    """The UPS does not tell its state any more.

    Why it matters
        With the next power cut nobody learns that the battery is being used up, and the hosts go down
        hard when it is.

    What to do
        Look at cable, driver and server (upsdrvctl, upsd, apcupsd), then pull the plug of the UPS once
        and see that it is noticed.

    What not to do
        Do not take a lit display for a working shutdown.

    References
        NUT: upsc(8), ups.status; apcupsd: COMMLOST.
    """
    flags = row.flags
    if "COMMLOST" in flags:
        return Fail(f"{row.said}: {row.software} has lost it", None, "status")
    if not flags:
        return Unknown(f"{row.said}: its status was not told")
    return OK


@rule("power/on-battery", on=UpsState, severity="high", controls=("C15",))
def on_battery(row: UpsState) -> Verdict:
    """The UPS runs on its battery.

    Why it matters
        There is no power from outside now, or the UPS believes so. When the battery is empty everything
        behind it stops in the middle of its writes.

    What to do
        Begin the ordered shutdown: applications, virtual machines, hosts, storage last.

    What not to do
        Do not start rebuilds, scrubs or updates now.

    References
        NUT: ups.status OB, LB.
    """
    flags = row.flags
    if not flags or flags == {"COMMLOST"}:
        return Unknown(f"{row.said}: its status was not told")
    if "OB" not in flags:
        return OK
    left = f", {row.runtime_seconds} s left" if row.runtime_seconds is not None else ""
    low = "LB" in flags
    return Fail(
        f"{row.said} is on battery{', which is low' if low else ''}{left}",
        "critical" if low else None,
        "status",
    )


@rule("power/battery-replace", on=UpsState, severity="medium", controls=("C15",))
def battery_replace(row: UpsState, *, years: float = 4.0) -> Verdict:
    """The battery of the UPS is worn out, or too old to be trusted.

    Why it matters
        A worn battery drops the load at the very moment it is needed. Batteries of lead last three to
        five years.

    What to do
        Replace the battery and note the date in the device; test afterwards.

    What not to do
        Do not judge it by its charge: a dead battery shows 100 % too.

    References
        NUT: ups.status RB, battery.date, ups.test.result. The age is a rule of thumb.
    """
    flags = row.flags
    if flags & {"RB", "NOBATT"}:
        return Fail(f"{row.said} asks for a new battery ({row.status})", "high", "status")
    if row.test_result and _ILL.search(row.test_result):
        return Fail(f"{row.said}: self-test: {row.test_result}", "high", "test_result")
    if row.battery_age_days is not None and row.battery_age_days > years * 365.25:
        age = f"{row.battery_age_days / 365.25:.1f} years"
        return Fail(
            f"{row.said}: battery of {row.battery_date} is {age} old, limit {years:g}",
            None,
            "battery_age_days",
        )
    if not flags:
        return Unknown(f"{row.said}: its status was not told")
    if row.battery_age_days is None and row.test_result is None:
        return Unknown(f"{row.said}: neither the age of its battery nor a self-test was told")
    return OK


@rule("power/runtime-short", on=UpsState, severity="high", controls=("C15",))
def runtime_short(row: UpsState, *, seconds: int = 600, times: float = 2.0) -> Verdict:
    """The battery would not last for an orderly shutdown.

    Why it matters
        Guests and databases need minutes to stop. What has not stopped when the battery is empty is cut
        off in the middle of its writes.

    What to do
        Measure once how long a whole shutdown takes and set that as the limit; shed load, begin the
        shutdown earlier, or use a larger battery.

    What not to do
        Do not trust the estimate of an old battery.

    References
        NUT: battery.runtime, battery.runtime.low; apcupsd: TIMELEFT, MINTIMEL. The limit is ours until
        `site.toml` (power) tells how long a shutdown takes; then it is a multiple of that.
    """
    if row.runtime_seconds is None:
        return Unknown(f"{row.said}: its runtime was not told")
    measured = row.shutdown_seconds
    wanted = times * measured if measured else float(seconds)
    needed = max(wanted, times * row.low_runtime_seconds)
    if row.runtime_seconds >= needed:
        return OK
    took = f" (a shutdown takes {measured:g} s, as measured)" if measured else ""
    return Fail(
        f"{row.said} would last {row.runtime_seconds} s at this load, limit {needed:g} s{took}",
        None,
        "runtime_seconds",
    )


@rule("power/overload", on=UpsState, severity="medium", controls=("C15",))
def overload(row: UpsState, *, low: float = 80.0, high: float = 95.0) -> Verdict:
    """The UPS is loaded near or over what it can carry.

    Why it matters
        With an overload it switches to bypass or drops everything when the power goes; the runtime
        shrinks faster than the load grows.

    What to do
        Move load away from it, or use a larger one; see that both feeds of a host do not hang on one.

    What not to do
        Do not plug printers, heaters or a second rack into it.

    References
        NUT: ups.load, ups.status OVER.
    """
    if "OVER" in row.flags:
        return Fail(f"{row.said} is overloaded", "critical", "status")
    if row.load_percent is None:
        return Unknown(f"{row.said}: its load was not told")
    if row.load_percent < low:
        return OK
    severity: Severity = "high" if row.load_percent >= high else "low"
    return Fail(
        f"{row.said}: load {row.load_percent:g} %, limits {low:g} and {high:g} %", severity, "load_percent"
    )


@rule("power/selftest-stale", on=UpsState, severity="low", controls=("C15",))
def selftest_stale(row: UpsState, *, days: float = 35.0) -> Verdict:
    """The UPS has not tested its battery for long.

    Why it matters
        Only a test under load tells whether the battery carries it. A battery that nobody tests is a
        hope.

    What to do
        Schedule the self-test (upscmd test.battery.start.quick, apctest), away from backups and rebuilds.

    What not to do
        Do not run the first test of years while everything hangs on it and no backup is proven.

    References
        NUT: ups.test.date, ups.test.interval; apcupsd: LASTSTEST.
    """
    if row.test_age_days is not None:
        if row.test_age_days <= days:
            return OK
        return Fail(
            f"{row.said}: last self-test {row.test_age_days:.0f} days ago, limit {days:g}",
            None,
            "test_age_days",
        )
    if row.test_result and re.search(r"^none$|[Nn]o test", row.test_result):
        return Fail(f"{row.said}: no self-test has ever run", "medium", "test_result")
    return Unknown(f"{row.said}: when it last tested itself was not told")
