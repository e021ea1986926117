"""Who a machine is: identity of its firmware and of its system, and the addresses it answers on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address

from collectors.block_tables import HostIdentity
from collectors.collector import Asking, collector, reader
from collectors.fact import Missing, Reading
from collectors.plain_text import file_lines, first_lines
from collectors.question import Answer, Form

# fib_trie tells the addresses without a tool (proc(5), net/ipv4/fib_trie.c)
IDENTITY = Form(
    (
        *("grep", "-aHs", "-e", ""),
        *("/proc/sys/kernel/hostname", "/etc/hostname", "/etc/machine-id"),
        *("/proc/net/if_inet6", "/proc/net/fib_trie"),
    ),
    reads="host-identity",
    why="Identity and addresses, by which backups and other machines know this one",
    max_bytes=1024 * 1024,
)
MACHINE = Form(
    (
        *("grep", "-aHs", "-e", "", "/proc/sys/kernel/hostname"),
        *("/sys/class/dmi/id/product_uuid", "/sys/class/dmi/id/product_serial"),
    ),
    reads="host-identity",
    why="UUID of the machine, by which its hypervisor and its backups know it; only root may read it",
    right="root",
)
_DMI = "/sys/class/dmi/id"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_UNFILLED = re.compile(
    r"to be filled|default|not specified|none|system serial|^[0x.\s]*$|^123456789", re.IGNORECASE
)
_EMPTY = re.compile(r"(?:0|f|-)+|03000200-0400-0500-0006-000700080009|12345678-1234-.*")


@collector("identity", asks=(IDENTITY, MACHINE))
def ask() -> Asking:
    """Identity and addresses"""
    yield (IDENTITY(), MACHINE())


def _recognises(text: str) -> float:
    known = r"^/proc/net/fib_trie:|^/etc/machine-id:|^/sys/class/dmi/id/product_uuid:"
    return 0.95 if re.search(known, text, re.MULTILINE) else 0.0


@reader("host-identity", fills=(HostIdentity,), recognises=_recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """the machine's identity and addresses"""
    values = first_lines(answer)
    hostname = values.get("/proc/sys/kernel/hostname") or values.get("/etc/hostname")
    if not hostname:
        yield Missing(HostIdentity, "unsupported", answer.complaint or "no name is told")
        return
    uuid = values.get(f"{_DMI}/product_uuid", "").strip().lower()
    known = HostIdentity(
        hostname=hostname,
        machine_uuid=uuid if _UUID.fullmatch(uuid) and not _EMPTY.fullmatch(uuid) else None,
        machine_id=values.get("/etc/machine-id") or None,
        serial=_serial(values.get(f"{_DMI}/product_serial", "")),
        addresses=" ".join(dict.fromkeys(_addresses(answer))) or None,
    )
    if any((known.machine_uuid, known.machine_id, known.serial, known.addresses)):
        yield known
    elif answer.question.argv != MACHINE.argv:
        yield Missing(HostIdentity, "empty", "no identity and no address is told")


def _serial(told: str) -> str | None:
    """What a maker forgot to fill in is no serial number."""
    return told.strip() if told.strip() and not _UNFILLED.search(told) else None


def _addresses(answer: Answer) -> Iterator[str]:
    """Addresses of this machine, loopback and link-local ones left out."""
    last = ""
    for _, path, line in file_lines(answer):
        if path == "/proc/net/fib_trie":
            if match := re.search(r"\|-- (\d+\.\d+\.\d+\.\d+)", line):
                last = match[1]
            elif "/32 host LOCAL" in line and last and _outside(last):
                yield last
        elif path == "/proc/net/if_inet6" and re.match(r"[0-9a-f]{32} ", line):
            told = str(ip_address(int(line[:32], 16).to_bytes(16, "big")))
            if _outside(told):
                yield told


def _outside(address: str) -> bool:
    told = ip_address(address)
    return not (told.is_loopback or told.is_link_local or told.is_unspecified)
