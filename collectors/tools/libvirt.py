"""Guests of libvirt on this host: virsh(1), read-only, then qemu-img(1) on the images of their disks."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence

from collectors.collector import Asking, collector, reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.hypervisor_tables import Datastore, DiskImage, Guest, GuestDisk, GuestSnapshot
from collectors.question import Answer, Form, Question
from collectors.tools.qemu_img import IMAGE_ALONE, IMAGE_CHAIN
from collectors.tools.qemu_img import read as read_images
from collectors.tools.virsh import (
    DOMAIN,
    GUESTS,
    PAUSED,
    POOL,
    POOLS,
    RUNNING,
    SHUT_OFF,
    SNAPPED,
    SNAPSHOT,
    SNAPSHOTS,
    TRACKED,
    pairs,
    pool_names,
    read_domain,
    snapshot_names,
)

HERE = Form(
    ("ls", "-1", "/etc/libvirt/qemu", "/run/libvirt/qemu"),
    reads="libvirt-here",
    why="Whether guests of libvirt are defined or run on this host",
    right="root",
)
_TABLES = (Guest, GuestDisk, GuestSnapshot, DiskImage, Datastore)
SNAPSHOTS_TOLD = 100
"""Of so many snapshots of one guest the XML is asked for; its list tells the others."""

DEEPEST = 64


@collector(
    "libvirt",
    asks=(
        *(HERE, GUESTS, RUNNING, PAUSED, SHUT_OFF, SNAPPED, TRACKED, POOLS, POOL),
        *(DOMAIN, SNAPSHOTS, SNAPSHOT, IMAGE_CHAIN, IMAGE_ALONE),
    ),
)
def ask() -> Asking:
    """libvirt/KVM: guests, disks, snapshots, storage pools, chains of images"""
    (here,) = yield (HERE(),)
    if here.refusal is None and not _has_guests(here):
        return
    known, _, _, _, snapped, _, pools = yield (
        *(GUESTS(), RUNNING(), PAUSED(), SHUT_OFF(), SNAPPED(), TRACKED(), POOLS()),
    )
    if known.refusal is not None:
        return
    guests = [uuid for uuid, _ in pairs(known)]
    with_snapshots = guests if snapped.status else [uuid for uuid, _ in pairs(snapped)]
    domains = [DOMAIN(guest=uuid) for uuid in guests]
    lists = [SNAPSHOTS(guest=uuid) for uuid in with_snapshots]
    told = yield (*domains, *lists, *_askable(POOL, "pool", pool_names(pools)))
    listed = told[len(domains) : len(domains) + len(lists)]
    images = list(dict.fromkeys(_images(told[: len(domains)])))
    chains = yield (*images, *_snapshots(with_snapshots, listed))
    yield from _along_broken_chains(chains[: len(images)])


def _has_guests(answer: Answer) -> bool:
    """A guest is defined (its XML in /etc) or runs (its state in /run), or is kept from this account."""
    return b".xml\n" in answer.stdout + b"\n" or b"ermission denied" in answer.stderr


def _askable(form: Form, blank: str, values: Iterable[str]) -> Iterator[Question]:
    """The form filled with each value that may stand in a question."""
    for value in values:
        try:
            yield form(**{blank: value})
        except ValueError:
            continue


def _snapshots(guests: Sequence[str], listed: Sequence[Answer]) -> Iterator[Question]:
    for uuid, answer in zip(guests, listed, strict=True):
        if answer.refusal is None:
            for name in snapshot_names(answer)[:SNAPSHOTS_TOLD]:
                try:
                    yield SNAPSHOT(guest=uuid, snapshot=name)
                except ValueError:
                    continue


def _images(domains: Sequence[Answer]) -> Iterator[Question]:
    for answer in domains:
        if answer.refusal is not None:
            continue
        try:
            told = list(read_domain(answer))
        except (ValueError, LookupError):
            continue  # the reader tells the gap
        for one in told:
            if isinstance(one, GuestDisk) and one.path and one.path.startswith("/"):
                try:
                    yield IMAGE_CHAIN(format=one.format or "raw", path=one.path)
                except ValueError:
                    continue  # likewise


def _along_broken_chains(chains: Sequence[Answer]) -> Asking:
    """Of a chain that breaks off qemu-img tells nothing at all: ask image by image from the top."""
    waiting = {}
    for answer in chains:
        if answer.refusal is None and answer.status and not answer.stdout.strip():
            image_format, path = answer.question.argv[-2:]
            waiting[path] = image_format
    asked: set[str] = set()
    for _ in range(DEEPEST):
        questions = [
            question
            for path, image_format in waiting.items()
            if path not in asked
            for question in _alone(path, image_format)
        ]
        asked.update(waiting)
        if not questions:
            return
        answers = yield questions
        waiting = {path: image_format for answer in answers for path, image_format in _below(answer)}


def _alone(path: str, image_format: str) -> Iterator[Question]:
    try:
        yield IMAGE_ALONE(format=image_format, path=posixpath.normpath(path))
    except ValueError:
        return


def _below(answer: Answer) -> Iterator[tuple[str, str]]:
    """The image below the one that was told, and its format. Without a format nothing is asked of it."""
    if answer.refusal is not None:
        return
    try:
        told = list(read_images(answer))
    except (ValueError, LookupError):
        return
    for one in told:
        if isinstance(one, At) and isinstance(one.row, DiskImage):
            row = one.row
            if row.backing_path and row.backing_path.startswith("/") and row.backing_format:
                yield row.backing_path, row.backing_format


@reader("libvirt-here", fills=_TABLES, recognises=lambda text: 0.0)
def read_here(answer: Answer) -> Iterator[Reading]:
    """whether this host runs guests of libvirt"""
    if not _has_guests(answer):
        if answer.status == 0 or re.search(rb"No such file", answer.stderr):
            for row_type in _TABLES:
                yield NotHere(row_type, "no guest of libvirt is defined or runs here")
        else:
            yield Missing(Guest, "failed", answer.complaint or "ls told nothing")
