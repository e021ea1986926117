"""Answers of the Proxmox VE API saved as JSON, with or without the `data` around them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from collectors import proxmox_api as api
from collectors.collector import reader
from collectors.fact import At, Missing, Reading
from collectors.guest_backup_tables import GuestBackup, GuestBackupJob, GuestNotBackedUp, HypervisorTask
from collectors.hypervisor_tables import Datastore, Guest, GuestDisk, GuestSnapshot
from collectors.hypervisor_words import kept, word
from collectors.question import Answer
from collectors.table import Row

_PATH = re.compile(r"/nodes/([\w.-]+)(?:/(qemu|lxc)(?:/(\d{1,9}))?)?")
_FILLS: tuple[type[Row], ...] = (
    *(Guest, GuestDisk, GuestSnapshot, Datastore),
    *(GuestBackupJob, GuestBackup, HypervisorTask, GuestNotBackedUp),
)
_KNOWN = (
    r'"snaptime"\s*:\s*"?\d',
    r'"name"\s*:\s*"current"',
    r'"upid"\s*:\s*"UPID:',
    r'"volid"\s*:\s*"',
    r'"smbios1"\s*:\s*"',
    r'"(?:qmpstatus|maxswap|plugintype)"\s*:',
    r'"id"\s*:\s*"(?:qemu|lxc|storage|node)/',
    r'"storage"\s*:\s*"[^"]*"(?s:.){0,800}"(?:schedule|starttime)"\s*:|"type"\s*:\s*"vzdump"',
    r'"rootfs"\s*:\s*"(?s:.){0,800}"(?:ostype|digest)"|"(?:ostype|digest)"\s*:(?s:.){0,800}"rootfs"',
    r'"archive_name"\s*:\s*"[^"]*vzdump-',
    r'"used_fraction"\s*:',
    r'"type"\s*:\s*"(?:qemu|lxc)"',
)


def recognises(text: str) -> float:
    begin = text.lstrip()[:1]
    if begin not in ("{", "["):
        return 0.0
    return 0.92 if any(re.search(one, text[:400_000]) for one in _KNOWN) else 0.0


@reader("proxmox-api", fills=_FILLS, recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """guests, snapshots, storages, backup jobs and tasks as the Proxmox VE API tells them"""
    told = json.loads(answer.text)
    data = told["data"] if isinstance(told, dict) and "data" in told else told
    if data is None or (isinstance(told, dict) and told.get("errors")):
        yield Missing(Guest, "failed", kept(told.get("message")) or "the API answered with an error")
        return
    node, kind, vmid = _place(answer)
    if isinstance(data, dict):
        yield from _object(data, answer, node, f"{kind}/{vmid}" if vmid else None)
    elif isinstance(data, list) and data:
        yield from _list([one if isinstance(one, dict) else {} for one in data], answer)
    elif data == [] and node:
        return  # the path told what there is none of
    else:
        yield Missing(Guest, "empty", "nothing is listed, and nothing tells of what")


def _place(answer: Answer) -> tuple[str | None, str | None, str | None]:
    """Node, qemu or lxc, and number of the guest by the path that was asked."""
    for word_ in answer.question.argv:
        if match := _PATH.search(word_):
            return match[1], match[2], match[3]
    return None, None, None


def _called(answer: Answer) -> str:
    """What to call a guest that the answer does not name: the file that was saved."""
    return re.split(r"[/\\]", answer.question.argv[-1])[-1][:200] or "unnamed"


def _object(
    data: Mapping[str, Any], answer: Answer, node: str | None, guest: str | None
) -> Iterator[Reading]:
    if isinstance(data.get("last_backup"), dict):
        yield At(api.last_backup_of(data["last_backup"]), "last_backup")
    elif "upid" in data:
        yield api.task_of(data)
    elif "vmid" in data and "status" in data:
        kind = guest.partition("/")[0] if guest else None
        yield api.guest_in_list(data, kind or ("lxc" if "maxswap" in data else None), node)
    elif api.looks_like_config(data):
        yield from api.config_rows(
            data, guest or api.identity_of_config(data) or f"name:{_called(answer)}", node
        )
    elif "storage" in data and "type" in data:
        yield api.datastore_in_list(data, node)
    else:
        yield Missing(Guest, "unsupported", f"an object with {', '.join(sorted(data)[:8])[:200]}")


def _list(data: Sequence[Mapping[str, Any]], answer: Answer) -> Iterator[Reading]:
    node, kind, vmid = _place(answer)
    if any("snaptime" in one for one in data) or all(one.get("name") == "current" for one in data):
        guest = f"{kind}/{vmid}" if vmid else f"name:{_called(answer)}"
        yield from api.snapshot_rows(data, guest, "" if vmid else _called(answer))
        return
    for number, one in enumerate(data):
        row = _sort(one, kind)
        if row is None:
            continue
        try:
            made = row(one, node, kind)
        except (KeyError, ValueError) as error:
            yield Missing(Guest, "unreadable", f"[{number}]: {error}"[:200])
            continue
        if made is not None:
            yield At(made, f"[{number}]")
    if not any(_sort(one, kind) for one in data):
        yield Missing(Guest, "unsupported", f"a list of objects with {', '.join(sorted(data[0])[:8])[:200]}")


Make = Callable[[Mapping[str, Any], "str | None", "str | None"], "Row | None"]


def _sort(one: Mapping[str, Any], kind: str | None) -> Make | None:
    """What makes a row of an entry, by the keys that only entries of its sort have."""
    sort = word(one.get("type"))
    if "upid" in one:
        return lambda entry, node, kind: api.task_of(entry)
    if "volid" in one:
        return lambda entry, node, kind: api.backup_of(entry)
    if "id" in one and (sort == "vzdump" or "schedule" in one or "starttime" in one):
        return lambda entry, node, kind: api.backup_job(entry)
    if "vmid" in one and "status" not in one and sort in ("qemu", "lxc"):
        return lambda entry, node, kind: api.not_backed_up(entry)
    if "vmid" in one and "status" in one:
        return lambda entry, node, kind: api.guest_in_list(
            entry, kind or ("lxc" if "maxswap" in entry else None), node
        )
    if "storage" in one:
        return lambda entry, node, kind: api.datastore_in_list(entry, node)
    return None
