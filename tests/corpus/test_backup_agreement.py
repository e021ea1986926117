"""Saved answers of backup tools: restic, borg and Veeam are read, and what went wrong is told as wrong."""

from __future__ import annotations

import re

import pytest

from collectors.backup_tables import BackupCheck, BackupJob, BackupRepository, BackupSession, RestorePoint
from collectors.guest_backup_tables import GuestNotBackedUp
from tests.corpus.agreement import NEEDED, Conclusion, Reading, Recording, Subject, compare, read_as_mailed

pytestmark = NEEDED

OURS = r"restic|borg|veeam"
LOG = "the log of one run of borg; only that of a check is read"
NO_COPIES = "a list of Veeam that tells nothing of copies, or cannot tell protected from unprotected"
NOT_YET = "of a product whose saved files another module reads, or none"


def read(one: Recording) -> Reading:
    return read_as_mailed(one, "corpus") if re.search(OURS, one.file) else Reading("")


def conclude(reading: Reading) -> Conclusion:
    """Only what is collected: checks and sessions that failed. How old a copy is, is for rules to judge."""
    if not reading.told:
        return Conclusion("error")
    checks = [row.result for row in reading.rows(BackupCheck)]
    runs = [row.outcome for row in reading.rows(BackupSession)]
    if any(one not in ("ok", None) for one in (*checks, *runs)):
        return Conclusion("warn+")
    known = checks or runs or reading.rows(RestorePoint) or reading.rows(BackupRepository)
    return Conclusion("ok" if known else "unknown")


ASIDE = {
    rf"backup/(?!.*(?:{OURS}))": NOT_YET,
    r"borg_json_output__(?:compact|create_lock|create_perm|create|delete|info|list|prune)_stderr": LOG,
    r"VBRConfig_+(?:\w*Prox(?:y|ies)|LicInfo|SecurityCompliance|Servers|UserRoles|WanAcc|entraTenant\w*"
    r"|regkeys|trafficRules|vbrinfo|malware_(?:events|exclusions|settings)|Phys\w+)\.csv": NO_COPIES,
    r"borg_json_output__(?:diff_archives\w*|list_archive|prune)_stdout": "files of an archive, no copies",
}
SUBJECT = Subject(("backup",), read, conclude, aside=ASIDE)


def test_agreement(capsys: pytest.CaptureFixture[str]) -> None:
    compare(SUBJECT, capsys)


def test_snapshots_and_archives_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    points = {one.file.rpartition("__")[2]: len(read(one).rows(RestorePoint)) for one in SUBJECT.recordings()}
    assert points["snapshots-v1"] > 1
    assert points["snapshots-v2"] > 1
    assert points["list_stdout.json"] > 1


def test_lists_of_veeam_are_read_or_refused(capsys: pytest.CaptureFixture[str]) -> None:
    told = {one.file.rpartition("_")[2]: read(one) for one in SUBJECT.recordings() if "VBRConfig" in one.file}
    assert len(told) > 20
    assert len(told["Repositories.csv"].rows(BackupRepository)) == 3
    assert len(told["SOBRExtents.csv"].rows(BackupRepository)) == 3
    assert len(told["Jobs.csv"].rows(BackupJob)) == 4
    assert len(told["ViUnprotected.csv"].rows(GuestNotBackedUp)) == 3
