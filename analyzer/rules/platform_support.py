"""Rules on the support of systems by their makers."""

from __future__ import annotations

from analyzer.derived.platform_support import PlatformSupport
from analyzer.rule import rule
from analyzer.verdict import OK, Fail, Unknown, Verdict


@rule("exposure/eol-platform", on=PlatformSupport, severity="high", controls=("C3",))
def end_of_support(row: PlatformSupport, *, soon_days: float = 90.0) -> Verdict:
    """The system of a host is no longer supported by its maker.

    Why it matters
        Holes that are found from now on stay open, and faults that damage data are not mended either.

    What to do
        Move to a supported release; until then keep the host apart. Extended support that was bought
        is a reason for a waiver until its end.

    What not to do
        Do not upgrade a host with data before a restore from its backup was tried.

    References
        The makers' pages on the life of their products; analyzer/data/support.toml.
    """
    if row.days_over is None or row.ends is None:
        return Unknown(f"until when {row.platform} is supported is not in our table")
    if row.days_over > 0:
        said = f"{row.host}: support of {row.platform} ended on {row.ends}"
        return Fail(said, None if row.role else "medium", "ends")
    if row.days_over > -soon_days:
        return Fail(
            f"{row.host}: support of {row.platform} ends on {row.ends}, in {-row.days_over:.0f} days;"
            f" limit {soon_days:g} days",
            "low",
            "ends",
        )
    return OK
