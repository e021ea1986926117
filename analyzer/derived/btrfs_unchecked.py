"""Places on btrfs whose files have no checksums, by a folder's flag or by a mount option."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.btrfs_voices import voices
from analyzer.derived.btrfs_volume import BtrfsVolume
from analyzer.joining import sources
from analyzer.site import Site, derived
from collectors.block_tables import Mount
from collectors.btrfs_tables import BtrfsFolder
from collectors.fact import Fact
from collectors.table import Row, column, table

_OPTIONS = ("nodatacow", "nodatasum")
_COPIES = ("raid1", "raid10", "raid5", "raid6", "dup")


@table("btrfs_unchecked", key=("place",), root=("uuid",))
class BtrfsUnchecked(Row):
    """A folder or mount of btrfs, and whether files that are made in it get checksums."""

    place: str = column("Folder or mountpoint")
    uuid: str = column("UUID of the file system; the place where it is not known")
    no_checksums: bool = column("Files made here have none")
    why: str = column("flag C, nodatacow or nodatasum; empty: they have", default="")
    copies: bool | None = column(
        "The file system keeps copies or parity of its data; None: not told", default=None
    )


@derived(BtrfsUnchecked, out_of=(BtrfsFolder, Mount, BtrfsVolume))
def btrfs_unchecked(site: Site) -> Iterator[Fact[BtrfsUnchecked]]:
    profiles = {(f.target, f.row.uuid): f.row.data_profiles for f in site.facts(BtrfsVolume)}
    spoken = [(one, mount) for one in site.once(voices) for mount in one.mounts]
    for fact in site.facts(BtrfsFolder):
        over = [
            (one, mount)
            for one, mount in spoken
            if one.target == fact.target and _below(fact.row.folder, mount.row.mountpoint)
        ]
        held = max(over, key=lambda pair: len(pair[1].row.mountpoint), default=None)
        told = profiles.get((fact.target, held[0].uuid)) if held else None
        row = BtrfsUnchecked(
            place=fact.row.folder,
            uuid=held[0].uuid if held else fact.row.folder,
            no_checksums=fact.row.no_checksums,
            why="flag C" if fact.row.no_checksums else "",
            copies=_copies(told),
        )
        yield Fact(fact.target, row, sources(fact, held[1] if held else None))
    for one, mount in spoken:
        why = [option for option in _OPTIONS if option in mount.row.options.split(",")]
        if why:
            row = BtrfsUnchecked(
                place=mount.row.mountpoint,
                uuid=one.uuid,
                no_checksums=True,
                why=f"mount option {why[0]}",
                copies=_copies(profiles.get((mount.target, one.uuid))),
            )
            yield Fact(mount.target, row, sources(mount))


def _below(folder: str, mountpoint: str) -> bool:
    return folder == mountpoint or folder.startswith(mountpoint.rstrip("/") + "/")


def _copies(profiles: str | None) -> bool | None:
    return any(one.startswith(_COPIES) for one in profiles.split()) if profiles else None
