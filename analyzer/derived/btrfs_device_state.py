"""Error counters of btrfs devices, now and at the audit before."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.btrfs_voices import SOURCES, Voices, voices
from analyzer.derived.array_member import Below
from analyzer.joining import by_target, most, sources
from analyzer.site import Site, derived
from collectors.block_tables import BlockDevice
from collectors.btrfs_tables import BtrfsErrors
from collectors.fact import Fact
from collectors.table import Row, column, table


@table("btrfs_device_state", key=("uuid", "device"), label=("device", "volume"), root=("uuid",))
class BtrfsDeviceState(Row):
    """What btrfs counted for one of its devices; the counters stay until they are reset."""

    uuid: str = column("UUID of the file system, or its mountpoint")
    volume: str = column("Mountpoint, label or UUID of the file system")
    device: str = column("Path, or devid:N")
    device_text: str = column("Kernel name and serial number")
    write_errors: int | None = column("Writes that failed", default=None)
    read_errors: int | None = column("Reads that failed", default=None)
    flush_errors: int | None = column("Cache flushes that failed", default=None)
    corruption_errors: int | None = column("Blocks whose checksum was wrong", default=None)
    generation_errors: int | None = column("Blocks older than they should be", default=None)
    before_at_days: float | None = column("Days since the audit before that read them", default=None)
    grown: int | None = column("Errors of all sorts since that audit; None without one", default=None)

    @property
    def said(self) -> str:
        """btrfs /srv, sdb1 (serial ZC1A2B3C), for a message."""
        return f"btrfs {self.volume}, {self.device_text}"


COUNTERS = ("write_errors", "read_errors", "flush_errors", "corruption_errors", "generation_errors")


@derived(BtrfsDeviceState, out_of=SOURCES)
def btrfs_device_state(site: Site) -> Iterator[Fact[BtrfsDeviceState]]:
    blocks = by_target(site.facts(BlockDevice))
    past = _past(site)
    for one in site.once(voices):
        below = Below(blocks.get(one.target, []), [])
        for device, facts in _devices(one).items():
            counts = {name: most(*(getattr(f.row, name) for f in facts)) for name in COUNTERS}
            days, before = past.get((one.target, one.uuid, device), (None, None))
            total = sum(count or 0 for count in counts.values())
            row = BtrfsDeviceState(
                uuid=one.uuid,
                volume=_volume(one),
                device=device,
                device_text=below.told(device) if device.startswith("/") else device,
                before_at_days=days,
                grown=max(0, total - before) if before is not None else None,
                **counts,
            )
            yield Fact(one.target, row, sources(*facts))


def _volume(one: Voices) -> str:
    places = sorted((f.row.mountpoint for f in one.mounts), key=lambda place: (len(place), place))
    told = [f.row.place for f in one.errors if f.row.place != one.uuid]
    label = one.shown.row.name if one.shown else None
    return next(iter(places + told), None) or label or one.uuid


def _devices(one: Voices) -> dict[str, list[Fact[BtrfsErrors]]]:
    """Counters by device; those of sysfs, which numbers the devices, belong to the path with that number."""
    paths = {f.row.device_id: f.row.path for f in one.devices if f.row.path}
    found: dict[str, list[Fact[BtrfsErrors]]] = {}
    for fact in one.errors:
        number = fact.row.device_id
        name = paths.get(number) if number and fact.row.device.startswith("devid:") else None
        found.setdefault(name or fact.row.device, []).append(fact)
    return dict(sorted(found.items()))


def _past(site: Site) -> dict[tuple[str, str, str], tuple[float, int]]:
    """Age and sum of the counters of each device at the latest earlier audit that read them."""
    seen: dict[tuple[str, str, str], tuple[float, int]] = {}
    for earlier in site.history:
        days = (site.at - earlier.at).total_seconds() / 86_400
        for one in voices(earlier):
            for device, facts in _devices(one).items():
                counts = [most(*(getattr(f.row, name) for f in facts)) for name in COUNTERS]
                if None not in counts:
                    seen[one.target, one.uuid, device] = (days, sum(n or 0 for n in counts))
    return seen
