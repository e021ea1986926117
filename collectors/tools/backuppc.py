"""BackupPC: its hosts and settings, the list of backups of each host, and how the last run of each ended.

Read from the files of a host where it is installed; nothing of it is run. Sources: the documentation of
BackupPC ("Storage layout", "Configuration Parameters"), and release 4.4 as Debian has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from collectors.backup_tables import BackupJob, BackupRepository, BackupSession, RestorePoint
from collectors.backup_values import mapping_of, text_of, unix_moment
from collectors.collector import reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.perl_values import hash_named
from collectors.plain_text import file_lines, unopened, whole_number
from collectors.question import Answer, Form

FOLDERS = ("/var/lib/backuppc", "/var/lib/BackupPC", "/data/BackupPC")
"""Where packages of distributions, and its own installation, put the backups."""
_NAMES = "TopDir|FullPeriod|IncrPeriod|FullKeepCnt|FullAgeMax|IncrKeepCnt|IncrAgeMax|BackupsDisable"
_HOST = "^[[:alnum:]_.-]+[[:space:]]+[01]([[:space:]]|$)"
SETTINGS = Form(
    (
        *("grep", "-aHE", rf"^[[:space:]]*\$Conf\{{({_NAMES})\}}|{_HOST}"),
        *("/etc/backuppc/*.pl", "/etc/BackupPC/*.pl", "/etc/BackupPC/pc/*.pl"),
        *("/etc/backuppc/hosts", "/etc/BackupPC/hosts"),
    ),
    reads="backuppc-settings",
    why="Hosts that BackupPC backs up, how often, and what it keeps",
    right="root",
    expand=True,
)
BACKUPS = Form(
    ("grep", "-aH", "", *(f"{folder}/pc/*/backups" for folder in FOLDERS)),
    reads="backuppc-backups",
    why="Backups that BackupPC has of each host",
    right="root",
    expand=True,
)
STATUS = Form(
    (
        *("grep", "-ah", ""),
        *("/var/lib/backuppc/log/status.pl", "/var/log/BackupPC/status.pl", "/data/BackupPC/log/status.pl"),
    ),
    reads="backuppc-status",
    why="How the last run of BackupPC ended for each host",
    right="root",
)
_COLUMNS = (
    *("num", "type", "startTime", "endTime", "nFiles", "size", "nFilesExist", "sizeExist", "nFilesNew"),
    *("sizeNew", "xferErrs", "xferBadFile", "xferBadShare", "tarErrs", "compress", "sizeExistComp"),
    *("sizeNewComp", "noFill", "fillFromNum", "mangle", "xferMethod", "level", "charset", "version"),
    *("inodeLast", "keep", "share2path", "comment"),
)
_SETTING = re.compile(r"\s*\$Conf\{(\w+)\}\s*=\s*(.*?);?\s*(?:#.*)?$")
_ENTRY = re.compile(r"([\w.-]+)\s+[01](?:\s+(\S+))?")
_BACKUPS = re.compile(r"(/.+)/pc/([^/]+)/backups$")
_LINE = re.compile(r"\d+\t(?:full|incr|partial|active)\t\d{9,10}\t", re.MULTILINE)
PRODUCT = "backuppc"


def _recognises_settings(text: str) -> float:
    return 0.95 if re.search(r"^/\S+:\s*\$Conf\{(?:FullPeriod|TopDir)\}", text[:50000], re.MULTILINE) else 0.0


@reader("backuppc-settings", fills=(BackupJob,), recognises=_recognises_settings)
def read_settings(answer: Answer) -> Iterator[Reading]:
    """hosts that BackupPC backs up, with their settings"""
    told: dict[str, dict[str, str]] = {}
    hosts: dict[str, int] = {}
    for number, path, line in file_lines(answer):
        name = path.rpartition("/")[2]
        if name == "hosts" and (entry := _ENTRY.match(line)) and entry[1] != "host":
            hosts.setdefault(entry[1], number)
        elif (setting := _SETTING.match(line)) and name.endswith(".pl"):
            told.setdefault(name.removesuffix(".pl"), {}).setdefault(setting[1], setting[2])
    general = told.get("config", {})
    for host, number in hosts.items():
        yield At(_job(host, general | told.get(host, {})), f"line {number}")
    folder = _plain(general.get("TopDir"))
    if folder and folder.rstrip("/") not in FOLDERS:
        detail = (
            f"BackupPC keeps its backups in {folder}, which is not asked about; save {folder}/pc/*/backups"
        )
        yield Missing(RestorePoint, "not-asked", detail, folder)
    yield from _unread(answer, BackupJob)
    if not hosts and not any("No such" not in why for why in unopened(answer).values()):
        yield Missing(BackupJob, "empty", "no host that BackupPC backs up is told")


def _plain(told: str | None) -> str | None:
    """A quoted text, or a number as it stands."""
    found = re.fullmatch(r"'([^']*)'|\"([^\"$@]*)\"|(-?[\d.]+)", (told or "").strip())
    return next((one for one in found.groups() if one is not None), None) if found else None


def _number(told: str | None) -> float | None:
    try:
        return float(_plain(told) or "")
    except ValueError:
        return None


def _source(host: str) -> str:
    """`localhost` is the machine that BackupPC runs on."""
    return "host:?" if host == "localhost" else host


def _job(host: str, settings: Mapping[str, str]) -> BackupJob:
    full, between = _number(settings.get("FullPeriod")), _number(settings.get("IncrPeriod"))
    disabled = _number(settings.get("BackupsDisable"))
    off = (disabled or 0) > 0 or (
        full is not None and full < 0
    )  # -1 and -2 switched it off before release 3.2
    times = [one for one in (full, between) if one is not None and one > 0]
    kept = (
        ("full", settings.get("FullKeepCnt")),
        ("incremental", settings.get("IncrKeepCnt")),
    )
    return BackupJob(
        product=PRODUCT,
        server="?",
        job=host,
        name=f"backup of {host}",
        purpose="backup",
        enabled=not off if disabled is not None or full is not None else None,
        schedule=f"every {min(times):g} days, a full one every {max(times):g} days" if times else None,
        schedule_kind="interval" if times else None,
        selects=_source(host),
        retention=", ".join(f"{one} {sort}" for sort, one in kept if one) or None,
    )


def _unread(answer: Answer, *tables: type[BackupJob] | type[RestorePoint]) -> Iterator[Missing]:
    for path, why in unopened(answer).items():
        if "No such file" not in why:
            yield from (Missing(table, "denied", f"{path}: {why}", path) for table in tables)


def _recognises_backups(text: str) -> float:
    known = re.search(r"^/\S+/pc/[^/\s]+/backups:\d+\t", text[:20000], re.MULTILINE)
    return 0.96 if known and _LINE.search(text[:20000].partition(":")[2]) else 0.0


@reader(
    "backuppc-backups", fills=(RestorePoint, BackupRepository, BackupSession), recognises=_recognises_backups
)
def read_backups(answer: Answer) -> Iterator[Reading]:
    """backups that BackupPC has of each host, as `grep -aH '' TOPDIR/pc/*/backups` prints them"""
    folders: dict[str, None] = {}
    unread = 0
    for number, path, line in file_lines(answer):
        found, values = _BACKUPS.match(path), line.split("\t")
        told = dict(zip(_COLUMNS, values, strict=False))
        at = unix_moment(told.get("startTime"))
        known = at is not None and told.get("type") in ("full", "incr", "partial", "active")
        if found is None or not known or "xferBadShare" not in told:  # so far every release tells
            unread += bool(line.strip())
            continue
        folders[found[1]] = None
        yield At(_point(found[1], found[2], told), f"line {number}")
        yield At(_session(found[2], told), f"line {number}")
    yield from (_repository(folder) for folder in folders)
    if unread:
        yield Missing(RestorePoint, "unreadable", f"{unread} lines are no backups of BackupPC")
    yield from _unread(answer, RestorePoint)
    if not folders and not unread and not any("No such" not in why for why in unopened(answer).values()):
        yield NotHere(RestorePoint, "BackupPC has no backup")


def _repository(folder: str) -> BackupRepository:
    return BackupRepository(
        repository=f"{PRODUCT}:?:{folder}",
        name=folder,
        product=PRODUCT,
        kind="local",
        location=folder,
        host="?",
        path=folder,
        encrypted=False,
    )


def _count(told: Mapping[str, str], name: str) -> int:
    return whole_number(told.get(name)) or 0


def _whole(told: Mapping[str, str]) -> bool | None:
    """Files that could not be read do not make the others worthless; shares that are missing do."""
    if told["type"] not in ("full", "incr") or _count(told, "xferBadShare"):
        return False
    return None if _count(told, "xferErrs") or _count(told, "xferBadFile") else True


def _point(folder: str, host: str, told: Mapping[str, str]) -> RestorePoint:
    """An incremental one of release 3 holds what is new only; since 4 its size is that of all."""
    older = told["type"] == "incr" and not told.get("version", "").startswith(("4", "5"))
    kind = {"full": "full", "incr": "incremental"}.get(told["type"])
    return RestorePoint(
        repository=f"{PRODUCT}:?:{folder}",
        point=f"{host} #{told['num']}",
        source=_source(host),
        source_name=host if host != "localhost" else None,
        source_kind="files",
        job=host,
        kind=kind,
        created_at=unix_moment(told.get("startTime")),
        finished_at=unix_moment(told.get("endTime")),
        size_bytes=None if older else _count(told, "size") or None,
        stored_bytes=_count(told, "sizeNewComp") or None,
        complete=_whole(told),
        protected=True if told.get("keep") == "1" else None,
    )


def _session(host: str, told: Mapping[str, str]) -> BackupSession:
    whole = _whole(told)
    outcome = "running" if told["type"] == "active" else {True: "ok", None: "warning"}.get(whole, "failed")
    troubles = [f"{_count(told, name)} {said}" for name, said in _TROUBLES if _count(told, name)]
    if told["type"] == "partial":
        troubles.append("it broke off")
    return BackupSession(
        product=PRODUCT,
        server="?",
        session=f"{host} #{told['num']}",
        job=host,
        purpose="backup",
        started_at=unix_moment(told.get("startTime")),
        ended_at=unix_moment(told.get("endTime")),
        outcome=outcome,
        message=", ".join(troubles) or None,
        size_bytes=_count(told, "size") or None,
        transferred_bytes=_count(told, "sizeNew") or None,
    )


_TROUBLES = (("xferErrs", "errors"), ("xferBadFile", "bad files"), ("xferBadShare", "bad shares"))
_ENDS = {
    "Reason_backup_done": "ok",
    "Reason_nothing_to_do": None,
    "Reason_backup_failed": "failed",
    "Reason_restore_failed": None,
    "Reason_no_ping": "failed",
    "Reason_backup_canceled_by_user": "failed",
}


def _recognises_status(text: str) -> float:
    known = "%Status" in text and "Status_" in text
    return 0.95 if known and re.search(r"['\"]activeJob['\"] =>", text) else 0.0


@reader("backuppc-status", fills=(BackupJob,), recognises=_recognises_status)
def read_status(answer: Answer) -> Iterator[Reading]:
    """how the last runs of BackupPC ended: its status.pl, or `BackupPC_serverMesg status hosts`"""
    if not answer.stdout.strip() and all("No such" in why for why in unopened(answer).values()):
        return  # it is written when BackupPC stops or wakes; the lists of backups tell the rest
    told = {host: mapping_of(one) for host, one in hash_named(answer.text, "Status").items()}
    hosts = {host: state for host, state in told.items() if "state" in state and host.strip() == host}
    yield from (_of_status(host, state) for host, state in hosts.items())
    yield from _unread(answer, BackupJob)
    if not hosts:
        yield Missing(BackupJob, "empty", "the state of no host that BackupPC backs up is told")


def _of_status(host: str, state: Mapping[str, Any]) -> BackupJob:
    running = text_of(state.get("state")) == "Status_backup_in_progress"
    outcome = _ENDS.get(text_of(state.get("reason")) or "")
    return BackupJob(
        product=PRODUCT,
        server="?",
        job=host,
        name=f"backup of {host}",
        purpose="backup",
        last_run_at=unix_moment(state.get("startTime")),
        last_success_at=unix_moment(state.get("lastGoodBackupTime")),
        last_outcome="running" if running else outcome,
        selects=_source(host),
    )
