"""The rule on copies that do not reach as far back as was promised."""

from __future__ import annotations

from analyzer.derived.retention_promise import RetentionPromise
from analyzer.rule import rule
from analyzer.verdict import OK, Fail, Unknown, Verdict


@rule("capacity/retention-unmet", on=RetentionPromise, severity="high", controls=("C17",))
def retention_unmet(row: RetentionPromise) -> Verdict:
    """The copies do not reach as far back as they shall.

    Why it matters
        Want of space or a mistake in pruning has eaten history that somebody relies on; or the backup is
        younger than what it promises, and does not keep that promise yet.

    What to do
        Find out which copies are gone and why, then enlarge the repository, or correct the promise in writing
        (site.toml: keep).

    What not to do
        Do not fill the gap with copies of today under an older date.

    References
        BSI CON.3 A4. One cycle of the backup is borne.
    """
    if row.oldest_days is None:
        return Unknown(f"{row.label}: the age of its oldest copy was not told")
    if row.oldest_days >= row.keep_days - row.cycle_days:
        return OK
    said = f"oldest good copy {row.oldest_days:.0f} days old, {row.keep_days:.0f} days are promised"
    return Fail(f"{row.label}: {said}", None, "oldest_days")
