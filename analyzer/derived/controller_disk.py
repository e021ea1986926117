"""Each drive behind a RAID controller, with the volume it belongs to and the counts of the audit before."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer import controller_rows
from analyzer.controller_rows import drive_said, members_of, volume_name
from analyzer.joining import by_target, sources
from analyzer.site import Site, derived
from collectors.fact import Fact
from collectors.raid_controller_tables import RaidDisk, RaidVolume
from collectors.table import Row, column, table


@table("controller_disk", key=("place",), label=("place", "model", "serial"))
class ControllerDisk(Row):
    """A drive as its controller tells of it."""

    place: str = column("Controller and slot, megaraid:0 252:3")
    named: str = column("The same with model and serial number, for messages")
    model: str | None = column("Model", default=None)
    serial: str | None = column("Serial number", default=None)
    volumes: str = column("Volumes that lie on it, blank-separated", default="")
    state: str | None = column("As in raid_disk", default=None)
    told_state: str | None = column("The same in the tool's words", default=None)
    foreign: bool | None = column("Carries the configuration of another controller", default=None)
    media_errors: int | None = column("Media errors the controller counted", default=None)
    other_errors: int | None = column("Other errors", default=None)
    media_errors_before: int | None = column("Media errors at the audit before", default=None)
    other_errors_before: int | None = column("Other errors at the audit before", default=None)
    predictive_failures: int | None = column("Warnings of a failure to come", default=None)
    smart_alert: bool | None = column("The drive itself predicts its failure", default=None)

    @property
    def said(self) -> str:
        """The drive and the volumes on it, for a message."""
        return f"{self.named} of {self.volumes}" if self.volumes else self.named


@derived(ControllerDisk, out_of=(RaidDisk, RaidVolume))
def controller_disk(site: Site) -> Iterator[Fact[ControllerDisk]]:
    drives = controller_rows.disks(site.facts(RaidDisk))
    if not drives:
        return
    on: dict[tuple[str, str], list[str]] = {}
    mine = by_target(drives.values())
    for (target, _), volume in controller_rows.volumes(site.facts(RaidVolume)).items():
        for member in members_of(volume.row, mine.get(target, [])):
            key = (target, f"{member.row.controller} {member.row.slot}")
            on.setdefault(key, []).append(volume_name(volume.row))
    earlier: dict[tuple[str, str], Fact[RaidDisk]] = {}
    for one in site.history:  # the newest audit that saw the disk, which need not be the last
        earlier |= controller_rows.disks(one.facts(RaidDisk))
    for key, fact in drives.items():
        before = earlier.get(key)
        same = before.row if before and before.row.serial == fact.row.serial else None
        yield Fact(fact.target, _row(fact.row, same, on.get(key, [])), sources(fact))


def _row(row: RaidDisk, before: RaidDisk | None, volumes: list[str]) -> ControllerDisk:
    return ControllerDisk(
        place=f"{row.controller} {row.slot}",
        named=drive_said(row),
        model=row.model,
        serial=row.serial,
        volumes=" ".join(volumes),
        state=row.state,
        told_state=row.told_state,
        foreign=row.foreign,
        media_errors=row.media_errors,
        other_errors=row.other_errors,
        media_errors_before=before.media_errors if before else None,
        other_errors_before=before.other_errors if before else None,
        predictive_failures=row.predictive_failures,
        smart_alert=row.smart_alert,
    )
