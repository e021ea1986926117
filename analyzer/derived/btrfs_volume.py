"""btrfs file systems: devices, profiles, space, scrubs and snapshots of each, joined."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from analyzer.btrfs_voices import COPIES, LOSSES, SOURCES, Voices, voices
from analyzer.joining import first, row_of, sources
from analyzer.site import Site, derived
from collectors.btrfs_tables import BtrfsProfile, BtrfsScrub
from collectors.fact import Fact
from collectors.table import Row, column, table


@table("btrfs_volume", key=("uuid",), label=("mountpoint", "name", "uuid"))
class BtrfsVolume(Row):
    """A btrfs file system with all that its sources tell."""

    uuid: str = column("UUID; the mountpoint, where no source tells the UUID")
    name: str | None = column("Its label", default=None)
    mountpoint: str | None = column("Its shortest mountpoint; None if it is not mounted", default=None)
    mounted: bool | None = column("Mounted; None where nothing tells", default=None)
    devices: int | None = column("Devices by its metadata", default=None)
    missing: int | None = column("Missing devices, at least", default=None)
    missing_text: str = column("Which, as far as told", default="")
    degraded_mount: bool | None = column("Mounted with the option degraded", default=None)
    data_profiles: str | None = column("Profiles of data in use, blank-separated", default=None)
    metadata_profiles: str | None = column(
        "Profiles of metadata and system in use, blank-separated", default=None
    )
    multiple_profiles: bool | None = column("Several profiles for one kind of block", default=None)
    redundancy: int | None = column("Devices that every kind of block can lose", default=None)
    size_bytes: int | None = column("Size of all devices", default=None)
    unallocated_bytes: int | None = column("Not given to chunks", default=None)
    room_bytes: int | None = column(
        "What of it new metadata chunks can use: copies need several devices", default=None
    )
    metadata_used_percent: float | None = column("Used of the chunks of metadata", default=None)
    scrub_status: str | None = column("finished, running, aborted, interrupted or never", default=None)
    scrub_at: datetime | None = column("Start of the last scrub", default=None)
    scrub_age_days: float | None = column("Days since then", default=None)
    scrub_found: int | None = column("Errors it found", default=None)
    scrub_corrected: int | None = column("Errors it corrected", default=None)
    scrub_uncorrectable: int | None = column("Errors it could not correct", default=None)
    scrub_told: bool = column("An answer about scrubs was read", default=False)
    operation: str | None = column("Balance, replace and so on in progress; none", default=None)
    snapshots: int | None = column("Snapshots", default=None)
    snapshots_cut_short: bool = column("There are more than were counted", default=False)
    oldest_snapshot_days: float | None = column("Age of the oldest", default=None)
    told_layout: bool = column("An answer that tells profiles was read", default=False)
    told_space: bool = column("An answer that tells space was read", default=False)
    told_devices: bool = column("An answer that tells missing devices was read", default=False)

    @property
    def said(self) -> str:
        """btrfs /srv, or its label, for a message."""
        name = self.mountpoint or self.name or self.uuid
        return f"btrfs {name} of {self.devices} devices" if (self.devices or 0) > 1 else f"btrfs {name}"


@derived(BtrfsVolume, out_of=SOURCES)
def btrfs_volume(site: Site) -> Iterator[Fact[BtrfsVolume]]:
    for one in present(site.once(voices)):
        row = BtrfsVolume(
            uuid=one.uuid,
            **_identity(one),
            **_devices(one),
            **_layout(one),
            **_space(one),
            **_scrub(site.at, [fact.row for fact in one.scrubs]),
            **_snapshots(site.at, one),
        )
        evidence = (one.shown, one.usage, one.state, *one.profiles, *one.devices, *one.scrubs, one.snapshots)
        yield Fact(one.target, row, sources(*evidence, *one.mounts, *one.errors))


def present(spoken: list[Voices]) -> Iterator[Voices]:
    """Without those that only old status files of scrubs remember, on a host that lists its file systems."""
    listing = {one.target for one in spoken if one.shown or one.state}
    for one in spoken:
        if one.shown or one.state or one.mounts or one.target not in listing or not one.scrubs:
            yield one


def _identity(one: Voices) -> dict[str, Any]:
    shown, state, usage = row_of(one.shown), row_of(one.state), row_of(one.usage)
    places = sorted((fact.row.mountpoint for fact in one.mounts), key=lambda place: (len(place), place))
    here = [usage.place] if usage and usage.place.startswith("/") else []
    options = {word for fact in one.mounts for word in fact.row.options.split(",")}
    known = bool(one.mounts) or state is not None or usage is not None
    return {
        "name": first(shown.name if shown else None, state.name if state else None),
        "mountpoint": next(iter(places + here), None),
        "mounted": True if known else None,
        "degraded_mount": "degraded" in options if one.mounts else None,
        "operation": state.operation if state else None,
    }


def _devices(one: Voices) -> dict[str, Any]:
    shown, usage = row_of(one.shown), row_of(one.usage)
    named = {fact.row.device_id: fact.row for fact in one.devices}
    gone = sorted({fact.row.device_id for fact in one.devices if fact.row.missing})
    absent = any(fact.row.device.startswith("devid:") for fact in one.errors if fact.row.place != one.uuid)
    counts = [shown.missing_devices if shown else None]
    if gone or any(row.missing is False for row in named.values()):
        counts.append(len(gone))
    if usage is not None and usage.missing_bytes is not None:
        counts.append(1 if usage.missing_bytes else 0)
    if absent or any(fact.row.device in ("missing", "<missing disk>") for fact in one.room):
        counts.append(1)
    told = [count for count in counts if count is not None]
    errors = {fact.row.device for fact in one.errors}
    total = first(shown.total_devices if shown else None, len(named) or None, len(errors) or None)
    return {
        "devices": total,
        "missing": max(told) if told else None,
        "missing_text": ", ".join(f"device number {number}" for number in gone),
        "told_devices": one.shown is not None or usage is not None or bool(one.devices),
    }


def _in_use(one: Voices, *kinds: str) -> list[BtrfsProfile]:
    """Profiles of these kinds, without empty chunks beside used ones. Usage tells them, or else sysfs."""
    places = {fact.row.place for fact in one.profiles} - {one.uuid} or {one.uuid}
    rows = [f.row for f in one.profiles if f.row.kind in kinds and f.row.place in places]
    used = {row.kind for row in rows if row.used_bytes}
    return [row for row in rows if row.used_bytes or row.kind not in used]


def _layout(one: Voices) -> dict[str, Any]:
    data = _in_use(one, "data", "data+metadata")
    metadata = _in_use(one, "metadata", "system", "data+metadata")
    bears = [LOSSES[row.profile] for row in (*data, *metadata)]
    kinds = [row.kind for row in _in_use(one, "data", "metadata", "system", "data+metadata")]
    usage = row_of(one.usage)
    several = len(kinds) > len(set(kinds)) if kinds else usage.multiple_profiles if usage else None
    return {
        "data_profiles": _names(data),
        "metadata_profiles": _names(metadata),
        "multiple_profiles": several,
        "redundancy": min(bears) if data and metadata else None,
        "told_layout": bool(one.profiles) or usage is not None,
    }


def _names(rows: Sequence[BtrfsProfile]) -> str | None:
    return " ".join(sorted({row.profile for row in rows})) or None


def _space(one: Voices) -> dict[str, Any]:
    usage = row_of(one.usage)
    chunks = _in_use(one, "metadata", "data+metadata")
    sizes = [row.size_bytes for row in chunks]
    uses = [row.used_bytes for row in chunks]
    size, used = (sum(n for n in told if n is not None) for told in (sizes, uses))
    known = bool(chunks) and None not in (*sizes, *uses) and size > 0
    unallocated = usage.unallocated_bytes if usage else None
    return {
        "size_bytes": usage.size_bytes if usage else None,
        "unallocated_bytes": unallocated,
        "room_bytes": _room(one, chunks, unallocated),
        "metadata_used_percent": 100.0 * used / size if known else None,
        "told_space": usage is not None,
    }


def _room(one: Voices, chunks: Sequence[BtrfsProfile], unallocated: int | None) -> int | None:
    """A chunk of raid1 needs room on two devices: what one has beyond the second is of no use to it."""
    left = sorted(
        (f.row.unallocated_bytes for f in one.room if f.row.unallocated_bytes is not None), reverse=True
    )
    copies = max((COPIES[row.profile] for row in chunks), default=1)
    if not left or unallocated is None or len(left) < copies:
        return unallocated
    return min(unallocated, max(left[copies - 1], 0) * copies)


def _scrub(at: datetime, rows: Sequence[BtrfsScrub]) -> dict[str, Any]:
    """The last scrub: its devices together, the worst status of them, times from the exact file first."""
    if not rows:
        return {}
    told = [row.started_at for row in rows if row.started_at is not None and row.device] or [
        row.started_at for row in rows if row.started_at is not None
    ]
    started = min(told, default=None)
    status = next(
        (word for word in _WORST if any(row.status == word for row in rows)),
        None if started or any(row.status != "never" for row in rows) else "never",
    )
    parts = [row for row in rows if row.device]
    whole = [row for row in rows if not row.device]
    return {
        "scrub_told": True,
        "scrub_status": status,
        "scrub_at": started,
        "scrub_age_days": max(0.0, (at - started).total_seconds() / 86_400) if started else None,
        "scrub_found": _most("found_errors", whole, parts),
        "scrub_corrected": _most("corrected_errors", whole, parts),
        "scrub_uncorrectable": _most("uncorrectable_errors", whole, parts),
    }


_WORST = ("running", "aborted", "interrupted", "finished")


def _most(name: str, *groups: Sequence[BtrfsScrub]) -> int | None:
    """The larger of what the whole tells and what its parts tell together."""
    sums = []
    for rows in groups:
        told = [getattr(row, name) for row in rows if getattr(row, name) is not None]
        if told:
            sums.append(sum(told))
    return max(sums, default=None)


def _snapshots(at: datetime, one: Voices) -> dict[str, Any]:
    row = row_of(one.snapshots)
    if row is None:
        return {}
    oldest = row.oldest_at
    return {
        "snapshots": row.snapshots,
        "snapshots_cut_short": row.cut_short,
        "oldest_snapshot_days": max(0.0, (at - oldest).total_seconds() / 86_400) if oldest else None,
    }
