# SPDX-License-Identifier: Apache-2.0
"""md scenarios in which something runs, waits or went wrong; registered in ``md.SCENARIOS``."""

from __future__ import annotations

from collections.abc import Iterator

from .beds import DiskBed, must
from .md import Array, created, expect, scenario, syncing, throttle_text, wipe


@scenario("raid1-rebuilding")
def raid1_rebuilding(bed: DiskBed) -> Iterator[Array]:
    """A replaced half is being filled, far too slowly to end within a test."""
    with created(bed, 1, 2) as array:
        old = array.members[1]
        must(
            bed,
            f"mdadm {array.device} --fail {old} && mdadm {array.device} --remove {old} && "
            f"mdadm --zero-superblock {old} && {throttle_text(array)} && mdadm {array.device} --add {old}",
        )
        expect(bed, array, "sync_action", "recover")
        yield array


@scenario("raid5-rebuilding")
def raid5_rebuilding(bed: DiskBed) -> Iterator[Array]:
    """A member failed and the spare is taking its place."""
    with created(bed, 5, 3, spares=1) as array:
        must(bed, f"mdadm --wait {array.device} || true")
        must(bed, f"{throttle_text(array)} && mdadm {array.device} --fail {array.members[0]}")
        expect(bed, array, "sync_action", "recover")
        yield array


@scenario("raid1-resyncing")
def raid1_resyncing(bed: DiskBed) -> Iterator[Array]:
    """The first sync after creation runs, throttled."""
    with syncing(bed) as array:
        expect(bed, array, "sync_action", "resync")
        yield array


@scenario("raid1-checking")
def raid1_checking(bed: DiskBed) -> Iterator[Array]:
    """A scrub runs, throttled."""
    with created(bed, 1, 2) as array:
        must(bed, f"{throttle_text(array)} && echo check >{array.settings}/sync_action")
        expect(bed, array, "sync_action", "check")
        yield array


@scenario("raid1-mismatched")
def raid1_mismatched(bed: DiskBed) -> Iterator[Array]:
    """A finished scrub found 256 sectors in which the halves differ."""
    with created(bed, 1, 2) as array:
        member = array.members[1]
        offset = f"$(cat {array.settings}/dev-{member.removeprefix('/dev/')}/offset)"
        must(
            bed,
            f"dd if=/dev/urandom of={member} bs=512 seek=$(({offset} + 2048)) count=256 oflag=direct && "
            f"echo check >{array.settings}/sync_action",
        )
        expect(bed, array, "sync_action", "idle")
        expect(bed, array, "mismatch_cnt", "256")
        yield array


@scenario("raid5-inactive")
def raid5_inactive(bed: DiskBed) -> Iterator[Array]:
    """Only one of three members turned up: assembled, not started."""
    with created(bed, 5, 3) as array:
        must(
            bed,
            f"mdadm --stop {array.device} && echo 'AUTO +all' >/etc/mdadm/mdadm.conf; "
            f"mdadm --incremental {array.members[0]}; echo 'AUTO -all' >/etc/mdadm/mdadm.conf",
        )
        name = must(bed, "awk -F ' : ' '$2 ~ /^inactive/ { print $1 }' /proc/mdstat")
        waiting = Array(name, 5, array.members)
        try:
            yield waiting
        finally:
            wipe(bed, waiting)


@scenario("raid1-pending")
def raid1_pending(bed: DiskBed) -> Iterator[Array]:
    """Started auto-read-only with an unfinished sync: resync=PENDING until the first write."""
    with syncing(bed) as array:
        parameter = "/sys/module/md_mod/parameters/start_ro"
        try:
            must(
                bed,
                f"mdadm --stop {array.device} && echo 1 >{parameter} && "
                f"mdadm --assemble {array.device} {' '.join(array.members)} && grep PENDING /proc/mdstat",
            )
            yield array
        finally:
            bed.run(f"echo 0 >{parameter}")


@scenario("raid1-corrected-errors")
def raid1_corrected_errors(bed: DiskBed) -> Iterator[Array]:
    """Reads of one half failed and were repaired from the other; needs dm-dust (not in Debian's kernel)."""
    disk = bed.disks[0]
    table = f'"0 $(blockdev --getsz {disk}) dust {disk} 0 4096"'
    blocks = "for b in $(seq 4096 4100); do dmsetup message dust 0 addbadblock $b >/dev/null || exit 1; done"
    try:
        must(
            bed,
            f"modprobe dm-dust && dmsetup create dust --table {table} && dmsetup mknodes && {blocks}",
        )
        with created(bed, 1, 2, devices=("/dev/mapper/dust", bed.disks[1])) as array:
            # Only an ordinary read counts as corrected, a scrub repairs without counting;
            # and all reads have to go to this half.
            other = f"{array.settings}/dev-{bed.disks[1].removeprefix('/dev/')}/state"
            must(
                bed,
                f"dmsetup message dust 0 enable && echo writemostly >{other} && "
                f"dd if={array.device} of=/dev/null bs=1M iflag=direct && echo -writemostly >{other}",
            )
            yield array
    finally:
        bed.run("dmsetup remove --retry dust")
