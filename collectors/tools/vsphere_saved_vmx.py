"""Files of a VMware machine: its configuration (.vmx, .vmtx) and its snapshot dictionary (.vmsd)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from collectors.collector import reader
from collectors.fact import Missing, Reading
from collectors.hypervisor_tables import Guest, GuestDisk, GuestSnapshot
from collectors.hypervisor_words import depths, kept, number, truth
from collectors.question import Answer

_LINE = re.compile(r'\s*([\w.:-]{1,100})\s*=\s*"(.*)"\s*')
_DISK = re.compile(r"((?:scsi|ide|sata|nvme)\d+:\d+)\.filename")
_ESCAPED = re.compile(r"\|([0-9A-Fa-f]{2})")
_ENTRY = re.compile(r"snapshot(\d{1,5})\.(\w+)")


def settings(text: str) -> dict[str, str]:
    """The `name = "value"` lines, names in lower case, `|22` and the like unescaped."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        if match := _LINE.fullmatch(line):
            value = _ESCAPED.sub(lambda code: chr(int(code[1], 16)), match[2])
            found.setdefault(match[1].lower(), value)
    return found


def _recognises_vmx(text: str) -> float:
    begin = text[:200_000].lower()
    return 0.96 if re.search(r'^(?:virtualhw\.version|config\.version) = "', begin, re.MULTILINE) else 0.0


@reader("vmx", fills=(Guest, GuestDisk), recognises=_recognises_vmx)
def read_vmx(answer: Answer) -> Iterator[Reading]:
    """a VMware machine by its .vmx file"""
    told = settings(answer.text)
    uuid = re.sub(r"[^0-9a-f]", "", told.get("vc.uuid", told.get("uuid.bios", "")).lower())
    name = told.get("displayname") or answer.question.argv[-1]
    guest = f"uuid:{_dashed(uuid)}" if len(uuid) == 32 else f"name:{name}"
    yield Guest(
        guest=guest,
        name=name,
        hypervisor="vmware",
        kind="template" if answer.question.argv[-1].endswith(".vmtx") else "vm",
        system=told.get("guestos"),
        changed_block_tracking=truth(told.get("ctkenabled", "")),
        annotation=kept(told.get("annotation")),
    )
    for key, path in sorted(told.items()):
        match = _DISK.fullmatch(key)
        if match and truth(told.get(f"{match[1]}.present", "true")) and path.lower().endswith(".vmdk"):
            yield _disk(guest, name, match[1], path, told)
    if "displayname" not in told:
        yield Missing(Guest, "truncated", "the file tells no displayName", guest)


def _dashed(uuid: str) -> str:
    return "-".join((uuid[:8], uuid[8:12], uuid[12:16], uuid[16:20], uuid[20:]))


def _disk(guest: str, name: str, slot: str, path: str, told: dict[str, str]) -> GuestDisk:
    bus = told.get(f"{slot.partition(':')[0]}.sharedbus", "none").lower()
    multi = told.get(f"{slot}.sharing", "").lower() == "multi-writer"
    return GuestDisk(
        guest=guest,
        guest_name=name,
        disk=slot,
        path=path,
        format="vmdk",
        # VMware writes independent-persistent here and independent_persistent in its API
        mode=told.get(f"{slot}.mode", "persistent").lower().replace("-", "_"),
        sharing="multi-writer" if multi else "bus sharing" if bus != "none" else None,
        delta=bool(re.search(r"-\d{6}\.vmdk$", path)),
    )


def _recognises_vmsd(text: str) -> float:
    known = r'^snapshot\.(?:numSnapshots|lastUID|current) = "|^snapshot0\.uid = "'
    return 0.96 if re.search(known, text[:200_000], re.MULTILINE) else 0.0


@reader("vmsd", fills=(Guest, GuestSnapshot), recognises=_recognises_vmsd)
def read_vmsd(answer: Answer) -> Iterator[Reading]:
    """snapshots of a VMware machine by its .vmsd file"""
    told = settings(answer.text)
    name = re.split(r"[/\\]", answer.question.argv[-1])[-1].removesuffix(".vmsd")
    entries: dict[int, dict[str, str]] = {}
    for key, value in told.items():
        if match := _ENTRY.fullmatch(key):
            entries.setdefault(int(match[1]), {})[match[2]] = value
    parents = {one["uid"]: one.get("parent") for one in entries.values() if "uid" in one}
    places = depths(parents)
    for place, one in sorted(entries.items()):
        if "uid" not in one:
            yield Missing(GuestSnapshot, "truncated", f"snapshot{place} has no uid", f"name:{name}")
            continue
        yield GuestSnapshot(
            guest=f"name:{name}",
            guest_name=name,
            snapshot=one["uid"],
            name=one.get("displayname") or one["uid"],
            description=kept(one.get("description")),
            created_at=_created(one),
            parent=one.get("parent"),
            depth=places.get(one["uid"]),
            current=one["uid"] == told["snapshot.current"] if "snapshot.current" in told else None,
            memory="memory" in one or one.get("type") == "1",
        )
    if entries:
        yield Guest(guest=f"name:{name}", name=name, hypervisor="vmware")
    wanted = number(told.get("snapshot.numsnapshots"))
    if wanted is not None and wanted > len(entries):
        yield Missing(GuestSnapshot, "truncated", f"{wanted} snapshots, {len(entries)} told", f"name:{name}")


def _created(one: dict[str, str]) -> datetime | None:
    """Microseconds since 1970 in two signed halves of 32 bits."""
    high, low = number(one.get("createtimehigh")), number(one.get("createtimelow"))
    if high is None or low is None or not 0 <= high < 2**24:
        return None
    return datetime.fromtimestamp(((high << 32) + (low & 0xFFFFFFFF)) / 1_000_000, UTC)
