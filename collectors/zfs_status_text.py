"""`zpool status` as text, from zfs-fuse and illumos to OpenZFS 2.3 (print_status_config of zpool_main.c).

The tree is told by indentation alone: two blanks for each level, relative to the line of the pool. Names may
hold blanks, so the known words for states divide a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from collectors.fact import At, Missing, Reading
from collectors.plain_text import is_prompt, numbered_lines
from collectors.zfs_scan_text import scan_of
from collectors.zfs_tables import ZpoolStatus, ZpoolVdev
from collectors.zfs_words import ROLES, STATES, kind_of, number_of, written_time

_KEY = re.compile(
    r"\s{0,16}(pool|id|state|status|action|see|comment|scan|scrub|resilver|remove|checkpoint|expand|"
    r"raidz expansion|dedup|config|errors):(?: (.*)|\s*)$"
)
_STATE = "|".join(sorted(STATES))
_NUMBER = r"(?:\d+(?:\.\d+)?[KMGTPE]?|-)"
_DEVICE = re.compile(
    rf"(?P<indent>\s*)(?P<name>\S(?:.*?\S)??)\s+(?P<state>{_STATE})"
    rf"(?:\s+(?P<read>{_NUMBER})\s+(?P<write>{_NUMBER})\s+(?P<cksum>{_NUMBER})(?P<slow>\s+{_NUMBER})?)?"
    r"(?:\s+(?P<note>\S.*?))?\s*$"
)
_HEADING = re.compile(r"\s*NAME\s+STATE\b")
_GROUP = re.compile(rf"(\s*)({'|'.join(ROLES)})\s*$")
_MESSAGE = re.compile(r"\b(ZFS-8000-\w+)")
_ERRORS = re.compile(r"(\d{1,18}) data errors?, use '-v'")
_MOST_LISTED = 20
_DEEPEST = 8


@dataclass(slots=True)
class Device:
    """One line of the tree."""

    name: str
    depth: int
    line: int
    role: str
    state: str
    counts: tuple[str | None, str | None, str | None, str | None]
    note: str


@dataclass(slots=True)
class Block:
    """The lines of one pool."""

    pool: str
    line: int
    values: dict[str, str] = field(default_factory=dict)
    scans: list[str] = field(default_factory=list)
    devices: list[Device] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    base: int | None = None
    role: str = "data"
    slow: bool = False
    key: str = ""


def blocks(text: str) -> list[Block]:
    """The pools of an answer, in order."""
    found: list[Block] = []
    for number, line in numbered_lines(text):
        plain = line.expandtabs(8)
        match = _KEY.match(plain)
        listing = bool(found) and found[-1].key == "errors"
        if match and match[1] == "pool" and (match[2] or "").strip():
            found.append(Block(match[2].strip(), number, key="pool"))
        elif match and found and not (listing and match[1] != "config"):
            _open(found[-1], match[1], (match[2] or "").strip())
        elif found and plain.strip() and not is_prompt(plain):
            _more(found[-1], plain, number)
    return found


def _open(block: Block, key: str, value: str) -> None:
    block.key = "scan" if key in ("scrub", "resilver") else key
    if block.key == "scan":
        block.scans.append(value)
    else:
        block.values[key] = value


def _more(block: Block, line: str, number: int) -> None:
    """A line that continues what was opened last."""
    device = _DEVICE.fullmatch(line)
    if _HEADING.match(line):
        block.key, block.slow = "config", "SLOW" in line
    elif block.key == "errors":
        if len(block.damaged) < 100_000:
            block.damaged.append(line.strip())
    elif group := _GROUP.fullmatch(line) if block.devices else None:
        block.key, block.role = "config", ROLES[group[2]]
    elif device and (block.key == "config" or (block.key == "scan" and device["name"] == block.pool)):
        block.key = "config"
        _device(block, device, number)
    elif block.key == "config":
        block.strange.append(line.strip())
    elif block.key == "scan":
        block.scans[-1] += "\n" + line.strip()
    elif block.key in block.values:
        block.values[block.key] += " " + line.strip()


def _device(block: Block, match: re.Match[str], number: int) -> None:
    indent = len(match["indent"])
    if block.base is None:
        block.base = indent
    slow, note = match["slow"], match["note"] or ""
    if slow and not block.slow:  # no such column: the number begins the note
        note, slow = f"{slow.strip()} {note}".strip(), None
    counts = (match["read"], match["write"], match["cksum"], slow)
    depth = max(0, indent - block.base) // 2
    block.devices.append(Device(match["name"], depth, number, block.role, match["state"], counts, note))


def told(block: Block, errors_beside: str = "") -> Iterator[Reading]:
    """The rows of one pool. *errors_beside*: an `errors:` line that went to stderr."""
    root = block.devices[0] if block.devices and block.devices[0].depth == 0 else None
    yield At(_status(block, root, errors_beside), f"line {block.line}")
    if root is None:
        yield Missing(ZpoolVdev, "truncated", "the list of its devices is missing", block.pool)
        return
    for line in block.strange:
        yield Missing(ZpoolVdev, "unreadable", f"line not understood: {line[:120]}", block.pool)
    below = block.devices[1:]
    if not any(one.depth and one.role == "data" for one in below):
        yield Missing(ZpoolVdev, "truncated", "no device of it is listed, or not indented", block.pool)
    yield from _tree(block, [one for one in below if one.depth])


def _status(block: Block, root: Device | None, errors_beside: str) -> ZpoolStatus:
    values, words = block.values, block.values.get("errors") or errors_beside
    count, listed = _data_errors(words, block.damaged)
    see = _MESSAGE.search(values.get("see", ""))
    counts = root.counts if root else (None, None, None, None)
    advice = values.get("status")
    return ZpoolStatus(
        pool=block.pool,
        state=values.get("state") or None,
        tree_state=root.state if root else None,
        guid=values.get("id") or None,
        status=advice,
        action=values.get("action"),
        message_id=see[1] if see else None,
        errors_text=words or None,
        data_errors=count,
        damaged="\n".join(block.damaged[:_MOST_LISTED]),
        metadata_damaged=metadata_damaged(block.damaged) if listed or count == 0 else None,
        features_off=features_off(advice),
        checkpoint_at=written_time(values.get("checkpoint", "")),
        read_errors=number_of(counts[0]),
        write_errors=number_of(counts[1]),
        checksum_errors=number_of(counts[2]),
        **scan_of(block.scans),
    )


def _data_errors(words: str, damaged: list[str]) -> tuple[int | None, bool]:
    """How many permanent errors are told, and whether they are listed."""
    if words.startswith("No known data errors"):
        return 0, False
    if match := _ERRORS.match(words):
        return int(match[1]), False
    if words.startswith("Permanent errors"):
        return max(1, len(damaged)), bool(damaged)
    return None, False


def metadata_damaged(damaged: list[str]) -> bool:
    """Whether an object of the pool's own metadata is among the damaged ones."""
    return any(name.startswith("<metadata>") for name in damaged)


