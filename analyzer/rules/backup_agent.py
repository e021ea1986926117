"""The rule on backup products that are at work and of which nothing was read."""

from __future__ import annotations

from analyzer.derived.backup_agent import BackupAgent
from analyzer.rule import rule
from analyzer.verdict import OK, Fail, Verdict
from analyzer.wording import listed


@rule("blind-spot/backup-product-unknown", on=BackupAgent, severity="medium", controls=("C9",))
def product_unknown(row: BackupAgent) -> Verdict:
    """A backup product is at work of which nothing was read.

    Why it matters
        A backup that nobody looks at fails unnoticed; and copies that nobody counts are also what nobody
        locks away, encrypts or deletes when the law wants it.

    What to do
        Audit its repository or server, or hand over its reports (`holdwater formats`); else retire it.

    What not to do
        Do not stop it before somebody knows which copies only it holds.

    References
        Known by the names of programs and files: docs/backups.md.
    """
    if row.collected:
        return OK
    shown = listed(row.signs.split("\n"), 3)
    return Fail(f"{row.product}: {shown}; none of its jobs or repositories is in this audit", None, "signs")
