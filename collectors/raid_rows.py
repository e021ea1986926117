"""Builds rows about hardware RAID bit by bit, as a tool tells them: what is told first stays."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from collectors.fact import At, Reading
from collectors.raid_controller_tables import RaidController, RaidDisk, RaidVolume
from collectors.smart_values import text

MOST = 4096
"""More drives or volumes than this no controller has; what lists more is broken."""

COLUMNS = {
    kind: {one.name for one in dataclasses.fields(kind)} for kind in (RaidController, RaidVolume, RaidDisk)
}


@dataclass(slots=True)
class Draft:
    """A row that is being put together, and where its first word stands."""

    where: str
    told: dict[str, Any] = field(default_factory=dict)

    def tell(self, **columns: Any) -> None:
        """Take what is told and was not told before. Names are cleaned of what no terminal should get."""
        for name, value in columns.items():
            if value is None or value == "":
                continue
            clean = text(value) if isinstance(value, str) and "\n" not in value else value
            if clean is not None:
                self.told.setdefault(name, clean)


@dataclass(slots=True)
class Drafts:
    """All rows of one answer, in the order in which they were first met."""

    controllers: dict[str, Draft] = field(default_factory=dict)
    volumes: dict[tuple[str, str], Draft] = field(default_factory=dict)
    disks: dict[tuple[str, str], Draft] = field(default_factory=dict)

    def controller(self, name: str, where: str) -> Draft:
        return self.controllers.setdefault(name, Draft(where, {"controller": name}))

    def volume(self, controller: str, name: str, where: str) -> Draft:
        given = {"controller": controller, "volume": name[:120]}
        return self._bounded(self.volumes).setdefault((controller, name), Draft(where, given))

    def disk(self, controller: str, slot: str, where: str) -> Draft:
        given = {"controller": controller, "slot": slot[:120]}
        return self._bounded(self.disks).setdefault((controller, slot), Draft(where, given))

    def _bounded(self, drafts: dict[tuple[str, str], Draft]) -> dict[tuple[str, str], Draft]:
        if len(drafts) >= MOST:
            raise ValueError(f"more than {MOST} drives or volumes")
        return drafts

    def rows(self) -> Iterator[Reading]:
        """Every row; a controller or volume of which nothing but the name was told is no row."""
        for one in self.controllers.values():
            if len(one.told) > 1:
                yield At(RaidController(**one.told), one.where)
        for two in self.volumes.values():
            yield At(RaidVolume(**two.told), two.where)
        for three in self.disks.values():
            yield At(RaidDisk(**three.told), three.where)
