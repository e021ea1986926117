# SPDX-License-Identifier: Apache-2.0
"""md arrays in every state holdwater has to tell apart, made on the scratch disks of a bed.

    with Uml(tmp_path, disks=md.DISKS) as bed:
        with md.SCENARIOS["raid1-degraded"](bed) as array:
            bed.run(["mdadm", "--detail", array.device])

Leaving the inner block stops the array and wipes its members, so one bed serves many scenarios.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from .beds import BedError, DiskBed, must

DISKS = (48 << 20,) * 4  # what the scenarios need; more or larger disks do no harm
NEVER_ENDING = ("100", "200")  # KiB/s at least and at most: a 48 MiB member takes four minutes


@dataclass(frozen=True)
class Array:
    """An array brought into some state."""

    name: str
    level: int
    members: tuple[str, ...]

    @property
    def device(self) -> str:
        """The array's device path."""
        return f"/dev/{self.name}"

    @property
    def settings(self) -> str:
        """The array's directory in sysfs."""
        return f"/sys/block/{self.name}/md"


Scenario = Callable[[DiskBed], AbstractContextManager[Array]]
SCENARIOS: dict[str, Scenario] = {}


def scenario(name: str) -> Callable[[Callable[[DiskBed], Iterator[Array]]], Scenario]:
    """Register a generator which yields one array as the scenario of that name."""

    def register(function: Callable[[DiskBed], Iterator[Array]]) -> Scenario:
        SCENARIOS[name] = contextmanager(function)
        return SCENARIOS[name]

    return register


def module_name(level: int) -> str:
    """The kernel module for a level."""
    return {0: "raid0", 1: "raid1", 5: "raid456", 6: "raid456", 10: "raid10"}[level]


def wipe(bed: DiskBed, array: Array) -> None:
    """Stop the array and forget it was ever there."""
    bed.run(
        f"mdadm --stop {array.device}; mdadm --zero-superblock {' '.join(array.members)}; udevadm settle -t 5"
    )


@contextmanager
def created(
    bed: DiskBed,
    level: int,
    count: int,
    *,
    spares: int = 0,
    options: str = "--bitmap=none --assume-clean",
    devices: tuple[str, ...] = (),
    before: str = "true",
) -> Iterator[Array]:
    """A running array of ``count`` members named after its level; stopped and wiped at the end.

    ``before`` is shell text to run when the kernel module is there and the array not yet.
    """
    members = devices or bed.disks[: count + spares]
    array = Array(f"md{level}", level, members)
    counts = f"--raid-devices={count}" + (f" --spare-devices={spares}" if spares else "")
    try:
        must(
            bed,
            f"modprobe {module_name(level)} && {before} && mdadm --create {array.device} --run "
            f"--metadata=1.2 --level={level} {counts} {options} {' '.join(members)}",
        )
        yield array
    finally:
        wipe(bed, array)


def throttle_text(array: Array) -> str:
    """Shell text which keeps any sync of the array going for minutes."""
    low, high = NEVER_ENDING
    return f"echo {low} >{array.settings}/sync_speed_min && echo {high} >{array.settings}/sync_speed_max"


@contextmanager
def syncing(bed: DiskBed) -> Iterator[Array]:
    """A mirror in its first sync, slowed down before it was created, so it cannot be over yet."""
    limits = "/proc/sys/dev/raid/speed_limit_"
    slow = f"echo {NEVER_ENDING[0]} >{limits}min && echo {NEVER_ENDING[1]} >{limits}max"
    try:
        with created(bed, 1, 2, options="--bitmap=none", before=slow) as array:
            must(bed, throttle_text(array))
            yield array
    finally:
        bed.run(f"echo 1000 >{limits}min; echo 200000 >{limits}max")


def expect(bed: DiskBed, array: Array, setting: str, wanted: str) -> None:
    """Wait up to ten seconds until a sysfs file of the array has the wanted text."""
    path = f"{array.settings}/{setting}"
    test = f'[ "$(cat {path})" = "{wanted}" ]'
    answer = bed.run(f"for i in $(seq 50); do {test} && exit; sleep 0.2; done; cat {path}; exit 1")
    if answer.status:
        raise BedError(f"{path} is {answer.text.strip()!r} and not {wanted!r}")


