"""Machines a host has lately spoken to: the kernel's table of addresses, /proc/net/arp (proc(5), arp(7))."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.collector import Asking, collector, reader
from collectors.exposure_tables import NetworkNeighbour
from collectors.fact import At, Missing, Reading
from collectors.question import Answer, Form

ARP = Form(
    ("cat", "/proc/net/arp"),
    reads="arp",
    why="Which machines are on the network, to see whether one was left out",
)
_HEADING = re.compile(r"IP address\s+HW type\s+Flags\s+HW address\s+Mask\s+Device")
_LINE = re.compile(
    r"(\d{1,3}(?:\.\d{1,3}){3})\s+0x[0-9a-f]+\s+0x([0-9a-f]+)\s+([0-9a-f]{2}(?::[0-9a-f]{2}){5})\s+\S+\s+(\S+)\s*"
)
_COMPLETE = 0x2
"""Flag of an entry whose machine has answered: if_arp.h, ATF_COM."""


@collector("neighbours", asks=(ARP,))
def ask() -> Asking:
    """Machines on the same network"""
    yield (ARP(),)


@reader("arp", fills=(NetworkNeighbour,), recognises=lambda text: 0.95 if _HEADING.match(text) else 0.0)
def read(answer: Answer) -> Iterator[Reading]:
    """machines on the same network, that have answered"""
    lines = answer.text.splitlines()
    if not lines or not _HEADING.match(lines[0]):
        yield Missing(NetworkNeighbour, "failed", answer.complaint or "not the kernel's table of addresses")
        return
    for number, line in enumerate(lines[1:], 2):
        found = _LINE.fullmatch(line)
        if found is None:
            yield Missing(NetworkNeighbour, "unreadable", f"line {number}: {line[:100]}")
        elif int(found[2], 16) & _COMPLETE:
            row = NetworkNeighbour(address=found[1], hardware_address=found[3], interface=found[4])
            yield At(row, f"line {number}")
