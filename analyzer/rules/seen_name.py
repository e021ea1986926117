"""The rule on machines that the evidence names and the audit does not know."""

from __future__ import annotations

from analyzer.derived.seen_name import SeenName
from analyzer.rule import rule
from analyzer.verdict import OK, Fail, Verdict
from analyzer.wording import many


@rule("blind-spot/asset-unknown", on=SeenName, severity="medium", controls=("C9",))
def asset_unknown(row: SeenName) -> Verdict:
    """A machine is named in the evidence that is no system of the audit.

    Why it matters
        Nobody looked at it: whether its disks are well, whether anything backs it up, who gets at it. What
        others store there, or get from there, is only as safe as it is.

    What to do
        Audit it, or name it in `site.toml` (assets) with its tier and owner; known_as gives further names and
        addresses of a system that is known.

    What not to do
        Do not leave it out because it is only a NAS: it may hold the copies of all others.

    References
        NIST SP 800-53 CM-8. Neighbours on a network are told without severity: most are printers and desks.
    """
    if row.known:
        return OK
    if row.kind == "network neighbours":
        said = f"{row.name}: {many(row.count, 'machine')} on its network, of no known system: {row.why}"
        return Fail(said, "info", "why")
    return Fail(f"{row.name}: {row.kind} of no known system; {row.why}", None, "why")
