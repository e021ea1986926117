"""Saved outputs about disks over a network: `iscsiadm -m session -P 1` to 3, `nvme list-subsys -o json`.

Live hosts are asked through sysfs, which needs no tool and no right.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from collectors.collector import reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.plain_text import numbered_lines, whole_number
from collectors.question import Answer
from collectors.remote_disk_tables import IscsiSession, NvmePath

_LINE = re.compile(r"\s*(Target|Current Portal|SID|iSCSI Session State|Recovery Timeout): (\S.*)")


def _recognises_iscsi(text: str) -> float:
    known = re.search(r"^\s*iSCSI Session State:", text[:20000], re.MULTILINE)
    return 0.97 if known and re.search(r"^\s*Target: \S", text[:20000], re.MULTILINE) else 0.0


@reader("iscsiadm", fills=(IscsiSession,), recognises=_recognises_iscsi)
def read_iscsi(answer: Answer) -> Iterator[Reading]:
    """iSCSI sessions as iscsiadm -m session -P 1 prints them"""
    target = portal = None
    sessions: list[tuple[int, dict[str, Any]]] = []
    for number, line in numbered_lines(answer.text):
        match = _LINE.fullmatch(line)
        if match is None:
            continue
        name, value = match[1], match[2].strip()
        if name == "Target":
            target, portal = value.split()[0], None
        elif name == "Current Portal":
            portal = value.partition(",")[0]
        elif name == "SID":
            sessions.append((number, {"session": f"session{value}", "target_name": target, "portal": portal}))
        elif sessions and name == "iSCSI Session State":
            sessions[-1][1]["state"] = value.replace(" ", "_")
        elif sessions:
            sessions[-1][1]["recovery_seconds"] = whole_number(value)
    for number, told in sessions:
        yield At(IscsiSession(**told), f"line {number}")
        if "state" not in told:
            yield Missing(IscsiSession, "truncated", "its state is missing", told["session"])
    if not sessions and "No active sessions" in f"{answer.text} {answer.complaint}":
        yield NotHere(IscsiSession, "iscsiadm knows no active session")
    elif not sessions:
        yield Missing(IscsiSession, "empty", answer.complaint or "no session is told")


def _recognises_nvme(text: str) -> float:
    head = text[:8000]
    return 0.97 if '"Subsystems"' in head and '"Paths"' in head and '"NQN"' in head else 0.0


@reader("nvme-subsystems", fills=(NvmePath,), recognises=_recognises_nvme)
def read_nvme(answer: Answer) -> Iterator[Reading]:
    """NVMe subsystems over a network as nvme list-subsys prints them in JSON"""
    told = json.loads(answer.text)
    hosts = told if isinstance(told, list) else [told]
    found = False
    for host in hosts:
        name = None
        for number, one in enumerate(host["Subsystems"]):
            # releases before 2 put name and paths of a subsystem into two entries
            name = one.get("NQN") or name
            for path in one.get("Paths") or ():
                found = True
                if path.get("Transport") not in ("pcie", "loop"):
                    yield At(_path(name, path), f"Subsystems[{number}]")
    if not found:
        yield Missing(NvmePath, "empty", "no path is listed")


def _path(subsystem: str | None, path: Mapping[str, Any]) -> NvmePath:
    return NvmePath(
        controller=str(path["Name"]),
        subsystem=subsystem,
        transport=path.get("Transport"),
        address=path.get("Address"),
        state=path.get("State"),
        ana_state=path.get("ANAState"),
    )
