"""RVTools exports as workbooks: the rows of its CSV; damaged, hostile and foreign ones refused in a line."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from collectors.bundle import Bundle
from collectors.hypervisor_tables import Datastore, Guest, GuestDisk, GuestSnapshot
from collectors.targets.saved import NotRecognised
from collectors.tools.rvtools import recognises
from collectors.xlsx_sheets import NoWorkbook, sheets
from holdwater import api

UUID = "423A0000-0000-0000-0000-000000000101"
MADE = datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001 - as cells hold times
VINFO = [
    ["VM", "Powerstate", "Template", "Consolidation Needed", "VM UUID", "Annotation", "Creation date"],
    ["web", "poweredOn", False, True, UUID, "ask Otto\nor Anna", MADE],
    ["=cmd|'/c calc'!A1", "poweredOff", False, False, UUID.replace("101", "102"), "", MADE],
]
VSNAPSHOT = [
    ["VM", "Name", "Description", "Date / time", "Filename", "Size MiB (total)", "Quiesced", "VM UUID"],
    ["web", "before", "", MADE, "[ds1] web/web-Snapshot1.vmsn", 1024.0, True, UUID],
]
VDISK = [
    ["VM", "Disk", "Disk Mode", "Capacity MiB", "Path", "Raw", "VM UUID"],
    ["web", "Hard disk 1", "persistent", 40960, "[ds1] web/web-000001.vmdk", False, UUID],
]
VDATASTORE = [
    ["Name", "Accessible", "Type", "Capacity MiB", "Free MiB", "In Use MiB"],
    ["ds1", True, "VMFS", 102400, 5120, 97280],
]
OTHER = [["Host", "Message"], ["esx1", "nothing"]]


def workbook(**wanted: list[list[Any]]) -> bytes:
    """A workbook with these sheets, by name."""
    raw = io.BytesIO()
    with xlsxwriter.Workbook(raw, {"in_memory": True, "strings_to_formulas": False}) as book:
        stamp = book.add_format({"num_format": "yyyy/mm/dd hh:mm:ss"})
        for name, rows in wanted.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for place, value in enumerate(row):
                    sheet.write(number, place, value, *([stamp] if isinstance(value, datetime) else []))
    return raw.getvalue()


WHOLE = workbook(vInfo=VINFO, vHost=OTHER, vSnapshot=VSNAPSHOT, vDisk=VDISK, vDatastore=VDATASTORE)


def read(raw: bytes) -> list[Any]:
    return list(api.read_saved(raw).judgement.site.tables.items())


def rows(raw: bytes, kind: type[Any]) -> list[Any]:
    return [fact.row for found, facts in read(raw) if found is kind for fact in facts]


def test_every_sheet_is_read() -> None:
    guests = {one.name: one for one in rows(WHOLE, Guest)}
    assert guests["web"].guest == f"uuid:{UUID.lower()}"
    assert (guests["web"].consolidation_needed, guests["web"].annotation) == (True, "ask Otto or Anna")
    assert "=cmd|'/c calc'!A1" in guests
    (snapshot,) = rows(WHOLE, GuestSnapshot)
    assert (snapshot.created_at, snapshot.size_bytes) == (MADE.replace(tzinfo=UTC), 1 << 30)
    (disk,) = rows(WHOLE, GuestDisk)
    assert (disk.delta, disk.size_bytes) == (True, 40 << 30)
    (store,) = rows(WHOLE, Datastore)
    assert (store.accessible, store.free_bytes) == (True, 5 << 30)


def test_evidence_names_the_line() -> None:
    (fact,) = [one for kind, facts in read(WHOLE) if kind is GuestSnapshot for one in facts]
    assert fact.sources[0].where == "line 10"


def test_rules_judge_it() -> None:
    found = {one.rule for one in api.read_saved(WHOLE).judgement.failed()}
    assert found >= {"snapshot/vmw-consolidation-needed", "snapshot/vmw-datastore-free", "snapshot/age"}


def replaced(raw: bytes, name: str, part: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for one in old.namelist():
            new.writestr(one, part if one == name else old.read(one))
    return made.getvalue()


ENTITY = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><worksheet>&b;</worksheet>'


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (WHOLE[:-30], "a damaged workbook"),
        (replaced(WHOLE, "xl/worksheets/sheet1.xml", ENTITY), "document type or entities"),
        (replaced(WHOLE, "xl/worksheets/sheet1.xml", b"<worksheet><row>"), "cannot be read"),
        (workbook(vHost=OTHER), "not the output of a tool that is known"),
    ],
)
def test_what_is_no_workbook_of_rvtools_is_refused_in_one_line(raw: bytes, says: str) -> None:
    with pytest.raises(NotRecognised, match=says) as raised:
        api.read_saved(raw, name="export.xlsx")
    assert "\n" not in str(raised.value)


def test_secrets_in_notes_are_removed_before_anything_is_kept(tmp_path: Path) -> None:
    vinfo = [VINFO[0], [*VINFO[1][:5], "root password: Tr0ub4dor", MADE]]
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "export.xlsx").write_bytes(workbook(vInfo=vinfo))
    with Bundle(api.collect([str(folder)], tmp_path / "audits")) as bundle:
        kept = [answer.stdout for target in bundle.targets() for answer in target.answers()]
    assert any(b"poweredOn" in one for one in kept)
    assert not any(b"Tr0ub4dor" in one for one in kept)


def test_a_part_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collectors.xlsx_sheets.MOST_BYTES", 1000)
    bomb = replaced(WHOLE, "xl/worksheets/sheet1.xml", b"<worksheet>" + b" " * 5000 + b"</worksheet>")
    with pytest.raises(NoWorkbook, match="larger than"):
        list(sheets(bomb))


def test_a_workbook_in_a_folder_is_imported(tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "RVTools_export_all_2026-11-26.xlsx").write_bytes(WHOLE)
    bundle = api.collect([str(folder)], tmp_path / "audits")
    judgement = api.judge(bundle)
    assert "snapshot/age" in {one.rule for one in judgement.failed()}


def test_other_archives_are_not_taken_for_one() -> None:
    assert recognises("PK\x03\x04 word/document.xml") == 0.0
