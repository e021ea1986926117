"""Datasets, snapshots, bookmarks and holds of ZFS (zfs(8)), and the collector that asks about it all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from collectors.collector import Asking, collector, reader
from collectors.fact import At, Missing, Reading
from collectors.plain_text import file_lines, whole_number
from collectors.question import Answer, Form, Question
from collectors.tools.lsblk import LSBLK
from collectors.tools.zpool import (
    POOL_GET,
    POOL_LIST,
    STATUS_ANYBODY,
    STATUS_EXACT,
    STATUS_JSON,
    STATUS_PLAIN,
    ZFS_HERE,
)
from collectors.zfs_dataset_text import dataset_of, datasets, gotten
from collectors.zfs_refusals import complaints, not_understood, nothing
from collectors.zfs_snapshot_text import Gathered, bookmark_sets, snapshot_sets
from collectors.zfs_tables import ZfsBookmarkSet, ZfsDataset, ZfsHold, ZfsSchedule, ZfsSnapshotSet
from collectors.zfs_words import moment, written_time

COLUMNS = "name,type,used,available,referenced,usedbysnapshots,mountpoint,mounted,sync,creation"
SECRETS = "encryption,encryptionroot,keylocation,keystatus,receive_resume_token"
DATASETS = Form(
    ("zfs", "list", "-Hp", "-t", "filesystem,volume", "-o", f"{COLUMNS},{SECRETS}"),
    reads="zfs-list",
    why="Space, settings and encryption of ZFS datasets (where a key lies, never the key)",
    right="root",
    timeout_seconds=60,
)
DATASETS_OLD = Form(
    ("zfs", "list", "-Hp", "-t", "filesystem,volume", "-o", COLUMNS),
    reads="zfs-list",
    why="The same of a ZFS before 0.8, which has no encryption",
    right="root",
    timeout_seconds=60,
)
SNAPSHOTS = Form(
    ("zfs", "list", "-Hp", "-t", "snapshot", "-o", "name,used,creation,userrefs,guid"),
    reads="zfs-snapshots",
    why="Age, number and holds of ZFS snapshots",
    right="root",
    timeout_seconds=180,
    max_bytes=64 * 1024 * 1024,
)
BOOKMARKS = Form(
    ("zfs", "list", "-Hp", "-t", "bookmark", "-o", "name,creation,guid"),
    reads="zfs-bookmarks",
    why="From where replications of ZFS go on",
    right="root",
    timeout_seconds=60,
)
HOLDS = Form(
    ("zfs", "holds", "-H", "{snapshot}"),
    reads="zfs-holds",
    why="Who still needs a held snapshot",
    right="root",
)
SCHEDULE = Form(
    (
        *("grep", "-aHEi", r"scrub|trim|oncalendar"),
        *(
            "/etc/cron.d/zfs*",
            "/etc/cron.*/*zfs*",
            "/etc/cron.*/*zpool*",
            "/etc/crontab",
            "/var/spool/cron/crontabs/root",
        ),
        "/etc/systemd/system/timers.target.wants/zfs-*.timer",
        *("/etc/systemd/system/*.wants/zfs-*.timer", "/etc/periodic.conf", "/etc/periodic.conf.local"),
    ),
    reads="zfs-schedule",
    why="Whether scrubs and trims of ZFS pools are scheduled",
    right="root",
    expand=True,
)
_MOST_HOLDS = 16

_ASKS = (
    *(ZFS_HERE, LSBLK, STATUS_JSON, STATUS_EXACT, STATUS_PLAIN, STATUS_ANYBODY, POOL_GET, POOL_LIST),
    *(DATASETS, DATASETS_OLD, SNAPSHOTS, BOOKMARKS, HOLDS, SCHEDULE),
)


@collector("zfs", asks=_ASKS)
def ask() -> Asking:
    """ZFS: pools, devices, scrubs, datasets, snapshots and what shows that they are replicated"""
    (here,) = yield (ZFS_HERE(),)
    if here.refusal is not None or "/dev/zfs" not in here.text:
        return
    answers = yield (STATUS_JSON(), POOL_GET(), DATASETS(), SNAPSHOTS(), BOOKMARKS(), SCHEDULE())
    status, pools, sets, snapshots, *_ = answers
    again = [
        form()
        for answer, form in ((status, STATUS_EXACT), (pools, POOL_LIST), (sets, DATASETS_OLD))
        if not_understood(answer)
    ]
    if status.refusal == "denied":
        again += [STATUS_ANYBODY(), POOL_LIST()]
    told = (yield [*again, *_holds(snapshots)]) if again or _holds(snapshots) else ()
    if any(one.question.form is STATUS_EXACT and not_understood(one) for one in told):
        yield (STATUS_PLAIN(),)


def _holds(snapshots: Answer) -> list[Question]:
    """Questions about the newest held snapshots, as far as their names may stand in a command."""
    if snapshots.refusal not in (None, "truncated"):
        return []
    rows = (one for one in snapshot_sets(snapshots.text) if isinstance(one, ZfsSnapshotSet))
    held = sorted(
        (row for row in rows if row.held_newest),
        key=lambda r: (-(r.newest_at.timestamp() if r.newest_at else 0), r.dataset),
    )
    names = [f"{row.dataset}@{row.held_newest}" for row in held]
    return [HOLDS(snapshot=name) for name in names if re.fullmatch(r"[A-Za-z0-9][\w.:/@-]*", name, re.ASCII)][
        :_MOST_HOLDS
    ]


def _recognises_list(text: str) -> float:
    lines = [line for line in text[:8000].splitlines() if line.strip()][:20]
    if lines and re.match(r"NAME\s+USED\s+AVAIL\s+REFER", lines[0]):
        return 0.97
    kinds = sum(re.match(r"[^\t@#]+\t(?:filesystem|volume)\t\d", line) is not None for line in lines)
    plain = sum(re.fullmatch(r"[\w.:/ -]+(?:\t(?:\d+|-)){4,5}(?:\t\S+)*", line) is not None for line in lines)
    if lines and kinds == len(lines):
        return 0.95
    return 0.6 if lines and plain == len(lines) else 0.0


@reader("zfs-list", fills=(ZfsDataset,), recognises=_recognises_list)
def read_list(answer: Answer) -> Iterator[Reading]:
    """datasets as zfs list tells them"""
    if answer.question.form is DATASETS and not_understood(answer):
        return  # asked in another way, and that answer counts
    asked = answer.question.argv
    names = asked[asked.index("-o") + 1].split(",") if "-o" in asked[:-1] else None
    found = 0
    for reading in datasets(answer.text, names):
        found += 1
        yield reading
    yield from complaints(answer, (ZfsDataset,)) if found else nothing(answer, ZfsDataset)


def _recognises_get(text: str) -> float:
    lines = [line for line in text[:4000].splitlines() if line.strip()][:30]
    known = r"[^\t]+\t(?:type|used|referenced|compressratio|mountpoint|sync|recordsize|encryption)\t[^\t]*\t"
    hits = sum(re.match(known, line) is not None for line in lines)
    return 0.93 if hits >= 2 else 0.0


@reader("zfs-get", fills=(ZfsDataset,), recognises=_recognises_get)
def read_get(answer: Answer) -> Iterator[Reading]:
    """properties of datasets as zfs get -Hp tells them"""
    found = gotten(answer.text)
    for name, values in found.items():
        yield dataset_of(name, values)
    yield from complaints(answer, (ZfsDataset,)) if found else nothing(answer, ZfsDataset)


def _recognises_snapshots(text: str) -> float:
    lines = [line for line in text[:8000].splitlines() if line.strip()][:20]
    hits = sum(re.match(r"[^\t@]+@[^\t]+\t(?:\d+|-)\t\d{9,10}(?:\t|$)", line) is not None for line in lines)
    return 0.96 if lines and hits == len(lines) else 0.0


@reader("zfs-snapshots", fills=(ZfsSnapshotSet,), recognises=_recognises_snapshots)
def read_snapshots(answer: Answer) -> Iterator[Reading]:
    """snapshots as zfs list -Hp -o name,used,creation,userrefs,guid tells them, one row a family"""
    yield from _told(answer, snapshot_sets(answer.text), ZfsSnapshotSet)


def _recognises_bookmarks(text: str) -> float:
    lines = [line for line in text[:8000].splitlines() if line.strip()][:20]
    hits = sum(re.match(r"[^\t@#]+#[^\t]+\t\d{9,10}(?:\t|$)", line) is not None for line in lines)
    return 0.96 if lines and hits == len(lines) else 0.0


@reader("zfs-bookmarks", fills=(ZfsBookmarkSet,), recognises=_recognises_bookmarks)
def read_bookmarks(answer: Answer) -> Iterator[Reading]:
    """bookmarks as zfs list -Hp -o name,creation,guid tells them, one row a family"""
    yield from _told(answer, bookmark_sets(answer.text), ZfsBookmarkSet)


def _told(
    answer: Answer, readings: Gathered, row_type: type[ZfsSnapshotSet] | type[ZfsBookmarkSet]
) -> Iterator[Reading]:
    """Nothing at all, without a complaint, is proof that there is none: zfs prints no heading with -H."""
    found: Sequence[Reading] = list(readings)
    yield from found
    if found:
        yield from complaints(answer, (row_type,))
    elif answer.status == 0 and not answer.stderr.strip() and not answer.stdout.strip():
        return
    else:
        yield from nothing(answer, row_type)


@reader("zfs-holds", fills=(ZfsHold,), recognises=lambda text: 0.0)
def read_holds(answer: Answer) -> Iterator[Reading]:
    """holds as zfs holds -H tells them"""
    found = 0
    for number, line in enumerate(answer.text.splitlines(), 1):
        words = line.split("\t")
        if len(words) >= 2 and "@" in words[0]:
            found += 1
            stamp = words[2].strip() if len(words) > 2 else ""
            at = moment(stamp) if whole_number(stamp) else written_time(stamp)
            yield At(ZfsHold(snapshot=words[0], tag=words[1], held_at=at), f"line {number}")
        elif line.strip():
            yield Missing(ZfsHold, "unreadable", f"line {number}: {line.strip()[:120]}")
    if not found and (answer.status or answer.stderr.strip()):
        yield from nothing(answer, ZfsHold)


@reader("zfs-schedule", fills=(ZfsSchedule,), recognises=lambda text: 0.0)
def read_schedule(answer: Answer) -> Iterator[Reading]:
    """whether scrubs and trims are scheduled, by cron, systemd timers or periodic"""
    scrub = trim = False
    for _, path, line in file_lines(answer):
        if line.lstrip().startswith("#"):
            continue
        words = f"{path.rpartition('/')[2]} {line}".lower()
        if path.startswith("/etc/periodic"):
            on = re.search(r"daily_(scrub|trim)_zfs_enable=\W?yes", line, re.IGNORECASE)
            scrub, trim = (
                scrub or bool(on and on[1].lower() == "scrub"),
                trim or bool(on and on[1].lower() == "trim"),
            )
        elif ".wants/" in path or re.search(r"zpool|zfs", words):
            scrub, trim = scrub or "scrub" in words, trim or "trim" in words
    denied = b"ermission denied" in answer.stderr
    if denied:
        yield Missing(ZfsSchedule, "denied", answer.complaint)
    yield ZfsSchedule(
        name="zfs",
        scrub_scheduled=scrub or (None if denied else False),
        trim_scheduled=trim or (None if denied else False),
    )
