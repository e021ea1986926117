"""What sysfs and /proc show of storage stacks that few hosts have: one question finds out which are there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from collectors.plain_text import file_lines
from collectors.question import Answer

_DM = re.compile(r"/sys/block/(dm-\d+)/(?:dm/(uuid|name)|slaves/([^/]+)/dev)")
_FILES = re.compile(
    r"/sys/(?:class/iscsi_session/(?P<session>[^/]+)/(?:state|targetname|recovery_tmo)"
    r"|class/nvme/(?P<nvme>nvme\d+)/(?:[^/]+/)?(?:transport|state|address|subsysnqn|ana_state)"
    r"|block/(?P<bcache>bcache\d+)/bcache/(?:state|cache_mode|dirty_data|running))"
)
_PORTAL = re.compile(r"/sys/class/iscsi_connection/connection(\d+):\d+/persistent_address:(.*)")


@dataclass(slots=True)
class Mapped:
    """A device of the device mapper: its UUID tells who made it (mpath-, CRYPT-LUKS2-, LVM-)."""

    device: str
    uuid: str = ""
    name: str = ""
    lower: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Traces:
    """Files by name of the thing they describe. *drbd*: the lines of /proc/drbd, None if it is not there."""

    mapped: dict[str, Mapped] = field(default_factory=dict)
    iscsi: dict[str, dict[str, str]] = field(default_factory=dict)
    nvme: dict[str, dict[str, str]] = field(default_factory=dict)
    bcache: dict[str, dict[str, str]] = field(default_factory=dict)
    drbd: list[str] | None = None
    ceph: bool = False

    @property
    def multipath(self) -> bool:
        return any(one.uuid.startswith("mpath-") for one in self.mapped.values())

    @property
    def encrypted(self) -> list[tuple[Mapped, str]]:
        """Opened LUKS devices with the device below each."""
        found = (one for one in self.mapped.values() if one.uuid.startswith("CRYPT-LUKS"))
        return [(one, one.lower[0]) for one in found if one.lower]

    @property
    def integrity(self) -> bool:
        return any(one.uuid.startswith("CRYPT-INTEGRITY") for one in self.mapped.values())

    @property
    def drbd_tells(self) -> bool:
        """DRBD 8 lists its devices in /proc/drbd; version 9 only its version."""
        return any(" cs:" in line for line in self.drbd or ())

    @property
    def fabrics(self) -> Mapping[str, Mapping[str, str]]:
        """NVMe controllers reached over a network."""
        return {
            name: told
            for name, told in self.nvme.items()
            if told.get("transport") not in (None, "", "pcie", "loop", "apple-nvme")
        }


def traces(answer: Answer) -> Traces:
    """The answer in order. Lines of other files are passed over."""
    found = Traces()
    for _, path, value in file_lines(answer):
        if path == "/proc/drbd":
            found.drbd = [*(found.drbd or []), value]
        elif path == "/etc/ceph/ceph.conf":
            found.ceph = True
        elif path.startswith("/sys/class/iscsi_connection/"):
            _connection(found, f"{path}:{value}")
        elif match := _DM.fullmatch(path):
            _mapped(found, match, value.strip())
        elif match := _FILES.fullmatch(path):
            name = match["session"] or match["nvme"] or match["bcache"]
            of = found.iscsi if match["session"] else found.nvme if match["nvme"] else found.bcache
            of.setdefault(name, {}).setdefault(path.rpartition("/")[2], value.strip())
    return found


def _mapped(found: Traces, match: re.Match[str], value: str) -> None:
    one = found.mapped.setdefault(match[1], Mapped(match[1]))
    if match[3]:
        one.lower.append(match[3].replace("!", "/"))
    elif match[2] == "uuid":
        one.uuid = value
    else:
        one.name = value


def _connection(found: Traces, line: str) -> None:
    """The path itself holds a colon: connection1:0 belongs to session1."""
    if match := _PORTAL.fullmatch(line):
        found.iscsi.setdefault(f"session{match[1]}", {}).setdefault("portal", match[2].strip())
