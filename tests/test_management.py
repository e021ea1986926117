"""The management page as text: no codes, nothing unknown called fine, every fault in plain words."""

from __future__ import annotations

import dataclasses
import io
import re
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

from analyzer.derived.protection import Protection
from analyzer.engine import Judgement, every_rule
from analyzer.finding import BlindSpot, Finding, Waiver
from analyzer.recovery_level import Standing
from analyzer.score_method import method
from analyzer.waivers import Applied
from collectors.bundle import Bundle
from collectors.drive_tables import Drive
from collectors.fact import Fact, Gap
from holdwater import evidence
from holdwater.cli import cli
from holdwater.judging import judged
from reports.language import words
from reports.mail import letter
from reports.management import Management, management
from reports.management_page import render
from reports.model import page as technical
from reports.plain_words import held, kind_of
from reports.restorable import Restorable, Restoring
from reports.since import since
from reports.templating import TemplateBroken
from reports.threats import place_of
from tests.site_factory import Built, build

BUNDLES = sorted(Path("fixtures/bundles").glob("*.evidence.zip"))
CODE = re.compile(r"\b(?:smart|raid|fs|capacity|snapshot|backup|power|firmware|blind-spot)/[a-z]")


def text_of(page: Management) -> str:
    return " ".join(
        re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", render(page), flags=re.DOTALL)).split()
    )


def page_of(built: Built, language: str = "en", **changes: object) -> Management:
    judgement = dataclasses.replace(built.judgement, **changes) if changes else built.judgement
    return management(judgement, words(language), brand="Kontor")


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda path: path.name.partition(".")[0])
def test_recorded_audits_have_no_codes_on_the_page(bundle: Path) -> None:
    judgement = judged(bundle, history=False)
    for language in ("en", "de"):
        page = management(judgement, words(language))
        told = text_of(page)
        assert not CODE.search(told)
        assert not any(rule in told for rule in every_rule())
        assert len(page.worst) <= 5
        assert page.site in told
    assert "What " not in told
    assert "Was nicht geprüft wurde" in told


def test_every_rule_and_cap_has_plain_words() -> None:
    for rule in every_rule():
        assert kind_of(rule).name != "other", rule
    conditions = {cap.name for cap in method().caps} | {"too little was seen", "weakest pillar"}
    assert conditions == set(held())


def test_the_subject_counts() -> None:
    page = page_of(build())
    assert page.subject == (
        "[Werkstatt Nord] C · 2 critical, 5 high, 3 medium, 8 unknown – 0 of 3 systems restorable"
    )


def test_unknown_is_never_restorable() -> None:
    standings: tuple[Standing, ...] = ("no", "no", "doubtful", "plausible", "plausible", "proven", "unknown")
    told = Restorable(tuple(Restoring(name=str(i), standing=one) for i, one in enumerate(standings)))
    assert told.total == 7
    assert told.count == 3
    assert told.counts == {"proven": 1, "plausible": 2, "doubtful": 1, "no": 2, "unknown": 1}
    assert "treat them as not restorable" in page_of(build()).standings.note


def protected(**stands: dict[str, object]) -> Judgement:
    """A judgement of these systems."""
    judgement = build().judgement
    common = {"kind": "machine", "at_best": 5, "proof": "", "rpo_hours": 24.0}
    facts = [
        Fact(name, Protection(asset=name, label=name, **(common | told))) for name, told in stands.items()
    ]
    judgement.site.tables[Protection] = facts
    return judgement


def test_systems_stand_as_the_analysis_says() -> None:
    judgement = protected(
        mail={"standing": "proven", "level": 5, "copies": 2, "copy_age_hours": 5.0},
        files={"standing": "doubtful", "level": 2, "copies": 1, "copy_age_hours": 80.0, "tier": 1},
        ledger={"standing": "no", "level": 0, "copies": 0, "tier": 1},
        desk={"standing": "unknown"},
    )
    page = management(judgement, words())
    assert "– 1 of 4 systems restorable" in page.subject
    assert page.standings.note == ""
    assert page.standings.named == (
        "ledger: not restorable; no good copy is known",
        "files: doubtful; the newest copy that survives its loss is 3 days old, 24 hours are borne",
    )
    german = management(judgement, words("de"))
    assert "– 1 von 4 Systemen wiederherstellbar" in german.subject
    assert german.standings.named[1].endswith("ist 3 Tage alt; zulässig sind 24 Stunden")


