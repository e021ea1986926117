"""What is taken for a backup: redundancy, snapshots of the same pool, and words."""

from __future__ import annotations

import pytest

from analyzer.declared import DeclaredCopy, declared
from analyzer.engine import judge
from analyzer.site import Asset
from collectors.btrfs_tables import BtrfsSnapshots
from collectors.fact import Fact
from collectors.table import Row
from collectors.zfs_tables import ZfsSnapshotSet
from tests.derived_sites import AT, mirror
from tests.protected_sites import DAILY, host, nas, points, site

MAIL = Asset("mail", tier=1)
SEARCHED: dict[str, list[Row]] = {
    "files": host("files"),
    "nas": [*host("nas"), nas(), *points("restic:1f", "files", *DAILY)],
}
ZFS = ZfsSnapshotSet(dataset="tank/mail", family="zfs-auto-snapshot", count=3)
BTRFS = BtrfsSnapshots(place="/", subvolumes=4, snapshots=3)


def failed(mail: list[Row], more: dict[str, list[Row]], said: list[Fact[Row]] | None = None) -> set[str]:
    told = judge(site({"mail": [*host("mail"), *mail], **more}, MAIL, more=said))
    return {finding.rule for finding in told.failed() if "mail" in finding.message}


def test_redundancy_alone_is_no_backup() -> None:
    assert "raid/raid-as-backup" in failed(mirror(), SEARCHED)
    assert "raid/raid-as-backup" not in failed(mirror(broken=True), SEARCHED)
    copied: dict[str, list[Row]] = SEARCHED | {
        "nas": [*SEARCHED["nas"], *points("restic:1f", "mail", *DAILY)]
    }
    assert "raid/raid-as-backup" not in failed(mirror(), copied)


def test_where_no_repository_was_searched_nothing_is_claimed() -> None:
    assert not failed(mirror(), {}) & {"raid/raid-as-backup", "snapshot/array-same-system", "backup/none"}


@pytest.mark.parametrize("kept", [ZFS, BTRFS], ids=["zfs", "btrfs"])
def test_snapshots_of_the_same_pool_alone_are_no_backup(kept: Row) -> None:
    found = failed([*mirror(), kept], SEARCHED)
    assert "snapshot/array-same-system" in found
    assert "raid/raid-as-backup" not in found
    copied: dict[str, list[Row]] = SEARCHED | {
        "nas": [*SEARCHED["nas"], *points("restic:1f", "mail", *DAILY)]
    }
    assert "snapshot/array-same-system" not in failed([kept], copied)


def test_a_copy_that_was_only_spoken_of_is_told_apart() -> None:
    copy = DeclaredCopy(asset="mail", where="safe", media="removable disk", newest_at=AT)
    stated: list[Fact[Row]] = [
        declared(copy, target="mail", where="copies[0]", at=AT, worth="statement"),
    ]
    assert "blind-spot/evidence-interview-only" in failed([], {}, stated)
    shown: dict[str, list[Row]] = SEARCHED | {"nas": [*SEARCHED["nas"], *points("restic:1f", "mail", *DAILY)]}
    assert "blind-spot/evidence-interview-only" not in failed([], shown, stated)
