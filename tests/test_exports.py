"""Every format of a judged audit: read back by programs of others, and inert whatever a target is called."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import jsonschema
import openpyxl
import pytest
from prometheus_client.parser import text_string_to_metric_families

from analyzer.engine import Judgement, judge
from analyzer.finding import Finding
from analyzer.site import Site
from holdwater import api
from reports import json_schema
from reports.excerpt import excerpts
from reports.exports import finding_rows, markdown, nagios, xlsx
from reports.exports.workbook import Sheet, written
from reports.formats import FORMATS, by_suffix
from reports.material import Material
from tests.recorded import BUNDLES, SUFFIX
from tests.site_factory import build

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0")
UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
INERT = ("csv", "markdown", "sarif", "prometheus", "nagios")


def material(**wanted: Any) -> Material:
    built = build(**wanted)
    return Material(judgement=built.judgement, manifest=built.manifest, excerpt=excerpts(built.read))


@pytest.fixture(scope="module")
def plain() -> Material:
    return material()


@pytest.fixture(scope="module")
def hostile() -> Material:
    return material(hosts=12, findings=80, hostile=True)


@pytest.fixture(scope="module")
def formulas() -> Judgement:
    """A judgement in which every text of a target is a formula."""
    told = build().judgement
    evil = tuple(
        Finding(
            rule="raid/md-degraded",
            outcome="fail",
            severity="high",
            target=one,
            subject=one,
            label=one,
            message=one,
        )
        for one in FORMULAS
    )
    site = Site("=1+1", told.site.at, FORMULAS)
    return Judgement(site, evil, (), told.score, told.rules)


def sheet(raw: bytes, name: str) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(io.BytesIO(raw), data_only=False)
    return [tuple(cell.value for cell in row) for row in book[name].iter_rows()]


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "pdf"])
def test_the_same_twice_and_something_of_nothing(name: str, plain: Material) -> None:
    assert FORMATS[name].write(plain) == FORMATS[name].write(plain)
    empty = judge(Site("empty", plain.judgement.site.at))
    assert FORMATS[name].write(Material(judgement=empty))


@pytest.mark.parametrize("name", INERT)
def test_hostile_names_are_visible_in_every_text(name: str, hostile: Material) -> None:
    text = FORMATS[name].write(hostile).decode()
    assert not UNSEEN.search(text)
    assert "‹U+202E›" in text or name == "nagios"
    assert "A" * 2500 not in text or name == "csv"


def test_suffixes_choose() -> None:
    assert by_suffix(Path("a/B.PDF")) is FORMATS["pdf"]
    assert by_suffix(Path("x.sarif.json")) is FORMATS["sarif"]
    assert by_suffix(Path("x.json")) is FORMATS["json"]
    assert by_suffix(Path("x.doc")) is None


def test_csv_holds_every_finding_and_no_formula(plain: Material, formulas: Judgement) -> None:
    rows = list(csv.DictReader(io.StringIO(FORMATS["csv"].write(plain).decode())))
    wanted = [f for f in plain.judgement.findings if f.outcome != "pass"]
    assert [row["rule"] for row in rows] == [f.rule for f in wanted]
    assert tuple(rows[0]) == finding_rows.NAMES
    told = csv.reader(io.StringIO(FORMATS["csv"].write(Material(judgement=formulas)).decode()))
    cells = [cell for row in told for cell in row]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
    assert "'=1+1" in cells


def test_csv_of_a_clean_site_has_its_header() -> None:
    empty = judge(Site("empty", build().judgement.site.at))
    assert (
        FORMATS["csv"].write(Material(judgement=empty)).decode().startswith("severity,outcome,priority,rule")
    )


def test_workbook_has_a_sheet_a_table_with_typed_cells(plain: Material) -> None:
    raw = FORMATS["xlsx"].write(plain)
    book = openpyxl.load_workbook(io.BytesIO(raw))
    assert book.sheetnames[:4] == ["Summary", "Findings", "Not examined", "Passed checks"]
    assert {"drive", "block_device", "mount"} <= set(book.sheetnames)
    for page in book.worksheets:
        assert page.freeze_panes == "A2", page.title
        assert page.auto_filter.ref, page.title
    names, *rows = sheet(raw, "drive")
    first = dict(zip(names, rows[0], strict=True))
    assert isinstance(first["capacity_bytes"], int)
    assert first["passed"] is True
    assert dict(sheet(raw, "Summary"))["Number (0 to 100)"] == 61
    found = sheet(raw, "Findings")
    place = found[0].index("collected_at")
    assert found[1][place].year == 2026
    assert len(found) == 1 + sum(f.outcome != "pass" for f in plain.judgement.findings)


def test_workbook_never_holds_a_formula_or_a_link(formulas: Judgement, hostile: Material) -> None:
    for judgement in (formulas, hostile.judgement):
        raw = xlsx.write(judgement)
        book = openpyxl.load_workbook(io.BytesIO(raw))
        types = {cell.data_type for page in book for row in page.iter_rows() for cell in row}
        assert "f" not in types
        with ZipFile(io.BytesIO(raw)) as parts:
            sheets = [parts.read(name) for name in parts.namelist() if "worksheets/" in name]
        assert not [one for one in sheets if b"<f>" in one or b"<hyperlink" in one]
    assert ("=1+1", "=1+1") in [(row[5], row[6]) for row in sheet(xlsx.write(formulas), "Findings")]


def test_sheets_are_named_apart_and_every_cell_comes_back_as_it_was(monkeypatch: Any) -> None:
    at = build().judgement.site.at
    odd = ("_x0041_", " <&> \n'\"", "\ufffe", "a\x00b")
    pages = [
        Sheet("a" * 40, ("x",), [(10**18,), (float("nan"),), (date(2026, 1, 2),), (at,), (True,)]),
        Sheet("a" * 40, ("x",), []),
        Sheet("[odd]", ("x",) * 30, [odd + (None,) * 26]),
    ]
    raw = written(pages, title="<b>", at=at)
    first, second, third = openpyxl.load_workbook(io.BytesIO(raw)).sheetnames
    assert (len(second), third) == (31, "_odd_")
    assert first != second
    cells = [row[0] for row in sheet(raw, first)][1:]
    assert cells[:2] == [str(10**18), "nan"]
    assert cells[2].date() == date(2026, 1, 2)
    assert cells[3] == at.replace(tzinfo=None)
    assert cells[4] is True
    escaped = ("_x005F_x0041_", " <&> \n'\"", "‹U+FFFE›", "a‹U+0000›b")
    assert sheet(raw, third)[1][:4] == escaped  # openpyxl leaves _x005F_ as it stands, spreadsheets undo it
    assert openpyxl.load_workbook(io.BytesIO(raw))[third].auto_filter.ref == "A1:AD2"
    monkeypatch.setattr("reports.exports.workbook.MOST_ROWS", 3)
    cut = sheet(written([Sheet("n", ("x",), [(n,) for n in range(9)])], title="", at=at), "n")
    assert [row[0] for row in cut] == ["x", 0, 1, 2, "Only the first rows; the JSON output has all."]


def test_json_of_every_recording_follows_the_schema() -> None:
    check = jsonschema.Draft202012Validator(json_schema.schema())
    for bundle in sorted(BUNDLES.glob(f"*{SUFFIX}")):
        check.validate(json.loads(FORMATS["json"].write(Material(judgement=api.judge(bundle)))))


def test_json_of_hostile_names_follows_the_schema_and_keeps_them(hostile: Material) -> None:
    told = json.loads(FORMATS["json"].write(hostile))
    jsonschema.Draft202012Validator(json_schema.schema()).validate(told)
    assert told["targets"] == sorted(hostile.judgement.site.targets)


def test_the_schema_refuses_what_it_does_not_know(plain: Material) -> None:
    told = json.loads(FORMATS["json"].write(plain))
    told["findings"][0]["severity"] = "grave"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(json_schema.schema()).validate(told)


def test_markdown_tells_findings_and_escapes_targets(plain: Material) -> None:
    text = markdown.write(plain)
    assert text.startswith("# storage audit of Werkstatt Nord")
    assert "### critical: An array runs without redundancy" in text
    assert "**What not to do:**" in text
    assert "Backups, recovery and exposure" in text
    assert markdown.escaped("<b>[x](http://a.b) @all #12 |`*_ www.x.y") == (
        r"&lt;b&gt;\[x\](http:&#47;/a.b) &#64;all \#12 \|\`\*\_ www&#46;x.y"
    )


def test_sarif_has_levels_places_and_notifications(plain: Material, hostile: Material) -> None:
    for one in (plain, hostile):
        told = json.loads(FORMATS["sarif"].write(one))
        (run,) = told["runs"]
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        found = [f for f in one.judgement.findings if f.outcome not in ("pass", "error")]
        assert len(run["results"]) == len(found)
        for result in run["results"]:
            assert rules[result["ruleIndex"]] == result["ruleId"]
            assert (result["kind"] == "fail") == (result["level"] != "none")
            assert result["message"]["text"]
        notes = run["invocations"][0]["toolExecutionNotifications"]
        assert len(notes) == len(one.judgement.blind_spots)
    assert run["results"][0]["locations"][0]["physicalLocation"]["region"] == {"startLine": 2}


def test_metrics_are_read_back_by_prometheus_own_parser(plain: Material, hostile: Material) -> None:
    for one in (plain, hostile):
        families = {
            f.name: f for f in text_string_to_metric_families(FORMATS["prometheus"].write(one).decode())
        }
        assert all(family.documentation and family.type == "gauge" for family in families.values())
        samples = [s for family in families.values() for s in family.samples]
        assert len({(s.name, tuple(s.labels.items())) for s in samples}) == len(samples)
        counts = {s.labels["severity"]: s.value for s in families["holdwater_findings"].samples}
        assert counts["critical"] == one.judgement.counts()["critical"]
        assert all("site" in s.labels for s in samples)
    assert families["holdwater_score"].samples[0].value == 61


def test_an_unrated_site_has_no_score_metric() -> None:
    text = (
        FORMATS["prometheus"].write(Material(judgement=judge(Site("s", build().judgement.site.at)))).decode()
    )
    assert 'grade="U"' in text
    assert "holdwater_score{" not in text


def finding(outcome: Any, severity: Any = "medium") -> Finding:
    return Finding(rule="a/b", outcome=outcome, severity=severity, target="t|x", subject="s")


@pytest.mark.parametrize(
    ("found", "stale", "status"),
    [
        ([finding("fail", "critical"), finding("unknown")], "", 2),
        ([finding("fail", "critical")], "old", 2),
        ([finding("fail", "high"), finding("unknown")], "", 1),
        ([finding("fail", "medium")], "", 1),
        ([finding("fail", "medium")], "the evidence is 9 days old", 3),
        ([finding("unknown"), finding("pass")], "", 3),
        ([finding("error"), finding("pass")], "", 3),
        ([], "", 3),
        ([finding("pass")], "", 0),
        ([finding("pass")], "old", 3),
        ([finding("fail", "low"), finding("pass")], "", 0),
        ([finding("waived", "critical"), finding("pass")], "", 0),
    ],
)
def test_plugin_status(found: list[Finding], stale: str, status: int) -> None:
    told = build().judgement
    judgement = Judgement(Site("a|b", told.site.at, ("t",)), tuple(found), (), told.score, told.rules)
    check = nagios.check(judgement, stale=stale)
    assert check.status == status
    assert check.line.startswith(f"HOLDWATER {nagios.WORDS[status]} - ")
    assert check.line.count("|") == 1
    assert "\n" not in check.line
    numbers = check.line.partition(" | ")[2].split()
    assert all(re.fullmatch(r"[a-z]+=(?:[\d.]+%?|U)(?:;[\d.]*)*", one) for one in numbers)


def test_pdf_is_tagged_with_bookmarks_and_fonts_inside(plain: Material) -> None:
    pytest.importorskip("weasyprint", reason="the pdf extra is not installed")
    import pypdf

    for one in (plain, material(hosts=2, findings=6, disks=2, passes=4, hostile=True)):
        book = pypdf.PdfReader(io.BytesIO(FORMATS["pdf"].write(one)))
        assert book.trailer["/Root"]["/MarkInfo"]["/Marked"]
        titles = [mark.title for mark in book.outline if not isinstance(mark, list)]
        assert "Findings" in titles
        assert "Not examined" in titles
        pages = [page.extract_text() for page in book.pages]
        text = "\n".join(pages)
        begins = next(n for n, page in enumerate(pages, 1) if "Findings" in page.splitlines())
        assert f"1 / {len(book.pages)}" in text
        assert re.search(rf"Findings \d+ ?\.{{5,}} ?{begins}\b", text)
        assert "/JavaScript" not in str(book.trailer["/Root"])
        for page in book.pages:
            for font in page["/Resources"].get("/Font", {}).values():
                inner = font.get_object()["/DescendantFonts"][0].get_object()
                assert any(k.startswith("/FontFile") for k in inner["/FontDescriptor"].get_object())
            links = [a.get_object() for a in page.get("/Annots", [])]
            uris = [str(a["/A"]["/URI"]) for a in links if "/A" in a and "/URI" in a["/A"]]
            assert all(uri.startswith("https://www.usenix.org/") for uri in uris)


def test_without_weasyprint_one_line_says_what_to_install(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['weasyprint'] = None\n"
        "from holdwater.cli import main\n"
        f"main(['report', {str(BUNDLES / ('drives' + SUFFIX))!r}, '-o', {str(tmp_path / 'r.pdf')!r}])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 'holdwater[pdf]'" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("Error: PDF needs WeasyPrint")
    assert not list(tmp_path.iterdir())
