"""Attributes, statistics, self-tests and logged errors of a drive, from smartctl's JSON shape."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.drive_tables import DriveAttribute, DriveError, DriveSelfTest, DriveStatistic
from collectors.fact import At, Reading
from collectors.smart_counts import count_of
from collectors.smart_identity import Who
from collectors.smart_values import Tree, at, branch, flag, inner, items, name_of, natural, text, whole

MEDIA, LINK, HOST = ("UNC", "IDNF", "AMNF"), ("ICRC",), ("ABRT", "NM", "EOM", "MCR", "MC", "ILI")
_SCSI_TESTS = tuple(f"scsi_self_test_{index}" for index in range(20))
ERROR_BITS = {0x80: "ICRC", 0x40: "UNC", 0x10: "IDNF", 0x04: "ABRT", 0x01: "AMNF"}


def attributes(tree: Tree, who: Who) -> Iterator[Reading]:
    """Vendor attributes of an ATA drive."""
    drive, device, model, serial = who.drive, who.device, who.model, who.serial
    rpm, family = natural(tree.get("rotation_rate")), text(tree.get("model_family"))
    named = f"{family or ''} {model or ''}"
    for index, one in items(tree, "ata_smart_attributes.table"):
        number, name = natural(one.get("id")), name_of(one.get("name")) or "Unknown_Attribute"
        if number is None or not 1 <= number <= 255:
            continue
        told = inner(one, "raw")
        raw, raw_string = natural(told.get("value")), text(told.get("string"))
        failed = one.get("when_failed")
        row = DriveAttribute(
            drive=drive,
            device=device,
            model=model,
            serial=serial,
            rotation_rpm=rpm,
            id=number,
            name=name,
            value=natural(one.get("value")),
            worst=natural(one.get("worst")),
            threshold=natural(one.get("thresh")),
            raw=raw,
            raw_string=raw_string,
            count=natural(count_of(number, name, raw, raw_string, named)),
            prefailure=flag(inner(one, "flags").get("prefailure")),
            when_failed=failed.strip().lower() if isinstance(failed, str) else None,
        )
        yield At(row, f"ata_smart_attributes.table[{index}]")


def statistics(tree: Tree, who: Who) -> Iterator[Reading]:
    """Entries of the ATA device statistics log; a value that the drive marks as not valid is None."""
    for page_index, page in items(tree, "ata_device_statistics.pages"):
        number = natural(page.get("number"))
        for index, one in items(page, "table"):
            offset = natural(one.get("offset"))
            if number is None or offset is None:
                continue
            valid = flag(at(one, "flags.valid")) is not False
            row = DriveStatistic(
                drive=who.drive,
                device=who.device,
                model=who.model,
                serial=who.serial,
                page=number,
                offset=offset,
                name=text(one.get("name")) or "unnamed",
                value=whole(one.get("value")) if valid else None,
                condition_met=flag(at(one, "flags.monitored_condition_met")),
            )
            yield At(row, f"ata_device_statistics.pages[{page_index}].table[{index}]")


def self_tests(tree: Tree, who: Who) -> Iterator[Reading]:
    """The self-test log, newest first, whichever kind of drive."""
    log = branch(tree, "ata_smart_self_test_log")
    kind = "extended" if at(log, "extended.table") else "standard"
    found = [
        *_ata_tests(tree, f"ata_smart_self_test_log.{kind}.table"),
        *_nvme_tests(tree),
        *_scsi_tests(tree),
    ]
    for number, (where, type_, status, passed, hours, lba) in enumerate(found, 1):
        row = DriveSelfTest(
            drive=who.drive,
            device=who.device,
            number=number,
            type=(type_ or "unknown").lower(),
            status=status or "unknown",
            passed=passed,
            power_on_hours=hours,
            lba=lba,
        )
        yield At(row, where)


Test = tuple[str, str | None, str | None, bool | None, int | None, int | None]


def _ata_tests(tree: Tree, path: str) -> Iterator[Test]:
    for index, one in items(tree, path):
        result = inner(one, "status")
        code, status = natural(result.get("value")), text(result.get("string"))
        yield (
            f"{path}[{index}]",
            text(inner(one, "type").get("string")),
            status,
            _passed(flag(result.get("passed")), code >> 4 if code is not None else None, status),
            natural(one.get("lifetime_hours")),
            natural(one.get("lba")),
        )


def _passed(told: bool | None, code: int | None, status: str | None) -> bool | None:
    """ATA result codes: 0 passed, 1 and 2 aborted or interrupted, 3 to 8 failed, 15 running."""
    if code is None:
        return told if told is not None else passed_by_words(status or "")
    if code == 0:
        return True if told is None else told
    return False if 3 <= code <= 8 else None


def passed_by_words(status: str) -> bool | None:
    """The result of a self-test from the tool's words."""
    words = status.lower()
    if "fatal" in words:
        return False
    if re.search(r"abort|interrupt|in progress|reset|not run|unknown|reserved", words):
        return None
    if "without error" in words or words in ("completed", "completed -", "success", "passed"):
        return True
    return False if re.search(r"fail|error|damage|fatal", words) else None


