"""Short answers of storcli: the table of all controllers (`storcli show`), and enclosures."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.fact import Missing, Reading
from collectors.raid_controller_tables import ALL
from collectors.raid_rows import Drafts
from collectors.raid_words import controller_status, word
from collectors.smart_values import Tree, items, natural, whole

_HEALTH = {"Opt": "Optimal", "NdAtn": "Needs attention", "Fld": "Failed", "Safe": "Safe mode"}
_BATTERY = {
    "Opt": "ok",
    "Fld": "failed",
    "MsngCbl": "failed",
    "Msng": "missing",
    "Dgd": "weak",
    "NdAtn": "weak",
    "Chrg": "charging",
}
"""BBU → state. N/A and `-` stand for a controller that has none and needs none: not told."""


def overview(told: Tree, where: str, drafts: Drafts) -> Iterator[Reading]:
    """The rows of `storcli show`; a tool that sees no controller says nothing of those that are there."""
    listed = 0
    for name in ("System Overview", "IT System Overview"):
        for number, one in items(told, name):
            index = whole(one.get("Ctl"))
            if index is not None:
                listed += 1
                _row(f"megaraid:{index}", one, f"{where}.{name}[{number}]", drafts)
    if natural(told.get("Number of Controllers")) == 0:
        for row_type in ALL:
            yield Missing(row_type, "empty", "the tool sees no controller")
    elif told.get("Number of Controllers") is not None and not listed:
        for row_type in ALL:
            yield Missing(row_type, "unreadable", "the tool counts controllers and lists none")


def _row(controller: str, one: Tree, where: str, drafts: Drafts) -> None:
    health = word(one.get("Hlth"))
    said = _HEALTH.get(health or "", health)
    drafts.controller(controller, where).tell(
        model=word(one.get("Model")),
        status=controller_status(said),
        told_status=said,
        volume_count=natural(one.get("VDs")),
        disk_count=natural(one.get("PDs")),
        volumes_degraded=natural(one.get("VNOpt")),
        battery_state=_BATTERY.get(word(one.get("BBU")) or ""),
        told_battery=word(one.get("BBU")),
    )


def enclosures(told: Tree) -> str | None:
    """Enclosures that are not OK."""
    bad = []
    for name in ("Enclosure LIST", "Enclosure Information", "Properties"):
        for _, one in items(told, name):
            state = word(one.get("State"))
            if state and "EID" in one and state.lower() not in ("ok", "optimal"):
                bad.append(f"enclosure {word(one.get('EID')) or '?'}: {state}")
    return "; ".join(bad) or None
