"""Tables about what the tools of file systems tell beside mounts and space."""

from __future__ import annotations

from collectors.table import Row, column, table


@table("xfs_geometry", key=("name",))
class XfsGeometry(Row):
    """How an XFS file system was made, as xfs_info prints it."""

    name: str = column("Mountpoint or device that was asked about")
    checksums: bool | None = column("Metadata carry checksums (crc=1)", default=None)
    reflink: bool | None = column("Files can share blocks", default=None)
    reverse_map: bool | None = column("Keeps a reverse map (rmapbt=1)", default=None)
    log_external: bool | None = column("The log lies on another device", default=None)
    size_bytes: int | None = column("Size of the data part", default=None)


@table("fs_check", key=("name", "program"), label=("name",))
class FsCheck(Row):
    """The end of a file system check, from its saved messages."""

    name: str = column("Device, label or file that was checked; `file system` where it is not told")
    program: str = column("e2fsck or xfs_repair")
    outcome: str = column("clean, corrected, uncorrected, aborted or unfinished")
    problems: int = column("Messages about damage", default=0)
    first_problem: str = column("The first of them", default="")
    status: int | None = column("Exit status, where the text tells it", default=None)
    read_only: bool = column("Nothing was changed (-n)", default=False)
