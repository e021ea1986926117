"""VirtualBox: `VBoxManage showvminfo`, `list --long vms` and `--machinereadable`.

Source: the chapter VBoxManage of the VirtualBox user manual. Neither form tells when a snapshot was made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.collector import reader
from collectors.fact import At, Missing, Reading
from collectors.hypervisor_tables import Guest, GuestDisk, GuestSnapshot
from collectors.hypervisor_words import depths, kept, power
from collectors.question import Answer

_SNAPSHOT = re.compile(r"( +)Name: (.*) \(UUID: ([0-9a-f-]{36})\)( \*)?\s*")
_DISK = re.compile(r"(\S.*? \(\d+, \d+\)): (.+?) \(UUID: ([0-9a-f-]{36})\)\s*")
_PORT = re.compile(r'\s+(Port \d+, Unit \d+): UUID: ([0-9a-f-]{36}).*?Location: "([^"]+)"\s*')
_IMAGE = re.compile(r"\.(vdi|vmdk|vhdx?|hdd|qcow2?|qed|raw|img)$", re.IGNORECASE)
_PAIR = re.compile(r'"?([^"=]{1,200})"?="(.*)"\s*')
_DELTA = re.compile(r"[/\\]Snapshots[/\\]\{[0-9a-f-]{36}\}\.\w+$")


def recognises(text: str) -> float:
    begin = text[:20000]
    if not re.search(r"^Name: {5,}\S", begin, re.MULTILINE) or "\nGuest OS:" not in begin:
        return 0.0
    return 0.96 if re.search(r"^(?:VRAM size|Config file|Hardware UUID):", begin, re.MULTILINE) else 0.0


@reader("vboxmanage", fills=(Guest, GuestDisk, GuestSnapshot), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """guests of VirtualBox as VBoxManage showvminfo and list --long vms print them"""
    # a record begins with a name at the margin that the guest's system follows: shared folders have names too
    begins = [
        match.start()
        for match in re.finditer(
            r"^Name: +\S.*\n(?=(?:Groups:.*\n)?(?:Guest OS|Guest):)", answer.text, re.MULTILINE
        )
    ]
    for begin, end in zip(begins, [*begins[1:], len(answer.text)], strict=True):
        yield from _machine(answer.text[begin:end], answer.text.count("\n", 0, begin) + 1)
    if not begins:
        yield Missing(Guest, "empty", "no machine is told of")


def _machine(text: str, line: int) -> Iterator[Reading]:
    told = {
        name: value.strip()
        for name, value in re.findall(r"^([A-Z][\w .()-]{1,40}):(.*)$", text, re.MULTILINE)
    }
    name = re.sub(r"^Name:\s*", "", text.splitlines()[0]).strip()
    uuid = told.get("UUID") or told.get("Hardware UUID")
    guest = f"uuid:{uuid}" if uuid else f"name:{name}"
    state = told.get("State")
    if state is None:
        yield Missing(Guest, "truncated", f"line {line}: {name}: no state is told", guest)
    note = re.search(r"^Description:\n(.*?)\nGuest:", text, re.MULTILINE | re.DOTALL)
    yield At(
        Guest(
            guest=guest,
            name=name,
            hypervisor="virtualbox",
            kind="vm",
            power=power((state or "").partition(" (")[0]),
            state="inaccessible" if "inaccessible" in name else None,
            system=told.get("Guest OS"),
            annotation=kept(note[1]) if note else None,
        ),
        f"line {line}",
    )
    for one in text.splitlines():
        match = _DISK.fullmatch(one) or _PORT.fullmatch(one)
        if match:
            path = match[3] if match.re is _PORT else match[2]
            if ending := _IMAGE.search(path):
                yield _disk(guest, name, match[1], path, ending[1].lower())
    tree = [match for one in text.splitlines() if (match := _SNAPSHOT.fullmatch(one))]
    yield from _snapshots(guest, name, [(len(m[1]), m[3], m[2], bool(m[4])) for m in tree])


def _disk(guest: str, name: str, slot: str, path: str, ending: str) -> GuestDisk:
    return GuestDisk(
        guest=guest,
        guest_name=name,
        disk=slot,
        path=path,
        format=ending,
        delta=bool(_DELTA.search(path)),
    )


def _snapshots(guest: str, name: str, tree: list[tuple[int, str, str, bool]]) -> Iterator[GuestSnapshot]:
    """*tree*: how deep, UUID, name and whether the guest runs on it."""
    above: list[tuple[int, str]] = []
    parents: dict[str, str | None] = {}
    for deep, uuid, _, _ in tree:
        above = [one for one in above if one[0] < deep]
        parents[uuid] = above[-1][1] if above else None
        above.append((deep, uuid))
    places = depths(parents)
    for _, uuid, called, current in tree:
        yield GuestSnapshot(
            guest=guest,
            guest_name=name,
            snapshot=uuid,
            name=called,
            parent=parents[uuid],
            depth=places.get(uuid),
            current=current,
        )


def _recognises_pairs(text: str) -> float:
    begin = text[:20000]
    known = (r'^name="', r'^(?:CfgFile|VMState|UUID)="')
    return 0.96 if all(re.search(one, begin, re.MULTILINE) for one in known) else 0.0


@reader("vboxmanage-pairs", fills=(Guest, GuestDisk, GuestSnapshot), recognises=_recognises_pairs)
def read_pairs(answer: Answer) -> Iterator[Reading]:
    """a guest of VirtualBox as VBoxManage showvminfo --machinereadable prints it"""
    told: dict[str, str] = {}
    for line in answer.text.splitlines():
        if match := _PAIR.fullmatch(line):
            told.setdefault(match[1], match[2])
    name, uuid = told["name"], told.get("UUID")
    guest = f"uuid:{uuid}" if uuid else f"name:{name}"
    yield Guest(
        guest=guest,
        name=name,
        hypervisor="virtualbox",
        kind="vm",
        power=power(told.get("VMState", "").replace("poweroff", "off")),
        system=told.get("ostype"),
        annotation=kept(told.get("description")),
    )
    for slot, path in told.items():
        if (
            re.fullmatch(r"[^=]+-\d+-\d+", slot)
            and "ImageUUID" not in slot
            and (found := _IMAGE.search(path))
        ):
            yield _disk(guest, name, slot, path, found[1].lower())
    current = told.get("CurrentSnapshotUUID")
    tree = [
        (key.count("-"), value, told.get(key.replace("UUID", "Name", 1), value), value == current)
        for key, value in told.items()
        if re.fullmatch(r"SnapshotUUID(?:-\d{1,4}){0,300}", key)
    ]
    yield from _snapshots(guest, name, tree)
    if "VMState" not in told:
        yield Missing(Guest, "truncated", "no state is told", guest)
