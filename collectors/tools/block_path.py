"""Where each disk is plugged in: the links of /sys/block (Documentation/admin-guide/sysfs-rules.rst)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.collector import Asking, collector, reader
from collectors.fact import At, Missing, Reading
from collectors.kernel_log_tables import BlockPath
from collectors.question import Answer, Form

LINKS = Form(
    ("find", "/sys/block", "-maxdepth", "1", "-type", "l", "-printf", "%p -> %l\\n"),
    reads="block-links",
    why="Which port, address and controller each disk hangs on: the kernel's log names those",
)
_LINK = re.compile(r"(?:^|.*[ /])([\w!.:-]+) -> (\.\./)+(devices/\S+/)block/([\w!.:-]+)\s*$")
_NVME = re.compile(r"(?:^|.*[ /])(nvme[\w!.:-]+) -> (\.\./)+(devices/\S+/)(nvme[\w!.:-]+)\s*$")


@collector("block-path", asks=(LINKS,))
def ask() -> Asking:
    """Where each disk is plugged in"""
    yield (LINKS(),)


def recognises(text: str) -> float:
    return 0.9 if re.search(r" -> \.\./(?:\.\./)*devices/\S+/block/", text[:40000]) else 0.0


@reader("block-links", fills=(BlockPath,), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """where each disk is plugged in, by the links of /sys/block"""
    if answer.question.argv == LINKS.argv and "No such file" in answer.complaint:
        return  # not Linux
    found = False
    for number, line in enumerate(answer.text.splitlines(), 1):
        match = _LINK.match(line) or _NVME.match(line)
        if match is None:
            found = found or " -> " in line
            continue
        found = True
        if "/virtual/" not in f"/{match[3]}":
            yield At(_row(match[1], match[3]), f"line {number}")
    if not found:
        yield Missing(BlockPath, "empty", answer.complaint or "no link is told")


def _row(name: str, path: str) -> BlockPath:
    ata = re.search(r"/(ata\d+)/", path)
    address = re.findall(r"/(\d+:\d+:\d+:\d+)(?=/)", path)
    usb = re.findall(r"/(\d+-\d+(?:\.\d+)*)(?=/)", path)
    pci = re.findall(r"/([0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f])(?=/)", path)
    return BlockPath(
        name=name.replace("!", "/"),
        path=path.removeprefix("devices/").rstrip("/"),
        ata_port=ata[1] if ata else None,
        scsi_address=address[-1] if address else None,
        usb_port=usb[-1] if usb else None,
        pci_address=pci[-1] if pci else None,
    )
