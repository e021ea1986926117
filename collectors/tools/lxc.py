"""Plain LXC: `lxc-info`, `lxc-ls --fancy` and the configuration of a container (lxc.container.conf(5))."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.collector import reader
from collectors.fact import At, Missing, Reading
from collectors.hypervisor_tables import Guest, GuestDisk
from collectors.hypervisor_words import power
from collectors.plain_text import ends_within_a_line
from collectors.question import Answer

_STATE = re.compile(
    r"^[Ss]tate:\s+(RUNNING|STOPPED|STARTING|STOPPING|FROZEN|FREEZING|ABORTING)\s*$", re.MULTILINE
)
_NAME = re.compile(r"^(?:Name:|lxc\.uts\.?name\s*=)\s*(\S+)\s*$", re.MULTILINE)
_ASKED = re.compile(r"lxc-info\b.*?\s(?:-n|--name)[ =](\S+)")
_KEY = re.compile(r"^\s*(lxc\.[\w.]+)\s*=\s*(.*?)\s*$", re.MULTILINE)


def recognises(text: str) -> float:
    begin = text[:4000]
    return 0.9 if _STATE.search(begin) and re.search(r"lxc|^pid:|^PID:|^Name:", begin, re.MULTILINE) else 0.0


@reader("lxc-info", fills=(Guest,), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """a container as lxc-info prints it"""
    asked = _ASKED.search(f"{' '.join(answer.question.argv)}\n{answer.text[:4000]}")
    named = _NAME.search(answer.text)
    state = _STATE.search(answer.text)
    if state is None:
        raise ValueError("no state is told")
    name = asked[1] if asked else named[1] if named else answer.question.argv[-1]
    yield Guest(
        guest=f"name:{name}",
        name=named[1] if named else name,
        hypervisor="lxc",
        kind="container",
        power=power(state[1]),
    )


def _recognises_list(text: str) -> float:
    return 0.97 if re.search(r"^NAME\s+STATE\s+AUTOSTART\s+GROUPS\s+IPV4", text[:4000], re.MULTILINE) else 0.0


@reader("lxc-ls", fills=(Guest,), recognises=_recognises_list)
def read_list(answer: Answer) -> Iterator[Reading]:
    """containers as lxc-ls --fancy prints them"""
    if ends_within_a_line(answer.text) and len(answer.text.splitlines()) < 2:
        yield Missing(Guest, "truncated", "the list ends within its heading")
    for number, line in enumerate(answer.text.splitlines(), 1):
        words = line.split()
        if not words or words[0] == "NAME":
            continue
        if len(words) < 2 or power(words[1]) is None:
            yield Missing(Guest, "unreadable", f"line {number}: {line.strip()[:100]}")
            continue
        row = Guest(
            guest=f"name:{words[0]}",
            name=words[0],
            hypervisor="lxc",
            kind="container",
            power=power(words[1]),
        )
        yield At(row, f"line {number}")


def _recognises_config(text: str) -> float:
    keys = {match[1] for match in _KEY.finditer(text[:200_000])}
    return 0.85 if len(keys) > 2 and any(key.startswith(("lxc.rootfs", "lxc.uts")) for key in keys) else 0.0


@reader("lxc-config", fills=(Guest, GuestDisk), recognises=_recognises_config)
def read_config(answer: Answer) -> Iterator[Reading]:
    """a container by its configuration file"""
    told: dict[str, str] = {}
    for match in _KEY.finditer(answer.text):
        told.setdefault(match[1], match[2])
    name = told.get("lxc.uts.name") or told.get("lxc.utsname")
    root = told.get("lxc.rootfs.path") or told.get("lxc.rootfs")
    if name is None:
        raise ValueError("the configuration tells no name")
    yield Guest(guest=f"name:{name}", name=name, hypervisor="lxc", kind="container")
    if root:
        backend, colon, path = root.partition(":")
        yield GuestDisk(
            guest=f"name:{name}",
            guest_name=name,
            disk="rootfs",
            path=path if colon and re.fullmatch(r"\w+", backend) else root,
            format=backend if colon and re.fullmatch(r"\w+", backend) else "dir",
        )
    else:
        yield Missing(GuestDisk, "empty", "no root file system is told", f"name:{name}")
