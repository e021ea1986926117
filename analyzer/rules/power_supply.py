"""Rules on whether a supply guards a host, what is at stake without one, and whether that was tried."""

from __future__ import annotations

from analyzer.derived.power_supply import PowerSupply, ShutdownDrill
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict
from analyzer.wording import listed


@rule("power/ups-absent", on=PowerSupply, severity="medium", controls=("C15",))
def ups_absent(row: PowerSupply) -> Verdict:
    """No UPS tells the host of a power cut.

    Why it matters
        Without a supply that can tell, the host stops in the middle of its writes. A UPS that nobody
        listens to only delays that.

    What to do
        Set up NUT or apcupsd for the UPS there is, or get one; test the shutdown once.

    What not to do
        Do not count a UPS that only some hosts listen to as protection of the others.

    References
        NUT: upsmon(8); apcupsd(8). Whether a UPS feeds the machine cannot be asked of it, so this stays
        open until software for one answers or `site.toml` says so (power).
    """
    if row.virtualization not in (None, "none"):
        return NA
    if row.guard in ("guarded", "failing"):
        return OK
    if row.guard == "bypassed":
        return Fail(f"the UPS is out of the circuit ({row.supplies})", None, "guard")
    exposed = listed([*row.parity.split(), *row.caches.split()], 6)
    told = f"; at stake: {exposed} (parity, write caches)" if exposed else ""
    if row.ups_said is False:
        return Fail(
            f"no UPS feeds this machine, as site.toml says{told}", "high" if exposed else None, "ups_said"
        )
    if row.guard == "none-told" and row.ups_said:
        return Fail(
            f"a UPS feeds this machine, as site.toml says, but neither NUT nor apcupsd listens to it{told}",
            None,
            "guard",
        )
    if row.guard == "none-told":
        return Unknown(
            "neither NUT nor apcupsd is set up here; whether a UPS feeds this machine has to be asked"
        )
    return Unknown("whether a UPS tells this machine of a power cut was not told")


@rule("power/write-cache-without-ups", on=PowerSupply, severity="low", controls=("C15",))
def caches_without_ups(row: PowerSupply) -> Verdict:
    """Drives keep writes in volatile caches, and no UPS lets them be emptied.

    Why it matters
        With the power goes what the caches held. A file system that flushes them in order comes up whole all
        the same, less what it had not flushed; parity over several such drives may no longer fit.

    What to do
        A UPS whose software shuts the machine down, or drives with protection against power loss. As a
        stop-gap the cache can be switched off (`hdparm -W0`), which costs much speed and may not outlast a
        reboot.

    What not to do
        Do not switch barriers or flushes off to win that speed back.

    References
        hdparm(8): -W; Documentation/ABI/stable/sysfs-block: write_cache. Protection against power loss cannot
        be read from a drive; waive drives that have it. Caches of controllers: `raid/wb-without-battery`.
    """
    if row.virtualization not in (None, "none"):
        return NA
    if not row.caches:
        return OK if row.caches_told else Unknown("whether the write caches of all disks are on was not told")
    if row.guard in ("guarded", "failing"):
        return OK
    if row.guard == "unknown" and row.ups_said is not False:
        return Unknown(f"whether a UPS guards the write caches of {row.caches} was not told")
    why = {
        "bypassed": "the UPS is out of the circuit",
        "none-told": "no UPS tells this machine of a power cut",
    }
    said = (
        f"volatile write caches on {listed(row.caches.split(), 6)}; {why.get(row.guard, 'no UPS feeds it')}"
    )
    if row.parity_caches:
        return Fail(
            f"{said}; below parity: {listed(row.parity_caches.split(), 6)}", "medium", "parity_caches"
        )
    return Fail(said, None, "caches")


@rule("power/shutdown-not-tested", on=ShutdownDrill, severity="medium", controls=("C15",))
def shutdown_not_tested(row: ShutdownDrill, *, limit_days: float = 365.0) -> Verdict:
    """The orderly shutdown by the UPS was not tried for a year, or never.

    Why it matters
        Scripts rot, guests hang while they stop, a cable was moved. That is found out when the battery is
        empty, unless somebody tried it before.

    What to do
        Pull the plug of the UPS in a maintenance window, let everything go down by itself, measure the time
        of each stage, and note day and duration in `site.toml` (power).

    What not to do
        Do not try it before a backup is proven, and not while an array is rebuilt.

    References
        upsmon(8): -c fsd; apcupsd: testing. No machine tells of a drill: a real shutdown by the UPS counts as
        one once it is noted.
    """
    if row.tested_days is None:
        where = "site.toml tells of none" if row.said else "none is noted in site.toml (power)"
        return Fail(
            f"{row.name}: no trial of its shutdown by the UPS is on record; {where}", None, "tested_days"
        )
    if row.tested_days < 0:
        return Unknown(f"{row.name}: the day of the trial in site.toml is after this audit")
    if row.tested_days <= limit_days:
        return OK
    days = f"{row.tested_days:.0f} days ago"
    return Fail(f"{row.name}: shutdown last tried {days}, limit {limit_days:g}", None, "tested_days")
