"""Tables about who can reach a machine: its open ports, what it shares, how one logs in."""

from __future__ import annotations

from collectors.table import Row, column, table


@table("reachable_port", key=("port",), label=("service", "port"))
class ReachablePort(Row):
    """A port of a target as a TCP connection from the collecting machine found it."""

    port: int = column("TCP port")
    service: str = column("What usually listens there; a hint, no proof")
    state: str = column("open, closed (refused) or filtered (no answer)")
    address: str | None = column("Address that was tried", default=None)
    seen_from: str | None = column("Address of the collecting machine on that way", default=None)


@table("network_neighbour", key=("address",))
class NetworkNeighbour(Row):
    """A machine that the host has lately spoken to on a network that both are on."""

    address: str = column("IPv4 address")
    hardware_address: str | None = column("Its hardware address", default=None)
    interface: str = column("Interface of the host")


@table("nfs_export", key=("path", "client"), label=("path", "client"))
class NfsExport(Row):
    """A folder that a host shares by NFS with one client or group of clients."""

    path: str = column("Folder")
    client: str = column("Host, network, netgroup or pattern; *: anybody")
    writable: bool | None = column("Clients may write", default=None)
    root_squash: bool | None = column("root of a client is nobody here", default=None)
    live: bool = column("The server says so; else it is only configured")


@table("smb_server", key=("software",))
class SmbServer(Row):
    """The SMB server of a host."""

    software: str = column("Samba or Windows")
    smb1: bool | None = column("It still speaks SMB 1", default=None)
    signing_required: bool | None = column("Clients must sign", default=None)


@table("smb_share", key=("name",))
class SmbShare(Row):
    """A folder that a host shares by SMB."""

    name: str = column("Name of the share")
    path: str | None = column("Folder", default=None)
    guest: bool | None = column("Whoever has no account may enter", default=None)
    writable: bool | None = column("Somebody may write", default=None)


@table("rsync_module", key=("name",))
class RsyncModule(Row):
    """A folder that an rsync daemon is configured to offer; its protocol is not encrypted."""

    name: str = column("Name of the module")
    path: str | None = column("Folder", default=None)
    writable: bool | None = column("Clients may write", default=None)
    users: bool | None = column("Only named users with a password may enter", default=None)
    hosts_allowed: str | None = column("Clients that may connect; None: any", default=None)
    address: str | None = column("Address it listens on; None: all", default=None)


@table("ssh_server", key=("software",))
class SshServer(Row):
    """How one logs in at the OpenSSH server of a host."""

    software: str = column("OpenSSH")
    root_login: str | None = column("yes, prohibit-password, forced-commands-only or no", default=None)
    passwords: bool | None = column("Passwords are accepted, typed at once or when asked", default=None)
    stated: bool = column("Both are set in its configuration; else OpenSSH's default counts")


@table("platform_release", key=("host",))
class PlatformRelease(Row):
    """A hypervisor that was not asked as a machine, and its release."""

    host: str = column("Host")
    product: str = column("Proxmox VE")
    version: str | None = column("Release", default=None)
