"""Rules on what of a host its copies hold."""

from __future__ import annotations

from analyzer.derived.volume_coverage import VolumeCoverage
from analyzer.rule import rule
from analyzer.verdict import OK, Fail, Severity, Verdict
from analyzer.wording import listed, size


@rule("backup/volume-left-out", on=VolumeCoverage, severity="high", controls=("C9",))
def volume_left_out(row: VolumeCoverage, *, high_percent: float = 5.0) -> Verdict:
    """A file system is in no copy of its host.

    Why it matters
        The host counts as backed up, and what lies there is lost with it. Volumes that were added after the
        backup was set up are the usual case.

    What to do
        Add it to the backup, or have its owner confirm in writing that it can be lost.

    What not to do
        Do not take a green job for a complete one.

    References
        Compared by the folders that each copy names; copies that name none are taken for whole.
    """
    if row.held != "none":
        return OK
    small = row.share_percent is not None and row.share_percent < high_percent
    severity: Severity = "low" if small else "high"
    held = (
        f" ({size(row.used_bytes)}, {row.share_percent:.0f} % of it)" if row.share_percent is not None else ""
    )
    return Fail(
        f"{row.asset}: {row.mountpoint}{held} is in none of its copies; limit {high_percent:g} %",
        severity,
        "held",
    )


@rule("backup/path-excluded", on=VolumeCoverage, severity="medium", controls=("C9",))
def held_in_part(row: VolumeCoverage) -> Verdict:
    """Only some folders of a file system are in the copies.

    Why it matters
        Lists of folders are written once. What was put elsewhere later is in no copy, and the machine cannot
        be brought back from them alone.

    What to do
        Back up the whole file system and exclude what may be lost, or name what matters in site.toml (paths).

    What not to do
        Do not trust the list because it looks complete.

    References
        Compared by the folders that each copy names.
    """
    if row.held == "part":
        parts = listed(row.parts.split("\n"), 4)
        return Fail(f"{row.asset}: of {row.mountpoint} only {parts} is in its copies", None, "parts")
    return OK