@scenario("raid0-healthy")
def raid0_healthy(bed: DiskBed) -> Iterator[Array]:
    """Two striped members: no redundancy to lose."""
    with created(bed, 0, 2, options="") as array:
        yield array


@scenario("raid1-healthy")
def raid1_healthy(bed: DiskBed) -> Iterator[Array]:
    """Both mirror halves present."""
    with created(bed, 1, 2) as array:
        yield array


@scenario("raid1-bitmap")
def raid1_bitmap(bed: DiskBed) -> Iterator[Array]:
    """A healthy mirror with an internal write-intent bitmap."""
    with created(bed, 1, 2, options="--bitmap=internal --assume-clean") as array:
        yield array


@scenario("raid5-healthy")
def raid5_healthy(bed: DiskBed) -> Iterator[Array]:
    """Three members and a spare."""
    with created(bed, 5, 3, spares=1) as array:
        must(bed, f"mdadm --wait {array.device} || true")
        yield array


@scenario("raid6-healthy")
def raid6_healthy(bed: DiskBed) -> Iterator[Array]:
    """Four members, two of them redundant."""
    with created(bed, 6, 4) as array:
        yield array


@scenario("raid10-healthy")
def raid10_healthy(bed: DiskBed) -> Iterator[Array]:
    """Four members, every block twice."""
    with created(bed, 10, 4) as array:
        yield array


@contextmanager
def with_failed(bed: DiskBed, level: int, count: int, failed: int) -> Iterator[Array]:
    """An array whose first ``failed`` members failed and still hang on it as faulty."""
    with created(bed, level, count) as array:
        must(bed, f"mdadm {array.device} --fail {' '.join(array.members[:failed])}")
        yield array


@scenario("raid1-degraded")
def raid1_degraded(bed: DiskBed) -> Iterator[Array]:
    """One mirror half failed and still listed as faulty."""
    with with_failed(bed, 1, 2, 1) as array:
        yield array


@scenario("raid5-degraded")
def raid5_degraded(bed: DiskBed) -> Iterator[Array]:
    """One of three members failed: no redundancy left."""
    with with_failed(bed, 5, 3, 1) as array:
        yield array


@scenario("raid5-broken")
def raid5_broken(bed: DiskBed) -> Iterator[Array]:
    """Two of three members failed: data is gone though mdstat still says active."""
    with created(bed, 5, 3) as array:
        # The second failure has to be forced through sysfs: mdadm refuses to break an array.
        for member in array.members[:2]:
            bed.run(f"echo faulty >{array.settings}/dev-{member.removeprefix('/dev/')}/state")
        expect(bed, array, "degraded", "2")
        yield array


@scenario("raid6-degraded")
def raid6_degraded(bed: DiskBed) -> Iterator[Array]:
    """One of four members failed: one more may go."""
    with with_failed(bed, 6, 4, 1) as array:
        yield array


@scenario("raid6-twice-degraded")
def raid6_twice_degraded(bed: DiskBed) -> Iterator[Array]:
    """Two of four members failed: no redundancy left."""
    with with_failed(bed, 6, 4, 2) as array:
        yield array


@scenario("raid10-degraded")
def raid10_degraded(bed: DiskBed) -> Iterator[Array]:
    """One of four members failed."""
    with with_failed(bed, 10, 4, 1) as array:
        yield array


@scenario("raid1-removed")
def raid1_removed(bed: DiskBed) -> Iterator[Array]:
    """The failed half was taken out: nothing faulty is listed, a slot is empty."""
    with with_failed(bed, 1, 2, 1) as array:
        must(bed, f"mdadm {array.device} --remove {array.members[0]}")
        yield array


@scenario("raid1-missing")
def raid1_missing(bed: DiskBed) -> Iterator[Array]:
    """Created with one half absent from the first day."""
    with created(bed, 1, 2, devices=(bed.disks[0], "missing"), options="--bitmap=none") as array:
        yield array


# The scenarios in which something runs or went wrong add themselves to SCENARIOS.
from . import md_activity  # noqa: E402 - it needs the names above

__all__ = [
    "DISKS",
    "SCENARIOS",
    "Array",
    "Scenario",
    "created",
    "expect",
    "md_activity",
    "syncing",
    "throttle_text",
    "wipe",
]
