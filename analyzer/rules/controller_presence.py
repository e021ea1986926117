"""Rules on RAID controllers of which nothing is told."""

from __future__ import annotations

from analyzer.derived.controller_presence import ControllerPresence
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Verdict


@rule("blind-spot/controller-cli-missing", on=ControllerPresence, severity="high", controls=("C14",))
def controller_unread(row: ControllerPresence) -> Verdict:
    """A RAID controller is there, its arrays and drives are not seen.

    Why it matters
        The controller hides its drives. Without its tool nobody sees a failed drive, a degraded array or a
        dead cache battery, and the volume looks healthy until it is gone.

    What to do
        Install the maker's command line tool (storcli, perccli, ssacli, arcconf), or let smartctl reach the
        drives through the controller.

    What not to do
        Do not switch the controller to another mode to see the drives: that destroys its arrays.

    References
        smartctl(8): -d megaraid, cciss, aacraid, areca, 3ware.
    """
    if row.told:
        return OK
    if row.tool_installed:
        why = f": {row.why}" if row.why else ""
        return Fail(
            f"{row.maker} at {row.controller}: its tool is installed and told nothing{why}", None, "told"
        )
    if row.drives_read:
        return NA
    tools = row.tools.split()
    install = f"; {' or '.join(tools)} would tell" if tools else ""
    return Fail(
        f"{row.maker} at {row.controller}: nothing is told of its arrays, drives and cache{install}",
        None,
        "told",
    )
