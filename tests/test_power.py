"""UPS, boots, and the statement on a power cut in the middle of a write."""

from __future__ import annotations

from datetime import timedelta

import pytest

from analyzer.declared import DeclaredPower, declared
from analyzer.derived.power_boots import BootRecord
from analyzer.derived.power_cut import PowerCut
from analyzer.derived.power_supply import PowerSupply, ShutdownDrill, UpsState
from analyzer.engine import judge
from analyzer.site import Site
from collectors.block_tables import BlockQueue, Host, MdStatus, MdSysfs, Mount
from collectors.collector import COLLECTORS, load
from collectors.drive_tables import Drive
from collectors.fact import Fact, Gap
from collectors.kernel_log_tables import Boot
from collectors.power_tables import Ups, UpsSetup
from collectors.question import Answer, Question
from collectors.reading import read_target
from collectors.table import Row
from collectors.tools import journal, nut
from collectors.tools.apcupsd import STATUS
from tests.derived_sites import AT, disk, site_of


def raid5(policy: str | None) -> list[Row]:
    status = MdStatus(
        array="md0", active=True, level="raid5", members="sda[0] sdb[1] sdc[2]", slots=3, slots_in_sync=3
    )
    sysfs = MdSysfs(array="md0", level="raid5", raid_disks=3, degraded=0, consistency_policy=policy)
    queues = [BlockQueue(name=name, write_cache="write back") for name in ("sda", "sdb", "sdc")]
    return [status, sysfs, *queues, *(disk(name, i) for i, name in enumerate(("sda", "sdb", "sdc")))]


def cut(*rows: Row) -> PowerCut:
    (fact,) = site_of(rows).facts(PowerCut)
    return fact.row


WELL = Ups(name="ups@localhost", software="nut", status="OL CHRG")


def test_a_write_hole_without_a_ups_is_at_risk_and_with_one_guarded() -> None:
    assert cut(*raid5("resync")).outcome == "at-risk"
    assert cut(*raid5("resync"), WELL).outcome == "guarded"
    assert cut(*raid5("resync"), Ups(name="u", software="nut", status="OL RB")).outcome == "at-risk"


def test_disks_that_were_not_told_are_no_disks_without_caches() -> None:
    def known(*rows: Row) -> bool:
        (fact,) = site_of([Host(hostname="nas"), *rows]).facts(PowerSupply)
        return fact.row.caches_told

    assert not known()
    assert not known(disk("sda", 1))
    drive = Drive(drive="wwn:5000c500aabbcc01", device="/dev/sda", serial="ZC1A0001", write_cache=False)
    assert known(disk("sda", 1), drive)


def test_a_journal_closes_it_and_silence_leaves_it_open() -> None:
    closed = cut(*raid5("ppl"))
    assert (closed.outcome, closed.write_hole, closed.flushes) == ("protected", "closed", "sent")
    assert cut(*raid5(None)).outcome == "unknown"
    assert "not told" in cut(*raid5(None)).argument


def test_one_statement_for_one_root() -> None:
    findings = judge(site_of(raid5("resync"))).findings
    said = {f.rule: f for f in findings if f.rule.endswith("unprotected")}
    assert set(said) == {"raid/write-hole-unprotected", "power/write-cut-unprotected"}
    assert len({f.root for f in said.values()}) == 1


def test_barriers_of_a_file_system_on_a_disk() -> None:
    mount = Mount(
        mountpoint="/srv", source="/dev/sda", fs_type="ext4", options="barrier=0,rw", read_only=False
    )
    row = cut(disk("sda", 1), BlockQueue(name="sda", write_cache="write back"), mount)
    assert (row.thing, row.outcome, row.without_barriers) == ("/srv", "at-risk", "/srv")


@pytest.mark.parametrize(
    ("rows", "guard"),
    [
        ([WELL], "guarded"),
        ([Ups(name="u", software="nut", status="OB LB")], "failing"),
        ([Ups(name="u", software="nut", status="COMMLOST")], "failing"),
        ([Ups(name="u", software="nut", status="OL BYPASS")], "bypassed"),
        ([UpsSetup(name="ups", software="none")], "none-told"),
        ([], "unknown"),
    ],
)
def test_who_guards_the_host(rows: list[Row], guard: str) -> None:
    (fact,) = site_of([Host(hostname="host1"), *rows]).facts(PowerSupply)
    assert fact.row.guard == guard


def boots(*clean: bool | None) -> Site:
    return site_of(
        Boot(boot=str(i), began_at=AT - timedelta(days=10 * (len(clean) - i)), clean=one)
        for i, one in enumerate(clean)
    )


