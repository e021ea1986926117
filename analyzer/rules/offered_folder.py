"""Rules on folders that hosts share."""

from __future__ import annotations

from analyzer.derived.offered_folder import OfferedFolder
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Severity, Unknown, Verdict

_MILDER: dict[Severity, Severity] = {"high": "medium", "medium": "low", "low": "low"}


def _severity(row: OfferedFolder, severity: Severity) -> Severity:
    """What is only configured harms nobody before the server is started."""
    return severity if row.live else _MILDER[severity]


def _holds(row: OfferedFolder) -> str:
    return f"; {row.repositories} lies there" if row.repositories else ""


@rule("exposure/nfs-open", on=OfferedFolder, severity="high", controls=("C11",))
def nfs_open(row: OfferedFolder) -> Verdict:
    """A folder is exported by NFS to any host, or to root of other hosts.

    Why it matters
        NFS believes what the client says of its users: any machine on the network, or root on one of
        the clients, reads and changes what lies there. Where backups lie there, they go first.

    What to do
        Export to the one host that needs it, with root_squash, in a network of its own.

    What not to do
        Do not unexport a folder that a hypervisor or a backup job uses before you have looked.

    References
        exports(5).
    """
    if row.protocol != "nfs":
        return NA
    if row.anybody is None:
        return Unknown(f"who may mount {row.name} was not told")
    how = "read-only" if row.writable is False else "writable"
    root = row.writable and row.root_squash is False
    said = (
        f"{row.name} is exported {how} to {row.client}{' with no_root_squash' if root else ''}{_holds(row)}"
    )
    if not row.live:
        said += "; configured, not served now"
    if row.repositories and (row.anybody or root):
        return Fail(said, _severity(row, "high"), "client")
    if row.anybody:
        return Fail(said, _severity(row, "medium" if row.writable else "low"), "client")
    if row.repositories and None in (row.writable, row.root_squash) and row.root_squash is not True:
        return Unknown(f"whether root of {row.client} may write to {row.name} was not told")
    return OK


@rule("exposure/smb1-guest", on=OfferedFolder, severity="high", controls=("C11",))
def smb1_or_guest(row: OfferedFolder) -> Verdict:
    """An SMB server speaks SMB 1, or lets guests in.

    Why it matters
        SMB 1 is neither signed nor encrypted, and its holes have carried ransomware through whole
        companies; a guest is anybody, and nobody afterwards.

    What to do
        Set the oldest protocol to SMB 2 or newer, take guests away, require signing.

    What not to do
        Do not switch it off before old scanners, copiers and machines that still need it are known.

    References
        smb.conf(5): server min protocol, guest ok; Set-SmbServerConfiguration.
    """
    match row.protocol:
        case "smb server":
            if row.smb1 is None:
                return Unknown(f"whether {row.name} speaks SMB 1 was not told")
            if not row.smb1:
                return OK
            kept = f"; this host keeps {row.repositories}" if row.repositories else ""
            return Fail(f"{row.name} speaks SMB 1{kept}", None if row.repositories else "medium", "smb1")
        case "smb":
            if row.anybody is None:
                return Unknown(f"whether guests may enter share {row.name} was not told")
            if not row.anybody:
                return OK
            how = "write to" if row.writable else "read"
            mild: Severity = "medium" if row.writable else "low"
            said = f"guests may {how} share {row.name}{_holds(row)}"
            return Fail(said, None if row.repositories else mild, "anybody")
        case _:
            return NA


@rule("exposure/rsync-daemon", on=OfferedFolder, severity="medium", controls=("C12",))
def rsync_daemon(row: OfferedFolder) -> Verdict:
    """An rsync daemon offers a folder unencrypted.

    Why it matters
        Names, content and the answer to the password cross the network in clear; where neither a user
        nor a host is asked for, whoever reaches the port reads along.

    What to do
        rsync over SSH, or the daemon behind a tunnel; auth users, hosts allow and read only besides.

    What not to do
        Do not take the password of a module for encryption.

    References
        rsyncd.conf(5); the daemon is judged by its configuration.
    """
    if row.protocol != "rsync":
        return NA
    if row.this_host_only:
        return OK
    how = "writable" if row.writable else "read-only"
    who = "to anybody" if row.anybody else "to some"
    said = f"rsync module {row.name} ({row.path}) is offered {how} {who}, unencrypted{_holds(row)}"
    if row.repositories:
        return Fail(said, "high" if row.anybody else None, "name")
    return Fail(said, None if row.anybody and row.writable else "low", "name")


@rule("backup/endpoint-nas-missing", on=OfferedFolder, severity="medium", controls=("C9",))
def share_left_out(row: OfferedFolder) -> Verdict:
    """A share that people write to is not wholly in the copies of its host.

    Why it matters
        People keep the work itself on shares. A list of folders that was written before the share was made
        leaves it out, and the job is green.

    What to do
        Add the folder to the backup, or have its owner confirm that it may be lost.

    What not to do
        Do not rely on copies on the machines of the users.

    References
        Compared by the folders that each copy of the host names; copies that name none are taken for whole.
        Shares that hold backups are left out of this.
    """
    if row.protocol not in ("nfs", "smb") or row.repositories or not row.path or row.held is None:
        return NA
    if row.writable is False or row.held == "whole":
        return OK
    what = "none of it" if row.held == "none" else "only a part of it"
    return Fail(
        f"{row.protocol} share {row.name} ({row.path}): {what} is in the copies of its host", None, "held"
    )