def features_off(advice: str | None) -> bool:
    """Whether the status says that the pool does not use all that the software supports."""
    words = advice or ""
    return "features are not enabled" in words or "formatted using an older on-disk" in words


def _tree(block: Block, devices: list[Device]) -> Iterator[Reading]:
    above: list[tuple[int, str]] = []
    children: dict[str, int] = {}
    seen: set[str] = set()
    for one in devices:
        if one.depth > _DEEPEST:
            yield Missing(ZpoolVdev, "unreadable", f"line {one.line} is indented too deep", block.pool)
            continue
        while above and above[-1][0] >= one.depth:
            above.pop()
        parent = above[-1][1] if above else ""
        group = parent or ("" if one.role == "data" else one.role)
        name = one.name.rpartition("/")[2] or one.name
        place = f"{group}/{name}" if group else name
        if place in seen:  # two of one name
            place = f"{place}#{one.line}"
        seen.add(place)
        row = _vdev(block.pool, one, place, parent, above[0][1] if above else place, children.get(group, 0))
        children[group] = children.get(group, 0) + 1
        above.append((one.depth, place))
        yield At(row, f"line {one.line}")


def _vdev(pool: str, one: Device, place: str, parent: str, top: str, number: int) -> ZpoolVdev:
    read, write, cksum, slow = one.counts
    note = one.note
    action = re.search(r"\((resilvering|repairing|awaiting resilver)", note)
    was = re.search(r"\bwas (/\S+)", note)
    return ZpoolVdev(
        pool=pool,
        place=place,
        vdev=one.name,
        kind=kind_of(one.name),
        role=one.role,
        parent=parent,
        top=top,
        number=number,
        state=one.state,
        read_errors=number_of(read),
        write_errors=number_of(write),
        checksum_errors=number_of(cksum),
        slow_ios=number_of(slow),
        note=note,
        action=action[1] if action else None,
        path=one.name if one.name.startswith("/") else was[1] if was else None,
    )
