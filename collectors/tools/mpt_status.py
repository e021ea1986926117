"""Fusion-MPT controllers of the SCSI age as mpt-status tells of them, with and without its option -n."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.collector import Asking, collector, reader
from collectors.fact import Missing, Reading
from collectors.question import Answer, Form
from collectors.raid_asking import PCI, TOOLS, asking
from collectors.raid_controller_tables import ALL
from collectors.raid_rows import Drafts
from collectors.raid_words import disk_state, level_of, sentence, size_of, volume_state, word

STATUS = Form(("mpt-status", "-n"), "mpt-status", "volume and drives of an LSI SCSI controller", right="root")


@collector("mpt-status", asks=(PCI, TOOLS, STATUS))
def ask() -> Asking:
    """LSI SCSI controllers with integrated mirroring"""
    yield from asking("lsi-ir", ("mpt-status",), _plan)


def _plan(_: str) -> Asking:
    yield [STATUS()]


_LINE = re.compile(r"\s*ioc:?(\d+) (vol_id|phy|phys_id):?\s?(\d+) (.*)$")
_KINDS = {"IM": "raid1", "IME": "raid10", "IS": "raid0"}


def recognises(text: str) -> float:
    return 0.97 if any(_LINE.match(line) for line in text[:8000].splitlines()) else 0.0


@reader("mpt-status", fills=ALL, recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """Volumes and drives of Fusion-MPT controllers as mpt-status tells them"""
    drafts, volume = Drafts(), ""
    for number, line in enumerate(answer.text.splitlines(), 1):
        found = _LINE.match(line)
        if found is None:
            continue
        controller, where = f"lsi-ir:{found[1]}", f"line {number}"
        if found[2] == "vol_id":
            volume = found[3]
            _volume(drafts, controller, volume, found[4], where)
        else:
            _drive(drafts, controller, found[3], volume, found[4], where)
    for (name, number_), draft in drafts.volumes.items():
        mine = [
            one.told
            for key, one in drafts.disks.items()
            if key[0] == name and one.told.get("group") == number_
        ]
        draft.tell(slots=" ".join(str(told["slot"]) for told in mine))
        draft.tell(members_missing=sum(told.get("state") != "online" for told in mine) if mine else None)
    yield from drafts.rows()
    if not drafts.volumes:
        said = answer.text.strip().splitlines()
        for row_type in ALL:
            yield Missing(
                row_type, "empty", answer.complaint or (sentence(said[0]) if said else "nothing is told")
            )


def _told(text: str, name: str) -> str | None:
    """`state OPTIMAL,` or `state: OPTIMAL `: the value behind the name."""
    found = re.search(rf"\b{name}:? ?([\w-]+)", text)
    return found[1] if found else None


def _volume(drafts: Drafts, controller: str, number: str, text: str, where: str) -> None:
    said, flags = _told(text, "state"), re.search(r"flags:? (.*)$", text)
    count = re.search(r"(\d{1,3}) phy\b|num_disks:(\d{1,3})", text)
    size = re.search(r"(\d+) GB|size\(GB\):(\d+)", text)
    syncing = bool(flags and "RESYNC_IN_PROGRESS" in flags[1])
    drafts.volume(controller, number, where).tell(
        group=number,
        level=level_of(_told(text, "raidlevel")) or _KINDS.get(_told(text, "type") or ""),
        size_bytes=size_of(f"{next(one for one in size.groups() if one)} GB") if size else None,
        state=volume_state(word(said)),
        told_state=", ".join(filter(None, (said, flags[1].strip() if flags else None))),
        members_expected=int(next(one for one in count.groups() if one)) if count else None,
        action="recovery" if syncing else "idle" if said == "OPTIMAL" else None,
    )


def _drive(drafts: Drafts, controller: str, number: str, volume: str, text: str, where: str) -> None:
    said = _told(text, "state")
    flags = _told(text, "flags") or "NONE"
    named = re.search(r"vendor:(\S+)\s+product_id:(\S+)\s+revision:(\S+)", text)
    plain = re.match(r"scsi_id \d+ (\S+)\s+(.+?)\s+(\S+), \d+ GB", text)
    found = named or plain
    alert = re.search(r"SMART ASC/ASCQ:0x([0-9a-f]{2})/", text)
    sync = re.search(r"sync_state: (\d{1,3})", text)
    out = "OUT_OF_SYNC" in flags
    drafts.disk(controller, number, where).tell(
        group=volume,
        state="rebuilding" if out else disk_state(said),
        told_state=", ".join(filter(None, (said, flags if flags != "NONE" else None))),
        model=word(f"{found[1]} {found[2]}") if found else None,
        firmware_version=word(found[3]) if found else None,
        smart_alert=alert[1] == "5d" if alert else None,
        rebuild_percent=float(sync[1]) if sync and out else None,
    )
