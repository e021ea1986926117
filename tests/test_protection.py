"""Systems, their copies, what they share, and the level that the evidence proves."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from analyzer.asset_index import AssetIndex, uuids
from analyzer.declared import (
    DeclaredCopy,
    DeclaredExposure,
    DeclaredKey,
    declared,
)
from analyzer.derived.asset import System
from analyzer.derived.asset_copy import AssetCopy
from analyzer.derived.protection import Protection
from analyzer.derived.repository import Repository
from analyzer.engine import Judgement, judge
from analyzer.site import DERIVED, Asset, Site, load_derived
from collectors.backup_tables import BackupCheck, RestorePoint
from collectors.block_tables import FsUsage, Host, HostIdentity, Mount
from collectors.fact import Fact, Gap
from collectors.hypervisor_tables import Datastore, Guest, GuestDisk, GuestSnapshot
from collectors.table import Row
from tests.derived_sites import AT, mirror
from tests.protected_sites import (
    DAILY,
    TB,
    apart,
    host,
    nas,
    one,
    points,
    restored,
    said,
    severities,
    site,
)


def test_climbs_step_by_step() -> None:
    told = apart()
    assert (one(site(told), "files").level, one(site(told), "files").standing) == (2, "plausible")
    assert "not known: where it stands, who administers it" in one(site(told), "files").proof
    assert one(site(told, more=said()), "files").level == 3
    told["*restic"].append(BackupCheck(repository="restic:1f", check="1", kind="content", at=AT, result="ok"))
    assert one(site(told, more=said()), "files").level == 4
    with_test = one(site(told, more=said(restored(20))), "files")
    assert (with_test.level, with_test.standing) == (4, "proven")
    assert with_test.lift == "one immutable or offline copy"
    told["*restic"][0] = nas(lock_mode="compliance", encrypted=True)
    key = declared(DeclaredKey(opens="restic:1f", kept="paper in the safe"), target="shop", where="keys[0]")
    assert one(site(told, more=said(restored(20))), "files").at_best == 5
    assert one(site(told, more=said(restored(20), key)), "files").level == 5
    lost = declared(DeclaredKey(opens="restic:1f", kept="files"), target="shop", where="keys[0]")
    assert one(site(told, more=said(restored(20), lost)), "files").level == 4


def test_a_check_of_the_structure_proves_nothing() -> None:
    told = apart()
    told["*restic"].append(
        BackupCheck(repository="restic:1f", check="1", kind="structure", at=AT, result="ok")
    )
    assert one(site(told, more=said()), "files").level == 3


def test_a_check_proves_only_what_was_there_when_it_ran() -> None:
    told = apart()
    told["*restic"] = [nas(), *points("restic:1f", "files", 12)]
    told["*restic"].append(
        BackupCheck(repository="restic:1f", check="1", kind="content", at=AT - timedelta(days=3), result="ok")
    )
    assert one(site(told, more=said()), "files").level == 3


def test_a_stale_copy_is_doubtful_and_late() -> None:
    told = apart()
    told["*restic"] = [nas(), *points("restic:1f", "files", *(960 + 24 * n for n in range(40)))]
    made = site(told, Asset("files", 1), more=said())
    assert one(made, "files").standing == "doubtful"
    found = severities(judge(made), "files")
    assert found["backup/rpo-missed"] == "critical"
    assert found["backup/rhythm-broken"] == "high"


@pytest.mark.parametrize("clock", ["files", "nas"])
@pytest.mark.parametrize("stopped_days", [0.0, 1.0, 2.5, 4.0, 10.0])
@pytest.mark.parametrize("off_days", [-3.0, -0.1, 0.0, 3.0])
def test_a_wrong_clock_makes_no_copy_newer(clock: str, stopped_days: float, off_days: float) -> None:
    """Daily copies that ended so long ago, stamped by a clock that is off by so much."""
    true = [stopped_days * 24 + 12 + 24 * n for n in range(100)]
    told: dict[str, list[Row]] = {
        "files": host("files"),
        "nas": host("nas"),
        "*restic": [nas(), *points("restic:1f", "files", *(age - off_days * 24 for age in true))],
    }
    told[clock][0] = Host(hostname=clock, clock_skew_seconds=off_days * 86_400)
    made = site(told, Asset("files", rpo_hours=24.0), more=said())
    row = one(made, "files")
    assert row.age_hours is not None
    assert row.age_hours >= true[0] - 0.01
    assert row.oldest_days is not None
    assert row.oldest_days <= true[-1] / 24 + max(-off_days, 0.0) + 0.01
    fresh = any(line.startswith("R3 yes") for line in row.proof.split("\n"))
    assert fresh <= (true[0] <= 27)
    if off_days > 0:
        assert "by a clock that is 3 days ahead" in row.proof


def test_nothing_looked_at_is_unknown_and_something_looked_at_is_none() -> None:
    made = site({"files": host("files")})
    assert (one(made, "files").level, one(made, "files").standing) == (None, "unknown")
    assert "backup/none" not in severities(judge(made), "files")
    told = apart()
    told["mail"] = host("mail")
    assert (one(site(told), "mail").level, one(site(told), "mail").standing) == (0, "no")
    assert severities(judge(site(told)), "mail")["backup/none"] == "critical"


def test_a_repository_that_could_not_be_read_leaves_it_open() -> None:
    told = apart()
    told["mail"] = host("mail")
    made = site(told)
    made.gaps.append(Gap("restic", RestorePoint, "denied", "wrong password", "nas2/restic"))
    assert one(made, "mail").standing == "unknown"
    assert "nas2/restic could not be read" in one(made, "mail").proof
    assert one(made, "files").standing == "plausible"


def test_a_copy_on_the_same_array_shares_its_fate() -> None:
    told: dict[str, list[Row]] = {
        "files": [*mirror(), Host(hostname="files")],
        "*restic": [nas(host="files", path="/srv/backup"), *points("restic:1f", "files", *DAILY)],
    }
    made = site(told, Asset("files", 1))
    copy = made.facts(AssetCopy)[0].row
    assert copy.same_storage
    assert "/srv" in copy.shared_storage
    assert one(made, "files").standing == "doubtful"
    found = severities(judge(made), "files")
    assert found["backup/same-storage"] == found["backup/shared-fate"] == "critical"


def test_a_share_of_the_system_itself_is_its_own_storage() -> None:
    """The repository is mounted from another host, which is the very system."""
    told = {
        "files": [*mirror(), Host(hostname="files")],
        "app": [
            *host("app"),
            Mount(
                mountpoint="/mnt/b", source="files:/srv/export", fs_type="nfs4", options="rw", read_only=False
            ),
        ],
        "*restic": [nas(host="app", path="/mnt/b/r"), *points("restic:1f", "files", *DAILY)],
    }
    made = site(told)
    assert made.facts(AssetCopy)[0].row.same_storage
    assert "app" in made.facts(Repository)[0].row.writable_on or made.facts(Repository)[0].row.nodes


def test_a_guest_and_the_backup_server_beside_it() -> None:
    """A backup server that is a guest of the hypervisor whose guests it protects."""
    store = Datastore(datastore="name:ssd", name="ssd", hypervisor="vmware", shared=True)
    guests = [
        Guest(guest=f"uuid:0000000{n}-0000-0000-0000-000000000000", name=name, hypervisor="vmware")
        for n, name in ((1, "dc"), (2, "backup"))
    ]
    disks = [
        GuestDisk(guest=g.guest, guest_name=g.name, disk="d", path=f"[ssd] {g.name}", storage="ssd")
        for g in guests
    ]
    told: dict[str, list[Row]] = {
        "vc": [store, *guests, *disks],
        "*restic": [nas(host="backup", path="/repo"), *points("restic:1f", "dc", *DAILY)],
    }
    made = site(told)
    copy = made.facts(AssetCopy)[0].row
    assert (copy.asset, copy.same_storage) == ("dc", True)
    assert "ssd" in copy.shared_storage


def test_only_snapshots_is_level_one() -> None:
    guest = Guest(guest="qemu/101", name="dc", hypervisor="proxmox")
    snapshot = GuestSnapshot(guest="qemu/101", snapshot="s", name="s", created_at=AT - timedelta(days=9))
    told: dict[str, list[Row]] = {"pve": [guest, snapshot], **apart()}
    made = site(told)
    assert (one(made, "dc").level, one(made, "dc").fallback) == (1, "1 snapshot")


def test_a_guest_that_was_asked_itself_is_one_system() -> None:
    uuid = "4c4c4544-0042-3510-8051-b4c04f4a5931"
    turned = uuids(uuid)[1]
    told: dict[str, list[Row]] = {
        "vc": [Guest(guest=f"uuid:{turned}", name="DB01 (prod)", hypervisor="vmware")],
        "db1": [
            Host(hostname="db1", virtualization="vmware"),
            HostIdentity(hostname="db1", machine_uuid=uuid),
        ],
    }
    rows = {
        fact.row.asset: fact.row for fact in site(told, Asset("database", 1, known_as=("db1",))).facts(System)
    }
    assert set(rows) == {"vc", "db1"}
    assert (rows["db1"].label, rows["db1"].tier, rows["db1"].hypervisor) == ("database", 1, "vc")
    assert "same UUID" in rows["db1"].joined_by


def test_a_name_that_two_systems_bear_means_neither() -> None:
    index = AssetIndex()
    index.add_host("a", "web.one.example")
    index.add_host("b", "web.two.example")
    assert index.find("web.one.example.") is not None
    told = index.find("web")
    assert told is not None
    assert (told.asset, told.rivals) == ("", ("a", "b"))
    assert index.find("mail") is None


@pytest.mark.parametrize("age", [-40.0, None])
def test_copies_without_a_usable_time_do_not_count(age: float | None) -> None:
    told = apart()
    at: datetime | None = AT - timedelta(hours=age) if age is not None else None
    told["*restic"] = [nas(), RestorePoint(repository="restic:1f", point="1", source="files", created_at=at)]
    made = site(told)
    assert one(made, "files").copies == 0
    assert one(made, "files").standing == "no"


def test_a_tape_in_the_safe_counts_as_far_as_it_is_told() -> None:
    told = {"files": host("files")}
    tape = DeclaredCopy(
        asset="files",
        where="tape",
        newest_at=AT - timedelta(hours=20),
        place="bank",
        admin="nobody",
        offline=True,
    )
    fact = declared(tape, target="files", where="copies[0]", at=AT - timedelta(hours=20), worth="statement")
    made = site(told, more=said(fact))
    assert (one(made, "files").level, one(made, "files").out_of_reach) == (3, True)


def test_a_failed_restore_test_says_no() -> None:
    made = site(apart(), Asset("files", 1), more=said(restored(30), restored(2, result="failed")))
    assert one(made, "files").standing == "no"
    assert severities(judge(made), "files")["recovery/test-failed"] == "critical"
    assert judge(made).score.grade == "F"


def test_time_to_restore_names_its_terms() -> None:
    wanted = Asset("files", 1, rto_hours=2.0)
    measured = one(site(apart(), wanted, more=said(restored(5))), "files")
    assert measured.rto_measured
    assert measured.rto_hours == pytest.approx(2 + 1 + 2 + 0.5)
    assumed = one(site(apart(), wanted, more=said()), "files")
    assert "assumed" in assumed.rto_basis
    assert not assumed.rto_measured


def test_a_guest_has_a_score_of_its_own() -> None:
    guest = Guest(guest="qemu/101", name="dc", hypervisor="proxmox")
    snapshot = GuestSnapshot(guest="qemu/101", snapshot="s", name="s", created_at=AT - timedelta(days=9))
    told = judge(site({"pve": [guest, snapshot]}, Asset("dc", 1)))
    scores = {one.name: one for one in told.score.assets}
    assert set(scores) == {"pve", "dc"}
    assert scores["dc"].tier == 1
    assert "snapshot/masquerades-as-backup" in {f.rule for f in told.failed()}
    assert (scores["dc"].grade, told.score.grade) == ("F", "F")


def test_the_site_is_no_system_and_a_host_may_be_called_like_it() -> None:
    """What is judged of the whole site counts for the site alone, whatever the names are."""

    def judged(name: str) -> Judgement:
        exposed = DeclaredExposure(name="*", shared_admin=True, backup_software="Veeam 12.0.0.1420")
        fact = declared(exposed, target=name, where="exposure")
        return judge(site(apart(), Asset("files", 1), name=name, more=[*said(), fact]))

    plain, alike = judged("shop"), judged("files")
    assert {f.rule.partition("/")[0] for f in plain.failed() if f.target == "shop"} >= {"exposure"}
    assert [one.name for one in plain.score.assets] == ["files", "nas", "restic"]
    assert plain.score.assets == alike.score.assets
    caps = [cap for cap in plain.score.caps if cap.condition.startswith("one hand")]
    assert [(cap.asset, "whoever takes over shop" in cap.action) for cap in caps] == [("", True)]
    renamed = [replace(cap, action=cap.action.replace("over shop", "over files")) for cap in plain.score.caps]
    assert replace(plain.score, caps=tuple(renamed), actions=()) == replace(alike.score, actions=())
    assert [action.gain for action in plain.score.actions] == [action.gain for action in alike.score.actions]


def test_a_table_that_breaks_is_unknown_for_every_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where a host is called like the site."""

    def breaks(_: Site) -> list[Fact[Row]]:
        raise RuntimeError("broken")

    load_derived()
    sound = judge(site(apart())).score.assets
    monkeypatch.setitem(DERIVED, Protection, ((breaks,), DERIVED[Protection][1]))
    plain, alike = (judge(site(apart(), name=name)).score.assets for name in ("shop", "files"))
    assert plain == alike
    files = {one.name: one for one in sound}["files"]
    assert [one.low < files.low for one in alike if one.name == "files"] == [True]


def test_a_volume_that_no_copy_holds_is_named() -> None:
    told = apart()
    told["files"] = [
        Host(hostname="files"),
        *(
            Mount(mountpoint=path, source=f"/dev/{name}", fs_type="ext4", options="rw", read_only=False)
            for path, name in (("/", "sda1"), ("/data", "sdb1"))
        ),
        *(FsUsage(mountpoint=path, source="", size_bytes=TB, used_bytes=TB // 2) for path in ("/", "/data")),
    ]
    told["*restic"] = [nas(), *points("restic:1f", "files", *DAILY, paths="/etc\n/home")]
    made = site(told, more=said())
    assert "no copy holds /data" in one(made, "files").proof
    assert one(made, "files").standing == "doubtful"
    found = severities(judge(made), "files")
    assert (found["backup/volume-left-out"], found["backup/path-excluded"]) == ("high", "medium")
    owned = site(told, Asset("files", 1, paths=("/home", "/etc")), more=said())
    assert one(owned, "files").level == 3
