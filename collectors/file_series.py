"""Names of dumps and archives: what a file is, the time in its name, and the series it belongs to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

_WRAPPED = r"(?:\.(?:gz|bz2|xz|zst|zstd|lz4|lzo|lz|Z|7z|zip))?"
_SEALED = r"(?:\.(?:gpg|age|enc|aes|asc))?"
_ENDINGS = {
    "database": r"sql|dump|dmp|pgdump|pg_dump|mysql|bak|trn|dif|rdb|ldif|xbstream|bson|fbk|nbk|sqlite3?",
    "guest": r"vma|vmdk|vhdx?|qcow2|ova|ovf|vbk|vib|vrb|xva",
    "files": r"tar|tgz|tbz2?|txz|tzst|zip|7z|rar|cpio|dar|img|iso|wim|tib|mrimg|zfs|snap",
    "configuration": r"cfg|conf|xml|json|ya?ml",
}
_KINDS = {
    kind: re.compile(rf"\.(?:{endings}){_WRAPPED}{_SEALED}$", re.IGNORECASE)
    for kind, endings in _ENDINGS.items()
}
_PACKED = re.compile(
    r"\.(?:gz|bz2|xz|zst|zstd|lz4|lzo|lz|Z|7z|zip|tgz|tbz2?|txz|tzst|rar|vma)\b", re.IGNORECASE
)
_ENCRYPTED = re.compile(r"\.(?:gpg|age|enc|aes)$", re.IGNORECASE)
_UNFINISHED = re.compile(r"(?i)\.(?:partial|part|tmp|temp|incomplete|filepart|inprogress)$|^\.~|~$")
_DATE = re.compile(
    r"(?<!\d)(?P<y>(?:19|20)\d\d)(?P<s>[-_./]?)(?P<m>0[1-9]|1[0-2])(?P=s)(?P<d>0[1-9]|[12]\d|3[01])"
    r"(?:[-_.T @]{0,2}(?P<h>[01]\d|2[0-3])[-_.:h]?(?P<i>[0-5]\d)(?:[-_.:m]?(?P<e>[0-5]\d))?(?:Z|s)?)?(?!\d)"
)
_DAY_FIRST = re.compile(
    r"(?<!\d)(?P<d>0[1-9]|[12]\d|3[01])(?P<s>[-_.])(?P<m>0[1-9]|1[0-2])(?P=s)(?P<y>20\d\d)(?!\d)"
)
_MONTH = re.compile(r"(?<!\d)(?P<y>20\d\d)[-_.]?(?P<m>0[1-9]|1[0-2])(?!\d)")
_EPOCH = re.compile(r"(?<!\d)(1[5-9]\d{8})(?!\d)")
_DAYS = re.compile(r"(?i)(?<![a-z])(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|satur|sat|sun)(?:day)?(?![a-z])")
_TURNED = re.compile(r"(?<=\.)\d{1,3}(?=\.|$)|(?<=[-_])\d{1,2}(?=\.[a-z]|$)")
_VZDUMP = re.compile(r"vzdump-(qemu|lxc|openvz)-(\d+)-")


@dataclass(frozen=True, slots=True)
class Named:
    """What a path tells. *series*: the path with times and rotation numbers out; *at*: the time in it."""

    series: str
    at: datetime | None
    kind: str | None
    unfinished: bool
    packed: bool
    encrypted: bool

    @property
    def is_copy(self) -> bool:
        """Whether it looks like a dump or an archive: by its ending, or a dated file without a known one."""
        return self.kind not in (None, "configuration") or (self.at is not None and "*" in self.series)


def named(path: str) -> Named:
    """What the path of a file tells of it."""
    name = path.rpartition("/")[2]
    whole = _UNFINISHED.sub("", path)
    kind = next((kind for kind, ending in _KINDS.items() if ending.search(whole)), None)
    series, at = dated(whole)
    return Named(
        series=series,
        at=at,
        kind=kind,
        unfinished=_UNFINISHED.search(name) is not None,
        packed=_PACKED.search(whole) is not None,
        encrypted=_ENCRYPTED.search(whole) is not None,
    )


def dated(path: str) -> tuple[str, datetime | None]:
    """The path with `*` in place of times, days of the week and rotation numbers, and its last time."""
    times: list[datetime] = []

    def note(found: re.Match[str]) -> str:
        at = _moment(found)
        if at is None:
            return found[0]
        times.append(at)
        return "*"

    for pattern in (_DATE, _DAY_FIRST, _EPOCH, _MONTH):
        path = pattern.sub(note, path)
    folder, slash, name = path.rpartition("/")
    path = f"{folder}{slash}{_TURNED.sub('*', _DAYS.sub('*', name))}"
    return re.sub(r"\*(?:[-_.T ]*\*)+", "*", path), max(times, default=None)


def _moment(found: re.Match[str]) -> datetime | None:
    told = found.groupdict()
    try:
        if not told:
            return datetime.fromtimestamp(int(found[1]), UTC)
        year, month, day = int(told["y"]), int(told["m"]), int(told.get("d") or 1)
        hour, minute, second = (int(told.get(name) or 0) for name in "hie")
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def source_of(series: str) -> tuple[str, str | None]:
    """Identity and kind of what a series copies: a guest where vzdump named it, else the series."""
    guest = _VZDUMP.search(series)
    if guest:
        return f"{'vm' if guest[1] == 'qemu' else 'ct'}/{guest[2]}", "guest" if guest[
            1
        ] == "qemu" else "container"
    return series, None
