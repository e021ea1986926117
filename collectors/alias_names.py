"""Which names stand in the rows of a target, and which words are no names at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from importlib.resources import files

from collectors.fact import Fact, Gap
from collectors.table import Row

_COLUMNS = {
    "machine": "hostname host host_name node nodes server peer cluster systems needs",
    "guest": "guest guests guest_name",
    "person": "user owner creator by mail_to notifies admin credentials",
    "name": """
        mountpoint mountpoints path paths location backing_path backing last_mounted_on source files
        file origin runbook artefact pool dataset datasets group volume fs_label volume_name array_name
        map mapped_name datastore storage repository job resource snapshot label target_name
        display_name place parent newest held_newest key_location stored_on where annotation description
        subject selects excludes opens kept name asset zone tag encryption_root point log source_name
    """,
}
KINDS = {column: kind for kind, columns in _COLUMNS.items() for column in columns.split()}
"""Column → kind of the names in it; paths and lists are taken apart."""
PLAIN = frozenset(
    [
        "block_path",
        "block_queue",
        "ceph_check",
        "coalesce_log",
        "controller_tool",
        "drive_attribute",
        "drive_error",
        "drive_self_test",
        "drive_scan",
        "drive_statistic",
        "kernel_event",
        "lvm_setting",
        "storage_controller",
        "windows_event",
        "dm_target",
    ]
)
"""Tables whose names are words of kernels and tools."""
IDENTIFIERS = ("serial", "guid")
TABLES = {"guest": "guest", "host": "machine", "hypervisor_node": "machine", "hypervisor_host": "machine"}
"""Tables whose column `name` names that kind."""

_OF_KERNEL = ("/sys/", "/proc/", "/dev/disk/by-path/", "/dev/pts", "/run/user")
_WORD = re.compile(r"[^\s/\\:;,=@\[\]()<>\"'|{}#&]+")
_KERNEL = re.compile(
    r"(?:[shvx]v?d[a-z]{1,3}|ubd[a-z]|nvme\d+(?:[cn]\d+)*|mmcblk\d+|md_?d?\d*|dm-?\d*|sr\d*|loop\d*|zram\d*|nbd\d+"
    r"|bcache\d*|drbd\d*|fd\d|st\d+|sg\d+|ram\d+|rbd\d+|zd\d+|PhysicalDrive\d*|Harddisk\w*|tty\w*|eth\d+|en[ops]\w+"
    r"|pci\w+|ata\d+|host\d+|target\d+|virtio\d*|usb\d*|scsi\d*|platform|uml-blkdev\S*|modules|filesystems)"
    r"(?:p?\d+)?|[A-Z]",
    re.IGNORECASE,
)
_PIECE = re.compile(r"[^\W_]+")
_NUMBER = re.compile(
    r"\d[\w.:-]*|[0-9a-f]{1,4}[.:][0-9a-f.:]+|[\d.,+:x%_-]+[a-z]{0,3}|v?\d+(?:\.\d+)+\S*", re.IGNORECASE
)

COMMON = frozenset(files("collectors").joinpath("common_words.txt").read_text("utf-8").split())
"""Words that tools and half the world use: they identify nobody, and replacing them would break readers."""


def is_name(word: str, vocabulary: frozenset[str] = frozenset()) -> bool:
    """Whether a word could tell whose system this is."""
    low = word.lower()
    return (
        len(word) >= 3
        and low not in COMMON
        and low not in vocabulary
        and not _KERNEL.fullmatch(word)
        and not _NUMBER.fullmatch(word)
        and any(letter.isalpha() for letter in word)
    )


def pieces(word: str) -> Iterator[str]:
    """The words a name is made of: `web-shop_2.vmdk` gives web, shop, 2 and vmdk."""
    yield from _PIECE.findall(word)


def parts(text: str) -> Iterator[str]:
    """The words of a path, a list or a sentence."""
    for found in _WORD.finditer(text):
        yield found[0].strip("._-+~*$!?%")


def names(told: Iterable[Fact[Row] | Gap | object]) -> Iterator[tuple[str, str]]:
    """(kind, name) of every word in the rows' naming columns; identifiers have the kind `identifier`."""
    columns: dict[type[Row], tuple[tuple[str, str], ...]] = {}
    for one in told:
        if not isinstance(one, Fact):
            continue
        row_type = type(one.row)
        if row_type not in columns:
            columns[row_type] = tuple(_columns(row_type))
        for column, kind in columns[row_type]:
            value = getattr(one.row, column)
            for text in value if isinstance(value, tuple | frozenset) else (value,):
                if not isinstance(text, str) or not text or text.startswith(_OF_KERNEL):
                    continue
                if kind == "identifier":
                    yield kind, text.strip()
                else:
                    yield from ((kind, word) for word in parts(text))


def _columns(row_type: type[Row]) -> Iterator[tuple[str, str]]:
    for one in fields(row_type):
        if row_type.TABLE in PLAIN and one.name not in IDENTIFIERS:
            continue
        if one.name in IDENTIFIERS:
            yield one.name, "identifier"
        elif one.name == "name":
            yield one.name, TABLES.get(row_type.TABLE, "name")
        elif one.name in KINDS:
            yield one.name, KINDS[one.name]
