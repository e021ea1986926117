# SPDX-License-Identifier: Apache-2.0
"""Writes docs/neighbours.md from results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from . import check_raid, holdwater_itself, netdata, node_exporter, pymdstat_fields, smartd
from .beds import CARE, complete
from .pools import CHECK_ZPOOLS
from .results import Counted, Results
from .said import Row, Said
from .states import ARRAYS, DRIVE_STATES, FILESYSTEMS, NEITHER, POOLS, TITLES, VOLUMES, WELL
from .wording import COMMANDS, COUNTED, FAIR, HOW_READ, INTRODUCTION, POOL_TEXTS

OURS = holdwater_itself.NAME
BY_DEFAULTS = "Netdata, by its documented defaults, not run"
SECTIONS: dict[str, tuple[Mapping[str, str], tuple[str, ...], str]] = {
    "Arrays of Linux md": (
        ARRAYS,
        (OURS, check_raid.NAME, pymdstat_fields.NAME, node_exporter.NAME, netdata.NAME),
        "A real kernel in user-mode Linux; all tools look at the same array. smartd does not cover arrays.",
    ),
    "File systems": (
        FILESYSTEMS,
        (OURS, node_exporter.NAME, netdata.NAME),
        "Loop devices in user-mode Linux. smartd, check_raid and pymdstat do not cover file systems.",
    ),
    "Volumes of LVM": (
        VOLUMES,
        (OURS, check_raid.NAME, netdata.NAME, BY_DEFAULTS),
        "A real device mapper in user-mode Linux. smartd, pymdstat and node_exporter do not cover LVM. The"
        " Netdata that was run has no collector of it; later releases have one, with default alerts on thin"
        " pools from 90 % of data or metadata on: the last column puts them to the same states by hand.",
    ),
    "Pools of ZFS": (
        POOLS,
        (OURS, node_exporter.NAME, netdata.NAME, CHECK_ZPOOLS),
        "`zpool status` as it was recorded in a guest with ZFS 2.1; holdwater reads that alone. node_exporter"
        " and Netdata read one word of a pool, its state, and were run on a folder with the word of each."
        " check_zpools needs Python 3.13: its column is its documented defaults (a pool that is not ONLINE, a"
        " device with an error) put to the same texts by hand. check_raid and pymdstat do not look at pools.",
    ),
    "Drives": (
        DRIVE_STATES,
        (OURS, *smartd.NAMES, BY_DEFAULTS),
        "Fabricated drives, answering to the real smartctl and the real smartd. check_raid and pymdstat do"
        " not cover drives of their own; node_exporter has no SMART metrics and only names NVMe drives."
        " Netdata's NVMe collector is not in Debian's package: its column is its default alert on critical"
        " warnings put to the same drives by hand; it has no default alert on other SMART values.",
    ),
}
FILLING = ("thin-nearly-full", "thin-full")
WORDS = {
    "alarm": "**sees**",
    "note": "notes",
    "unknown": "cannot tell",
    "silent": "silent",
    "wrong": "**breaks**",
    "uncovered": "not covered",
    "absent": "not installed",
}


def cell(said: Said) -> str:
    """One cell of a table."""
    if said.level == "uncovered":
        return "–"
    return WORDS[said.level] + (f": {said.words}" if said.words else "")


def table(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table of Markdown."""
    rows = [heads, ["---"] * len(heads), *lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def by_defaults(state: str) -> Said:
    """Netdata's default alerts: any critical warning of an NVMe drive; thin pools from 90 % used on."""
    if state.startswith("snapshot"):
        return complete({}, [BY_DEFAULTS])[BY_DEFAULTS]
    if state in VOLUMES:
        return Said("alarm", "lvm_lv_data_space_utilization") if state in FILLING else Said("silent")
    if not state.startswith("nvme"):
        return complete({}, [BY_DEFAULTS])[BY_DEFAULTS]
    return Said("silent") if state in WELL else Said("alarm", "nvme_device_critical_warnings_state")


def section(title: str, rows: Mapping[str, Row]) -> str:
    """A table of states by tools, with what is wrong first named, then what is well."""
    states, tools, about = SECTIONS[title]
    lines = []
    for state, name in states.items():
        said = complete(rows[state] | {BY_DEFAULTS: by_defaults(state)}, tools)
        mark = "" if state in WELL | NEITHER else "✗ "
        lines.append([f"{mark}{name}", *(cell(said[tool]) for tool in tools)])
    advice = advised(rows, states)
    return f"## {title}\n\n{about}\n\n{table(['state', *tools], lines)}\n\n{advice}"


def advised(rows: Mapping[str, Row], states: Iterable[str]) -> str:
    """What holdwater says beyond the states, and where nothing is broken."""
    well = {one for state in states if state in WELL for one in rows[state][CARE].words.split(", ") if one}
    every = {one for state in states for one in rows[state][CARE].words.split(", ") if one}
    others = ", ".join(sorted(every - well)) or "nothing more"
    return (
        "Apart from the state, holdwater gave advice on build and care, which none of these neighbours does."
        f" On states that are well: {', '.join(sorted(well)) or 'none'}. Elsewhere: {others}."
    )


def summary(rows: Mapping[str, Row]) -> str:
    """Faults seen and false alarms by tool, over what the tool covers."""
    lines = []
    for title, (states, tools, _) in SECTIONS.items():
        sick = [state for state in states if state not in WELL | NEITHER]
        well = [state for state in states if state in WELL]
        for tool in tools:
            if tool in (BY_DEFAULTS, CHECK_ZPOOLS):
                continue
            levels = {state: rows[state][tool].level for state in states if tool in rows[state]}
            if not levels or set(levels.values()) == {"absent"}:
                lines.append([title, tool, "not installed", "", ""])
                continue
            seen = [state for state in sick if levels[state] == "alarm"]
            noted = [state for state in sick if levels[state] == "note"]
            false = [state for state in well if levels[state] == "alarm"]
            lines.append(
                [title, tool, f"{len(seen)} of {len(sick)}", str(len(noted)), f"{len(false)} of {len(well)}"]
            )
    heads = ["", "tool", "faults seen", "only noted", "false alarms on what is well"]
    return f"## In numbers\n\n{table(heads, lines)}\n\n{COUNTED}"


def missed(rows: Mapping[str, Row]) -> str:
    """Faults about which holdwater raises no alarm."""
    quiet = [s for s in rows if s not in WELL | NEITHER and rows[s][OURS].level != "alarm"]
    told = [f"- {TITLES[state]}: {cell(rows[state][OURS])}" for state in TITLES if state in quiet]
    return "Faults about which holdwater raises no alarm:\n\n" + ("\n".join(told) or "- none of these")


def saved(counted: Counted) -> str:
    """The table over saved texts."""
    if not counted:
        return "No corpus was at hand (`HOLDWATER_CORPUS`)."
    lines = []
    for tool, by in counted.items():
        cells = []
        for expected in ("crit", "warn+", "ok"):
            levels = by.get(expected, {})
            count = sum(levels.values())
            parts = [f"{levels.get('alarm', 0)} of {count}"]
            parts += [
                f"{levels[level]} {word}"
                for level, word in (("unknown", "cannot tell"), ("wrong", "breaks"))
                if levels.get(level)
            ]
            cells.append(", ".join(parts))
        lines.append([tool, *cells])
    heads = ["tool", "alarm, label says critical", "alarm, label says warning", "alarm, label says well"]
    return table(heads, lines)


def page(results: Results) -> str:
    """The whole page."""
    versions = table(["tool", "version"], [[tool, told] for tool, told in results.versions.items()])
    parts = [
        f"# Side by side with the neighbours\n\n{INTRODUCTION}",
        f"Run on {results.told_dates}.\n\n{versions}\n\n{HOW_READ}",
        *(section(title, results.states) for title in SECTIONS),
        summary(results.states),
        f"## Saved texts of `/proc/mdstat`\n\n{results.corpus_words}\n\n{saved(results.corpus)}",
        f"## Saved texts of `zpool status`\n\n{POOL_TEXTS}\n\n{saved(results.pools)}",
        f"## Where holdwater is the weaker one\n\n{missed(results.states)}\n\n{FAIR}",
        f"## To repeat it\n\n{COMMANDS}",
    ]
    return "\n\n".join(parts) + "\n"
