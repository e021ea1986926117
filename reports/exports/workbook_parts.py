"""The parts of a workbook of Office Open XML without rows: styles, names of sheets, what belongs together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
BOLD, TIME, DAY = 1, 2, 3
"""Places in the styles."""

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def parts(
    titles: Sequence[str], ranges: Sequence[str], title: str, at: datetime
) -> Iterator[tuple[str, str]]:
    """Everything but the sheets: (member, text). *ranges*: what the filter of each sheet covers."""
    yield "xl/workbook.xml", _workbook(titles, ranges)
    sheets = [(f"{_OFFICE}/worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(titles) + 1)]
    yield "xl/_rels/workbook.xml.rels", _related(*sheets, (f"{_OFFICE}/styles", "styles.xml"))
    yield "xl/styles.xml", _styles()
    yield "docProps/core.xml", _properties(title, at)
    properties = f"{_PACKAGE}/relationships/metadata/core-properties"
    yield (
        "_rels/.rels",
        _related((f"{_OFFICE}/officeDocument", "xl/workbook.xml"), (properties, "docProps/core.xml")),
    )
    yield "[Content_Types].xml", _types(len(titles))


def _workbook(titles: Sequence[str], ranges: Sequence[str]) -> str:
    sheets = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(titles, 1)
    )
    named = zip(titles, ranges, strict=True)
    filters = "".join(_filter(n, name, covered) for n, (name, covered) in enumerate(named))
    return (
        f'<workbook {MAIN} xmlns:r="{_OFFICE}"><bookViews><workbookView/></bookViews>'
        f"<sheets>{sheets}</sheets><definedNames>{filters}</definedNames></workbook>"
    )


def _filter(number: int, name: str, covered: str) -> str:
    """The hidden name by which spreadsheets know the range of a sheet's filter."""
    fixed = re.sub(r"([A-Z]+)(\d+)", r"$\1$\2", covered)
    return (
        f'<definedName name="_xlnm._FilterDatabase" localSheetId="{number}" hidden="1">'
        + escape(f"'{name}'!{fixed}")
        + "</definedName>"
    )


def _related(*others: tuple[str, str]) -> str:
    each = "".join(
        f'<Relationship Id="rId{n}" Type="{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(others, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{each}</Relationships>'


def _types(sheets: int) -> str:
    package = "application/vnd.openxmlformats-package"
    known = {f"xl/worksheets/sheet{n}.xml": f"{_KIND}.worksheet+xml" for n in range(1, sheets + 1)}
    known |= {"xl/workbook.xml": f"{_KIND}.sheet.main+xml", "xl/styles.xml": f"{_KIND}.styles+xml"}
    known |= {"docProps/core.xml": f"{package}.core-properties+xml"}
    each = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in known.items())
    return (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="{package}.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{each}</Types>'
    )


def _properties(title: str, at: datetime) -> str:
    made = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escape(title)}</dc:title>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{made}</dcterms:created></cp:coreProperties>'
    )


def _styles() -> str:
    """Four cell formats: plain, a header, a time, a day."""
    font = '<sz val="11"/><name val="Calibri"/><family val="2"/>'
    below = '<bottom style="thin"><color auto="1"/></bottom>'
    dates = "".join(
        f'<xf numFmtId="{number}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"'
        ' applyAlignment="1"><alignment horizontal="left"/></xf>'
        for number in (164, 165)
    )
    return (
        f'<styleSheet {MAIN}><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy-mm-dd hh:mm:ss"/>'
        '<numFmt numFmtId="165" formatCode="yyyy-mm-dd"/></numFmts>'
        f'<fonts count="2"><font>{font}</font><font><b/>{font}</font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border>'
        f"<border><left/><right/><top/>{below}<diagonal/></border></borders>"
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        '<xf numFmtId="0" fontId="1" fillId="0" borderId="1" xfId="0" applyFont="1" applyBorder="1"/>'
        f'{dates}</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/>'
        "</cellStyles></styleSheet>"
    )
