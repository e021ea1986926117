"""Reports of LVM: lvs(8), vgs(8), pvs(8), also as saved in any of their formats."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from collectors.block_tables import BlockDevice
from collectors.collector import Asking, collector, reader
from collectors.decoding import look_into
from collectors.fact import At, GapReason, Missing, NotHere, Reading
from collectors.lvm_report import Line, errors_of, heading_of, lines_of
from collectors.lvm_rows import group_of, merged, physical_of, volume_of
from collectors.lvm_tables import DmTarget, LvmGroup, LvmPhysical, LvmSetting, LvmVolume
from collectors.plain_text import not_understood
from collectors.question import Answer, Form
from collectors.table import Row
from collectors.tools.dmsetup import DMSETUP
from collectors.tools.lsblk import LSBLK
from collectors.tools.lvm_config import LVM_CONFIG

_JSON = ("--reportformat", "json", "--units", "b", "--nosuffix")
_PREFIXED = ("--nameprefixes", "--noheadings", "--separator", "|", "--units", "b", "--nosuffix")
_LV = (
    "lv_name,vg_name,lv_uuid,lv_attr,lv_size,origin,pool_lv,data_percent,metadata_percent,snap_percent,"
    "copy_percent,segtype,devices,seg_monitor"
)
_LV_NEWER = (
    "lv_health_status,lv_snapshot_invalid,lv_merge_failed,lv_check_needed,lv_when_full,lv_time,lv_dm_path,"
    "raid_sync_action,raid_mismatch_count,cache_mode"
)
_VG = "vg_name,vg_uuid,vg_attr,vg_size,vg_free,pv_count,lv_count"
_PV = "pv_name,pv_uuid,vg_name,pv_fmt,pv_attr,pv_size,pv_free"

LVM_PRESENCE = Form(LSBLK.argv, reads="lvm-presence", why="Whether anything of LVM is on this host")
LVS = Form(
    ("lvs", "-a", *_JSON, "-o", f"{_LV},{_LV_NEWER}"),
    reads="lvs",
    why="Logical volumes: RAID, thin pools, snapshots, caches and their state",
    right="root",
)
VGS = Form(
    ("vgs", *_JSON, "-o", f"{_VG},vg_missing_pv_count"),
    reads="vgs",
    why="Volume groups: free space, missing physical volumes",
    right="root",
)
PVS = Form(
    ("pvs", *_JSON, "-o", f"{_PV},pv_missing"), reads="pvs", why="Physical volumes of LVM", right="root"
)
LVS_EXTRA = Form(
    ("lvs", "-a", *_JSON, "-o", "lv_name,vg_name,vdo_operating_mode,integritymismatches"),
    reads="lvs",
    why="VDO pools and integrity of RAID volumes, of an LVM that knows them",
    right="root",
)
LVS_OLD = Form(("lvs", "-a", *_PREFIXED, "-o", _LV), reads="lvs", why="The same of an old LVM", right="root")
VGS_OLD = Form(("vgs", *_PREFIXED, "-o", _VG), reads="vgs", why="The same of an old LVM", right="root")
PVS_OLD = Form(("pvs", *_PREFIXED, "-o", _PV), reads="pvs", why="The same of an old LVM", right="root")

_NEWER = (LVS, VGS, PVS)
_OLD = {LVS: LVS_OLD, VGS: VGS_OLD, PVS: PVS_OLD}
_ALL = (LvmVolume, LvmGroup, LvmPhysical, LvmSetting, DmTarget)
_MESSAGE = re.compile(r"not found or rejected by a filter|Couldn't find device|is missing PV")


@collector("lvm", asks=(LVM_PRESENCE, *_NEWER, *_OLD.values(), LVS_EXTRA, LVM_CONFIG, DMSETUP))
def ask() -> Asking:
    """LVM: volume groups, physical and logical volumes, thin pools, snapshots, RAID"""
    (blocks,) = yield (LVM_PRESENCE(),)
    if blocks.refusal is None and any(isinstance(one, NotHere) for one in read_presence(blocks)):
        return
    lvs, vgs, pvs, *_ = yield (LVS(), VGS(), PVS(), LVM_CONFIG(), DMSETUP())
    again = [_OLD[one.question.form]() for one in (lvs, vgs, pvs) if _asks_too_much(one)]
    if re.search(r'"segtype":"(?:vdo|raid)', lvs.text):
        again.append(LVS_EXTRA())
    if again:
        yield again


def _asks_too_much(answer: Answer) -> bool:
    """An LVM before 2.02.158 knows no JSON, others lack a field."""
    return not_understood(answer) or _unknown_field(answer)


def _unknown_field(answer: Answer) -> bool:
    """Newer ones log it behind two hundred lines that list the fields they know."""
    said = answer.stderr[:4000] + answer.stdout[-4000:]
    return bool(answer.status) and b"nrecognised field" in said


@reader("lvm-presence", fills=(LvmGroup,), recognises=lambda text: 0.0)
def read_presence(answer: Answer) -> Iterator[Reading]:
    """whether lsblk shows anything of LVM"""
    told = list(look_into(answer, "lsblk"))
    rows = [one.row for one in told if isinstance(one, At) and isinstance(one.row, BlockDevice)]
    if rows and not any(row.type == "lvm" or row.fs_type == "LVM2_member" for row in rows):
        for row_type in _ALL:
            yield NotHere(row_type, "lsblk shows no physical and no logical volume of LVM")
    if not rows and not not_understood(answer):
        yield Missing(LvmGroup, "empty", "lsblk does not tell whether there is LVM")


def _recogniser(kind: str, name: str) -> Callable[[str], float]:
    def recognises(text: str) -> float:
        head = text[:20000]
        if '"report"' in head and re.search(rf'"{kind}"\s*:\s*\[', head):
            others = [one for one in ("lv", "vg", "pv") if re.search(rf'"{one}"\s*:\s*\[', head)]
            return 1.0 if others == [kind] else 0.5
        if f"LVM2_{kind.upper()}_NAME='" in head:
            own = {"vg": "LVM2_VG_ATTR", "lv": "LVM2_LV_NAME", "pv": "LVM2_PV_NAME"}[kind]
            return 0.95 if own in head and (kind != "vg" or "LVM2_LV_NAME" not in head) else 0.0
        return 0.95 if heading_of(head) == kind else 0.0

    return recognises


@reader("lvs", fills=(LvmVolume,), recognises=_recogniser("lv", "lvs"))
def read_lvs(answer: Answer) -> Iterator[Reading]:
    """logical volumes as lvs reports them"""
    yield from _read(answer, "lv", LvmVolume)


@reader("vgs", fills=(LvmGroup,), recognises=_recogniser("vg", "vgs"))
def read_vgs(answer: Answer) -> Iterator[Reading]:
    """volume groups as vgs reports them"""
    yield from _read(answer, "vg", LvmGroup)


@reader("pvs", fills=(LvmPhysical,), recognises=_recogniser("pv", "pvs"))
def read_pvs(answer: Answer) -> Iterator[Reading]:
    """physical volumes as pvs reports them"""
    yield from _read(answer, "pv", LvmPhysical)


def _recognises_full(text: str) -> float:
    head = text[:20000]
    if '"report"' not in head:
        return 0.0
    kinds = [one for one in ("lv", "vg", "pv") if re.search(rf'"{one}"\s*:\s*\[', head)]
    return 1.0 if len(kinds) > 1 else 0.6 if not kinds and re.search(r'"report"\s*:\s*\[', head) else 0.0


@reader("lvm-fullreport", fills=(LvmVolume, LvmGroup, LvmPhysical), recognises=_recognises_full)
def read_full(answer: Answer) -> Iterator[Reading]:
    """everything that lvm fullreport tells"""
    lines = list(lines_of(answer.text))
    for kind, row_type in (("lv", LvmVolume), ("vg", LvmGroup), ("pv", LvmPhysical)):
        yield from _rows([line for line in lines if line.kind == kind], answer, row_type)


def _read(answer: Answer, kind: str, row_type: type[Row]) -> Iterator[Reading]:
    if _asks_too_much(answer) and (not answer.stdout.strip() or _unknown_field(answer)):
        if answer.question.form is not LVS_EXTRA and answer.question.form not in _NEWER:
            yield Missing(row_type, "unsupported", _complaint(answer))
        return  # asked again in older words, and that answer counts
    lines = [line for line in lines_of(answer.text) if line.kind == kind]
    yield from _rows(lines, answer, row_type)


def _rows(lines: list[Line], answer: Answer, row_type: type[Row]) -> Iterator[Reading]:
    found: dict[str, At[Row]] = {}
    for line in lines:
        row = _row(line)
        if row is None:
            continue
        before = found.get(row.subject)
        if before is None:
            found[row.subject] = At(row, line.where)
        elif isinstance(row, LvmVolume) and isinstance(before.row, LvmVolume):
            found[row.subject] = At(merged(before.row, row), before.where)
    yield from found.values()
    complaint = _complaint(answer)
    denied = "non-root user" in answer.stderr.decode("utf-8", "replace") or "ermission" in complaint
    if denied or answer.status or (not found and (complaint in errors_of(answer.text) or not _empty(answer))):
        reason: GapReason = "denied" if denied else "failed" if complaint else "empty"
        yield Missing(row_type, reason, complaint or f"{answer.question} told nothing")
    elif not found:
        yield NotHere(row_type, "the report is whole and lists none")


def _row(line: Line) -> LvmVolume | LvmGroup | LvmPhysical | None:
    match line.kind:
        case "lv":
            return volume_of(line.fields)
        case "vg":
            return group_of(line.fields)
        case _:
            return physical_of(line.fields)


def _complaint(answer: Answer) -> str:
    """The last error in the log of a JSON report, or what stands on stderr."""
    logged = errors_of(answer.text)
    return logged[-1] if logged else answer.complaint


def _empty(answer: Answer) -> bool:
    """A report that says itself that it is empty."""
    return '"report"' in answer.text
