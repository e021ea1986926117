"""What ZFS names mean: kinds of devices, roles of groups, families of snapshots, numbers and times."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from collectors.plain_text import size_bytes, whole_number

ROLES = {
    "logs": "log",
    "log": "log",
    "cache": "cache",
    "l2cache": "cache",
    "spares": "spare",
    "spare": "spare",
    "special": "special",
    "dedup": "dedup",
    "normal": "data",
}
"""Headings of `zpool status`, and classes of its JSON, as roles."""

BROKEN = ("FAULTED", "UNAVAIL", "OFFLINE", "REMOVED", "CANT_OPEN", "CLOSED", "SPLIT")
STATES = frozenset((*BROKEN, "ONLINE", "DEGRADED", "AVAIL", "INUSE", "SUSPENDED", "UNKNOWN", "LABEL"))

_FAMILIES = (
    ("syncoid", r"syncoid_"),
    ("sanoid", r"autosnap_\d{4}-\d\d-\d\d_"),
    ("zrepl", r"zrepl_"),
    ("zfs-auto-snapshot", r"(?:[\w.]+_)?zfs-auto-snap[_-]"),
    ("truenas", r"auto-\d{4}-?\d\d-?\d\d"),
    ("pve-replication", r"__replicate_"),
    ("pve-migration", r"__migration__"),
    ("pyznap", r"pyznap_"),
    ("zfsnap", r"\d{4}-\d\d-\d\d_\d\d\.\d\d\.\d\d--"),
    ("znapzend", r"\d{4}-\d\d-\d\d-\d{6}$"),
    ("zfs-periodic", r"(?:hourly|daily|weekly|monthly|yearly)[-_]\d"),
    ("vzdump", r"vzdump"),
    ("simplesnap", r"__simplesnap_"),
)
REPLICATING = frozenset(("syncoid", "zrepl", "pve-replication", "simplesnap"))
"""Families that are made in order to be sent elsewhere. zrepl's snapshots alone do not prove that: its
bookmarks do."""
_PATTERNS = tuple((name, re.compile(pattern)) for name, pattern in _FAMILIES)

_DAYS = re.compile(
    r"(?:[A-Z][a-z]{2},? )?(?:(?P<m1>[A-Z][a-z]{2}) +(?P<d1>\d{1,2})|(?P<d2>\d{1,2}) (?P<m2>[A-Z][a-z]{2}))"
    r"(?: (?P<y2>\d{4}))? +(?P<h>\d{1,2}):(?P<i>\d\d)(?::(?P<s>\d\d))?(?: ?(?P<pm>[AP]M))?"
    r"(?: [A-Z]{2,5})?(?: (?P<y1>\d{4}))?"
)
_NAMES = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
_MONTHS = {_NAMES[4 * n : 4 * n + 3]: n + 1 for n in range(12)}


def family_of(snapshot: str) -> str:
    """The tool that names snapshots (or bookmarks) so; `other` for names given by hand."""
    return next((name for name, pattern in _PATTERNS if pattern.match(snapshot)), "other")


def kind_of(name: str, told: str = "") -> str:
    """The kind of a device by its name, or by the type that JSON tells (where raidz lacks its parity)."""
    plain = name.rpartition("/")[2] if name.startswith("/") else name
    if match := re.fullmatch(r"raidz([123]?)(?:-\d+)?", plain):
        return f"raidz{match[1] or 1}"
    if match := re.fullmatch(r"draid([123]?)(?::[\w:]+)?(?:-\d+)?", plain):
        return f"draid{match[1] or 1}"
    if match := re.fullmatch(r"(mirror|replacing|spare|indirect|hole|missing)(?:-\d+)?", plain):
        return match[1]
    if told and told not in ("raidz", "draid"):
        return {"dspare": "disk"}.get(told, told)
    return "file" if name.startswith("/") and not name.startswith("/dev/") else "disk"


def number_of(word: str | None) -> int | None:
    """A count, also with a suffix (1.2K) or without any number (-); None if it is none."""
    word = (word or "").strip()
    exact = whole_number(word)
    if exact is not None:
        return exact if exact >= 0 else None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([KMGTPE])", word[:24])
    return round(float(match[1]) * 1000 ** ("KMGTPE".index(match[2]) + 1)) if match else None


def bytes_of(word: object) -> int | None:
    """A size in bytes, exact or with a suffix; None for `-`, `none`."""
    if isinstance(word, bool) or word is None:
        return None
    return size_bytes(str(word).strip())


def percent_of(word: str | None) -> float | None:
    """`42`, `42%`; None for `-`."""
    match = re.fullmatch(r"(\d{1,6}(?:\.\d+)?)%?", (word or "").strip())
    return float(match[1]) if match else None


def switch(word: str | None) -> bool | None:
    """on, yes; off, no; None for the rest."""
    return {"on": True, "yes": True, "off": False, "no": False}.get((word or "").strip())


def moment(seconds: object) -> datetime | None:
    """Seconds since 1970 as a time; None for zero, nonsense and times out of reach."""
    number = whole_number(str(seconds))
    if not number or number < 0:
        return None
    try:
        return datetime.fromtimestamp(number, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def written_time(words: str) -> datetime | None:
    """`Sun Jan  5 00:34:31 2026` and its locale's variants; None if it is no time."""
    match = _DAYS.search(words)
    if match is None or not (match["y1"] or match["y2"]):
        return None
    month = _MONTHS.get(match["m1"] or match["m2"])
    hour = int(match["h"])
    if match["pm"]:
        hour = hour % 12 + (12 if match["pm"] == "PM" else 0)
    try:
        return datetime(
            int(match["y1"] or match["y2"]),
            month or 0,
            int(match["d1"] or match["d2"]),
            hour,
            int(match["i"]),
            int(match["s"] or 0),
            tzinfo=UTC,
        )
    except ValueError:
        return None
