"""The rule on power supplies of the machine."""

from __future__ import annotations

from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Verdict
from collectors.power_tables import PowerUnit


@rule("power/psu-redundancy-lost", on=PowerUnit, severity="high", controls=("C15",))
def redundancy_lost(row: PowerUnit) -> Verdict:
    """A power supply of the machine does not work, or a second one is missing.

    Why it matters
        The next fault of a supply, a plug or a fuse stops the machine in the middle of its writes, whatever
        UPS stands before it.

    What to do
        Look whether its cable and its feed are live, then replace it in operation. Two supplies belong on two
        feeds, one of them behind the UPS.

    What not to do
        Do not pull the supply that still works, and do not plug both into one strip.

    References
        IPMI specification, sensor type 08h; Redfish PowerSupply: Status.
    """
    if row.state is None:
        return NA  # not plugged in, or a sensor that tells watts
    if row.state == "well":
        return OK
    told = f"{row.name}: {row.told_state or row.state}"
    return Fail(told, None if row.state == "lost" else "medium", "state")
