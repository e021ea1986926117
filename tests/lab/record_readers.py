# SPDX-License-Identifier: Apache-2.0
"""Records cases of single readers from the beds into `fixtures/collectors/KIND/`: what tools say in a state.

    python -m tests.lab.record_readers [GROUP…]

A recorded case is called healthy-lab-… or sick-lab-…, and its question.json tells the state it was recorded
in. Cases without "-lab-" were written by hand and are never touched. A recorded case of a group goes when the
group is recorded anew. What the readers make of a recording becomes its expectation: read the difference.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from collectors.asking import ask_all
from collectors.collector import READERS, load
from collectors.fact import Absent, Fact, Gap
from collectors.question import Answer, Form, Question
from collectors.reading import read_answer

from . import filesystems, lvm, md, stacks
from .beds import Bed
from .filesystems import filesystem_bed
from .record_bundles import Drives, traces_in
from .smartshim import MEANING, smart_bed
from .targets import BedTarget
from .uml import Uml

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "collectors"
MARK = "-lab-"
WELL = re.compile(r"healthy|in-step|luks-open")
"""Names of the states in which nothing is wrong."""


@dataclasses.dataclass(frozen=True)
class Group:
    """Scenarios of a bed, who asks in each, and of which readers an answer is kept.

    *more*: questions that no collector puts, for what people save by hand.
    """

    bed: Callable[[Path], AbstractContextManager[Any]]
    scenarios: dict[str, Callable[[Any], AbstractContextManager[Any]]]
    collectors: tuple[str, ...]
    kinds: tuple[str, ...]
    more: tuple[Form, ...] = ()
    name: str = "lab"


def by_hand(kind: str, *argv: str) -> Form:
    """A form for what people save and no collector asks."""
    return Form(argv, kind, "what people save")


@contextmanager
def drives_bed(scratch: Path) -> Iterator[Bed]:
    """User-mode Linux whose smartctl sees the fabricated drives."""
    with smart_bed(scratch / "made"), Uml(scratch / "uml", disks=md.DISKS[:1], name="lab-drives") as bed:
        yield Drives(bed, scratch / "made")


@contextmanager
def as_it_is(_: Bed) -> Iterator[None]:
    """A bed that has one state only."""
    yield


def some(known: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: known[name] for name in names}


GROUPS = {
    "md": Group(
        lambda scratch: Uml(scratch, disks=md.DISKS, name="lab-md"),
        some(
            md.SCENARIOS,
            *("raid1-healthy", "raid1-degraded", "raid1-removed", "raid1-mismatched"),
            *("raid5-rebuilding", "raid5-inactive", "raid6-twice-degraded"),
        ),
        ("md",),
        ("mdstat", "md-sysfs", "mdadm-detail", "mdadm-examine"),
    ),
    "lvm": Group(
        lambda scratch: Uml(scratch, disks=lvm.DISKS, name="lab-lvm"),
        some(
            lvm.SCENARIOS,
            *("raid-healthy", "raid-missing", "raid-checksums-damaged", "thin-nearly-full"),
            *("thin-full", "snapshot-overflowed"),
        ),
        ("lvm",),
        ("lvs", "vgs", "pvs", "lvm-fullreport", "dmsetup"),
    ),
    "file-systems": Group(
        lambda scratch: filesystem_bed(scratch, force_uml=True),
        some(
            filesystems.SCENARIOS,
            *("ext4-healthy", "ext4-errors", "ext4-emergency-read-only", "ext4-no-inodes", "xfs-healthy"),
            *("btrfs-healthy", "btrfs-corrupted", "btrfs-degraded"),
        ),
        ("file-systems", "ext4", "ext-superblock", "xfs", "btrfs"),
        (
            *("df", "mountinfo", "ext4-sysfs", "ext-superblock", "xfs-info", "btrfs-show", "btrfs-stats"),
            *("btrfs-usage", "btrfs-scrub", "btrfs-sysfs"),
        ),
        name="lab-fs",
    ),
    "stacks": Group(
        lambda scratch: Uml(scratch, disks=stacks.DISKS, name="lab-stacks"),
        stacks.SCENARIOS,
        ("stacks",),
        (
            *("stacks", "dm-integrity", "luks-dump", "bcache-backing", "multipath", "multipath-json"),
            *("iscsiadm", "drbd-proc", "drbd-status"),
        ),
        (
            by_hand("multipath-json", "multipathd", "show", "maps", "json"),
            by_hand("iscsiadm", "iscsiadm", "-m", "session", "-P", "3"),
            by_hand("drbd-proc", "cat", "/proc/drbd"),
            by_hand("drbd-status", "drbdsetup", "status"),
        ),
    ),
    "drives": Group(
        drives_bed, {"drives": as_it_is}, ("smart",), ("smart-scan", "smartctl-json"), name="lab-drives"
    ),
}


def answers(bed: Bed, group: Group) -> list[Answer]:
    """What the group's collectors are answered, and then what people would ask, in this order."""
    target, known, found = BedTarget(bed, group.name), load(), list[Answer]()

    def keep(_: str, answer: Answer) -> Answer:
        found.append(answer)
        return answer

    asyncio.run(ask_all(target, [known[name] for name in group.collectors], keep))
    found.extend(asyncio.run(target.ask(Question(form.argv, form))) for form in group.more)
    return sorted(found, key=lambda one: (one.question.form.reads, one.question.argv))


