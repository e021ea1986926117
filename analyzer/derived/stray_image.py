"""Differencing files of Hyper-V that belong to no disk and no checkpoint."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.derived.image_chain import key_of
from analyzer.derived.pve_leftover import UnusedImage
from analyzer.joining import sources
from analyzer.site import Site, joined_into
from collectors.fact import Fact
from collectors.hypervisor_tables import DiskImage, Guest, GuestDisk


@joined_into(UnusedImage, out_of=(DiskImage, GuestDisk, Guest))
def stray_image(site: Site) -> Iterator[Fact[UnusedImage]]:
    used = {(f.target, key_of(f.row.path)) for f in site.facts(GuestDisk) if f.row.path}
    for fact in site.facts(DiskImage):
        if not fact.row.stray or fact.row.format:
            used.add((fact.target, key_of(fact.row.path)))
        if fact.row.backing_path:
            used.add((fact.target, key_of(fact.row.backing_path)))
    # a chain that was not read may be the one it belongs to, and a merge under way leaves files for a while
    unread = {gap.target for gap in site.gaps if gap.table in (DiskImage, GuestDisk)}
    merging = {fact.target for fact in site.facts(Guest) if fact.row.merging}
    for fact in site.facts(DiskImage):
        if fact.row.stray and (fact.target, key_of(fact.row.path)) not in used:
            row = UnusedImage(
                volume=fact.row.path,
                hypervisor="hyperv",
                size_bytes=fact.row.used_bytes,
                written_hours=(site.at - at).total_seconds() / 3600 if (at := fact.row.modified_at) else None,
                used=None if fact.target in unread | merging else False,
            )
            yield Fact(fact.target, row, sources(fact))
