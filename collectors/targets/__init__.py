"""The kinds of target: anything with `ask(question) -> answer`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from collectors.question import Answer, Question
from collectors.targets.libvirt_address import host_of_libvirt, is_libvirt
from collectors.targets.repository_address import is_catalog, is_repository
from collectors.targets.veeam_address import is_veeam

if TYPE_CHECKING:
    from collectors.targets.repository_address import Access

CONNECT_SECONDS = 15.0


class Target(Protocol):
    """A host that can be asked. Implementations turn every failure into an Answer with a refusal."""

    name: str
    kind: str
    address: str
    about: dict[str, str]
    """What is known of the way to it: user, user id, host key. Filled by `reach`; goes into the manifest."""

    async def reach(self) -> str:
        """Connect; returns "" or, in one line, why it cannot be reached and what to do. Never raises for
        that.
        """
        ...

    async def ask(self, question: Question) -> Answer:
        """Put one question; never raises for what the target did or did not do."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...


def open_targets(
    spec: str,
    *,
    sudo: bool = True,
    name: str = "",
    connect_timeout: float = CONNECT_SECONDS,
    access: Access | None = None,
) -> list[Target]:
    """The targets of an address: one, or all hosts of a sosreport, a recording or a folder of outputs.

    *access*: how a repository, a catalog or a Veeam server is opened. Raises ValueError for what cannot be
    understood.
    """
    if is_repository(spec):
        from collectors.targets.repository import RepositoryTarget

        return [RepositoryTarget(spec, name=name, access=access, sudo=sudo)]
    if is_catalog(spec):
        from collectors.targets.catalog import CatalogTarget

        return [CatalogTarget(spec, name=name, connect_timeout=connect_timeout, access=access)]
    if is_veeam(spec):
        from collectors.targets.veeam import VeeamTarget

        return [VeeamTarget(spec, name=name, connect_timeout=connect_timeout, access=access)]
    if spec and "://" not in spec and spec != "local":
        from pathlib import Path

        from collectors.importers.open import importable
        from collectors.targets.imported import imported

        if importable(Path(spec)):
            return [*imported(Path(spec), name=name)]
    return [open_target(spec, sudo=sudo, name=name, connect_timeout=connect_timeout)]


def open_target(
    spec: str, *, sudo: bool = True, name: str = "", connect_timeout: float = CONNECT_SECONDS
) -> Target:
    """The target of an address: `` or `local` for this machine, `ssh://[user@]host[:port]`,
    `vsphere://user@host[:port]`, `pve://user@realm!tokenid@host[:port]`,
    `pbs://user@realm!tokenid@host[:port]`, `qemu+ssh://[user@]host/system`.

    Nothing is connected yet. *sudo*: ask what needs root through `sudo -n` where the user is not root.
    Raises ValueError for an address that cannot be understood.
    """
    if is_libvirt(spec):
        spec = host_of_libvirt(spec)
    if spec in ("", "local"):
        from collectors.targets.local import LocalTarget

        return LocalTarget(name, sudo=sudo)
    if spec.startswith(("pve://", "pbs://")):
        from collectors.targets.proxmox import ProxmoxTarget

        return ProxmoxTarget(spec, name=name, connect_timeout=connect_timeout)
    if spec.startswith("ssh://"):
        from collectors.targets.ssh import SshTarget

        return SshTarget(spec, name=name, sudo=sudo, connect_timeout=connect_timeout)
    if spec.startswith("vsphere://"):
        from collectors.targets.vsphere import VsphereTarget

        return VsphereTarget(spec, name=name, connect_timeout=connect_timeout)
    raise ValueError(
        f"{spec!r} is no target: say ssh://user@host[:port], vsphere://user@host,"
        " pve://user@realm!tokenid@host, pbs://user@realm!tokenid@host, veeam://user@host,"
        " restic:LOCATION, borg:LOCATION, files:/FOLDER, bacula+postgresql://user@host/database, or local for"
        " this machine"
    )
