"""Arrays and their members in sysfs: /sys/block/mdN/md (the kernel's Documentation/admin-guide/md.rst)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from collectors.block_tables import MdMember, MdSysfs
from collectors.collector import reader
from collectors.fact import GapReason, Missing, Reading
from collectors.plain_text import file_lines, unopened, whole_number
from collectors.question import Answer, Form

_ARRAY_FILES = """
    array_state level raid_disks degraded sync_action last_sync_action sync_completed sync_speed mismatch_cnt
    consistency_policy chunk_size component_size metadata_version reshape_position bitmap/location"""
_MEMBER_FILES = ("slot", "state", "errors", "bad_blocks", "new_offset")

MD_SYSFS = Form(
    (
        *("grep", "-aH", ""),
        *(f"/sys/block/md*/md/{name}" for name in _ARRAY_FILES.split()),
        *(f"/sys/block/md*/md/dev-*/{name}" for name in _MEMBER_FILES),
    ),
    reads="md-sysfs",
    why="State of md arrays, their last check and the error counts of their members",
    expand=True,
)

_ARRAY = re.compile(r"/sys/(?:block|devices/virtual/block)/([^/]+)/md/((?:bitmap/)?[a-z_]+)")
_MEMBER = re.compile(r"/sys/(?:block|devices/virtual/block)/([^/]+)/md/dev-([^/]+)/([a-z_]+)")


def recognises(text: str) -> float:
    head = text[:20000]
    return 1.0 if re.search(r"^/sys/(?:block|devices/virtual/block)/[^/]+/md/", head, re.MULTILINE) else 0.0


@reader("md-sysfs", fills=(MdSysfs, MdMember), recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """md arrays and their members as sysfs tells them"""
    arrays: dict[str, dict[str, str]] = {}
    members: dict[tuple[str, str], dict[str, list[str]]] = {}
    for number, path, value in file_lines(answer):
        if "/md/dev-" in path and (match := _MEMBER.fullmatch(path)):
            told = members.setdefault((match[1], match[2].replace("!", "/")), {})
            told.setdefault(match[3], []).append(value.strip())
        elif match := _ARRAY.fullmatch(path):
            arrays.setdefault(match[1], {}).setdefault(match[2], value.strip())
        else:
            yield Missing(MdSysfs, "unreadable", f"line {number}: {path[:100]}")
    for name, files in sorted(arrays.items()):
        yield _array(name, files)
    for (array, member), lines in sorted(members.items()):
        yield _member(array, member, lines)
    yield from _refused(answer, arrays, members)


def _refused(
    answer: Answer, arrays: Mapping[str, object], members: Mapping[tuple[str, str], object]
) -> Iterator[Reading]:
    for path, why in unopened(answer).items():
        if "ermission" in why or "nput/output" in why:
            match = _MEMBER.fullmatch(path)
            reason: GapReason = "denied" if "ermission" in why else "failed"
            subject = (
                "/".join(match.groups()[:2]) if match else path.split("/")[3] if path.count("/") > 3 else ""
            )
            yield Missing(MdMember if match else MdSysfs, reason, f"{path}: {why}", subject)
    if not arrays:
        for row_type in (MdSysfs, MdMember):
            yield Missing(row_type, "empty", answer.complaint or "no array is told")
    for array in sorted(set(arrays) - {array for array, _ in members}):
        yield Missing(MdMember, "empty", "no member is told", array)


def _array(name: str, files: Mapping[str, str]) -> MdSysfs:
    done, _, total = files.get("sync_completed", "").partition("/")
    size = whole_number(files.get("component_size"))
    return MdSysfs(
        array=name,
        level=files.get("level") or None,
        array_state=files.get("array_state") or None,
        raid_disks=whole_number((files.get("raid_disks") or "").partition(" ")[0]),
        degraded=whole_number(files.get("degraded")),
        sync_action=files.get("sync_action") or None,
        last_sync_action=files.get("last_sync_action") or None,
        sync_completed_sectors=whole_number(done) if total else None,
        sync_total_sectors=whole_number(total),
        sync_kib_per_second=whole_number(files.get("sync_speed")),
        mismatch_sectors=whole_number(files.get("mismatch_cnt")),
        bitmap_location=files.get("bitmap/location") or None,
        consistency_policy=files.get("consistency_policy") or None,
        chunk_bytes=whole_number((files.get("chunk_size") or "").partition(" ")[0]),
        member_size_bytes=size * 1024 if size is not None else None,
        metadata_version=files.get("metadata_version") or None,
        reshape_position_sectors=whole_number(files.get("reshape_position")),
    )


def _member(array: str, member: str, files: Mapping[str, list[str]]) -> MdMember:
    def first(name: str) -> str | None:
        return files[name][0] if name in files else None

    # An empty list is an empty file, of which grep prints nothing: new_offset (Linux 3.5) proves that the
    # kernel has bad_blocks (3.1).
    listed = "bad_blocks" in files or "new_offset" in files
    bad = [line for line in files.get("bad_blocks", ()) if line]
    return MdMember(
        array=array,
        member=member,
        slot=whole_number(first("slot")),
        state=first("state") or None,
        errors=whole_number(first("errors")),
        bad_blocks=len(bad) if listed else None,
    )
