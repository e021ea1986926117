"""Guests of which an answer tells no more than that they own a snapshot or a disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from collectors.hypervisor_tables import Guest, GuestDisk, GuestSnapshot


def owners(rows: Iterable[GuestSnapshot | GuestDisk], hypervisor: str) -> Iterator[Guest]:
    """Each owner once, by its identity and name: what other answers tell of it joins this row."""
    names = {row.guest: row.guest_name or row.guest for row in rows}
    for guest, name in names.items():
        yield Guest(guest=guest, name=name, hypervisor=hypervisor)
