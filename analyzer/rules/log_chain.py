"""Rules on the backups of the logs of databases."""

from __future__ import annotations

from analyzer.derived.log_chain import LogChain
from analyzer.guest_judging import aged
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict


@rule("backup/db-log-chain", on=LogChain, severity="high", controls=("C6",))
def log_chain_stopped(row: LogChain, *, times: float = 2.0, least_hours: float = 1.0) -> Verdict:
    """The log of a database is not backed up, or no longer.

    Why it matters
        Without its log a database goes back to its last full copy only, and the log grows until the disk is
        full.

    What to do
        Mend the job that backs up the log, and see that nothing else takes log backups that break the chain.

    What not to do
        Do not switch to the simple model to stop the growth without a word from those who bear the loss.

    References
        SQL Server: recovery models and log backups. Compared with the median time between the last 50.
    """
    if row.model == "simple":
        return NA
    if not row.logs:
        if row.model is None:
            return NA
        return Fail(
            f"{row.source}: recovery model {row.model}, and no backup of its log is on record", None, "logs"
        )
    if row.newest_hours is None or row.interval_hours is None:
        return Unknown(f"{row.source}: how often its log is backed up was not told")
    if row.newest_hours <= max(times * row.interval_hours, least_hours):
        return OK
    return Fail(
        f"{row.source}: newest backup of its log {aged(row.newest_hours)} old, usual every"
        f" {row.interval_hours:.1f} hours; limits {times:g} times that and {least_hours:g} hours",
        None,
        "newest_hours",
    )
