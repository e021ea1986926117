"""What an array is made of: its members taken together, and what a rebuild over them would risk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.derived.array import Array
from analyzer.derived.array_member import ArrayMember, members_of
from analyzer.derived.drive_batch import DriveBatch
from analyzer.joining import sources
from analyzer.redundancy import RebuildRisk, rebuild_risk
from analyzer.site import Site, derived
from collectors.fact import Fact
from collectors.table import Row, column, table

_REBUILT = ("raid1", "raid4", "raid5", "raid6", "raid10", "raidz3")


@table("array_makeup", key=("array",), label=("name", "level"))
class ArrayMakeup(Row):
    """The members of an array with redundancy, counted and compared. Physical drives only."""

    array: str = column("Identity of the array")
    name: str = column("Kernel name")
    level: str | None = column("Level", default=None)
    slots: int | None = column("Slots by metadata", default=None)
    members: int = column("Working members whose drive is known")
    unread: int = column("Of these, drives whose health was not read", default=0)
    sick: int | None = column("Drives too weak for a rebuild; None if none was read", default=None)
    sick_text: str = column("Which, and why", default="")
    youngest_hours: int | None = column(
        "Power-on hours of the youngest member; None unless all told", default=None
    )
    batch_members: int = column("Members in the largest group that was made or bought together", default=0)
    batch_text: str = column("Which, and what ties them", default="")
    batch_known: bool = column("Model, and serial number or hours, of all members were told", default=False)
    sector_text: str = column("Sector sizes found, as logical/physical, and where", default="")
    sector_kinds: int | None = column("Different logical sector sizes; None unless all told", default=None)
    rotational: bool | None = column("Members rotate; None if not told", default=None)
    member_size_bytes: int | None = column("What has to be read from or written to each member", default=None)
    rebuild_hours: float | None = column("Lower bound of a rebuild", default=None)
    loss_probability: float | None = column("Chance of losing the array in the rebuild", default=None)
    loss_same_batch: float | None = column("The same if all members are of one batch", default=None)
    read_error_probability: float | None = column(
        "Bound by the data sheet on a read error in the rebuild; 0 where one more loss is borne", default=None
    )
    assumptions: str = column("What the numbers assume", default="")
    degraded: bool = column("A member is missing already", default=False)


@derived(ArrayMakeup, out_of=(Array, ArrayMember, DriveBatch))
def array_makeup(site: Site) -> Iterator[Fact[ArrayMakeup]]:
    arrays = site.facts(Array)
    if not arrays:
        return
    members = site.once(members_of)
    batches = {(f.target, f.row.drive): f.row for f in site.facts(DriveBatch)}
    for whole in arrays:
        mine = members.get((whole.target, whole.row.array), [])
        working = [f for f in mine if f.row.state not in ("missing", "failed", "spare")]
        known = [f for f in working if f.row.disk is not None and not f.row.virtual]
        if whole.row.level in _REBUILT and known and whole.row.state in ("clean", "degraded"):
            row = _row(whole.row, [f.row for f in known], _largest_batch(whole.target, known, batches))
            yield Fact(whole.target, row, sources(whole, *known, most=24))


def _largest_batch(
    target: str, members: Sequence[Fact[ArrayMember]], batches: dict[tuple[str, str], DriveBatch]
) -> tuple[int, str]:
    """How many members share a batch, which, and what ties them."""
    found: dict[str, list[str]] = {}
    why: dict[str, str] = {}
    for fact in members:
        batch = batches.get((target, fact.row.disk or ""))
        if batch is not None:
            found.setdefault(batch.batch, []).append(fact.row.said)
            why[batch.batch] = (
                f"{batch.model}, firmware {batch.firmware_version or '?'}, tied by {batch.reason}"
            )
    if not found:
        return 0, ""
    largest = max(sorted(found), key=lambda name: len(found[name]))
    return len(found[largest]), f"{', '.join(found[largest])}: {why[largest]}"


def _row(array: Array, members: Sequence[ArrayMember], batch: tuple[int, str]) -> ArrayMakeup:
    read = [m for m in members if m.sick is not None]
    sick = [m for m in read if m.sick]
    rotates, size = _rotates(members), _member_bytes(array, members)
    hours = [m.power_on_hours for m in members if m.power_on_hours is not None]
    sectors = [m.logical_sector_bytes for m in members if m.logical_sector_bytes is not None]
    risk = _risk(array, members, size, rotates)
    return ArrayMakeup(
        array=array.array,
        name=array.name,
        level=array.level,
        slots=array.slots,
        members=len(members),
        unread=len(members) - len(read),
        sick=len(sick) if read else None,
        sick_text="; ".join([f"{m.said}: {m.sick}" for m in sick]),
        youngest_hours=min(hours) if len(hours) == len(members) else None,
        batch_members=batch[0],
        batch_text=batch[1],
        batch_known=all(m.model and (m.serial or m.power_on_hours is not None) for m in members),
        sector_text=_sector_text(members),
        sector_kinds=len(set(sectors)) if len(sectors) == len(members) else None,
        rotational=rotates,
        member_size_bytes=size,
        rebuild_hours=risk.hours if risk else None,
        loss_probability=risk.loss if risk else None,
        loss_same_batch=risk.loss_same_batch if risk else None,
        read_error_probability=risk.read_error if risk else None,
        assumptions=risk.assumptions if risk else "",
        degraded=bool(array.missing),
    )


def _rotates(members: Sequence[ArrayMember]) -> bool | None:
    told = [m.rotational for m in members]
    return True if True in told else False if False in told else None


def _member_bytes(array: Array, members: Sequence[ArrayMember]) -> int | None:
    return array.member_size_bytes or min([m.size_bytes for m in members if m.size_bytes], default=None)


def _sector_text(members: Sequence[ArrayMember]) -> str:
    found: dict[str, list[str]] = {}
    for m in members:
        if m.logical_sector_bytes is not None:
            shape = f"{m.logical_sector_bytes}/{m.physical_sector_bytes or '?'}"
            found.setdefault(shape, []).append(m.disk_name or m.member)
    return "; ".join([f"{shape}: {', '.join(found[shape])}" for shape in sorted(found)])


def _risk(
    array: Array, members: Sequence[ArrayMember], size: int | None, rotates: bool | None
) -> RebuildRisk | None:
    """The rebuild that runs, or that the next failure would start with the member that is hurt least by it.

    A mirror is rebuilt from one other member; RAID10 from the partner alone.
    """
    left = array.redundancy_left
    if size is None or left is None or left < 0 or not array.slots:
        return None
    survivors = sorted((bool(m.sick) for m in members if m.state != "rebuilding"), reverse=True)
    borne = left if array.missing else left - 1
    if not array.missing and survivors:
        survivors = survivors[:-1]
    if array.level in ("raid1", "raid10"):
        survivors = survivors[:1]
    if not survivors or borne < 0:
        return None
    speed = array.action_kib_per_second if array.action == "recovery" else None
    return rebuild_risk(
        survivors=survivors,
        member_bytes=size,
        bytes_per_second=speed * 1024.0 if speed else None,
        rotating=rotates is not False,
        spare_losses=borne,
    )
