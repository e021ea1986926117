"""How one logs in at hosts by SSH, and what each is to an intruder."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.host_roles import host_roles
from analyzer.joining import sources
from analyzer.site import Site, derived
from collectors.exposure_tables import SshServer
from collectors.fact import Fact
from collectors.table import Row, column, table


@table("ssh_access", key=("software",))
class SshAccess(Row):
    """The OpenSSH server of a host."""

    software: str = column("OpenSSH")
    role: str = column("repository, backup server, hypervisor, or empty: none of these", default="")
    root_login: str | None = column("yes, prohibit-password, forced-commands-only or no", default=None)
    passwords: bool | None = column("Passwords are accepted", default=None)


@derived(SshAccess, out_of=(SshServer,))
def ssh_access(site: Site) -> Iterator[Fact[SshAccess]]:
    for fact in site.facts(SshServer):
        row = SshAccess(
            software=fact.row.software,
            role=site.once(host_roles).of(fact.target),
            root_login=fact.row.root_login,
            passwords=fact.row.passwords,
        )
        yield Fact(fact.target, row, sources(fact))
