"""What the rules say of recorded drives, against the conclusion that stands beside each recording.

The labels know three steps. `ok`: no sign of disease of medium severity or worse. `warn+`: at least one sign.
`crit`: at least one critical one. `unknown` and `error`: a gap, and nothing that says the drive is well.
Rules about planning and habits (age, load, heat of the moment, self-tests never run) are no signs of disease.
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from analyzer.engine import judge
from analyzer.finding import Finding
from analyzer.site import Site
from analyzer.verdict import rank
from collectors.collector import READERS, load
from collectors.drive_tables import Drive
from collectors.question import Answer, Form, Question, decode
from collectors.reading import read_answer

HERE = Path(__file__).resolve()
CORPUS = Path(os.environ.get("HOLDWATER_CORPUS", HERE.parents[2].parent / "shared" / "corpus"))
KINDS = ("smart-json", "smart-text", "smart-series", "smart-scan", "nvme-cli")
OURS = ("smartctl-json", "smartctl-text", "smart-scan", "nvme-cli")
AT = datetime(2026, 11, 1, tzinfo=UTC)

PLANNING = {
    "smart/age-hdd",
    "smart/load-cycles",
    "smart/offline-collection-never",
    "smart/selftest-stale",
    "smart/temperature",
}

OUTDATED = "the failed self-tests are older than a full one that passed"
GARBAGE = "the attribute table is garbage (numbers twice, names unknown): a gap, not a verdict"
FAILED_ERASES = "the label does not look at failed erases and programs: 4 and more are medium (FAST 2016)"
DOWNSHIFT = "the label does not look at the link: 3 downshifts and more are medium (SYSTOR 2016)"
HIGH_FLY = "the label does not look at attribute 189: above 30 is medium"
TIMEOUTS = "the label does not unpack attribute 188: 5 time-outs and more of a hard disk are medium"
STATISTIC = "the label looks at attribute 187 only; the statistics page tells the errors"
FRESH_ERROR = "the newest entry about an unreadable sector is less than 30 days of operation old"
WORN = "the label does not look at wear: 90 % of rated endurance is medium, 100 % high"

EXPORTER = "smart-json/smartctl_exporter__sat-"
EXPLAINED = {
    "smart-text/bsdhw__HDD_WDC_WD10EZEX-00RKKA0_4456762FE0D9.txt": OUTDATED,
    "smart-text/bsdhw__HDD_WDC_WD40EFRX-68WT0N0_02772CFDE5A6.txt": OUTDATED,
    "smart-text/bsdhw__HDD_Toshiba_MK8025GAS_31C18F05CE2D.txt": GARBAGE,
    "smart-json/scrutiny__testdata__smart-ata-issue587-realssd-m4.json": FAILED_ERASES,
    f"{EXPORTER}Micron_5100_Pro___52x0___5300_SSDs-Micron_5300_MTFDDAK3T8TDS-sdc.json": DOWNSHIFT,
    f"{EXPORTER}Micron_5100___52x0___5300___5400_SSDs-Micron_5300_MTFDDAK480TDS-sda.json": DOWNSHIFT,
    f"{EXPORTER}Seagate_Enterprise_Capacity_3.5_HDD-ST10000NM0016-1TT101-sda.json": HIGH_FLY,
    f"{EXPORTER}Seagate_Enterprise_Capacity_3.5_HDD-ST8000NM0016-1U3101-sds.json": HIGH_FLY,
    f"{EXPORTER}Seagate_Exos_X16-ST16000NM001G-2KK103-sda.json": TIMEOUTS,
    "smart-series/HDD_DT01ACA050_30ED81F27E4C/00_poh15646.txt": STATISTIC,
    "smart-series/HDD_DT01ACA050_30ED81F27E4C/01_poh17070.txt": STATISTIC,
    "smart-series/HDD_DT01ACA050_30ED81F27E4C/02_poh17480.txt": STATISTIC,
    "smart-series/HDD_DT01ACA050_30ED81F27E4C/03_poh17877.txt": STATISTIC,
    "smart-series/HDD_MQ01ABD050_5DB18816A51F/00_poh4937.txt": FRESH_ERROR,
    "smart-series/HDD_ST2000VN004-2E4164_434B6ED986A5/00_poh18188.txt": HIGH_FLY,
    "smart-series/HDD_ST8000DM004-2CX188_1321C00FFBED/00_poh3103.txt": STATISTIC,
    "smart-series/SSD_JAJMS600M128G_639B52D07555/03_poh26400.txt": WORN,
    "smart-series/SSD_MMCRE28G5MXP-0VB_128GB_C1B5EBA7D492/00_poh47953.txt": FAILED_ERASES,
    "smart-series/SSD_MMCRE28G5MXP-0VB_128GB_C1B5EBA7D492/01_poh54305.txt": FAILED_ERASES,
    "smart-series/SSD_MMCRE28G5MXP-0VB_128GB_C1B5EBA7D492/02_poh61611.txt": FAILED_ERASES,
    "smart-series/SSD_SC308_SATA_128GB_AE9E4862B6FB/00_poh2394.txt": FRESH_ERROR,
    "smart-series/SSD_SC308_SATA_256GB_023983906CEE/00_poh6783.txt": FRESH_ERROR,
    "smart-series/SSD_SUV500MS120G_AADFD6C997ED/00_poh30636.txt": WORN,
    "smart-text/bsdhw__HDD_Hitachi_HTS725032A9A364_E5C4D36893E0.txt": FRESH_ERROR,
    "smart-text/bsdhw__HDD_Seagate_ST10000NM0086-2AA101_BF3D4474F32D.txt": TIMEOUTS,
    "smart-text/bsdhw__HDD_Toshiba_MQ01ABD050_8EBC37D0F1E9.txt": STATISTIC,
    "smart-text/bsdhw__NVMe_Samsung_MZVLW256HEHP-000L7_1F36C258E105.txt": WORN,
    "smart-text/bsdhw__NVMe_Samsung_SSD_980_250GB_4318B540C072.txt": WORN,
    "smart-text/bsdhw__NVMe_Silicon_Motion_GV128_421C3D901483.txt": WORN,
    "smart-text/monitoring-plugins__disk-smart__smartctl-v6-text-wd40efrx-crit-attrs": FRESH_ERROR,
    "smart-text/raid-ml__2020-07-22__smart__289d3dba.txt~2": FRESH_ERROR,
}
"""File → why our conclusion differs from its label, and stands."""

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus beside the checkout (HOLDWATER_CORPUS)"),
]


@cache
def labelled() -> tuple[tuple[str, str, str], ...]:
    """Kind, file and expected conclusion of the recordings about drives."""
    load()
    with (CORPUS / "INDEX.tsv").open(newline="") as index:
        rows = csv.DictReader(index, delimiter="\t", quoting=csv.QUOTE_NONE)
        return tuple((r["kind"], r["file"], r["expected"]) for r in rows if r["kind"] in KINDS)


@cache
def judged(path: str) -> tuple[Site, tuple[Finding, ...]] | None:
    """The site of one saved output and what the rules about drives say of it; None if no reader takes it."""
    raw = (CORPUS / path).read_bytes()
    said = decode(raw)
    sure, kind = max((READERS[name].recognises(said), name) for name in OURS)
    if sure == 0:
        return None
    form = Form(("saved", "file"), kind, "")
    site = Site(name="corpus", at=AT, targets=("saved",))
    site.add(read_answer("saved", Answer(Question(form.argv, form), stdout=raw)))
    found = tuple(f for f in judge(site).findings if f.rule.startswith(("smart/", "firmware/")))
    return site, found


def signs(findings: tuple[Finding, ...]) -> Iterator[Finding]:
    """Faults that are signs of disease."""
    return (f for f in findings if f.outcome == "fail" and f.rule not in PLANNING)


def agrees(expected: str, findings: tuple[Finding, ...]) -> bool:
    worst = max((rank(f.severity) for f in signs(findings)), default=0)
    match expected:
        case "ok":
            return worst < rank("medium")
        case "warn+":
            return worst >= rank("low")
        case _:
            return worst >= rank("critical")


@pytest.mark.parametrize("kind", KINDS)
def test_no_rule_breaks(kind: str) -> None:
    for one, path, _ in labelled():
        if one == kind and (told := judged(path)) is not None:
            assert not [f for f in told[1] if f.outcome == "error"], path


@pytest.mark.parametrize("kind", KINDS)
def test_conclusions_agree_or_are_explained(kind: str) -> None:
    counts: Counter[tuple[str, bool]] = Counter()
    differ = set()
    for one, path, expected in labelled():
        told = judged(path) if one == kind and expected in ("ok", "warn+", "crit") else None
        if told is not None:
            agreed = agrees(expected, told[1])
            counts[expected, agreed] += 1
            if not agreed:
                differ.add(path)
    print(f"\n{kind}: {dict(counts)}")
    assert differ == {path for path in EXPLAINED if path.startswith(f"{kind}/")}


def test_no_health_told_is_never_health() -> None:
    for _, path, expected in labelled():
        told = judged(path) if expected in ("unknown", "error") else None
        if told is None:
            continue
        site, findings = told
        assert any(gap.table is Drive for gap in site.gaps), path
        well = {f.rule for f in findings if f.outcome == "pass"} - {"firmware/known-bug", "smart/age-hdd"}
        assert not well, (path, well)
