"""Backups that hosts make by themselves: what is asked where, and what names of files tell."""

from __future__ import annotations

from datetime import datetime

import pytest

from collectors.backup_words import folder_of, purpose_of, repository_of, tells_of_backup
from collectors.collector import COLLECTORS, load
from collectors.fact import At
from collectors.file_series import dated, named, source_of
from collectors.joining import joined
from collectors.naming import named as with_names
from collectors.question import Answer
from collectors.reading import read_answer
from collectors.tools.backup_runs import CRON_RUNS
from collectors.tools.backup_traces import TRACES, read
from collectors.tools.plain_files import LISTING

load()

NOWHERE = b"grep: /etc/anacrontab: No such file or directory\n"


def traces(*lines: str) -> Answer:
    return Answer(TRACES(), stdout="".join(f"{line}\n" for line in lines).encode(), stderr=NOWHERE, status=2)


def asked(*lines: str) -> list[str]:
    """What the collector asks after these lines."""
    asking = COLLECTORS["backup-traces"].ask()
    next(asking)
    try:
        return [str(question) for question in asking.send([traces(*lines)])]
    except StopIteration:
        return []


def test_a_host_without_backups_costs_one_question() -> None:
    assert asked("/etc/crontab:17 * * * * root run-parts /etc/cron.hourly") == []
    assert asked("/etc/cron.daily/dpkg:/usr/libexec/dpkg/dpkg-db-backup") == []
    assert asked("/etc/systemd/system/timers.target.wants/apt-daily.timer:OnCalendar=daily") == []


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("/etc/cron.d/x:0 2 * * * root pg_dumpall > /srv/d/x.sql", ["journalctl", "grep", "find"]),
        ("/var/spool/cron/root:0 2 * * * /opt/backup.sh", ["journalctl", "grep"]),
        ("/etc/systemd/system/timers.target.wants/restic.timer:OnCalendar=daily", ["systemctl"]),
        ("/etc/pgbackrest.conf:repo1-path=/srv/pg", ["pgbackrest", "grep"]),
        ("/etc/borgmatic/config.yaml:    repositories:", ["borgmatic", "borgmatic", "find", "grep"]),
    ],
)
def test_only_what_the_first_answer_calls_for_is_asked(line: str, wanted: list[str]) -> None:
    assert [question.split()[0] for question in asked(line)] == wanted


def test_rsnapshot_names_its_folder() -> None:
    conf = [f"/etc/rsnapshot.conf:{line}" for line in ("snapshot_root\t/srv/r/", "backup\t/etc/\tweb1/")]
    assert asked(*conf) == [str(LISTING(folder="/srv/r"))]


def test_hostile_folders_are_not_asked_about() -> None:
    assert not [one for one in asked("/etc/cron.d/x:0 2 * * * root dump > /srv/a-ä/x") if "find" in one]
    assert not [one for one in asked("/etc/cron.d/x:0 2 * * * root dump > /home/x") if "find" in one]
    assert not [one for one in asked("/etc/cron.d/x:0 2 * * * root dump > /-srv/x") if "find" in one]
    assert asked("/etc/systemd/system/timers.target.wants/my\\x2dbackup.timer:OnCalendar=daily") == []


def test_a_run_on_record_joins_its_entry() -> None:
    entry = traces("/etc/cron.d/x:30 2 * * * root  pg_dumpall > /srv/d/$(date +\\%F).sql")
    log = "2026-11-23T02:30:01+0100 h CRON[9]: (root) CMD (pg_dumpall > /srv/d/$(date +%F).sql)\n"
    runs = Answer(CRON_RUNS(), stdout=log.encode(), status=0)
    told = [*read_answer("t", entry), *read_answer("t", runs)]
    (fact,) = joined(with_names(told, "t"))
    row = fact.row
    assert (row.schedule, row.repository) == ("30 2 * * *", "files:t:/srv/d")
    assert row.last_run_at.isoformat() == "2026-11-23T01:30:01+00:00"


def test_times_of_a_timer_are_kept_as_written() -> None:
    wants = "/etc/systemd/system/timers.target.wants/backup.timer"
    (one,) = read(traces(f"{wants}:OnCalendar=Mon 02:00", f"{wants}:OnCalendar=Fri 02:00"))
    assert isinstance(one, At)
    assert one.row.schedule == "Fri 02:00\nMon 02:00"
    assert one.row.enabled is True


