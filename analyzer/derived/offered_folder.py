"""Folders that hosts share, whatever the protocol, and the repositories of backups that lie in them."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.derived.volume_coverage import held_on
from analyzer.host_roles import host_roles
from analyzer.joining import sources
from analyzer.site import Site, derived
from analyzer.wording import listed
from collectors.exposure_tables import NfsExport, RsyncModule, SmbServer, SmbShare
from collectors.fact import Fact
from collectors.table import Row, column, table

ANYBODY = ("*", "0.0.0.0/0", "::/0", "<world>", "0.0.0.0/0.0.0.0")


@table("offered_folder", key=("protocol", "name", "client"), label=("protocol", "name", "client"))
class OfferedFolder(Row):
    """A folder that a host shares; for SMB also the server as a whole."""

    protocol: str = column("nfs, smb or rsync; smb server: the server as a whole")
    name: str = column("Folder, share or module")
    path: str | None = column("Folder", default=None)
    client: str | None = column("Who may enter, as configured", default=None)
    anybody: bool | None = column("Any host, or whoever has no account", default=None)
    writable: bool | None = column("Somebody may write", default=None)
    root_squash: bool | None = column("By NFS: root of a client is nobody here", default=None)
    live: bool = column("The server says so; else it is only configured", default=True)
    this_host_only: bool = column("Only the host itself can connect", default=False)
    smb1: bool | None = column("Of an SMB server: it still speaks SMB 1", default=None)
    repositories: str = column("Repositories of backups that lie there", default="")
    held: str | None = column(
        "Copies of its host hold it: whole, part, none; None: the host has none", default=None
    )


@derived(OfferedFolder, out_of=(NfsExport, SmbServer, SmbShare, RsyncModule))
def offered_folder(site: Site) -> Iterator[Fact[OfferedFolder]]:
    for export in site.facts(NfsExport):
        yield Fact(export.target, _export(site, export), sources(export))
    for server in site.facts(SmbServer):
        kept = [fact.row.name for fact in site.once(host_roles).repositories.get(server.target, [])]
        whole = OfferedFolder(
            protocol="smb server",
            name=server.row.software,
            smb1=server.row.smb1,
            repositories=listed(kept, 3),
        )
        yield Fact(server.target, whole, sources(server))
    for share in site.facts(SmbShare):
        row = OfferedFolder(
            protocol="smb",
            name=share.row.name,
            path=share.row.path,
            held=held_on(site, share.target, share.row.path),
            client="guests" if share.row.guest else None,
            anybody=share.row.guest,
            writable=share.row.writable,
            repositories=_kept(site, share.target, share.row.path),
        )
        yield Fact(share.target, row, sources(share))
    for module in site.facts(RsyncModule):
        row = OfferedFolder(
            protocol="rsync",
            name=module.row.name,
            path=module.row.path,
            client=module.row.hosts_allowed,
            anybody=not module.row.users and not module.row.hosts_allowed,
            writable=module.row.writable,
            live=False,
            this_host_only=(module.row.address or "").startswith(("127.", "::1", "localhost")),
            repositories=_kept(site, module.target, module.row.path),
        )
        yield Fact(module.target, row, sources(module))


def _export(site: Site, fact: Fact[NfsExport]) -> OfferedFolder:
    export = fact.row
    return OfferedFolder(
        protocol="nfs",
        name=export.path,
        path=export.path,
        held=held_on(site, fact.target, export.path),
        client=export.client,
        anybody=export.client in ANYBODY,
        writable=export.writable,
        root_squash=export.root_squash,
        live=export.live,
        repositories=_kept(site, fact.target, export.path),
    )


def _kept(site: Site, target: str, path: str | None) -> str:
    return listed(site.once(host_roles).kept_in(target, path), 3)