def test_what_could_not_be_examined_has_no_likelihood() -> None:
    base = build().judgement
    blind = finding("blind-spot/no-smart", "sda")
    (threat,) = management(judgement(base, blind), words()).worst
    assert threat.likely == "Nobody can tell before it is examined."


def test_places_are_names_not_identities() -> None:
    assert place_of("/ 544cf2e4-5ba3-4545-b3d6-3fd4d3002696", "db", words()) == "/ on db"
    assert place_of("db", "db", words()) == "db"


def test_likelihood_comes_from_the_study_or_is_no_figure() -> None:
    page = page_of(build())
    told = {threat.title: threat.likely for threat in page.worst}
    assert told["A disk is failing"] == "About 62\xa0% within a year, by field studies of such faults."
    assert "%" not in told["Storage is running short"]


def test_what_rests_on_the_thing_is_named() -> None:
    disk = next(t for t in page_of(build()).worst if t.title == "A disk is failing")
    assert "/srv" in disk.lost


def test_ordinary_weeks_say_so_and_gaps_stay() -> None:
    page = page_of(build(findings=0))
    told = text_of(page)
    assert page.worst == ()
    assert "No serious fault was found in what was examined." in told
    assert page.unseen
    assert "nothing open" not in page.subject


def test_all_is_bounded_whatever_the_size() -> None:
    page = page_of(build(hosts=200, findings=3000, disks=8, unread=900, hostile=True))
    assert len(page.worst) <= 5
    assert len(page.unseen) <= 6
    assert len(page.path) <= 8
    assert len(render(page)) < 60_000
    assert "<script" not in render(page)
    assert "\u202e" not in render(page)


def finding(rule: str, subject: str, severity: str = "high", outcome: str = "fail") -> Finding:
    return Finding(rule=rule, outcome=outcome, severity=severity, target="db", subject=subject)


def judgement(built: Judgement, *findings: Finding, gaps: tuple[BlindSpot, ...] = ()) -> Judgement:
    return dataclasses.replace(built, findings=findings, blind_spots=gaps)


def test_changes_tell_mended_from_not_seen_again() -> None:
    base = build().judgement
    rule = "smart/pending-sectors"
    before = judgement(
        base, finding(rule, "a"), finding(rule, "b"), finding(rule, "c"), finding(rule, "d", "critical")
    )
    blind = BlindSpot(Gap("db", Drive, "denied"), (rule,))
    now = judgement(
        base,
        finding(rule, "a", "critical"),
        finding(rule, "b", outcome="pass"),
        finding(rule, "d"),
        finding(rule, "e"),
        gaps=(blind,),
    )
    told = since(before, now)
    assert [f.subject for f in told.new] == ["e"]
    assert [f.subject for f in told.worse] == ["a"]
    assert [f.subject for f in told.better] == ["d"]
    assert [f.subject for f in told.mended] == ["b"]
    assert [f.subject for f in told.lost_sight] == ["c"], "a gap is no repair"
    said = management(now, words(), before=told).changes
    assert "1 fault could not be looked at again, and still counts: A disk is failing (c on db)" in said
    assert since(before, before).nothing


def test_without_a_gap_what_is_gone_is_mended() -> None:
    base = build().judgement
    before = judgement(base, finding("fs/x", "a"), finding("fs/x", "b"))
    told = since(before, judgement(base, finding("fs/x", "a")))
    assert [f.subject for f in told.mended] == ["b"]


def test_other_rules_make_grades_incomparable() -> None:
    base = build().judgement
    other = dataclasses.replace(base, score=dataclasses.replace(base.score, ruleset="other"))
    told = management(base, words(), before=since(other, base))
    assert "cannot be compared" in told.changes[0]


@pytest.mark.parametrize(
    ("template", "said"),
    [("{% if %}", "line 1"), ("\n{{ p.nothing }}", "line 2"), ("{{ ''.__class__.__mro__ }}", "unsafe")],
)
def test_a_broken_template_is_named(tmp_path: Path, template: str, said: str) -> None:
    (tmp_path / "management.html").write_text(template)
    with pytest.raises(TemplateBroken, match=r"management\.html") as broken:
        render(page_of(build()), templates=tmp_path)
    assert said in str(broken.value)


