"""The file system that each repository lies on, and whether rot in its copies would be noticed."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.copy_series import collected
from analyzer.derived.filesystem import Filesystem
from analyzer.derived.repository import Repository
from analyzer.fate import fates_of
from analyzer.joining import sources
from analyzer.repository_checks import CONTENT, ended
from analyzer.site import Site, derived
from collectors.backup_tables import BackupCheck
from collectors.crypt_tables import IntegrityDevice
from collectors.fact import Fact
from collectors.table import Row, column, table

CHECKSUMMED = frozenset(("zfs", "btrfs", "bcachefs"))
PLAIN = frozenset(
    (
        "ext2",
        "ext3",
        "ext4",
        "xfs",
        "jfs",
        "f2fs",
        "ntfs",
        "ntfs3",
        "fuseblk",
        "exfat",
        "vfat",
        "hfsplus",
        "ufs",
    )
)
"""File systems that keep no checksums of the content of files. ReFS does where it is told to: not known."""


@table("repository_bed", key=("repository",), label=("name",), root=("repository",))
class RepositoryBed(Row):
    """What a repository with copies lies on."""

    repository: str = column("Identity of the repository")
    name: str = column("What its people call it")
    where: str = column("Mountpoint and host", default="")
    fs_type: str | None = column("File system; None: not told", default=None)
    checksums: bool | None = column("It notices when content rots; None: not known", default=None)
    checked_days: float | None = column("Since the content of copies in it was last checked", default=None)


@derived(RepositoryBed, out_of=(Repository, BackupCheck))
def repository_beds(site: Site) -> Iterator[Fact[RepositoryBed]]:
    stores = [fact for fact in site.facts(Repository) if fact.row.holds and fact.row.product != "declared"]
    if not stores:
        return
    checked = _checked(site)
    mounts = {
        (fact.target, f"mount:{fact.row.mountpoint}"): fact
        for fact in site.facts(Filesystem)
        if not fact.row.network
    }
    guarded = {fact.target for fact in site.facts(IntegrityDevice)}
    for fact in stores:
        row = fact.row
        nodes = [
            (target, node) for target, _, node in (line.partition("\t") for line in row.nodes.split("\n"))
        ]
        below = [mounts[node] for node in sorted(site.once(fates_of).needs(nodes)) if node in mounts]
        bed = below[0] if len(below) == 1 else None
        at = checked.get(row.repository)
        told = RepositoryBed(
            repository=row.repository,
            name=row.name,
            where=f"{bed.row.mountpoint} of {bed.target}" if bed else "",
            fs_type=bed.row.fs_type if bed else None,
            checksums=_checksums(bed.row, bed.target in guarded) if bed else None,
            checked_days=(site.at.timestamp() - at) / 86_400 if at is not None else None,
        )
        yield Fact(fact.target, told, sources(fact, bed))


def _checksums(row: Filesystem, guarded: bool) -> bool | None:
    words = set((row.options or "").split(","))
    if row.fs_type in CHECKSUMMED:
        return not words & {"nodatasum", "nodatacow"}
    if row.fs_type in PLAIN:
        return None if guarded else False  # dm-integrity may lie below
    return None


def _checked(site: Site) -> dict[str, float]:
    """Repository → when content in it was last checked and found well."""
    found: dict[str, float] = {}
    for (_, repository), series in site.once(collected).series.items():
        if series.verified is not None:
            found[repository] = max(found.get(repository, 0.0), series.verified)
    for fact in site.facts(BackupCheck):
        row = fact.row
        at = ended(site, fact) if row.kind in CONTENT and row.result == "ok" else None
        if at is not None:
            found[row.repository] = max(found.get(row.repository, 0.0), at)
    return found
