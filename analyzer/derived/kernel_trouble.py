"""What the kernel logged, mapped to the disk, array or file system that it concerns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from analyzer.derived.array import Array
from analyzer.derived.filesystem import Filesystem
from analyzer.joining import by_target, grouped, sources
from analyzer.kernel_things import Thing, Things
from analyzer.site import Site, derived
from analyzer.wording import ago
from collectors.block_tables import Host
from collectors.fact import Fact
from collectors.kernel_log_tables import KernelEvent, KernelLog
from collectors.table import Row, column, table

KINDS = {
    "io": (
        *("medium-error", "io-error", "drive-error", "aborted-command", "failed-command", "ata-exception"),
        *("nvme-timeout", "nvme-abort", "command-abort", "xfs-io-error", "btrfs-io-error", "zfs-io-error"),
        "md-write-error",
    ),
    "lost": ("device-lost",),
    "link": ("link-reset", "link-slow", "link-error", "port-event", "usb-reset"),
    "controller": ("controller-reset",),
    "xfs": ("xfs-corruption", "xfs-shutdown"),
    "corruption": (
        *("ext4-error", "btrfs-corruption", "btrfs-mount-failed", "btrfs-missing-device"),
        *("integrity-error", "beyond-end"),
    ),
    "read-only": ("read-only-remount",),
    "corrected": ("md-corrected-read", "btrfs-corrected", "btrfs-device-errors"),
    "array": (
        *("md-failed-member", "md-kicked-member", "md-failed-array", "md-uncorrected-read", "md-degraded"),
        *("split-brain", "zfs-suspended"),
    ),
    "pool": ("thin-pool-full", "thin-pool-low", "snapshot-lost", "no-space"),
    "memory": ("edac-corrected", "edac-uncorrected", "mce", "mce-fatal"),
    "pcie": ("pcie-corrected", "pcie-uncorrected"),
    "hung": ("hung-task",),
    "killed": ("oom-kill",),
    "network": ("storage-lost",),
}
"""Trouble → kinds of events that tell it, the most telling first."""

_TROUBLE_OF = {kind: trouble for trouble, kinds in KINDS.items() for kind in kinds}


@table("kernel_trouble", key=("trouble", "thing"), label=("thing",), root=("concerns",))
class KernelTrouble(Row):
    """One sort of trouble with one thing, as far back as the log of the kernel was read; 0: none logged."""

    trouble: str = column(
        "io, lost, link, controller, xfs, corruption, read-only, corrected, array, pool, memory, pcie, hung,"
        " killed or network"
    )
    thing: str = column("What it happened to, by the name of today where the log's name leads there")
    concerns: str = column("Identity of the disk, array or file system at fault")
    named: str = column("Devices as the log names them, blank-separated", default="")
    described: str = column("Model, serial number, array and mountpoint, for messages", default="")
    kinds: str = column("Kinds of events, blank-separated, sorted", default="")
    count: int = column("Events")
    recent_count: int = column("Events of the last seven days, all where the log tells no times", default=0)
    first_at: datetime | None = column("The first", default=None)
    last_at: datetime | None = column("The last", default=None)
    age_days: float | None = column("Days since the last; None: the log tells no times", default=None)
    array_whole: bool | None = column(
        "The array concerned has all its members now; None: not told", default=None
    )
    sample: str = column("One of the messages", default="")

    @property
    def said(self) -> str:
        """sdb (ST4000, serial X, member of md0): 12 events, the last 3.1 days ago, for a message."""
        described = f" ({self.described})" if self.described else ""
        often = f"{self.count} message{'' if self.count == 1 else 's'}"
        when = f", the last {ago(self.age_days)}" if self.age_days is not None else ""
        return f"{self.thing}{described}: {often}{when}"


@derived(KernelTrouble, out_of=(KernelEvent,))
def kernel_trouble(site: Site) -> Iterator[Fact[KernelTrouble]]:
    logs, events = by_target(site.facts(KernelLog)), by_target(site.facts(KernelEvent))
    boots = {fact.target: fact.row.boot_at for fact in site.facts(Host)}
    for target in sorted(set(logs) | set(events)):
        mine = list(_of_one_log(events.get(target, [])))
        things = Things(site, target) if mine else None
        whole = {f.row.array: _whole(f.row) for f in site.facts_of(target, Array)} if mine else {}
        found: dict[tuple[str, Thing], list[Fact[KernelEvent]]] = {}
        for fact in mine:
            trouble = _TROUBLE_OF.get(fact.row.kind)
            if trouble and things:
                thing = things.named(fact.row.device, trouble, f"{fact.row.kind} {fact.row.sample}")
                found.setdefault((trouble, thing), []).append(fact)
        for (trouble, thing), facts in sorted(found.items(), key=lambda one: one[0]):
            rows, now = [f.row for f in facts], whole.get(thing.array or "")
            yield Fact(target, _row(site.at, trouble, thing, rows, boots.get(target), now), sources(*facts))
        if target in logs:
            seen, evidence = {trouble for trouble, _ in found}, sources(*logs[target])
            for trouble in _possible(site, target):
                if trouble not in seen:
                    row = KernelTrouble(trouble=trouble, thing="kernel log", concerns="kernel log", count=0)
                    yield Fact(target, row, evidence)


def _possible(site: Site, target: str) -> list[str]:
    """Troubles whose absence from the log says something: the host has what they happen to."""
    possible = ["io", "lost", "link", "corruption", "read-only", "memory"]
    if "xfs" in [fact.row.fs_type for fact in site.facts_of(target, Filesystem)]:
        possible.append("xfs")
    return [*possible, "array", "corrected"] if site.facts_of(target, Array) else possible


def _of_one_log(facts: Iterable[Fact[KernelEvent]]) -> Iterator[Fact[KernelEvent]]:
    """Of the same events in several logs, those of the log that has the most."""
    for same in grouped(facts, lambda row: (row.kind, row.device)).values():
        yield max(same, key=lambda fact: (fact.row.count, fact.row.last_at is not None))


def _whole(row: Array) -> bool | None:
    if row.state in ("unknown", "") or row.missing is None:
        return None
    return row.missing == 0 and not row.failed_count and row.state not in ("degraded", "failed", "inactive")


def _last(row: KernelEvent, booted_at: datetime | None) -> datetime | None:
    if row.last_at is None and booted_at is not None and row.last_uptime_seconds is not None:
        return booted_at + timedelta(seconds=min(row.last_uptime_seconds, 1e9))
    return row.last_at


def _row(
    at: datetime,
    trouble: str,
    thing: Thing,
    rows: list[KernelEvent],
    booted_at: datetime | None,
    whole: bool | None,
) -> KernelTrouble:
    times = [one for row in rows if (one := _last(row, booted_at)) is not None]
    begun = [row.first_at for row in rows if row.first_at is not None]
    last = max(times, default=None) if len(times) == len(rows) else None  # one without a time may be of today
    return KernelTrouble(
        trouble=trouble,
        thing=thing.name,
        concerns=thing.root,
        named=" ".join(sorted({row.device for row in rows if row.device})),
        described=thing.described,
        kinds=" ".join(sorted({row.kind for row in rows})),
        count=sum(row.count for row in rows),
        recent_count=sum(_recent(row, at, booted_at) for row in rows),
        first_at=min(begun, default=None),
        last_at=last,
        age_days=max(0.0, (at - last).total_seconds() / 86_400) if last else None,
        array_whole=whole,
        sample=min(rows, key=lambda row: (KINDS[trouble].index(row.kind), -row.count)).sample,
    )


def _recent(row: KernelEvent, at: datetime, booted_at: datetime | None) -> int:
    last = _last(row, booted_at)
    if last is None:
        return row.count
    if at - last > timedelta(days=7):
        return 0
    return row.last_week_count if row.last_week_count is not None else row.count
