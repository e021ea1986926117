"""The rule on backups whose success only mails tell of."""

from __future__ import annotations

from analyzer.derived.success_proof import SuccessProof
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Verdict


@rule("blind-spot/mail-evidence-only", on=SuccessProof, severity="low", controls=("C14",))
def only_mails(row: SuccessProof) -> Verdict:
    """Only mails tell whether a backup worked.

    Why it matters
        A mail that does not come looks like one that was not read. And a mail tells what the job believes,
        not what lies in the repository.

    What to do
        Audit the repository or the server that runs the job, and set an alarm on the absence of success.

    What not to do
        Do not count the mails of good days: the question is who misses one.

    References
        `backup/no-heartbeat`; how a source counts: docs/scoring.md.
    """
    mailed = "mail" in row.known_by.lower() if row.known_by is not None else bool(row.mailed_to)
    if not mailed and not row.on_record:
        return NA
    if row.on_record or not mailed:
        return OK
    to = f" (to {row.mailed_to})" if row.mailed_to else ""
    return Fail(f"{row.name} of {row.server}: only mails{to} tell of its success", None, "mailed_to")
