"""The boxes of the storage picture: each node's words, and the worst that was found about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from analyzer.derived.array import Array
from analyzer.derived.disk import Disk
from analyzer.derived.filesystem import Filesystem
from analyzer.engine import Judgement
from analyzer.finding import Finding
from analyzer.verdict import SEVERITIES, rank
from reports.svg import fit, width
from reports.tables import rows
from reports.text import number, one_line, size

STATES = ("pass", "info", "virtual", "unknown", *SEVERITIES[1:], "missing")
"""From nothing known against it to worst."""
WIDEST = 18.0
"""Width of a line of a box, in ems."""


@dataclass(frozen=True, slots=True)
class Box:
    """One thing of a picture. *state*: one of STATES; *worst*: what is wrong; *rule*: which says so."""

    id: str
    kind: str
    name: str
    size: str
    about: str
    state: str
    worst: str = ""
    rule: str = ""

    @property
    def head(self) -> str:
        """Name and size."""
        return f"{self.name} · {self.size}" if self.size else self.name

    @property
    def sick(self) -> bool:
        return weight(self.state) >= weight("medium")


def weight(state: str) -> int:
    """0 for the best of STATES."""
    return STATES.index(state)


class Boxes:
    """What is known of every node of a judgement."""

    def __init__(self, judgement: Judgement) -> None:
        self._worst = worst_by_subject(judgement.findings)
        self._disks = {(f.target, f"disk:{f.row.disk}"): f.row for f in rows(judgement, Disk)}
        self._arrays = {(f.target, f"array:{f.row.array}"): f.row for f in rows(judgement, Array)}
        self._systems = {(f.target, f"mount:{f.row.mountpoint}"): f.row for f in rows(judgement, Filesystem)}

    def drawn(self, target: str, node: str) -> bool:
        """Images that are never written (loop mounts of packages) are not drawn."""
        system = self._systems.get((target, node))
        return system is None or not (system.read_only_medium or system.alias_of)

    def box(self, target: str, node: str, kind: str, label: str) -> Box:
        """The box of a node of `rests_on`."""
        name, count, about, state = self._told(target, node, kind, label)
        key = node.partition(":")[2]
        finding = self._worst.get((target, key)) or self._worst.get((target, name))
        if kind == "slot":
            finding = None  # the empty slot says it all; the array tells the rest
        if finding is not None and weight(finding.severity) > weight(state):
            state = finding.severity
        return Box(
            id=node,
            kind=kind,
            name=one_line(name, 60),
            size=size(count) if count else "",
            about=one_line(about, 80),
            state=state,
            worst=_without_name(one_line(finding.message, 240), name) if finding else "",
            rule=finding.rule if finding else "",
        )

    def _told(self, target: str, node: str, kind: str, label: str) -> tuple[str, int | None, str, str]:
        """Name, bytes, words below them, and state before findings are looked at."""
        if disk := self._disks.get((target, node)):
            state = {"read": "pass", "virtual": "virtual"}.get(disk.status, "unknown")
            return disk.name, disk.size_bytes, _disk(disk), state
        if array := self._arrays.get((target, node)):
            state = {"clean": "pass", "failed": "critical"}.get(array.state, "medium")
            state = "unknown" if array.state == "unknown" else state
            return array.name, array.size_bytes, _array(array), state
        if system := self._systems.get((target, node)):
            return node.partition(":")[2], None, _system(system), "pass"
        if kind == "slot":
            return label, None, "no working disk here", "missing"
        if kind in ("mount", "remote"):
            return label, None, "on another machine" if kind == "remote" else "", "pass"
        name, _, about = label.partition(" ")
        return name, None, about, "pass"


def worst_by_subject(findings: Iterable[Finding]) -> dict[tuple[str, str], Finding]:
    """(target, thing at fault) → its worst finding, waived or not."""
    worst: dict[tuple[str, str], Finding] = {}
    for finding in sorted(findings, key=lambda one: -rank(one.severity)):
        if finding.outcome in ("fail", "waived") and finding.severity != "info":
            for name in (finding.root, finding.subject):
                if name:
                    worst.setdefault((finding.target, name), finding)
    return worst


def _without_name(message: str, name: str) -> str:
    """The message without the words before its first colon, if all they do is to name the thing."""
    head, colon, rest = message.partition(": ")
    return rest if colon and name and name in head else message


def _disk(disk: Disk) -> str:
    """Model and serial number; the serial stays whole, so that nobody pulls the wrong disk."""
    if disk.virtual:
        return "virtual disk"
    told = disk.serial or ""
    if disk.status != "read":
        told = " · ".join(filter(None, (told, f"not read: {disk.status}")))
    model = (disk.model or "").removeprefix("WDC ")
    room = WIDEST - width(f" · {told}")
    model = fit(model, room) if room > 3 else ""
    return " · ".join(filter(None, (model, told))) or "model and serial not told"


def _array(array: Array) -> str:
    members = f"{array.in_sync} of {array.slots} in sync" if array.slots is not None else ""
    state = "" if array.state == "clean" else array.state
    return " · ".join(filter(None, (" ".join(filter(None, (array.level, state))), members)))


def _system(system: Filesystem) -> str:
    used = ""
    if system.size_bytes and system.used_bytes is not None:
        used = f"{number(round(100 * system.used_bytes / system.size_bytes))} % of {size(system.size_bytes)}"
    return " · ".join(filter(None, (system.fs_type or "", used, "read-only" if system.read_only else "")))
