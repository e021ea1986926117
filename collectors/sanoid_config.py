"""sanoid.conf: which datasets sanoid takes snapshots of, how often, and how many it keeps (sanoid.conf(5)).

Sections are datasets or templates; what neither says is as in the defaults that are installed with sanoid.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from collectors.backup_tables import BackupJob
from collectors.plain_text import whole_number

Lines = Iterable[tuple[int, str]]

_KINDS = ("frequently", "hourly", "daily", "weekly", "monthly", "yearly")
_DEFAULTS = {"hourly": "48", "daily": "90", "monthly": "6", "frequent_period": "15", "autosnap": "yes"}
_TIMES = {"daily_hour": "23", "daily_min": "59", "weekly_wday": "1", "weekly_hour": "23", "weekly_min": "30"}
_TIMES |= {"monthly_mday": "1", "yearly_mday": "1", "yearly_mon": "1"}
_SECTION = re.compile(r"\[(.+)\]")
_SETTING = re.compile(r"(\w+)\s*=\s*(.*)")
_OFF = ("0", "no", "false", "off", "")


def sections(lines: Lines) -> dict[str, tuple[int, dict[str, str]]]:
    """Section → the number of its first line, and its settings."""
    found: dict[str, tuple[int, dict[str, str]]] = {}
    settings: dict[str, str] = {}
    for number, line in lines:
        text = re.sub(r"(?:^|\s)[#;].*$", "", line).strip()
        if head := _SECTION.fullmatch(text):
            settings = found.setdefault(head[1].strip(), (number, {}))[1]
        elif told := _SETTING.fullmatch(text):
            settings[told[1]] = told[2].strip()
    return found


def jobs(lines: Lines) -> Iterator[tuple[int, BackupJob]]:
    """A job for each dataset, with the line of its section."""
    found = sections(lines)
    for name, (number, own) in found.items():
        if name == "version" or name.startswith("template_"):
            continue
        told = _settled(own, found)
        kept = {kind: count for kind in _KINDS if (count := whole_number(told.get(kind)) or 0)}
        takes = told["autosnap"].lower() not in _OFF
        whole = told.get("recursive", "no").lower() not in _OFF
        children = told.get("process_children_only", "no").lower() not in _OFF
        yield (
            number,
            BackupJob(
                product="sanoid",
                job=name,
                name=name,
                purpose="snapshot",
                enabled=True if takes else None,  # on a receiving machine there is nothing to take
                schedule=_schedule(told, kept) if takes else "",
                schedule_kind="cron",
                selects=f"{name}/*" if children else f"{name}\n{name}/*" if whole else name,
                retention=", ".join(f"{count} {kind}" for kind, count in kept.items()) or None,
            ),
        )


def _settled(own: Mapping[str, str], found: Mapping[str, tuple[int, Mapping[str, str]]]) -> dict[str, str]:
    """Defaults, then the templates in their order, then what the section says itself."""
    told = {**_DEFAULTS, **_TIMES}
    for name in ("default", *re.split(r"[,\s]+", own.get("use_template", ""))):
        told |= found.get(f"template_{name}", (0, {}))[1]
    return {**told, **own}


def _schedule(told: Mapping[str, str], kept: Mapping[str, int]) -> str:
    """The most frequent of the snapshots, as a line of cron; empty if all counts are zero."""
    day = f"{told.get('monthly_min', '0')} {told.get('monthly_hour', '0')} {told['monthly_mday']} * *"
    lines = {
        "frequently": f"*/{told['frequent_period']} * * * *",
        "hourly": f"{told.get('hourly_min', '0')} * * * *",
        "daily": f"{told['daily_min']} {told['daily_hour']} * * *",
        "weekly": f"{told['weekly_min']} {told['weekly_hour']} * * {told['weekly_wday']}",
        "monthly": day,
        "yearly": f"{told.get('yearly_min', '0')} {told.get('yearly_hour', '0')} {told['yearly_mday']}"
        f" {told['yearly_mon']} *",
    }
    return next((lines[kind] for kind in _KINDS if kind in kept), "")
