"""Ways to put one value of smartctl's text where its JSON has it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from collectors.moments import ctime
from collectors.smart_values import whole

Store = Callable[[dict[str, Any], str, str], None]
"""Puts a value (second) and the lines that go on with it (third) into a tree."""

_NUMBER = re.compile(r"\s*(0[xX][0-9a-fA-F]+|-?\d{1,3}(?:[,.'’�   ]\d{3})+(?![\d.])|-?\d+)")
UNTOLD = re.compile(r"(?:-+|\.\.\.|\[?no(?:t available|ne)\]?|unknown|n/a)?\s*", re.IGNORECASE)


def put(tree: dict[str, Any], path: str, value: Any) -> None:
    """Set the value at a dotted path."""
    *way, last = path.split(".")
    for name in way:
        tree = tree.setdefault(name, {})
    tree[last] = value


def number_in(said: str) -> int | None:
    """The whole number *said* begins with, whatever separates its thousands."""
    found = _NUMBER.match(said)
    if found is None:
        return None
    digits = found[1]
    return whole(digits if digits[:2] in ("0x", "0X") else re.sub(r"[^\d-]", "", digits))


def text(path: str) -> Store:
    def store(tree: dict[str, Any], said: str, _: str) -> None:
        if not UNTOLD.fullmatch(said):
            put(tree, path, said)

    return store


def number(*paths: str) -> Store:
    def store(tree: dict[str, Any], said: str, _: str) -> None:
        number = number_in(said)
        if number is not None:
            for path in paths:
                put(tree, path, number)

    return store


def switch(path: str) -> Store:
    def store(tree: dict[str, Any], said: str, _: str) -> None:
        word = said.split()[0].rstrip(",").lower() if said else ""
        if word in ("enabled", "available", "disabled", "unavailable"):
            put(tree, path, word in ("enabled", "available"))

    return store


def pair(low: str, high: str) -> Store:
    """`18/43 Celsius`."""

    def store(tree: dict[str, Any], said: str, _: str) -> None:
        found = re.match(r"\s*(-?\d+|\?+)/\s*(-?\d+|\?+)", said)
        for path, told in zip((low, high), found.groups() if found else (), strict=False):
            if told.lstrip("-").isdigit():
                put(tree, path, int(told))

    return store


def wwn(tree: dict[str, Any], said: str, _: str) -> None:
    found = re.fullmatch(r"([0-9a-f]) ([0-9a-f]{6}) ([0-9a-f]{9})", said.strip().lower())
    if found:
        tree["wwn"] = {
            name: int(part, 16) for name, part in zip(("naa", "oui", "id"), found.groups(), strict=True)
        }


def eui(tree: dict[str, Any], said: str, _: str) -> None:
    found = re.fullmatch(r"([0-9a-f]{6}) ([0-9a-f]{10})", said.strip().lower())
    if found:
        eui = {"oui": int(found[1], 16), "ext_id": int(found[2], 16)}
        tree.setdefault("nvme_namespaces", []).append({"eui64": eui})


def sectors(tree: dict[str, Any], said: str, _: str) -> None:
    sizes = [int(size) for size in re.findall(r"(\d+) bytes", said)]
    if sizes:
        tree["logical_block_size"], tree["physical_block_size"] = sizes[0], sizes[-1]


def rotation(tree: dict[str, Any], said: str, _: str) -> None:
    if "Solid State" in said:
        tree["rotation_rate"] = 0
    elif (rpm := number_in(said)) is not None:
        tree["rotation_rate"] = rpm


def database(tree: dict[str, Any], said: str, _: str) -> None:
    if "smartctl database" in said:
        tree["in_smartctl_database"] = not said.startswith("Not")


def sata(tree: dict[str, Any], said: str, _: str) -> None:
    tree["sata_version"] = {"string": said}
    rates = re.findall(r"(\d+)\.(\d) Gb/s", said)
    for name, (whole_part, tenth) in zip(("max", "current"), rates, strict=False):
        units = int(whole_part) * 10 + int(tenth)
        put(tree, f"interface_speed.{name}", {"units_per_second": units, "bits_per_unit": 100_000_000})


def smart_support(tree: dict[str, Any], said: str, _: str) -> None:
    word = re.split(r"[ .,]", said)[0]
    if word in ("Available", "Unavailable"):
        put(tree, "smart_support.available", word == "Available")
        if word == "Unavailable":
            put(tree, "smart_support.said", said)
    elif word in ("Enabled", "Disabled"):
        put(tree, "smart_support.enabled", word == "Enabled")


def time(tree: dict[str, Any], said: str, _: str) -> None:
    """Only UTC is told for certain: names of other zones mean several things."""
    found = re.match(r"\w{3} (\w{3}) +(\d+) (\d\d:\d\d:\d\d) (\d{4}) (?:UTC|GMT)\b", said)
    if found is None:
        return
    moment = ctime(" ".join(found.groups()))
    if moment is None:
        return
    put(tree, "local_time.time_t", int(moment.timestamp()))


def overall(tree: dict[str, Any], said: str, _: str) -> None:
    word = said.split()[0].rstrip("!") if said else ""
    if word in ("PASSED", "FAILED"):
        put(tree, "smart_status.passed", word == "PASSED")


def scsi_status(tree: dict[str, Any], said: str, _: str) -> None:
    tree["scsi_status"] = said
    code = re.search(r"\[asc=([0-9a-f]+), ?ascq=([0-9a-f]+)\]", said)
    put(tree, "smart_status.passed", said.startswith("OK"))
    if code:
        asc, ascq = int(code[1], 16), int(code[2], 16)
        tree["smart_status"] = {"passed": asc not in (0x5D, 0x0B), "scsi": {"asc": asc, "ascq": ascq}}


def offline(tree: dict[str, Any], said: str, more: str) -> None:
    words = f"{said} {more}"
    found = re.search(r"activity\s+(.+?)\.(?: |$)", words)
    if found:
        put(tree, "ata_smart_data.offline_data_collection.status.string", found[1])


def self_test_status(tree: dict[str, Any], said: str, _: str) -> None:
    found = re.match(r"\(\s*(\d+)\)", said)
    if found:
        put(tree, "ata_smart_data.self_test.status.value", int(found[1]))


def capabilities(tree: dict[str, Any], said: str, more: str) -> None:
    if said.startswith("("):
        put(tree, "ata_smart_data.capabilities.values", said)


def collection(tree: dict[str, Any], said: str, more: str) -> None:
    """`capabilities: (0x7b)` of the offline data collection: bit 4 is the self-test (ACS-3)."""
    bits = re.match(r"\((0x[0-9a-f]{2})\)", said)
    if bits:
        put(tree, "ata_smart_data.capabilities.self_tests_supported", bool(int(bits[1], 16) & 0x10))


def error_logging(tree: dict[str, Any], said: str, more: str) -> None:
    put(tree, "ata_smart_data.capabilities.error_logging_supported", "No Error logging" not in said)


def sct(tree: dict[str, Any], said: str, more: str) -> None:
    supported = "SCT Error Recovery Control supported" in f"{said} {more}"
    put(tree, "ata_sct_capabilities.error_recovery_control_supported", supported)


def admin(tree: dict[str, Any], said: str, _: str) -> None:
    put(tree, "nvme_optional_admin_commands.self_test", "Self_Test" in said)


def hours_minutes(tree: dict[str, Any], said: str, _: str) -> None:
    if found := re.match(r"(\d{1,9})(?:[:.]|$)", said):
        put(tree, "power_on_time.hours", int(found[1]))


def scsi_model(part: str) -> Store:
    def store(tree: dict[str, Any], said: str, _: str) -> None:
        tree[f"scsi_{part}"] = said
        names = (tree.get("scsi_vendor"), tree.get("scsi_product"))
        tree["scsi_model_name"] = " ".join(name for name in names if name)

    return store


def old_scsi(tree: dict[str, Any], said: str, _: str) -> None:
    """`Device: SEAGATE  ST3146855SS  Version: 0002` of smartctl 5."""
    found = re.match(r"(\S+)\s+(.+?)\s+Version:\s*(\S*)", said)
    if found:
        tree["scsi_vendor"], tree["scsi_revision"] = found[1], found[3]
        tree["scsi_model_name"] = f"{found[1]} {found[2]}"
