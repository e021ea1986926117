"""ZFS: what is asked and when, the tree out of indentation, pools among the arrays."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.derived.array import Array
from analyzer.derived.array_member import ArrayMember
from analyzer.derived.blast_radius import BlastRadius
from analyzer.derived.rests_on import RestsOn
from analyzer.derived.zfs_absent_pool import ZfsAbsentPool
from analyzer.derived.zfs_device import ZfsDevice, ZfsGroup
from analyzer.derived.zfs_pool import ZfsPool
from analyzer.engine import judge
from analyzer.finding import Finding
from analyzer.site import Site
from collectors.block_tables import BlockDevice, Mount
from collectors.fact import Absent, Fact, Gap
from collectors.question import Answer, Form, Question, Refusal
from collectors.reading import Told, read_answer
from collectors.table import Row
from collectors.tools import zfs, zpool
from collectors.zfs_tables import ZpoolProperties, ZpoolStatus, ZpoolVdev
from tests.derived_sites import AT, HOST, disk, part, site_of

FIXTURES = Path(__file__).parent.parent / "fixtures" / "collectors" / "zpool-status"


def answer(question: Question, out: str = "", err: str = "", status: int = 0) -> Answer:
    return Answer(question, stdout=out.encode(), stderr=err.encode(), status=status)


def read(kind: str, out: str, err: str = "", status: int = 0) -> list[Told]:
    form = Form(("saved", "file"), kind, "")
    return list(read_answer(HOST, answer(Question(form.argv, form), out, err, status)))


def recorded(case: str) -> list[Row]:
    told = read("zpool-status", (FIXTURES / case / "answer.out").read_text())
    return [one.row for one in told if isinstance(one, Fact)]


def rows(site: Site, row_type: type[Row]) -> list[Row]:
    return [fact.row for fact in site.facts(row_type)]


def asked(answers: dict[tuple[str, ...], Answer]) -> list[tuple[str, ...]]:
    """The command lines that the collector asks for, given what is answered; anything else is empty."""
    asking, found = zfs.ask(), []
    batch = next(asking)
    try:
        while True:
            found += [question.argv for question in batch]
            batch = asking.send([answers.get(q.argv, Answer(q, status=0)) for q in batch])
    except StopIteration:
        return found


def given_answers(*some: tuple[Form, str, int]) -> dict[tuple[str, ...], Answer]:
    told = {form.argv: answer(form(), out if not status else "", out, status) for form, out, status in some}
    told.setdefault(zpool.ZFS_HERE.argv, answer(zpool.ZFS_HERE(), "/dev/zfs\n"))
    return told


def test_a_host_without_zfs_costs_one_question() -> None:
    missing = answer(
        zpool.ZFS_HERE(), err="ls: cannot access '/dev/zfs': No such file or directory", status=2
    )
    assert asked({zpool.ZFS_HERE.argv: missing}) == [zpool.ZFS_HERE.argv]
    told = list(read_answer(HOST, missing))
    assert told
    assert all(isinstance(one, Absent) for one in told)


def test_old_releases_are_asked_again_in_their_own_way() -> None:
    usage = "invalid option 'j'\nusage:\n\tstatus [-c] [-DegiLpPstvx] ...\n"
    answers = given_answers((zpool.STATUS_JSON, usage, 2))
    assert zpool.STATUS_EXACT.argv in asked(answers)
    assert zpool.STATUS_PLAIN.argv not in asked(answers)
    assert list(read_answer(HOST, answers[zpool.STATUS_JSON.argv])) == []
    answers |= given_answers((zpool.STATUS_EXACT, "invalid option 'p'\nusage:\n\tstatus [-vx]\n", 2))
    assert zpool.STATUS_PLAIN.argv in asked(answers)
    bad = "bad property list: invalid property 'encryption'\n"
    assert zfs.DATASETS_OLD.argv in asked(given_answers((zfs.DATASETS, bad, 2)))
    assert zfs.DATASETS_OLD.argv not in asked(given_answers())


def test_what_anybody_may_know_is_asked_where_root_is_denied() -> None:
    denied = Answer(zpool.STATUS_JSON(), refusal="denied")
    assert zpool.STATUS_ANYBODY.argv in asked(given_answers() | {zpool.STATUS_JSON.argv: denied})
    assert zpool.STATUS_ANYBODY.argv not in asked(given_answers())


def test_a_tree_too_deep_is_no_tree() -> None:
    lines = "".join("\t" + "  " * depth + f"x{depth} ONLINE 0 0 0\n" for depth in range(1, 2000))
    head = "  pool: a\n state: ONLINE\nconfig:\n\tNAME STATE READ WRITE CKSUM\n\ta ONLINE 0 0 0\n"
    told = read("zpool-status", head + lines)
    assert len([one for one in told if isinstance(one, Fact)]) == 9
    assert {one.reason for one in told if isinstance(one, Gap)} == {"unreadable"}


def test_holds_are_asked_of_the_newest_held_snapshots_only() -> None:
    lines = [f"tank/d{n}@autosnap_2026-01-01_00:00:00_daily\t0\t{1767225600 + n}\t1\t{n}" for n in range(40)]
    lines.append("tank/we ird;@x\t0\t1767225600\t1\t99")
    answers = given_answers((zfs.SNAPSHOTS, "\n".join(lines) + "\n", 0))
    holds = [argv for argv in asked(answers) if argv[:2] == ("zfs", "holds")]
    assert len(holds) == 16
    assert holds[0][-1] == "tank/d39@autosnap_2026-01-01_00:00:00_daily"


@pytest.mark.parametrize("refusal", ["tool-missing", "denied", "timed-out"])
def test_a_refused_answer_is_a_gap(refusal: Refusal) -> None:
    told = list(read_answer(HOST, Answer(zpool.STATUS_JSON(), refusal=refusal)))
    assert {(one.table, one.reason) for one in told if isinstance(one, Gap)} == {
        (ZpoolStatus, refusal),
        (ZpoolVdev, refusal),
    }


def test_text_and_json_of_one_state_tell_one_tree() -> None:
    """Both recordings show a raidz whose removed disk is being replaced."""
    text = [row for row in recorded("sick-raidz-resilvering-21") if isinstance(row, ZpoolVdev)]
    tree = [row for row in recorded("sick-raidz-resilvering-23-json") if isinstance(row, ZpoolVdev)]

    def shape(found: Iterable[ZpoolVdev]) -> list[tuple[str, ...]]:
        return [(row.place.replace("1/", "/"), row.kind, row.role, str(row.state)) for row in found]

    def plain(found: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
        return [(one[0].rstrip("1"), *one[1:]) for one in found]

    assert plain(shape(text)) == plain(shape(tree))


def disks() -> list[Row]:
    return [disk("sda", 1), part("sda1", "sda"), disk("sdb", 2), part("sdb1", "sdb")]


def mirror(half: str = "ONLINE", *, more: Iterable[Row] = ()) -> Site:
    state = "ONLINE" if half == "ONLINE" else "DEGRADED"
    text = (
        f"  pool: tank\n state: {state}\n  scan: none requested\nconfig:\n\n\tNAME STATE READ WRITE CKSUM\n"
        f"\ttank {state} 0 0 0\n\t  mirror-0 {state} 0 0 0\n\t    /dev/sda1 ONLINE 0 0 0\n"
        f"\t    /dev/sdb1 {half} 0 0 0\n\nerrors: No known data errors\n"
    )
    told = [one.row for one in read("zpool-status", text) if isinstance(one, Fact)]
    home = Mount(mountpoint="/tank", source="tank", fs_type="zfs", options="rw", read_only=False)
    return site_of([*told, *disks(), home, *more])


def faults(site: Site) -> dict[str, Finding]:
    return {f.rule: f for f in judge(site).findings if f.outcome == "fail"}


def test_a_pool_is_an_array_that_names_its_disks() -> None:
    site = mirror("UNAVAIL")
    (array,) = (row for row in rows(site, Array) if isinstance(row, Array))
    assert (array.kind, array.level, array.state, array.redundancy_left) == ("zfs", "raid1", "degraded", 0)
    found = faults(site)
    assert "serial ZC1A0002" in found["raid/degraded-no-margin"].message
    assert found["fs/zfs-degraded"].severity == "info"
    assert found["fs/zfs-degraded"].root == found["raid/degraded-no-margin"].root


def test_members_lie_on_disks_and_mounts_on_pools() -> None:
    site = mirror()
    members = [row for row in rows(site, ArrayMember) if isinstance(row, ArrayMember)]
    assert [(m.member, m.slot, m.state, m.serial) for m in members] == [
        ("sda1", 0, "in-sync", "ZC1A0001"),
        ("sdb1", 1, "in-sync", "ZC1A0002"),
    ]
    edges = {(row.upper, row.lower) for row in rows(site, RestsOn) if isinstance(row, RestsOn)}
    assert {("mount:/tank", "pool:tank"), ("pool:tank", "array:zfs:tank/mirror-0")} <= edges
    radius = {row.node: row for row in rows(site, BlastRadius) if isinstance(row, BlastRadius)}
    assert radius["array:zfs:tank/mirror-0"].lost == "/tank"
    assert radius["disk:wwn:5000c500aabbcc01"].lost == ""
    assert "raid/no-redundancy" not in faults(site)


def test_everything_at_once() -> None:
    """A raidz2 with a lost, a worn and a replaced device: the spare fills its slot, two are out."""
    site = site_of(recorded("sick-everything"))
    (array, special) = (row for row in rows(site, Array) if isinstance(row, Array))
    assert (array.missing, array.redundancy_left, array.state) == (2, 0, "degraded")
    assert array.failed_count == 3
    assert special.name == "big store/special/mirror-2"
    found = faults(site)
    assert found["raid/degraded-no-margin"].severity == "critical"
    assert "metadata among them" in found["fs/zfs-data-errors"].message
    assert found["fs/zfs-special-nonredundant"].severity == "medium"
    roles = {row.role: row for row in rows(site, ZfsGroup) if isinstance(row, ZfsGroup)}
    assert roles["log"].redundancy == 0
    counts = [row for row in rows(site, ZfsDevice) if isinstance(row, ZfsDevice) and row.checksum_errors]
    assert [row.checksum_errors for row in counts] == [1210, 88]


def test_suspended_with_every_device_online() -> None:
    found = faults(site_of(recorded("sick-suspended-23-json")))
    assert found["fs/zfs-faulted"].severity == "critical"
    assert "raid/failed" not in found


def test_a_scrub_seen_by_an_earlier_audit_counts() -> None:
    """A resilver takes the place of the scrub in the only line that tells of scans."""
    ended = AT - timedelta(days=10)
    scrub = ZpoolStatus(
        pool="t", state="ONLINE", scan_kind="scrub", scan_state="finished", scan_ended_at=ended
    )
    now = ZpoolStatus(pool="t", state="ONLINE", scan_kind="resilver", scan_state="finished")
    site = site_of([now], days=2, history=(site_of([scrub]),))
    (pool,) = (row for row in rows(site, ZfsPool) if isinstance(row, ZfsPool))
    assert pool.scrub_age_days == pytest.approx(12)
    assert pool.never_scrubbed is False


def test_a_pool_on_the_disks_that_is_not_imported() -> None:
    labels = [
        BlockDevice(name="sdc1", type="part", fs_type="zfs_member", fs_label="backup"),
        BlockDevice(name="sda1", type="part", fs_type="zfs_member", fs_label="tank"),
    ]
    site = site_of([*labels, ZpoolStatus(pool="tank", state="ONLINE")])
    known = {row.pool: row.imported for row in rows(site, ZfsAbsentPool) if isinstance(row, ZfsAbsentPool)}
    assert known == {"backup": False, "tank": True}
    blind = site_of(labels, gaps=[Gap(HOST, ZpoolStatus, "denied")])
    assert {row.imported for row in rows(blind, ZfsAbsentPool) if isinstance(row, ZfsAbsentPool)} == {None}


def test_a_pool_on_volumes_of_a_raid_controller() -> None:
    volume = disk("sdb", 2, vendor="DELL", model="PERC H730P Mini", wwn="6d094660355c4a00")
    site = mirror()
    assert "raid/zfs-on-hw-raid" not in faults(site)
    told = [fact.row for fact in site.facts(BlockDevice) if fact.row.name != "sdb"]
    hidden = site_of([*rows(site, ZpoolVdev), *rows(site, ZpoolStatus), *told, volume])
    assert "sdb1 (sdb (PERC H730P Mini" in faults(hidden)["raid/zfs-on-hw-raid"].message


def test_errors_since_the_last_audit_weigh_more() -> None:
    def seen(count: int) -> list[Row]:
        return [
            ZpoolStatus(pool="t", state="ONLINE"),
            ZpoolVdev(
                pool="t", place="sda", vdev="sda", kind="disk", role="data", top="sda", number=0,
                state="ONLINE", read_errors=count, write_errors=0, checksum_errors=0,
            ),
        ]  # fmt: skip

    before = site_of(seen(2))
    grown = faults(site_of(seen(5), days=1, history=(before,)))["fs/zfs-device-errors"]
    assert (grown.severity, "3 of them since the audit before" in grown.message) == ("high", True)
    reset = faults(site_of(seen(1), days=1, history=(before,)))["fs/zfs-device-errors"]
    assert "1 of them since" in reset.message
    assert faults(site_of(seen(2), days=1, history=(before,)))["fs/zfs-device-errors"].severity == "medium"


def test_capacity_of_a_pool_that_tells_no_numbers_is_unknown() -> None:
    site = site_of([ZpoolProperties(pool="t", health="UNAVAIL")])
    unknown = {f.rule for f in judge(site).findings if f.outcome == "unknown"}
    assert {"fs/zfs-capacity", "fs/zfs-data-errors", "fs/zfs-scrub-stale"} - unknown == {"fs/zfs-scrub-stale"}
    assert faults(site)["fs/zfs-faulted"].severity == "critical"


@given(st.text(max_size=400))
def test_any_text_is_read_or_a_gap(text: str) -> None:
    for kind in ("zpool-status", "zpool-get", "zpool-list", "zfs-list", "zfs-snapshots", "zfs-holds"):
        read(kind, text)


@given(st.integers(0, 2_000), st.sampled_from(["sick-everything", "sick-suspended-23-json"]))
def test_a_cut_answer_never_hides_what_is_missing(where: int, case: str) -> None:
    """Whatever is cut off, nothing that remains says more than the whole did, and a gap or doubt is left."""
    whole = (FIXTURES / case / "answer.out").read_text()
    told = read("zpool-status", whole[: min(where, len(whole) - 2)])
    pools = [one.row for one in told if isinstance(one, Fact) and isinstance(one.row, ZpoolStatus)]
    assert all(row.data_errors != 0 for row in pools)
    assert pools or any(isinstance(one, Gap) for one in told)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=8),
        lambda v: (
            st.lists(v)
            | st.dictionaries(
                st.sampled_from(["pools", "tank", "vdevs", "name", "state", "scan_stats", "errlist"]), v
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_is_read_or_a_gap(given_json: object) -> None:
    read("zpool-status", json.dumps({"pools": given_json}))
