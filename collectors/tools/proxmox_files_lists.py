"""Lists that people paste: `qm list`, `pct list`, `qm listsnapshot`, `pct listsnapshot`, `pvesm status`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.collector import reader
from collectors.fact import At, Missing, Reading
from collectors.hypervisor_tables import Datastore, Guest, GuestSnapshot
from collectors.hypervisor_words import moment, power
from collectors.plain_text import ends_within_a_line, is_prompt, numbered_lines
from collectors.question import Answer

_QM = re.compile(
    r"\s*(\d{1,9})\s+(\S.*?)\s+(running|stopped|paused|suspended|unknown)\s+[\d.]+\s+[\d.]+\s+\d+\s*"
)
_PCT = re.compile(r"\s*(\d{1,9})\s+(running|stopped|unknown)\s+(?:([a-z]\S*)\s{2,})?(\S.*?)?\s*")
_SNAPSHOT = re.compile(r"(\s*)`-> ([A-Za-z][\w-]*)\s*(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)?\s*(.*)")
_STORAGE = re.compile(
    r"(\S+)\s+(\w+)\s+(active|inactive|disabled)\s+(\d{1,18})\s+(\d{1,18})\s+(\d{1,18})\s+(?:[\d.]+%|N/A)\s*"
)
_ASKED = re.compile(r"\b(qm|pct)\s+listsnapshot\s+(\d{1,9})")


def _recognises_list(text: str) -> float:
    known = r"^\s*VMID NAME\s+STATUS\s+MEM\(MB\)|^\s*VMID\s+Status\s+Lock\s+Name\s*$"
    return 0.97 if re.search(known, text[:20000], re.MULTILINE) else 0.0


@reader("proxmox-list", fills=(Guest,), recognises=_recognises_list)
def read_list(answer: Answer) -> Iterator[Reading]:
    """guests of a Proxmox VE node as qm list and pct list print them"""
    containers = False
    if ends_within_a_line(answer.text) and len(answer.text.splitlines()) < 2:
        yield Missing(Guest, "truncated", "the list ends within its heading")
    for number, line in numbered_lines(answer.text):
        if re.match(r"\s*VMID\s", line):
            containers = "Lock" in line
        elif match := (_PCT if containers else _QM).fullmatch(line):
            state, name = (match[2], match[4]) if containers else (match[3], match[2])
            identity = f"{'lxc' if containers else 'qemu'}/{match[1]}"
            yield At(
                Guest(
                    guest=identity,
                    name=name or identity,
                    hypervisor="proxmox",
                    kind="container" if containers else "vm",
                    power=power(state),
                    lock=match[3] if containers else None,
                ),
                f"line {number}",
            )
        elif line.strip() and not is_prompt(line):
            yield Missing(Guest, "unreadable", f"line {number}: {line.strip()[:100]}")


def _recognises_snapshots(text: str) -> float:
    if not re.search(r"^\s*`-> current\s+You are here!", text[:200_000], re.MULTILINE):
        return 0.0
    return 0.97 if _ASKED.search(text[:2000]) else 0.95


@reader("proxmox-listsnapshot", fills=(GuestSnapshot,), recognises=_recognises_snapshots)
def read_snapshots(answer: Answer) -> Iterator[Reading]:
    """snapshots of a guest as qm listsnapshot and pct listsnapshot print them"""
    asked = _ASKED.search(f"{' '.join(answer.question.argv)}\n{answer.text[:2000]}")
    guest = (
        f"{'lxc' if asked[1] == 'pct' else 'qemu'}/{asked[2]}"
        if asked
        else f"name:{answer.question.argv[-1]}"
    )
    above: list[tuple[int, str]] = []
    current, rows = None, []
    for number, line in numbered_lines(answer.text):
        match = _SNAPSHOT.fullmatch(line)
        if match is None:
            if line.strip() and not is_prompt(line):
                yield Missing(GuestSnapshot, "unreadable", f"line {number}: {line.strip()[:100]}", guest)
            continue
        above = [(deep, name) for deep, name in above if deep < len(match[1])]
        if match[2] == "current":
            current = above[-1][1] if above else None
            break
        rows.append((number, match, above[-1][1] if above else None, len(above) + 1))
        above.append((len(match[1]), match[2]))
    else:
        yield Missing(GuestSnapshot, "truncated", "the list ends before the current state", guest)
    for number, match, parent, depth in rows:
        yield At(
            GuestSnapshot(
                guest=guest,
                snapshot=match[2],
                name=match[2],
                created_at=moment(match[3]) if match[3] else None,
                description=match[4] if match[4] not in ("", "no-description") else None,
                parent=parent,
                depth=depth,
                current=match[2] == current,
            ),
            f"line {number}",
        )


def _recognises_status(text: str) -> float:
    known = r"^Name\s+Type\s+Status\s+Total\b.*\bUsed\s+Available\s+%"
    return 0.97 if re.search(known, text[:20000], re.MULTILINE) else 0.0


@reader("proxmox-storage-status", fills=(Datastore,), recognises=_recognises_status)
def read_status(answer: Answer) -> Iterator[Reading]:
    """storages of a Proxmox VE node as pvesm status prints them"""
    told = False
    for number, line in numbered_lines(answer.text):
        match = _STORAGE.fullmatch(line.strip())
        told = told or match is not None
        if match is None:
            if line.strip() and not line.startswith("Name ") and not is_prompt(line):
                yield Missing(Datastore, "unreadable", f"line {number}: {line.strip()[:100]}")
            continue
        active = match[3] == "active"
        yield At(
            Datastore(
                hypervisor="proxmox",
                datastore=f"name:{match[1]}",
                name=match[1],
                kind=match[2],
                size_bytes=int(match[4]) * 1024 if active else None,
                free_bytes=int(match[6]) * 1024 if active else None,
                accessible=None if match[3] == "disabled" else active,
                maintenance="disabled" if match[3] == "disabled" else None,
            ),
            f"line {number}",
        )
    if not told:
        yield Missing(Datastore, "empty", answer.complaint or "no storage is told of, and every node has one")
