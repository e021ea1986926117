"""One vocabulary for the words that RAID tools have for levels, states, caches, sizes and dates."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from collectors.smart_values import celsius, text

NOTHING = {"", "-", "--", "n/a", "na", "none", "unknown", "not available", "not applicable", "xx-xxx-xxxx"}
_SIZE = re.compile(r"(\d{1,15}(?:[.,]\d{1,6})?)\s*([KMGTP]?i?B?)\b", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

VOLUME_STATES: tuple[tuple[str, str], ...] = (
    (r"inoperable|inactive|offline|ofln|failed|dead|missing|broken|crashed", "failed"),
    (r"inter[iu]m recovery|ready for (?:rebuild|recovery)|recover|rebuild|\brec\b|out.of.sync", "degraded"),
    (r"degraded|dgrd|pdgd|partial|suboptimal|impaired|critical|exposed|incomplete|inaccessible", "degraded"),
    (
        r"optimal|optl|okay|\bok\b|normal|functional|enabled|online|impacted|conditional|verify|migrat|initial"
        r"|expand|transform|checking|synchroni|resync|erase|optimizing|formatting|valid",
        "optimal",
    ),
)
"""Pattern and state, worst first: "Degraded, Rebuilding" is degraded, "OK (verifying)" is not."""

DISK_STATES: tuple[tuple[str, str], ...] = (
    (r"\brbld\b|rebuild|cpybck|copyback|recover(?:ing|y)|replacing|out_of_sync|\brbd\b", "rebuilding"),
    (r"offln|offline|\bofl\b|inactive", "offline"),
    (r"msng|missing|device-removed|not.?present|removed|\bmis\b", "missing"),
    (r"\bubad\b|unconfigured ?\(?bad|\bubunsp\b|unsupported|unconf.*bad", "bad"),
    (
        r"failed|\bfld?\b|predict|\bdead\b|faulty|defunct|degraded|drive-error|\berror\b|ecc-error|inoperable|crit"
        r"|smart|\bavl\b.*fail|timeout|not-supported",
        "failed",
    ),
    (r"\bf-?ugood|frgn|foreign", "foreign"),
    (r"hot.?spare|\bghs\b|\bdhs\b|\bspare\b|standby|\bhsp\b", "spare"),
    (r"jbod|pass.?thr(?:ough|u)|exposed|\braw\b|single disk|hba|\brdy\b|simple", "jbod"),
    (r"ugood|unconfigured|unassigned|available|\bready\b|free|\bugshld|\bugunsp", "unassigned"),
    (r"onln|online|optimal|\bok\b|okay|normal|assigned|functional|present|verify|initiali", "online"),
)


def word(value: Any) -> str | None:
    """A name or state; None for the many ways of saying nothing."""
    told = text(str(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    return None if told is None or told.lower() in NOTHING else told


def sentence(value: str) -> str:
    """What a tool complains of, without control characters, at most 200 of the rest."""
    return (text(value[:400]) or "")[:200]


def _matched(told: str | None, table: tuple[tuple[str, str], ...]) -> str | None:
    if told is None:
        return None
    low = told.lower()
    return next((state for pattern, state in table if re.search(pattern, low)), "unknown")


def volume_state(told: str | None) -> str | None:
    """optimal, degraded, failed or unknown; None if nothing was told."""
    return _matched(told, VOLUME_STATES)


def disk_state(told: str | None) -> str | None:
    """The state of a drive in the words of the table raid_disk."""
    return _matched(told, DISK_STATES)


def controller_status(told: str | None) -> str | None:
    """optimal, attention, failed or unknown."""
    if told is None:
        return None
    low = told.lower()
    if re.search(r"not ok|fail|fault|lock ?up|dead|not respond|crit|safe mode", low):
        return "failed"
    if re.fullmatch(r"(?:optimal|ok|okay|normal|good|ready|success)\b.*", low):
        return "optimal"
    return (
        "attention"
        if re.search(r"attention|degraded|warn|error|unhealthy|recover|pending", low)
        else "unknown"
    )


def action_of(told: str | None) -> str | None:
    """What a volume is doing, in the words of other arrays; None if the words tell no action."""
    low = (told or "").lower()
    for pattern, action in (
        (r"rebuild|recover|rbld|inter[iu]m", "recovery"),
        (
            r"init|build/verify|impacted|clear|synchroni|resync|bgi\b|foreground|background init|\bsync\b",
            "resync",
        ),
        (r"verify|check|\bcc\b|scrub|media patrol", "check"),
        (r"migrat|reconstruct|expand|transform|reshap|extend|\bocem?\b", "reshape"),
    ):
        if re.search(pattern, low) and "completed" not in low and "not running" not in low:
            return action
    return None


def percent_of(told: str | None) -> float | None:
    """`45%`, `45 % complete`, `(Build/Verify with fix : 90 %)`: the share done."""
    found = re.search(r"(\d{1,3}(?:\.\d{1,4})?)\s*%", told or "")
    return float(found[1]) if found and float(found[1]) <= 100 else None


def level_of(told: str | None) -> str | None:
    """raid5 for RAID5, RAID-5, 5, `Primary-5, Secondary-0, …`, `6 Reed-Solomon`; raid10 for `1(1+0)`."""
    low = (told or "").lower().strip()
    if found := re.match(r"primary-(\d+), secondary-(\d+)", low):
        primary, spans = found[1], found[2]
        return f"raid{primary}0" if spans == "3" and primary in "156" else f"raid{primary}"
    if re.search(r"1\s*\+\s*0|r?aid[- ]?10|raid[- ]?1e\b.*span", low) or low == "10":
        return "raid10"
    if re.search(r"\badg\b|adm\b", low):
        return "raid6" if "adg" in low else "raid1"
    if low in ("jbod", "single", "simple_volume", "simple volume", "single disk", "volume"):
        return "single"
    if low in ("mirror", "mirrored"):
        return "raid1"
    if low in ("stripe", "striped"):
        return "raid0"
    found = re.match(r"(?:raid)?[-_ ]?(\d{1,2})(e?e?)\b", low)
    known = {"0", "00", "1", "3", "4", "5", "6", "10", "50", "60"}
    if found is None or found[1] not in known:
        return None
    return "raid0" if found[1] == "00" else f"raid{found[1]}"


def size_of(told: Any, *, decimal: bool = False) -> int | None:
    """`14.551 TB`, `93.1  GB`, `140013 MB`, `58.207 TB [0x… Sectors]` in bytes.

    Most tools write GB and mean powers of 1024; *decimal* is for those that mean powers of 1000.
    """
    if not isinstance(told, str):
        return None
    if sectors := re.search(r"\[0x([0-9a-fA-F]{1,14}) Sectors\]", told):
        return int(sectors[1], 16) * 512
    found = _SIZE.match(told.strip())
    if found is None or found[2][:1].upper() not in tuple("KMGTP"):
        return None
    base = 1000 if decimal else 1024
    scale: int = base ** ("KMGTP".index(found[2][0].upper()) + 1)
    return round(float(found[1].replace(",", ".")) * scale) or None


def degrees_of(told: Any) -> int | None:
    """` 28C (82.40 F)`, `54 C/ 129 F (Normal)`, `31 deg C`, `28`."""
    found = re.match(r"\s*(-?\d{1,3})\b", str(told)) or re.match(r"\s*(-?\d{1,3})\s*(?:C\b|deg)", str(told))
    return celsius(found[1]) if found else celsius(_before_unit(told))


def _before_unit(told: Any) -> str | None:
    found = re.match(r"\s*(-?\d{1,3})\s?[C°]", str(told))
    return found[1] if found else None


def sector_of(told: Any) -> int | None:
    """`512B`, `4 KB`, `4Kn` in bytes."""
    found = re.match(r"\s*(\d{1,5})\s*(K?)", str(told))
    if found is None:
        return None
    size = int(found[1]) * (1024 if found[2] else 1)
    return size if size in (512, 520, 528, 4096, 4160, 4224) else None


def day_of(told: Any) -> datetime | None:
    """Midnight UTC of `2011/03/18`, `03/18, 2011`, `27/10/2015`, `24-Jul-2012`, `Thu Dec 21 2023`."""
    said = str(told or "")[:200]
    if found := re.search(r"\b(\d{4})[/-](\d{1,2})[/-](\d{1,2})\b", said):
        return _midnight(found[1], found[2], found[3])
    if found := re.search(r"\b(\d{1,2})/(\d{1,2})[,/]\s*(\d{4})\b", said):
        return _midnight(found[3], found[1], found[2]) or _midnight(found[3], found[2], found[1])
    if found := re.search(r"\b(\d{1,2})-([A-Za-z]{3})-(\d{4})\b", said):
        return _midnight(found[3], _month(found[2]), found[1])
    if found := re.search(r"\b([A-Za-z]{3})\s+(\d{1,2})\b.*?\b(\d{4})\b", said):
        return _midnight(found[3], _month(found[1]), found[2])
    return None


def _month(name: str) -> str:
    return str(_MONTHS.index(name.lower()) + 1) if name.lower() in _MONTHS else "0"


def _midnight(year: str, month: str, day: str) -> datetime | None:
    try:
        found = datetime(int(year), int(month), int(day), tzinfo=UTC)
    except ValueError:
        return None
    return found if 1990 <= found.year < 2100 else None


def wwn_of(told: Any) -> str | None:
    """Hex digits in lower case; None for zeros and for what is no such name."""
    digits = re.sub(r"^0x|[-:. ]", "", str(told or "").strip().lower())
    return digits if re.fullmatch(r"[0-9a-f]{16}|[0-9a-f]{32}", digits) and digits.strip("0") else None


def yes(told: Any) -> bool | None:
    """True or False for Yes/No, True/False, On/Off, Enabled/Disabled; else None."""
    low = str(told).strip().lower() if told is not None else ""
    if re.match(r"(?:yes|true|on|enabled?|present|active)\b", low):
        return True
    return False if re.match(r"(?:no|false|off|disabled?|absent|inactive|not present)\b", low) else None


def transport_of(told: Any) -> str | None:
    """sata, sas or nvme out of `SATA`, `SAS HDD`, `NVMe`, `Serial ATA`."""
    low = str(told or "").lower()
    if "nvme" in low or "pcie" in low:
        return "nvme"
    if "sata" in low or "serial ata" in low:
        return "sata"
    return "sas" if "sas" in low else None


def spins(told: Any) -> bool | None:
    """Whether `HDD`, `Hard Disk Device`, `SATA SSD` is a spinning disk."""
    low = str(told or "").lower()
    if "ssd" in low or "solid" in low or "flash" in low:
        return False
    return True if "hdd" in low or "hard disk" in low else None


def battery_state(told: str | None) -> str | None:
    """ok, learning, charging, weak, failed, missing or unknown, out of the tool's words."""
    if told is None:
        return None
    low = told.lower()
    for pattern, state in (
        (r"not installed|not present|missing|absent|no battery|not.?attached|removed|notpresent", "missing"),
        (r"fail|replace|bad|dead|non.?operational|faulty|expired|no.?go|\berror\b|weakbat|fault", "failed"),
        (r"degraded|weak|low|over.?temp|high|warn|attention|unhealthy", "weak"),
        (r"learn|relearn|calibrat|testing|test\b", "learning"),
        (r"charg", "charging"),
        (
            r"^(?:optimal|ok|okay|normal|good|ready|operational|fully charged|zmm optimal|healthy|present)\b",
            "ok",
        ),
    ):
        if re.search(pattern, low):
            return state
    return "unknown"
