"""/etc/pve/storage.cfg, jobs.cfg and vzdump.cron: storages and backup jobs of Proxmox.

Sources: the chapters "Storage" and "Backup and Restore" of the Proxmox VE administration guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from collectors.guest_backup_tables import GuestBackupJob
from collectors.hypervisor_tables import Datastore
from collectors.hypervisor_words import moment, truth, word

_HEAD = re.compile(r"([a-z][\w-]*):\s+(\S+)\s*")
_PROPERTY = re.compile(r"\s+([\w-]+)(?:\s+(.*))?")
_CRON = re.compile(r"((?:\S+\s+){5})(?:root\s+)?(?:\S*/)?vzdump\s+(.*)")


def sections(lines: Iterable[str]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Type, identity and properties of each section of a file made of `type: id` and indented lines."""
    head: tuple[str, str] | None = None
    keys: dict[str, str] = {}
    for line in lines:
        if match := _HEAD.fullmatch(line):
            if head:
                yield (*head, keys)
            head, keys = (match[1], match[2]), {}
        elif head and (match := _PROPERTY.fullmatch(line)):
            keys[match[1]] = (match[2] or "1").strip()
    if head:
        yield (*head, keys)


def datastore_of(kind: str, name: str, keys: Mapping[str, str]) -> Datastore:
    """A storage as it is configured; how full it is stands elsewhere."""
    place = next((keys[key] for key in ("path", "pool", "export", "vgname", "share") if keys.get(key)), None)
    server = keys.get("server")
    if keys.get("thinpool"):
        place = f"{keys.get('vgname', '')}/{keys['thinpool']}"
    elif server and (remote := keys.get("export") or keys.get("share") or keys.get("datastore")):
        place = f"{server}:{remote}"
    return Datastore(
        hypervisor="proxmox",
        datastore=f"name:{name}",
        name=name,
        kind=kind,
        shared=truth(keys["shared"]) if "shared" in keys else None,
        content=keys.get("content"),
        device=place or server,
        maintenance="disabled" if truth(keys.get("disable")) else None,
    )


def job_of(identity: str, keys: Mapping[str, object]) -> GuestBackupJob:
    """A backup job by its properties, from jobs.cfg or the API's /cluster/backup."""
    schedule = word(keys.get("schedule"))
    if schedule is None and keys.get("starttime"):
        schedule = f"{word(keys.get('dow')) or 'daily'} {word(keys['starttime'])}"
    limit = word(keys.get("maxfiles"))
    return GuestBackupJob(
        job=identity,
        enabled=truth(keys.get("enabled", "1")),
        schedule=schedule,
        storage=word(keys.get("storage")) or word(keys.get("dumpdir")),
        everything=truth(keys["all"]) if "all" in keys else None,
        guests=word(keys.get("vmid")),
        excluded=word(keys.get("exclude")),
        pool=word(keys.get("pool")),
        node=word(keys.get("node")),
        mode=word(keys.get("mode")),
        keep=word(keys.get("prune-backups")) or (f"keep-last={limit}" if limit else None),
        mail_to=word(keys.get("mailto")),
        next_run_at=moment(keys.get("next-run")),
    )


def cron_job(line: str, number: int) -> GuestBackupJob | None:
    """A job of vzdump.cron, as Proxmox kept them before version 7.1; None for other lines."""
    match = _CRON.fullmatch(line.strip())
    if match is None or line.lstrip().startswith("#"):
        return None
    words = match[2].split()
    keys: dict[str, object] = {"schedule": " ".join(match[1].split())}
    numbers = [one for one in words if one.isdigit()]
    for place, one in enumerate(words):
        if one.startswith("--") and place + 1 < len(words):
            keys[one[2:]] = words[place + 1]
            numbers = [each for each in numbers if each != words[place + 1]]
    if numbers and "vmid" not in keys:
        keys["vmid"] = ",".join(numbers)
    return job_of(f"vzdump.cron line {number}", keys)