def _nvme_tests(tree: Tree) -> Iterator[Test]:
    for index, one in items(tree, "nvme_self_test_log.table"):
        code, status = natural(at(one, "self_test_result.value")), text(at(one, "self_test_result.string"))
        if code == 15:  # an entry never used
            continue
        passed = None if code is None else {0: True, 5: False, 6: False, 7: False}.get(code)
        if code is None:
            passed = passed_by_words(status or "")
        yield (
            f"nvme_self_test_log.table[{index}]",
            text(at(one, "self_test_code.string")),
            status,
            passed,
            natural(one.get("power_on_hours")),
            natural(at(one, "lba.value")) if isinstance(one.get("lba"), dict) else natural(one.get("lba")),
        )


def _scsi_tests(tree: Tree) -> Iterator[Test]:
    for name in [name for name in _SCSI_TESTS if name in tree]:
        one = tree.get(name)
        if not one or not isinstance(one, dict):
            continue
        code, status = natural(at(one, "result.value")), text(at(one, "result.string"))
        passed = {0: True, 3: False, 4: False, 5: False, 6: False, 7: False}.get(
            code if code is not None else -1
        )
        if code is None:
            passed = passed_by_words(status or "")
        lba = one.get("lba_first_failure")
        yield (
            name,
            text(at(one, "code.string")),
            status,
            passed,
            natural(at(one, "power_on_time.hours")),
            natural(lba.get("value")) if isinstance(lba, dict) else natural(lba),
        )


def errors(tree: Tree, who: Who) -> Iterator[Reading]:
    """The last logged errors of an ATA or NVMe drive."""
    log = "extended" if at(tree, "ata_smart_error_log.extended.table") else "summary"
    path = f"ata_smart_error_log.{log}.table"
    for index, one in items(tree, path):
        registers = branch(one, "completion_registers")
        said = (text(one.get("error_description")) or "").removeprefix("Error:").strip()
        said = said or _bits(natural(registers.get("error")) or 0)
        row = DriveError(
            drive=who.drive,
            device=who.device,
            number=_or(natural(one.get("error_number")), index + 1),
            kind=ata_error_kind(said, natural(registers.get("error"))),
            description=said,
            power_on_hours=natural(one.get("lifetime_hours")),
            lba=natural(registers.get("lba")),
        )
        yield At(row, f"{path}[{index}]")
    for index, one in items(tree, "nvme_error_information_log.table"):
        yield At(_nvme_error(one, who, index), f"nvme_error_information_log.table[{index}]")


def _bits(register: int) -> str:
    """The error register in words, as smartctl names its bits."""
    said = [name for bit, name in ERROR_BITS.items() if register & bit]
    return ", ".join(said) or f"error register {register:#04x}"


def _or(value: int | None, other: int) -> int:
    return other if value is None else value


def ata_error_kind(said: str, register: int | None) -> str:
    """media, link, host or other: by smartctl's words, else by the bits of the error register (ACS-3 6.2)."""
    words = set(re.findall(r"\b[A-Z]{2,4}\b", said.partition(" at ")[0]))
    if words:
        for kind, names in (("link", LINK), ("media", MEDIA), ("host", HOST)):
            if words & set(names):
                return kind
    if register is None:
        return "other"
    if register & 0x80:
        return "link"
    return "media" if register & 0x51 else "host" if register & 0x04 else "other"


def _nvme_error(one: Tree, who: Who, index: int) -> DriveError:
    status = branch(one, "status_field")
    said = text(status.get("string")) or "unknown"
    sct = natural(status.get("status_code_type"))
    return DriveError(
        drive=who.drive,
        device=who.device,
        number=_or(natural(one.get("error_count")), index + 1),
        kind=nvme_error_kind(said, sct),
        description=said,
        lba=natural(at(one, "lba.value")),
    )


def nvme_error_kind(said: str, code_type: int | None) -> str:
    """media for status code type 2 (media and data integrity), host for refused commands."""
    if code_type == 2 or re.search(
        r"Unrecovered|Guard Check|Tag Check|Write Fault|Access Denied|Compare", said
    ):
        return "media" if "Compare" not in said and "Access Denied" not in said else "host"
    return "host" if code_type in (0, 1) or "Invalid" in said else "other"
