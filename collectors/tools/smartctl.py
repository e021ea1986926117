"""Asks smartctl about every drive it can reach, waking none that sleeps."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from collectors.collector import Asking, collector
from collectors.decoding import look_into
from collectors.drive_tables import DriveScan
from collectors.fact import At
from collectors.question import Answer, Form, Question
from collectors.smart_values import items, text

WHY = "health, wear and errors of a drive, as it tells them"

SCAN = Form(
    ("smartctl", "--json=c", "--scan-open"), "smart-scan", "which drives can be asked, and how", right="root"
)
SCAN_TEXT = Form(
    ("smartctl", "--scan-open"), "smart-scan", "the same of a smartctl that knows no JSON", right="root"
)
DISKS = Form(
    ("lsblk", "--json", "--bytes", "--output-all"), "lsblk", "disks that the scan missed, and their models"
)
READ = Form(
    ("smartctl", "--json=cu", "-n", "standby", "-x", "-d", "{type}", "{device}"),
    "smartctl-json",
    WHY,
    right="root",
    timeout_seconds=60.0,
)
READ_WITHOUT_SELF_TESTS = Form(
    (
        *("smartctl", "--json=cu", "-n", "standby", "-H", "-i", "-c", "-A", "-l", "error", "-l", "devstat"),
        *("-l", "scterc", "-d", "{type}", "{device}"),
    ),
    "smartctl-json",
    f"{WHY}; without the self-test log, which some old models do not survive being asked for",
    right="root",
    timeout_seconds=60.0,
)
READ_TEXT = Form(
    ("smartctl", "-n", "standby", "-x", "-d", "{type}", "{device}"),
    "smartctl-text",
    f"{WHY}; of a smartctl that knows no JSON",
    right="root",
    timeout_seconds=60.0,
)

HAZARD = re.compile(r"INTEL.SSDSA[12]M(?:040|080|120|160)(?:G2|$)|SAMSUNG.HD(?:155|204)UI")
"""Intel X25-M G2 may hang when its self-test log is read; Samsung F4 EG is asked for no more than must be."""

ASKABLE = re.compile(r"/dev/[\w./!:-]{1,120}")
TYPE = re.compile(r"[A-Za-z][\w,+./-]{0,60}")
MOST = 2048
"""More devices than this no host has; what lists more is broken."""

NAME = re.compile(r"\w[\w!-]*")
NAMESPACE = re.compile(r"(nvme\d+)(c\d+)?n\d+$")
NOT_DRIVES = re.compile(r"(?:loop|ram|zram|zd|dm-|md|nbd|rbd|sr|fd|drbd|bcache|ubd|mtdblock)")


@collector("smart", asks=(SCAN, SCAN_TEXT, DISKS, READ, READ_WITHOUT_SELF_TESTS, READ_TEXT))
def ask() -> Asking:
    """SMART of every drive: smartctl --scan-open, then smartctl -x for each device found."""
    scan, disks = yield [SCAN(), DISKS()]
    if scan.refusal is not None:
        return
    has_json = '"smartctl"' in scan.text
    if not has_json:
        (scan,) = yield [SCAN_TEXT()]
    models = dict(_disks(disks))
    scanned = list(_scanned(scan))
    found = list(dict.fromkeys([*scanned, *_missed({name for name, _ in scanned}, models)]))[:MOST]
    answers: Sequence[Answer] = yield [_question(name, kind, models, has_json) for name, kind in found]
    again = [
        _question(name, "sat", models, has_json)
        for (name, kind), answer in zip(found, answers, strict=True)
        if kind in ("scsi", "auto") and "Unknown USB bridge" in answer.text
    ]
    if again:
        yield again


def _question(name: str, kind: str, models: dict[str, str], has_json: bool) -> Question:
    if not has_json:
        return READ_TEXT(type=kind, device=name)
    form = READ_WITHOUT_SELF_TESTS if HAZARD.search(models.get(name, "")) else READ
    return form(type=kind, device=name)


def _scanned(scan: Answer) -> Iterator[tuple[str, str]]:
    """Name and type of every device listed, also of those that could not be opened: the answer says why."""
    for one in look_into(scan, "smart-scan"):
        row = one.row if isinstance(one, At) else None
        if isinstance(row, DriveScan) and ASKABLE.fullmatch(row.device) and TYPE.fullmatch(row.type):
            yield row.device, row.type


def _disks(answer: Answer) -> Iterator[tuple[str, str]]:
    """Path and model of the disks that lsblk lists."""
    if answer.refusal is not None:
        return
    try:
        told = json.loads(answer.text)
    except ValueError:
        return
    for _, one in items(told, "blockdevices"):
        name = text(one.get("name")) or ""
        if one.get("type") == "disk" and NAME.fullmatch(name) and not NOT_DRIVES.match(name):
            yield f"/dev/{name.replace('!', '/')}", text(one.get("model")) or ""


def _missed(listed: set[str], models: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Disks that the scan does not list. NVMe is listed by controller, lsblk tells its namespaces."""
    for name in sorted(models):
        if name not in listed and NAMESPACE.sub(r"\1", name) not in listed:
            yield name, "auto"