def chosen(group: Group, scenario: str, found: Iterable[Answer]) -> Iterator[tuple[str, Answer]]:
    """The folder for each answer worth keeping: the first of each kind that told rows, of drives each."""
    seen: set[str] = set()
    for one in found:
        kind = one.question.form.reads
        told = list(read_answer("t", one)) if kind in group.kinds and one.refusal is None else []
        case = scenario
        if kind == "smartctl-json":
            drive = next((n for n, device in MEANING.items() if f"/dev/{device}" in one.question.argv), "")
            case = drive
        if f"{kind}/{case}" in seen or not case or not any(isinstance(row, Fact) for row in told):
            continue
        seen.add(f"{kind}/{case}")
        sort = "healthy" if WELL.search(case) or kind == "smart-scan" else "sick"
        yield f"{kind}/{sort}{MARK}{case}", one


def write(case: Path, answer: Answer, state: str, kernel: str) -> None:
    """The folder of one case; words of this machine in it are an error."""
    case.mkdir(parents=True)
    told = list(read_answer("t", answer))
    (case / "answer.out").write_bytes(answer.stdout)
    if answer.stderr:
        (case / "answer.err").write_bytes(answer.stderr)
    at = answer.started_at
    asked = {
        "argv": list(answer.question.argv),
        "status": answer.status,
        "started_at": at.isoformat(timespec="seconds") if at else None,
        "recorded": {"state": state, "kernel": kernel},
    }
    (case / "question.json").write_text(json.dumps(asked, indent=2) + "\n")
    (case / "expect.json").write_text(json.dumps(expectation(told), indent=2) + "\n")
    for path in case.iterdir():
        if words := traces_in(path.read_bytes()):
            raise SystemExit(f"{path} tells of this machine: {', '.join(sorted(words))}")


def expectation(told: Iterable[Any]) -> dict[str, Any]:
    """Rows with what was told of them, gaps and proofs of absence, as tests/test_readers.py compares them."""
    rows: dict[str, list[dict[str, Any]]] = {}
    gaps, absent = set[tuple[str, str]](), set[str]()
    for one in told:
        match one:
            case Fact():
                columns = dataclasses.asdict(one.row)
                kept = {name: plain(value) for name, value in columns.items() if value is not None}
                rows.setdefault(type(one.row).TABLE, []).append(kept)
            case Gap():
                gaps.add((one.table.TABLE, one.reason))
            case Absent():
                absent.add(one.table.TABLE)
    found = {"rows": rows, "gaps": sorted(map(list, gaps)), "absent": sorted(absent)}
    return {name: value for name, value in found.items() if value}


def plain(value: Any) -> Any:
    """A column as JSON can hold it."""
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, bool | int | float | str) else str(value)


def recorded() -> dict[Path, str]:
    """The folders that were recorded, with the group and scenario of each."""
    found = {}
    for asked in sorted(FIXTURES.glob(f"*/*{MARK}*/question.json")):
        found[asked.parent] = json.loads(asked.read_text())["recorded"]["state"]
    return found


def record(name: str, scratch: Path) -> None:
    """Record all scenarios of a group; the old recordings of it go when the new ones are there."""
    group, made = GROUPS[name], dict[str, tuple[Answer, str]]()
    kernel = ""
    with group.bed(scratch / name) as bed:
        kernel = bed.run(["uname", "-r"]).text.strip()
        for scenario, enter in group.scenarios.items():
            with enter(bed):
                found = answers(bed, group)
            made |= {folder: (one, scenario) for folder, one in chosen(group, scenario, found)}
    for folder, state in recorded().items():
        if state.startswith(f"{name}/"):
            shutil.rmtree(folder)
    for folder, (one, scenario) in made.items():
        write(FIXTURES / folder, one, f"{name}/{scenario}", kernel)
    print(f"{name}: {len(made)} cases")


def main(names: list[str]) -> None:
    """Record the named groups, or all."""
    load()
    unread = {kind for group in GROUPS.values() for kind in group.kinds} - set(READERS)
    if unread or set(names) - set(GROUPS):
        raise SystemExit(f"no such reader or group: {', '.join(sorted(unread | (set(names) - set(GROUPS))))}")
    with tempfile.TemporaryDirectory(prefix="record-") as scratch:
        for name in names or GROUPS:
            record(name, Path(scratch))


if __name__ == "__main__":
    main(sys.argv[1:])
