"""Rules on how one logs in by SSH."""

from __future__ import annotations

from analyzer.derived.ssh_access import SshAccess
from analyzer.rule import rule
from analyzer.verdict import OK, Fail, Unknown, Verdict


@rule("exposure/ssh-root-password", on=SshAccess, severity="high", controls=("C11",))
def root_by_password(row: SshAccess) -> Verdict:
    """root may log in by SSH with a password.

    Why it matters
        A password can be guessed, reused and stolen; with this one the host and all that it keeps
        are lost. On a hypervisor or a repository that is every machine or every copy.

    What to do
        Keys only, and a user of one's own with sudo: PermitRootLogin prohibit-password or no,
        PasswordAuthentication no.

    What not to do
        Do not close the door before a login by key was tried in a second session.

    References
        sshd_config(5).
    """
    if row.root_login is None or row.passwords is None:
        return Unknown("whether root may log in with a password was not told")
    if row.root_login != "yes" or not row.passwords:
        return OK
    return Fail(
        f"PermitRootLogin yes and passwords are accepted{f'; this host is a {row.role}' if row.role else ''}",
        None if row.role else "medium",
        "root_login",
    )
