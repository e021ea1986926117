"""What ESXi's own shell prints (`vim-cmd vmsvc/…`), and what a monitoring agent kept of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from collectors.collector import reader
from collectors.fact import At, Missing, Reading
from collectors.hypervisor_tables import Guest, GuestSnapshot
from collectors.hypervisor_words import depths, kept, moment
from collectors.plain_text import ends_within_a_line, is_prompt, numbered_lines
from collectors.question import Answer

_MACHINE = re.compile(r"(\d{1,9})\s+(\S.*?)\s+\[([^\]]+)\]\s+(\S.*?\.vmt?x)\s+(\S+)\s+(vmx-\d+)\s*(.*)")
_SKIPPED = re.compile(r"Skipping invalid VM '(\d+)'")
_FIELD = re.compile(r"(-+)Snapshot (Name|Id|Desciption|Description|Created On|State)\s*: ?(.*)")
_ASKED = re.compile(r"(?:snapshot\.get|get\.snapshotinfo)\s+(\d{1,9})")
_AGENT = re.compile(r"snapshot\.rootSnapshotList (\d{1,9} \d{9,11} powered\w+ .*)")


def _recognises_list(text: str) -> float:
    return 0.97 if re.search(r"^Vmid\s+Name\s+File\s+Guest OS\s+Version", text[:20000], re.MULTILINE) else 0.0


@reader("vim-cmd-getallvms", fills=(Guest,), recognises=_recognises_list)
def read_list(answer: Answer) -> Iterator[Reading]:
    """guests of an ESXi host as vim-cmd vmsvc/getallvms prints them"""
    note: list[str] = []
    last: tuple[int, re.Match[str]] | None = None
    if not answer.text.lstrip().startswith("Vmid") and "\nVmid" not in answer.text:
        yield Missing(Guest, "truncated", answer.complaint or "the heading of the list is missing")
    for number, line in numbered_lines(answer.text):
        if match := _MACHINE.fullmatch(line.rstrip()):
            if last:
                yield At(_machine(last[1], note), f"line {last[0]}")
            last, note = (number, match), []
        elif skipped := _SKIPPED.search(line):
            yield Guest(
                guest=f"vm/{skipped[1]}",
                name=f"vm/{skipped[1]}",
                hypervisor="vmware",
                kind="vm",
                state="invalid",
            )
        elif last and not is_prompt(line):
            note.append(line)  # annotations run over several lines
        elif line.strip() and not line.startswith("Vmid") and not is_prompt(line):
            yield Missing(Guest, "unreadable", f"line {number}: {line.strip()[:100]}")
    if last:
        yield At(_machine(last[1], note), f"line {last[0]}")
    elif ends_within_a_line(answer.text):
        yield Missing(Guest, "truncated", "the list ends within its heading")


def _machine(match: re.Match[str], note: list[str]) -> Guest:
    return Guest(
        guest=f"vm/{match[1]}",
        name=match[2],
        hypervisor="vmware",
        kind="template" if match[4].endswith(".vmtx") else "vm",
        system=match[5],
        annotation=kept("\n".join([match[7], *note])),
    )


def _recognises_tree(text: str) -> float:
    if not re.search(r"^-+Snapshot Name\s*: ", text[:200_000], re.MULTILINE):
        return 0.0
    return 0.97 if _ASKED.search(text[:2000]) else 0.96


@reader("vim-cmd-snapshots", fills=(GuestSnapshot,), recognises=_recognises_tree)
def read_tree(answer: Answer) -> Iterator[Reading]:
    """snapshots of a guest as vim-cmd vmsvc/snapshot.get prints them"""
    asked = _ASKED.search(f"{' '.join(answer.question.argv)}\n{answer.text[:2000]}")
    guest = f"vm/{asked[1]}" if asked else f"name:{answer.question.argv[-1]}"
    entries: list[tuple[int, int, dict[str, str]]] = []
    for number, line in numbered_lines(answer.text):
        match = _FIELD.match(line)
        if match is None:
            continue
        if match[2] == "Name":
            entries.append((number, len(match[1]), {}))
        if entries:
            entries[-1][2][match[2].replace("Desciption", "Description")] = match[3].strip()
    if not entries and "Snapshot" in answer.text.replace("Get Snapshot:", "", 1):
        yield Missing(GuestSnapshot, "unreadable", "lines of snapshots without a name", guest)
    if not answer.text.strip() or (not entries and ends_within_a_line(answer.text)):
        yield Missing(GuestSnapshot, "empty", answer.complaint or "vim-cmd told nothing", guest)
    above: list[tuple[int, str]] = []
    found: list[tuple[int, str, str | None, dict[str, str]]] = []
    for number, deep, told in entries:
        if "Created On" not in told:
            yield Missing(GuestSnapshot, "truncated", f"line {number}: cut short", guest)
        above = [one for one in above if one[0] < deep]
        key = told.get("Id") or told["Name"]
        found.append((number, key, above[-1][1] if above else None, told))
        above.append((deep, key))
    places = depths({key: parent for _, key, parent, _ in found})
    for number, key, parent, told in found:
        yield At(_snapshot(guest, key, parent, places.get(key), told), f"line {number}")


def _snapshot(
    guest: str, key: str, parent: str | None, depth: int | None, told: dict[str, str]
) -> GuestSnapshot:
    return GuestSnapshot(
        guest=guest,
        snapshot=key,
        name=told["Name"] or key,
        description=kept(told.get("Description")),
        created_at=_american(told.get("Created On", "")),
        parent=parent,
        depth=depth,
        memory=False if told.get("State") == "powered off" else None,
    )


def _american(text: str) -> datetime | None:
    """`9/21/2023 14:28:31`: month first, UTC."""
    try:
        return datetime.strptime(text.strip(), "%m/%d/%Y %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _recognises_agent(text: str) -> float:
    return 0.9 if "<<<esx_vsphere_vm" in text[:200_000] and _AGENT.search(text) else 0.0


@reader("checkmk-esx-vm", fills=(Guest, GuestSnapshot), recognises=_recognises_agent)
def read_agent(answer: Answer) -> Iterator[Reading]:
    """snapshots of a guest in Checkmk's agent output (section esx_vsphere_vm)"""
    name = re.search(r"^name (\S.*)$", answer.text, re.MULTILINE)
    guest = f"name:{name[1].strip()}" if name else f"name:{answer.question.argv[-1]}"
    yield Guest(guest=guest, name=guest.removeprefix("name:"), hypervisor="vmware")
    for match in _AGENT.finditer(answer.text):
        for one in match[1].split("|"):
            words = one.split(" ", 3)
            if len(words) < 3 or moment(words[1]) is None:
                yield Missing(GuestSnapshot, "unreadable", one[:100], guest)
                continue
            yield GuestSnapshot(
                guest=guest,
                guest_name=guest.removeprefix("name:"),
                snapshot=words[0],
                name=words[3] if len(words) > 3 else words[0],
                created_at=moment(words[1]),
                memory=False if words[2] == "poweredOff" else None,
            )
