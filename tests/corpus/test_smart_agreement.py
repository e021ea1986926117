"""What the rules say of recorded drives, against the conclusion that stands beside each recording.

The labels know three steps. `ok`: no sign of disease of medium severity or worse. `warn+`: at least one sign.
`crit`: at least one critical one. `unknown` and `error`: a gap, and nothing that says the drive is well.
Rules about planning and habits (age, load, heat of the moment, self-tests never run) are no signs of disease.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from datetime import UTC, datetime

import pytest

from analyzer.finding import Finding
from analyzer.site import Site
from analyzer.verdict import rank
from collectors.drive_tables import Drive
from tests.corpus import agreement
from tests.corpus.agreement import NEEDED, Conclusion, Outcome, Reading, Recording, Subject, judged, outcomes

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

pytestmark = NEEDED
AGREES = {"ok": {"ok", "low"}, "warn+": {"low", "warn+", "crit"}, "crit": {"crit"}, "unknown": {"unknown"}}


def read(one: Recording) -> Reading:
    return agreement.read(one, OURS, None)


def about_drives(reading: Reading) -> tuple[Site, list[Finding]]:
    """The site of one saved output and what the rules about drives say of it."""
    site, findings = judged(reading.told, AT, ("corpus",))
    return site, [one for one in findings if one.rule.startswith(("smart/", "firmware/"))]


def conclude(reading: Reading) -> Conclusion:
    """ok, low, warn+ or crit by the worst sign of disease; unknown without any if health was not told."""
    site, findings = about_drives(reading)
    signs = tuple(one for one in findings if one.outcome == "fail" and one.rule not in PLANNING)
    worst = max((rank(one.severity) for one in signs), default=0)
    if worst >= rank("low"):
        words = {rank("low"): "low", rank("critical"): "crit"}
        return Conclusion(words.get(worst, "warn+"), signs)
    untold = not reading.kind or any(gap.table is Drive for gap in site.gaps)
    return Conclusion("unknown" if untold and not well(findings) else "ok", signs)


def well(findings: list[Finding]) -> set[str]:
    """The rules that found a drive well, without those that need no word on its health."""
    return {one.rule for one in findings if one.outcome == "pass"} - {"firmware/known-bug", "smart/age-hdd"}


SUBJECT = Subject(
    KINDS, read, conclude, {f"^{re.escape(file)}$": why for file, why in EXPLAINED.items()}, agrees=AGREES
)


@functools.cache
def found() -> tuple[Outcome, ...]:
    """Every file that a reader takes."""
    return tuple(one for one in outcomes(SUBJECT) if one.reading.kind)


@pytest.mark.parametrize("kind", KINDS)
def test_conclusions_agree_or_are_explained(kind: str) -> None:
    """No rule breaks on any file, and the list of differences is exact."""
    seen = [one for one in found() if one.recording.kind == kind]
    labelled = [one for one in seen if one.recording.expected in ("ok", "warn+", "crit")]
    print(f"\n{kind}: {dict(Counter((one.recording.expected, bool(one.agrees)) for one in labelled))}")
    differ = {one.recording.file for one in labelled if not one.agrees}
    assert differ == {file for file in EXPLAINED if file.startswith(f"{kind}/")}


def test_no_health_told_is_never_health() -> None:
    for one in found():
        if one.recording.expected in ("unknown", "error"):
            site, findings = about_drives(one.reading)
            assert any(gap.table is Drive for gap in site.gaps), one.recording.file
            assert not well(findings), (one.recording.file, well(findings))
