"""Rules on `array_firmware`: firmware within one array."""

from __future__ import annotations

from analyzer.derived.array_firmware import ArrayFirmware
from analyzer.rule import rule
from analyzer.verdict import OK, Fail, Unknown, Verdict


@rule("firmware/mixed-in-array", on=ArrayFirmware, severity="low", controls=("C3",))
def mixed_in_array(row: ArrayFirmware, *, most: int = 1) -> Verdict:
    """Drives of one model in one array run different firmware.

    Why it matters
        Members then differ in error recovery and in what they report. Older firmware goes with more
        replacements, and most drives are never updated.

    What to do
        Bring them to one version, one member at a time, with a scrub between.

    What not to do
        Do not update during a rebuild, and no two members at once.

    References
        Maneas et al., FAST 2020.
    """
    if row.different > most:
        return Fail(
            f"{row.array_name}: {row.members} drives {row.model} with {row.different} firmware versions "
            f"({row.versions}), limit {most}",
            "low",
            "versions",
        )
    if row.untold:
        return Unknown(f"{row.array_name}: the firmware of {row.untold} of {row.members} drives was not told")
    return OK