def test_an_own_template_replaces_ours(tmp_path: Path) -> None:
    (tmp_path / "management.html").write_text("<p>{{ p.site }}: {{ say('Grade') }} {{ p.grade }}</p>")
    assert render(page_of(build(), "de"), templates=tmp_path) == "<p>Werkstatt Nord: Note C</p>"


def test_the_command_writes_both_languages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = BUNDLES[0].resolve()
    monkeypatch.chdir(tmp_path)
    Path("site.toml").write_text('[site]\nlanguage = "de"\n', "utf-8")
    run = CliRunner().invoke
    for arguments, said in (([], "Note"), (["--language", "en"], "Grade")):
        done = run(cli, ["report", str(bundle), "--management", "-o", "page.html", *arguments])
        assert done.exit_code == 0, done.output
        assert f">{said}<" in Path("page.html").read_text("utf-8")
    done = run(cli, ["report", str(bundle), "--management", "-o", "page.html", "--language", "tlh"])
    assert done.exit_code == 2
    assert "there are en, de" in done.output


def test_a_broken_template_keeps_the_audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = BUNDLES[0].resolve()
    monkeypatch.chdir(tmp_path)
    Path("site.toml").write_text('[site]\ntemplates = "own"\n', "utf-8")
    Path("own").mkdir()
    Path("own/management.html").write_text("{{ oops", "utf-8")
    done = CliRunner().invoke(cli, ["report", str(bundle), "--management", "-o", "page.html"])
    assert done.exit_code == 2
    assert "own/management.html" in done.output
    assert done.output.count("Error") == 1
    assert not Path("page.html").exists()


@pytest.mark.skipif(find_spec("weasyprint") is None, reason="WeasyPrint is not installed")
@pytest.mark.parametrize("language", ["en", "de"])
def test_on_paper_it_has_two_sheets(language: str) -> None:
    from pypdf import PdfReader

    from reports.exports.pdf import printed

    page = page_of(build(hosts=40, findings=900, disks=8, unread=300, hostile=True), language)
    sheets = PdfReader(io.BytesIO(printed(render(page, paper=True)))).pages
    assert len(sheets) <= 2
    text = " ".join(sheet.extract_text() for sheet in sheets)
    assert " ".join(page.subject.split("–")[-1].split()) in " ".join(text.split())


def waived_page(language: str, *, by: str = "E. Example") -> Management:
    told = build().judgement
    waiver = Waiver(rule="smart/temperature-high", target="", by=by, reason="fans", until=date(2027, 3, 31))
    late = dataclasses.replace(waiver, rule="raid/md-degraded", until=date(2026, 1, 1))
    idle = dataclasses.replace(waiver, rule="smart/failing-now")
    applied = (
        Applied(waiver, "in-force", 2),
        Applied(late, "expired", 1),
        Applied(idle, "matches-nothing", 0),
    )
    return management(dataclasses.replace(told, waivers=applied), words(language))


def test_waivers_are_told_with_who_answers_and_until_when() -> None:
    told = text_of(waived_page("en"))
    assert "2 faults are left as they are; answerable: E. Example, first until 31 Mar 2027." in told
    assert "1 permission to leave a fault has run out: what it covered counts again." in told
    assert "1 permission to leave a fault fits nothing that was found: take it back, or mend it." in told
    assert "1 Erlaubnis, einen Fehler zu lassen, passt zu nichts" in text_of(waived_page("de"))
    assert "verantwortlich: E. Example, zunächst bis 31. März 2027." in text_of(waived_page("de"))
    assert "answerable" not in text_of(page_of(build()))
    sent = letter(waived_page("en"))
    for body in (sent.html, sent.text):
        assert "answerable: E. Example" in " ".join(body.split())


def test_who_waives_is_inert() -> None:
    assert "<b>" not in render(waived_page("en", by="<b>E")).partition("<body>")[2].replace("<b>C</b>", "")


@pytest.mark.parametrize("bundle", BUNDLES[::3], ids=lambda path: path.name.partition(".")[0])
def test_unknown_in_the_subject_is_what_the_report_counts_as_not_examined(bundle: Path) -> None:
    judgement = judged(bundle, history=False)
    (unknown,) = (one for one in management(judgement, words()).counts if one.kind == "unknown")
    with Bundle(bundle) as opened:
        report = technical(judgement, evidence.manifest(opened), evidence.excerpt_of(opened))
    (listed,) = (count for anchor, _, count in report.contents if anchor == "unseen")
    assert unknown.count == listed
