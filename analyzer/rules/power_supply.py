"""Rules on whether a supply guards a host."""

from __future__ import annotations

from analyzer.derived.power_supply import PowerSupply
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict


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
        open until software for one answers.
    """
    if row.virtualization not in (None, "none"):
        return NA
    if row.guard in ("guarded", "failing"):
        return OK
    if row.guard == "bypassed":
        return Fail(f"the UPS is out of the circuit ({row.supplies})", None, "guard")
    if row.guard == "none-told":
        return Unknown(
            "neither NUT nor apcupsd is set up here; whether a UPS feeds this machine has to be asked"
        )
    return Unknown("whether a UPS tells this machine of a power cut was not told")
