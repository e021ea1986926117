"""The machine itself: os-release, kernel, memory, boot, hypervisor, clock."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from collectors.block_tables import Host
from collectors.collector import Asking, collector, reader
from collectors.decoding import look_into
from collectors.fact import Missing, Reading
from collectors.plain_text import file_lines, whole_number
from collectors.question import Answer, Form

# One question for all of it; the lines of each processor are left out, there can be thousands.
FILES = Form(
    (
        *("grep", "-aHv", "-e", "^cpu", "-e", "^intr", "-e", "^softirq"),
        *(
            "/etc/os-release",
            "/usr/lib/os-release",
            "/proc/sys/kernel/hostname",
            "/proc/sys/kernel/osrelease",
        ),
        *("/proc/stat", "/proc/meminfo", "/run/systemd/container", "/sys/hypervisor/type"),
        *("/sys/class/dmi/id/sys_vendor", "/sys/class/dmi/id/product_name", "/sys/class/dmi/id/bios_vendor"),
        "/sys/class/dmi/id/chassis_type",
    ),
    reads="host-files",
    why="System, kernel, memory, last boot and hypervisor",
)
CLOCK = Form(
    ("date", "-u", "+%s.%N {hostname}"), reads="clock", why="How far its clock is from the collector's"
)
PSUTIL = Form(
    ("psutil", "host"),
    reads="psutil-host",
    why="Mounts, space and I/O counters of this machine where there is no /proc; asked inside holdwater",
)

# what a virtual machine's firmware calls itself (systemd's src/basic/virt.c lists the same makers)
_HYPERVISORS = (
    ("kvm", r"\bKVM\b|QEMU|oVirt|RHEV|OpenStack|Amazon EC2|Google Compute|Alibaba Cloud ECS"),
    ("kvm", r"DigitalOcean|Hetzner vServer"),
    ("vmware", r"VMware|VMW\b"),
    ("microsoft", r"Microsoft Corporation.*Virtual Machine|Hyper-V"),
    ("oracle", r"innotek GmbH|VirtualBox"),
    ("xen", r"\bXen\b|HVM domU"),
    ("bochs", r"Bochs"),
    ("parallels", r"Parallels"),
    ("bhyve", r"\bBHYVE\b"),
    ("nutanix", r"Nutanix.*AHV"),
    ("apple", r"Apple Virtualization"),
)
_DMI = "/sys/class/dmi/id"
_KEYS = ("NAME", "VERSION_ID", "btime", "MemTotal")
_KEYED = re.compile(rf"({'|'.join(_KEYS)})(?:=|:\s+|\s+)(.*)")


@collector("host", asks=(FILES, CLOCK, PSUTIL))
def ask() -> Asking:
    """The machine itself"""
    (files,) = yield (FILES(),)
    hosts = [one.hostname for one in look_into(files) if isinstance(one, Host)]
    if hosts:
        yield (CLOCK(hostname=hosts[0]),)
    else:
        yield (PSUTIL(),)


def _recognises_files(text: str) -> float:
    return 0.9 if re.search(r"^/proc/sys/kernel/hostname:", text, re.MULTILINE) else 0.0


@reader("host-files", fills=(Host,), recognises=_recognises_files)
def read(answer: Answer) -> Iterator[Reading]:
    """the machine as /proc, /sys and os-release tell it"""
    values, told = _values(answer)
    hostname = values.get("/proc/sys/kernel/hostname")
    if not hostname and answer.question.argv == FILES.argv and "No such file" in answer.complaint:
        return  # not Linux: psutil is asked, and that answer counts
    if not hostname:
        yield Missing(Host, "unsupported", answer.complaint or "no name is told")
        return
    boot = whole_number(told.get("/proc/stat btime"))
    memory = whole_number(told.get("/proc/meminfo MemTotal", "").removesuffix("kB"))
    yield Host(
        hostname=hostname,
        os_name=_release(told, "NAME"),
        os_version=_release(told, "VERSION_ID"),
        kernel=values.get("/proc/sys/kernel/osrelease"),
        virtualization=_hypervisor(values),
        boot_at=datetime.fromtimestamp(boot, UTC) if boot and 0 < boot < 1 << 34 else None,
        memory_bytes=memory * 1024 if memory else None,
        vendor=values.get(f"{_DMI}/sys_vendor") or None,
        product=values.get(f"{_DMI}/product_name") or None,
    )


def _values(answer: Answer) -> tuple[dict[str, str], dict[str, str]]:
    """Path → first line; and `FILE KEY` → value of the keys that count, of lines `KEY=value`, `KEY: value` or
    `KEY value`.
    """
    first: dict[str, str] = {}
    keyed: dict[str, str] = {}
    for _, path, line in file_lines(answer):
        if path not in first:
            first[path] = line.strip()
        if line.startswith(_KEYS) and (match := _KEYED.match(line)):
            keyed.setdefault(f"{path} {match[1]}", match[2].strip().strip("\"'"))
    return first, keyed


def _release(told: Mapping[str, str], key: str) -> str | None:
    return told.get(f"/etc/os-release {key}") or told.get(f"/usr/lib/os-release {key}") or None


def _hypervisor(values: Mapping[str, str]) -> str | None:
    """Container or hypervisor, `none` where the firmware names a real machine, None if nothing tells."""
    if container := values.get("/run/systemd/container"):
        return container
    firmware = " ".join(
        values.get(f"{_DMI}/{name}", "") for name in ("sys_vendor", "product_name", "bios_vendor")
    )
    for name, pattern in _HYPERVISORS:
        if re.search(pattern, firmware):
            return name
    if kind := values.get("/sys/hypervisor/type"):
        return kind
    # SMBIOS chassis type 1 is "other" and 2 "unknown": what hypervisors put there
    real = firmware.strip() and values.get(f"{_DMI}/chassis_type") not in (None, "", "1", "2")
    return "none" if real else None


@reader("clock", fills=(Host,), recognises=lambda text: 0.0)
def read_clock(answer: Answer) -> Iterator[Reading]:
    """the machine's clock beside the collector's"""
    match = re.fullmatch(r"(\d{9,11})(?:\.(\d{1,9}|%?N))? (\S.*)", answer.text.strip())
    if match is None or answer.started_at is None:
        yield Missing(Host, "unreadable", answer.complaint or f"not a time: {answer.text[:60]!r}")
        return
    fraction = match[2] if match[2] and match[2].isdigit() else "0"
    theirs = datetime.fromtimestamp(int(match[1]), UTC) + timedelta(seconds=float(f"0.{fraction}"))
    # the target looked at its clock somewhere between our question and its answer
    ours = answer.started_at + timedelta(seconds=answer.duration_seconds / 2)
    yield Host(hostname=match[3], clock_skew_seconds=round((theirs - ours).total_seconds(), 1) + 0.0)
