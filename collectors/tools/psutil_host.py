"""What psutil tells of the machine holdwater runs on, where there is no /proc: macOS, Windows, the BSDs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from collectors.block_tables import FsUsage, Host, IoCounter, Mount
from collectors.collector import reader
from collectors.fact import At, Missing, Reading
from collectors.file_system_types import holds_data
from collectors.question import Answer


def recognises(text: str) -> float:
    return 0.9 if text.lstrip().startswith("{") and '"psutil"' in text[:200] else 0.0


@reader("psutil-host", fills=(Host, Mount, FsUsage, IoCounter), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """this machine as psutil tells it"""
    told = json.loads(answer.text)
    system = told["platform"]
    yield At(
        Host(
            hostname=str(system["node"]),
            os_name=str(system["system"]),
            os_version=str(system["version"]),
            kernel=str(system["release"]),
            boot_at=_time(told.get("boot_time")),
            memory_bytes=_count(told.get("virtual_memory") or {}, "total"),
        ),
        "platform",
    )
    if system["system"] == "Linux":
        return  # /proc tells the rest, and the questions about it are put anyway
    for number, partition in enumerate(told["partitions"]):
        if holds_data(partition["fstype"], partition["mountpoint"]):
            yield from _file_system(partition, f"partitions[{number}]")
    for name, counter in sorted((told.get("disk_io_counters") or {}).items()):
        yield At(_counter(name, counter), f"disk_io_counters.{name}")


def _file_system(partition: dict[str, Any], where: str) -> Iterator[Reading]:
    place, options = str(partition["mountpoint"]), set(partition.get("opts", "").split(",")) - {""}
    yield At(
        Mount(
            mountpoint=place,
            source=str(partition["device"]),
            fs_type=str(partition["fstype"]),
            options=",".join(sorted(options)),
            read_only="ro" in options or "read-only" in options,
        ),
        where,
    )
    usage = partition.get("usage")
    if usage is None:
        yield Missing(FsUsage, "failed", str(partition.get("error", "not told")), place)
        return
    yield At(
        FsUsage(
            mountpoint=place,
            source=str(partition["device"]),
            fs_type=str(partition["fstype"]),
            size_bytes=_count(usage, "total"),
            used_bytes=_count(usage, "used"),
            available_bytes=_count(usage, "free"),
        ),
        f"{where}.usage",
    )


def _counter(name: str, counter: dict[str, Any]) -> IoCounter:
    return IoCounter(
        name=name,
        reads=_count(counter, "read_count"),
        writes=_count(counter, "write_count"),
        read_bytes=_count(counter, "read_bytes"),
        written_bytes=_count(counter, "write_bytes"),
        busy_milliseconds=_count(counter, "busy_time"),
        wait_milliseconds=_both(_count(counter, "read_time"), _count(counter, "write_time")),
    )


def _both(reads: int | None, writes: int | None) -> int | None:
    return None if reads is None or writes is None else reads + writes


def _count(told: dict[str, Any], name: str) -> int | None:
    value = told.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _time(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
