"""Rules on the order in which systems come back."""

from __future__ import annotations

from analyzer.derived.recovery_step import RecoveryStep
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Verdict
from analyzer.wording import listed


@rule("recovery/cycle", on=RecoveryStep, severity="high", controls=("C13",))
def cycle(row: RecoveryStep) -> Verdict:
    """Systems wait for one another.

    Why it matters
        None of them can come back first: what is needed for the restore exists only inside what must
        be restored.

    What to do
        Break the circle for the emergency: local accounts, fixed addresses, a second server
        elsewhere.

    What not to do
        Do not note the circle as an order.

    References
        Found in what site.toml declares (depends_on).
    """
    if not row.waits_for:
        return NA
    return Fail(f"{row.label}: {row.cycle} wait for one another", None, "cycle") if row.cycle else OK


@rule("recovery/dependency-unprotected", on=RecoveryStep, severity="high", controls=("C13",))
def dependency_unprotected(row: RecoveryStep) -> Verdict:
    """A system needs another one that cannot be restored.

    Why it matters
        It comes back and does not work.

    What to do
        Raise the protection of what it needs to its own.

    What not to do
        Do not count it as restorable until then.

    References
        Found in what site.toml declares (depends_on).
    """
    if not row.waits_for:
        return NA
    if not row.weakest:
        return OK
    severity: Severity = "critical" if row.tier == 1 else "high" if (row.tier or 2) == 2 else "medium"
    weak = listed(row.weakest.split(chr(10)), 4)
    return Fail(f"{row.label}: needs {weak}, of which no restorable copy is known", severity, "weakest")


@rule("recovery/restore-needs-itself", on=RecoveryStep, severity="high", controls=("C13",))
def restore_needs_itself(row: RecoveryStep) -> Verdict:
    """The copies of a system can only be reached through the system itself.

    Why it matters
        The restore of it needs what is lost.

    What to do
        Put the repository, its names and its accounts on something that does not need it.

    What not to do
        Do not find this out in the emergency.

    References
        Found in what site.toml declares and in where its repository lies.
    """
    if row.level is None or row.level < 2:
        return NA
    if row.lost_with:
        return Fail(f"{row.label}: {row.lost_with}", None, "lost_with")
    return OK
