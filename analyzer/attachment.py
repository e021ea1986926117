"""Whether the disk of a repository that counts as offline hangs on its machine, and since when at least.

A mount does not tell when it was made. What fstab mounts at boot has hung there since then; else the audits
in a row that saw it there are all that is known.
"""

from __future__ import annotations

from analyzer.guest_places import within
from analyzer.site import Site
from collectors.block_tables import FstabEntry, Host, Mount
from collectors.frozen import frozen

_BY_HAND = ("/mnt/", "/media/", "/run/media/")


@frozen
class Attachment:
    """*attached*: None if nobody looked. *hours*: at least so long; *audits*: that saw it there in a row."""

    attached: bool | None = None
    hours: float | None = None
    audits: int = 0


def attachment(site: Site, target: str | None, path: str | None) -> Attachment:
    """Of a folder on a target. A folder on the system's own disk is no disk of its own: not attached."""
    if not target or not path or not site.facts_of(target, Mount):
        return Attachment()
    where = _mount(site, target, path)
    if where is None:
        return Attachment(attached=False)
    seen = [site.at]
    for earlier in reversed(site.history):
        if not earlier.facts_of(target, Mount) or _mount(earlier, target, path) != where:
            break
        seen.append(earlier.at)
    hours = [(seen[0] - seen[-1]).total_seconds() / 3600]
    entry = next((f.row for f in site.facts_of(target, FstabEntry) if f.row.mountpoint == where), None)
    boot = next((f.row.boot_at for f in site.facts_of(target, Host) if f.row.boot_at), None)
    if entry is not None and boot is not None and not {"noauto", "x-systemd.automount"} & _words(entry):
        hours.append((site.at - boot).total_seconds() / 3600)
    return Attachment(True, max(hours) or None, len(seen))


def _words(entry: FstabEntry) -> set[str]:
    return set(entry.options.split(","))


def _mount(site: Site, target: str, path: str) -> str | None:
    """The mount of the folder itself, or one below where disks are mounted by hand."""
    found = [
        fact.row.mountpoint
        for fact in site.facts_of(target, Mount)
        if fact.row.mountpoint == path
        or (fact.row.mountpoint.startswith(_BY_HAND) and within(path, fact.row.mountpoint))
    ]
    return max(found, key=len, default=None)
