"""Hardware RAID from the bus to the findings: what is asked, what is joined, what is said."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analyzer.derived.array import Array
from analyzer.derived.array_member import ArrayMember
from analyzer.derived.disk import Disk
from analyzer.derived.rests_on import RestsOn
from analyzer.engine import judge
from analyzer.finding import Finding
from analyzer.site import Asset, Site
from collectors.asking import ask_all
from collectors.collector import COLLECTORS, READERS, load
from collectors.fact import Gap
from collectors.question import Answer, Form, Question
from collectors.raid_asking import PCI, TOOLS
from collectors.raid_controller_tables import RaidController, RaidDisk, RaidVolume
from collectors.reading import Told, read_answer
from tests.canned import CannedTarget
from tests.derived_sites import AT, HOST, disk, site_of

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "collectors"
KINDS = (
    *("pci-storage", "controller-tools", "storcli-json", "storcli-text", "megacli", "ssacli", "arcconf"),
    *("sasircu", "tw-cli", "mvcli", "areca", "cciss-vol-status", "mpt-status", "redfish-storage"),
)
MINE = (
    *("storage-controllers", "storcli", "megacli", "ssacli", "arcconf", "sasircu", "tw-cli", "mvcli"),
    *("areca", "cciss-vol-status", "mpt-status", "raid-smart"),
)
load()


def bus(vendor: str = "0x1000", code: str = "0x010400") -> bytes:
    told = {"class": code, "vendor": vendor, "device": "0x005d", "subsystem_vendor": "0x1028"}
    return "".join(f"/sys/bus/pci/devices/0000:03:00.0/{k}:{v}\n" for k, v in told.items()).encode()


def fixture(kind: str, case: str) -> bytes:
    return (FIXTURES / kind / case / "answer.out").read_bytes()


def audited(answers: dict[tuple[str, ...], bytes]) -> tuple[list[tuple[str, ...]], Site]:
    """What the collectors of hardware RAID ask of such a host, and the site its answers make."""
    target = CannedTarget(HOST, answers)
    told: list[Told] = []

    def record(name: str, answer: Answer) -> Answer:
        told.extend(read_answer(name, answer))
        return answer

    asyncio.run(ask_all(target, [COLLECTORS[name] for name in MINE], record))
    site = Site("site", AT, (HOST,))
    site.add(told)
    return target.asked, site


def faults(site: Site) -> dict[str, Finding]:
    return {f.rule: f for f in judge(site).findings if f.outcome == "fail"}


def perc(case: str = "healthy") -> dict[tuple[str, ...], bytes]:
    word = "storcli64"
    return {
        PCI().argv: bus(),
        TOOLS().argv: b"/usr/sbin/storcli64\n",
        (word, "/cALL", "show", "all", "J"): fixture("storcli-json", case),
        (word, "/cALL/vALL", "show", "all", "J"): fixture("storcli-json", "sick-volume-fallback"),
        (word, "/cALL/eALL/sALL", "show", "all", "J"): fixture("storcli-json", "sick-drives"),
        (word, "/cALL/bbu", "show", "all", "J"): fixture("storcli-json", "no-battery-question"),
    }


def test_a_host_without_controllers_is_asked_one_question_and_told_nothing_of() -> None:
    asked, site = audited({PCI().argv: fixture("pci-storage", "healthy-none")})
    assert asked == [PCI().argv]
    assert not site.gaps
    assert not [rule for rule in faults(site) if rule.startswith("raid/") or "controller" in rule]


def test_a_controller_without_its_tool_is_a_blind_spot() -> None:
    asked, site = audited({PCI().argv: bus()})
    found = faults(site)["blind-spot/controller-cli-missing"]
    assert "0000:03:00.0" in found.message
    assert "storcli64" in found.message
    assert not any("cALL" in " ".join(argv) for argv in asked)


def test_an_hba_hides_nothing() -> None:
    _, site = audited({PCI().argv: bus(code="0x010700")})
    assert "blind-spot/controller-cli-missing" not in faults(site)


def test_a_tool_that_tells_nothing_is_a_blind_spot() -> None:
    answers = perc() | {("storcli64", "/cALL", "show", "all", "J"): fixture("storcli-json", "broken-failure")}
    for words in ("/cALL/vALL", "/cALL/eALL/sALL", "/cALL/bbu"):
        answers.pop(("storcli64", words, "show", "all", "J"))
    _, site = audited(answers)
    found = faults(site)["blind-spot/controller-cli-missing"]
    assert "its tool is installed and told nothing" in found.message
    assert any(gap.reason == "failed" for gap in site.gaps)


def test_a_degraded_volume_is_judged_as_any_array_and_names_drives() -> None:
    _, site = audited(perc("sick-degraded"))
    array = next(f.row for f in site.facts(Array) if f.row.kind == "controller")
    assert (array.state, array.slots, array.redundancy) == ("degraded", 4, 2)
    assert array.missing == 2  # one slot is empty, one drive is being rebuilt
    found = faults(site)
    assert "raid/degraded-no-margin" in found
    assert "raid/rebuilding" in found
    assert found["raid/wb-without-battery"].severity == "critical"
    assert found["raid/foreign-config"].severity == "high"
    assert "ZA1AAAA1" in found["raid/pd-predictive"].message
    assert "slot 32:1" in found["raid/pd-predictive"].message
    assert found["blind-spot/controller-volumes-untold"].severity == "high"


def test_members_carry_what_controller_and_smart_say() -> None:
    _, site = audited(perc())
    members = {f.row.member: f.row for f in site.facts(ArrayMember)}
    sick = members["megaraid:0/32:1"]
    assert (sick.state, sick.serial, sick.kind) == ("in-sync", "ZA1AAAA1", "controller")
    assert "423 predictive failures" in (sick.sick or "")
    assert members["megaraid:0/32:0"].sick == ""
    assert members["megaraid:0/32:4"].state == "spare"
    assert "raid/smart-bad-member" in faults(site)


def test_a_drive_read_by_smartctl_is_matched_by_serial_number() -> None:
    from collectors.drive_tables import Drive, DriveAttribute

    rows = [
        RaidVolume(
            controller="megaraid:0", volume="0", group="0", level="raid1", state="optimal", members_expected=2
        ),
        RaidDisk(controller="megaraid:0", slot="32:0", group="0", state="online", serial="ZA1AAAA0"),
        RaidDisk(controller="megaraid:0", slot="32:1", group="0", state="online", serial="ZA1AAAA1"),
        Drive(drive="wwn:5000c500a1b2c301", device="/dev/bus/0 megaraid,1", serial="ZA1AAAA1", passed=False),
        DriveAttribute(
            drive="wwn:5000c500a1b2c301", device="/dev/bus/0", id=197, name="Current_Pending_Sector", raw=24
        ),
    ]
    site = site_of(rows)
    members = {f.row.serial: f.row for f in site.facts(ArrayMember)}
    assert members["ZA1AAAA1"].disk == "wwn:5000c500a1b2c301"
    assert members["ZA1AAAA1"].sick
    assert [f.row.serial for f in site.facts(Disk)].count("ZA1AAAA1") == 1


def test_serial_numbers_that_repeat_join_nothing() -> None:
    rows = [
        RaidVolume(controller="adaptec:1", volume="0", group="0", level="raid1", state="optimal"),
        RaidDisk(controller="adaptec:1", slot="0:0", group="0", state="online", serial="XXXXXXXX"),
        RaidDisk(controller="adaptec:1", slot="0:1", group="0", state="online", serial="XXXXXXXX"),
    ]
    members = [f.row for f in site_of(rows).facts(ArrayMember)]
    assert len({row.disk for row in members}) == 2


def test_the_volume_stands_in_the_graph_between_mount_and_drives() -> None:
    rows = [
        disk(
            "sda", 7, model="PERC H730P", wwn="0x6d094660355c4a00", serial="006b4d2c0aa1f3e621004a5c35604609"
        ),
        RaidVolume(
            controller="megaraid:0",
            volume="0",
            group="0",
            level="raid1",
            state="optimal",
            device="/dev/sda",
            members_expected=2,
        ),
        RaidDisk(controller="megaraid:0", slot="32:0", group="0", state="online", serial="ZA1AAAA0"),
        RaidDisk(controller="megaraid:0", slot="32:1", group="0", state="online", serial="ZA1AAAA1"),
    ]
    edges = [f.row for f in site_of(rows).facts(RestsOn)]
    below = {edge.lower_label for edge in edges if edge.upper == "array:controller:megaraid:0/v0"}
    assert below == {"megaraid:0/32:0 (serial ZA1AAAA0)", "megaraid:0/32:1 (serial ZA1AAAA1)"}


@pytest.mark.parametrize(
    ("volume", "battery", "rule", "severity"),
    [
        ({"write_cache": "write-back"}, {"battery_state": "missing"}, "raid/wb-without-battery", "critical"),
        ({"write_cache": "write-through"}, {"battery_state": "missing"}, None, None),
        (
            {"write_cache": "write-through", "write_cache_default": "write-back"},
            {"battery_state": "failed"},
            "raid/write-cache-fallback",
            "medium",
        ),
        ({"write_cache": "write-back"}, {"battery_state": "ok", "cache_without_battery": False}, None, None),
    ],
)
def test_cache_and_battery_are_judged_together(
    volume: dict[str, Any], battery: dict[str, Any], rule: str | None, severity: str | None
) -> None:
    """A battery that is not there is fine where nothing is written back."""
    rows = [
        RaidController(controller="smartarray:0", status="optimal", **battery),
        RaidVolume(controller="smartarray:0", volume="1", state="optimal", level="raid1", **volume),
    ]
    found = {f.rule: f.severity for f in judge(site_of(rows)).findings if f.outcome == "fail"}
    about = {name for name in found if "wb-" in name or "bbu" in name or "fallback" in name}
    if rule is None:
        assert not about
    else:
        assert found[rule] == severity


def test_a_battery_that_goes_on_learning_is_seen_by_the_second_audit() -> None:
    rows = [RaidController(controller="megaraid:0", status="optimal", battery_state="learning")]
    first = site_of(rows)
    later = site_of(rows, days=2, history=(first,))
    assert "raid/bbu-learn-stuck" not in faults(first)
    assert "48 hours" in faults(later)["raid/bbu-learn-stuck"].message


def test_growth_of_media_errors_weighs_more_than_their_number() -> None:
    def rows(count: int) -> list[Any]:
        return [
            RaidDisk(controller="megaraid:0", slot="1:1", state="online", serial="S1AAAA", media_errors=count)
        ]

    later = site_of(rows(9), days=1, history=(site_of(rows(8)),))
    assert faults(later)["raid/pd-media-errors"].severity == "high"
    assert faults(site_of(rows(9)))["raid/pd-media-errors"].severity == "medium"


def test_an_optimal_volume_with_a_failed_drive_contradicts_itself() -> None:
    rows = [
        RaidVolume(
            controller="megaraid:0", volume="0", group="0", level="raid5", state="optimal", told_state="Optl"
        ),
        *(RaidDisk(controller="megaraid:0", slot=f"1:{n}", group="0", state="online") for n in range(2)),
        RaidDisk(controller="megaraid:0", slot="1:2", group="0", state="failed", told_state="Failed"),
    ]
    found = faults(site_of(rows))
    assert "raid/degraded-no-margin" in found
    assert "Optl" in found["raid/sources-disagree"].message


@pytest.mark.parametrize(
    ("vendor", "tool", "argv", "kind", "wanted"),
    [
        (
            "0x103c",
            "ssacli",
            ("ssacli", "ctrl", "all", "show", "config", "detail"),
            "ssacli",
            ["cciss,0", "cciss,1", "cciss,2"],
        ),
        ("0x9005", "arcconf", ("arcconf", "GETCONFIG", "1"), "arcconf", ["aacraid,2,0,0", "aacraid,2,0,1"]),
    ],
)
def test_smart_is_asked_by_the_numbers_the_tool_tells(
    vendor: str, tool: str, argv: tuple[str, ...], kind: str, wanted: list[str]
) -> None:
    from collectors.tools.smartctl import DISKS, SCAN

    blocks = {
        "blockdevices": [
            {
                "name": "sda",
                "type": "disk",
                "vendor": "ASR8405",
                "model": "LogicalDrv RAID",
                "hctl": "2:0:0:0",
            }
        ]
    }
    answers = {
        PCI().argv: bus(vendor),
        TOOLS().argv: f"/usr/sbin/{tool}\n".encode(),
        SCAN().argv: b'{"smartctl":{"version":[7,3]},"devices":[]}',
        DISKS().argv: json.dumps(blocks).encode(),
        argv: fixture(kind, "healthy"),
    }
    asked, _ = audited(answers)
    kinds = [words[words.index("-d") + 1] for words in asked if words[0] == "smartctl" and "-d" in words]
    assert sorted(kinds) == wanted


def cases() -> Iterator[tuple[str, Path]]:
    for kind in KINDS:
        for path in sorted((FIXTURES / kind).glob("*/answer.out")):
            yield kind, path


@pytest.mark.parametrize(
    ("kind", "path"), list(cases()), ids=lambda v: v if isinstance(v, str) else v.parent.name
)
def test_an_answer_cut_anywhere_is_read_without_harm(kind: str, path: Path) -> None:
    """No part of an answer makes a reader stumble, and an empty one is never silent."""
    whole = path.read_bytes()
    form = Form(("saved", "file"), kind, "")
    for end in range(0, len(whole), max(1, len(whole) // 60)):
        for told in read_answer("t", Answer(Question(form.argv, form), stdout=whole[:end], status=0)):
            assert not (isinstance(told, Gap) and "cannot be read" in told.detail), (end, told)
    assert list(read_answer("t", Answer(Question(form.argv, form), status=0)))


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_hostile_tool_says_is_told_without_control_characters(kind: str) -> None:
    for path in sorted((FIXTURES / kind).glob("*/answer.out")):
        bad = path.read_text().replace("ST", "\x1b[31mST").replace("OK", "OK\x07")
        form = Form(("saved", "file"), kind, "")
        for told in READERS[kind].read(Answer(Question(form.argv, form), stdout=bad.encode(), status=0)):
            assert "\\x1b" not in repr(getattr(told, "row", told))


def test_a_second_controller_of_which_the_tool_tells_nothing_is_a_blind_spot() -> None:
    """Two controllers of one family on the bus, one in the tool's answer."""
    both = bus() + bus().replace(b"0000:03", b"0000:82")
    _, site = audited(perc() | {PCI().argv: both})
    found = [f for f in judge(site).findings if f.rule == "blind-spot/controller-cli-missing"]
    told = sorted((f.outcome, "0000:82:00.0" in f.message) for f in found)
    assert told == [("fail", True), ("pass", False)]


def test_the_only_controller_of_an_important_host() -> None:
    rows = [
        RaidController(controller="megaraid:0", model="9361-8i"),
        RaidVolume(controller="megaraid:0", volume="0", level="raid1", state="optimal"),
    ]
    rule = "raid/single-controller-no-spare"
    assert rule in faults(site_of(rows, assets=(Asset(HOST, 1),)))
    assert rule not in faults(site_of(rows))
    two = [*rows, RaidVolume(controller="megaraid:1", volume="0", level="raid1", state="optimal")]
    assert rule not in faults(site_of(two, assets=(Asset(HOST, 1),)))