def test_boots_that_were_cut_off() -> None:
    (fact,) = boots(False, False, True, None).facts(BootRecord)
    assert (fact.row.boots, fact.row.unclean) == (4, 2)
    assert fact.row.last_unclean_age_days == 20
    (fact,) = boots(True, None).facts(BootRecord)
    assert fact.row.unclean == 0


def asked(setup: Answer, listed: bytes = b"") -> list[str]:
    said: list[str] = []
    asking = nut.ask()
    batch = next(asking)
    try:
        while True:
            said += [str(q) for q in batch]
            batch = asking.send(
                [setup if q.argv == nut.SETUP.argv else Answer(q, stdout=listed, status=0) for q in batch]
            )
    except StopIteration:
        return said[1:]


def test_the_supply_is_asked_by_the_name_that_upsmon_watches() -> None:
    load()
    told = b"/etc/nut/upsmon.conf:MONITOR rack@10.0.0.5:3493\n/etc/nut/upsmon.conf:SHUTDOWNCMD\n"
    assert asked(Answer(nut.SETUP(), stdout=told, status=2)) == ["upsc rack@10.0.0.5:3493"]
    hostile = b"/etc/nut/upsmon.conf:MONITOR --help;reboot\n"
    assert asked(Answer(nut.SETUP(), stdout=hostile, status=2), b"ups\n-x y\n") == ["upsc -l", "upsc ups"]


def test_no_software_means_no_question_and_no_password_is_ever_read() -> None:
    missing = b"".join(f"grep: {p}: No such file or directory\n".encode() for p in nut.SETUP.argv[3:])
    assert asked(Answer(nut.SETUP(), stderr=missing, status=2)) == []
    assert nut.SETUP.argv[1] == "-aoHE"  # only the matching part: the password of MONITOR stands behind it
    apc = Answer(nut.SETUP(), stdout=b"/etc/apcupsd/apcupsd.conf:UPSTYPE\n", status=0)
    assert asked(apc) == [str(Question(STATUS.argv, STATUS))]


class WithoutLast:
    """A machine as Debian 13 makes it: no last, and perhaps a journal."""

    name = "server1"

    def __init__(self, told: bytes | None) -> None:
        self.told = told

    def answer(self, question: Question) -> Answer:
        if question.argv[0] == "journalctl" and self.told is not None:
            return Answer(question, stdout=self.told, status=0)
        return Answer(question, refusal="tool-missing", detail=f"{question.argv[0]}: not found")


def test_without_last_the_journal_tells_of_boots_and_nothing_is_missing() -> None:
    load()
    line = (
        f'{{"_BOOT_ID": "a1", "MESSAGE_ID": "{journal.STARTED}", "__REALTIME_TIMESTAMP": "1795000000000000"}}'
    )
    (boot,) = read_target(WithoutLast(line.encode()), [COLLECTORS["boots"]])
    assert isinstance(boot, Fact)
    assert boot.row.boot == "a1"
    (gap,) = read_target(WithoutLast(None), [COLLECTORS["boots"]])
    assert isinstance(gap, Gap)
    assert (gap.reason, gap.detail.split()[0]) == ("tool-missing", "journalctl")


TRIED = DeclaredPower(name="*", shutdown_tested_at=AT - timedelta(days=400), shutdown_seconds=240.0)


def with_said(site: Site, row: DeclaredPower) -> Site:
    site.add([declared(row, target="*", where="power[0]")])
    return site


def test_what_site_toml_says_of_the_power_counts_where_nothing_listens() -> None:
    def site(name: str) -> Site:
        rows = [*raid5("resync"), UpsSetup(name="ups", software="none")]
        return with_said(site_of(rows), DeclaredPower(name=name, ups=False))

    (fact,) = site("*").facts(PowerSupply)
    assert (fact.row.ups_said, fact.row.parity, fact.row.guard) == (False, "md0", "none-told")
    told = {name: [f for f in judge(site(name)).findings if f.rule == "power/ups-absent"] for name in "*?"}
    assert [(f.outcome, f.severity) for f in told["*"]] == [("fail", "high")]
    assert [f.outcome for f in told["?"]] == ["unknown"]


def test_a_shutdown_that_was_measured_is_the_limit_and_one_tried_long_ago_is_stale() -> None:
    site = with_said(site_of([WELL]), TRIED)
    assert [fact.row.shutdown_seconds for fact in site.facts(UpsState)] == [240.0]
    (drill,) = site.facts(ShutdownDrill)
    assert (round(drill.row.tested_days or 0), drill.row.said) == (400, True)
    assert drill.sources[0].origin.argv[0] == "site.toml"
    assert [fact.row.tested_days for fact in site_of([WELL]).facts(ShutdownDrill)] == [None]
    assert site_of([UpsSetup(name="ups", software="none")]).facts(ShutdownDrill) == []