@pytest.mark.parametrize(
    ("command", "purpose", "repository", "folder"),
    [
        ("restic -r sftp:u@h:/r backup /etc", "backup", "restic:sftp:u@h:/r", None),
        ("restic --repo=/srv/r forget --prune", "prune", "restic:/srv/r", None),
        ("restic -r /srv/r check", "verify", "restic:/srv/r", None),
        ("/usr/bin/borg create --stats /srv/b::{now} /home", "backup", None, None),
        ("borg create /srv/b::{now} /home", "backup", "borg:/srv/b", None),
        ("mysqldump shop | gzip > /srv/d/shop-$(date +%F).gz", "backup", "files:?:/srv/d", "/srv/d"),
        ("tar czf /srv/d/etc.tar.gz /etc", "backup", "files:?:/srv/d", "/srv/d"),
        ("pg_dump -Fc -f /srv/d/$DB/x.dump", "backup", "files:?:/srv/d", "/srv/d"),
        ("syncoid tank/data root@h:tank/data", "replication", None, None),
        ("rsync -a /srv h:/srv > /dev/null", "copy", None, None),
        ("backup.sh > /var/log/backup.log", "backup", None, None),
    ],
)
def test_command_lines(command: str, purpose: str, repository: str | None, folder: str | None) -> None:
    assert tells_of_backup(command)
    assert purpose_of(command) == purpose
    if not command.startswith("/usr/bin/borg"):
        assert repository_of(command) == repository
    assert folder_of(command) == folder


@pytest.mark.parametrize("command", ["run-parts /etc/cron.daily", "dumpe2fs /dev/sda1", "dpkg-db-backup"])
def test_what_is_no_backup(command: str) -> None:
    assert not tells_of_backup(command)


@pytest.mark.parametrize(
    ("path", "series", "at"),
    [
        ("shop-2026-11-23.sql.gz", "shop-*.sql.gz", "2026-11-23T00:00:00"),
        ("shop_20261123T021500.dump", "shop_*.dump", "2026-11-23T02:15:00"),
        ("2026/11/23/shop.sql", "*/shop.sql", "2026-11-23T00:00:00"),
        ("2026-11/shop-23.11.2026.bak", "*/shop-*.bak", "2026-11-23T00:00:00"),
        ("web1-1795400000.tar", "web1-*.tar", "2026-11-23T02:13:20"),
        ("mail.monday.tar.gz", "mail.*.tar.gz", None),
        ("log.3.gz", "log.*.gz", None),
        ("db12.sql", "db12.sql", None),
        ("build-99999999.zip", "build-99999999.zip", None),
        ("x-2026-13-45.sql", "x-2026-13-*.sql", None),
    ],
)
def test_series_of_names(path: str, series: str, at: str | None) -> None:
    told = dated(path)
    assert told[0] == series
    assert told[1] == (datetime.fromisoformat(f"{at}+00:00") if at else None)


@pytest.mark.parametrize(
    ("path", "kind", "copy", "unfinished"),
    [
        ("a.sql.gz", "database", True, False),
        ("a.tar.gz.gpg", "files", True, False),
        ("a.tar.partial", "files", True, True),
        (".~a.tar", "files", True, True),
        ("switch1-2026-11-23.cfg", "configuration", True, False),
        ("holdwater.conf", "configuration", False, False),
        ("notes.txt", None, False, False),
        ("vzdump-qemu-100-2026_11_23-02_00_00.vma.zst", "guest", True, False),
    ],
)
def test_what_a_file_is(path: str, kind: str | None, copy: bool, unfinished: bool) -> None:
    told = named(path)
    assert (told.kind, told.is_copy, told.unfinished) == (kind, copy, unfinished)


def test_guests_of_vzdump_have_the_identity_of_proxmox() -> None:
    assert source_of(named("vzdump-qemu-100-2026_11_23-02_00_00.vma.zst").series) == ("vm/100", "guest")
    assert source_of(named("vzdump-lxc-7-2026_11_23-02_00_00.tar.zst").series) == ("ct/7", "container")
