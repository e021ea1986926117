"""How long copies are kept, whether they are where they are said to be, and who sets the clock over them."""

from __future__ import annotations

from collectors.tools import backup_traces, fstab, mounts
from collectors.tools import host as machine
from collectors.tools.backup_runs import TIMER
from tests.canned import BEGAN
from tests.sites.scenario import (
    APART,
    COVERAGE,
    EXPOSURE,
    FATE,
    FILES,
    KEY,
    NAS,
    PLANNING,
    SERVER,
    SILENCE,
    Scenario,
    copies,
)
from tests.sites.world import Copies, Part, before, host, restic, sharing

USB = "/mnt/usb"
OFFLINE = (
    f'{FILES}{KEY}[site]\nplace = "office"\nadmin = "domain"\n'
    f'[[repositories]]\nname = "{USB}/r"\noffline = true\n'
)
OFFSITE = "/etc/systemd/system/timers.target.wants/rclone-offsite.timer"
TENANT = (
    '[[assets]]\nname = "mail"\nkind = "mail"\ntier = 1\nplace = "provider"\nadmin = "tenant administrator"\n'
)
CATALOGUE = '[[assets]]\nname = "backup1"\nkind = "backup server"\ntier = 2\n'
MAIL = (
    '[[copies]]\nasset = "mail"\nnewest = 2026-11-23\noldest = 2026-01-01\nmedia = "cloud"\n'
    'evidence = "export"\n'
)
SHARE = "/var/lib/nfs/etab:/srv/projects\t192.0.2.0/24(rw,sync,root_squash,no_subtree_check)"


def with_disk(*, attached: bool) -> Part:
    """The NAS, with a disk that fstab mounts, or that is mounted by hand and was put away."""
    argv = mounts.MOUNTINFO().argv
    line = f"24 22 8:33 / {USB} rw,relatime - ext4 /dev/sdc1 rw\n".encode() if attached else b""
    files = NAS.answers[machine.FILES().argv]
    boot = int(before(24.0 * 40).timestamp())
    booted = b"\n".join(
        b"/proc/stat:btime %d" % boot if one.startswith(b"/proc/stat:btime") else one
        for one in files.split(b"\n")
    )
    options = b"defaults" if attached else b"noauto"
    more = {
        argv: NAS.answers[argv] + line,
        machine.FILES().argv: booted,
        fstab.FSTAB().argv: NAS.answers[fstab.FSTAB().argv] + b"/dev/sdc1 /mnt/usb ext4 %s 0 2\n" % options,
    }
    return Part(NAS.name, {**NAS.answers, **more}, NAS.about, NAS.address)


def carrying(result: str) -> Part:
    """The NAS, whose timer carries the copies elsewhere every night; *result*: of the last run."""
    state = "inactive" if result == "success" else "failed"
    told = (
        "Id=rclone-offsite.timer\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\n"
        "NextElapseUSecRealtime=Tue 2026-11-24 04:00:00 UTC\nLastTriggerUSec=Mon 2026-11-23 04:00:00 UTC\n\n"
        f"Id=rclone-offsite.service\nLoadState=loaded\nActiveState={state}\nResult={result}\nExecMainStatus=1\n"
        "ExecMainStartTimestamp=Mon 2026-11-23 04:00:00 UTC\n"
        "ExecMainExitTimestamp=Mon 2026-11-23 04:00:09 UTC\n"
    )
    timer = TIMER(timer="rclone-offsite.timer", service="rclone-offsite.service")
    return host(
        "nas",
        more={
            backup_traces.TRACES().argv: f"{OFFSITE}:OnCalendar=*-*-* 04:00:00\n".encode(),
            timer.argv: told.encode(),
        },
    )


def clocked(seconds: float) -> Part:
    """The NAS, whose clock is so far ahead."""
    told = f"{BEGAN.timestamp() + seconds:.9f} nas\n".encode()
    return host("nas", more={machine.CLOCK(hostname="nas").argv: told})


def sql_server(logged: float) -> Part:
    """A history of SQL Server that was handed over; *logged*: hours since the last backup of a log."""
    columns = "server_name,database_name,type,backup_set_uuid,backup_start_date,backup_finish_date"
    lines = [f"{columns},is_damaged,recovery_model,physical_device_name,offset_minutes"]
    runs = [("D", 24.0 * day + 10) for day in range(14)] + [("L", logged + hour) for hour in range(200)]
    for number, (kind, age) in enumerate(runs):
        begun, ended = (f"{before(age - hours):%Y-%m-%d %H:%M:%S}.000" for hours in (0, 0.1))
        device = f"\\\\nas\\sql\\shop{number}.bak"
        lines.append(
            f"SQL1,shop,{kind},{number:08d}-1111-2222-3333-444444444444,{begun},{ended},0,FULL,{device},0"
        )
    return Part("sql1", {}, files={"history.csv": "\n".join(lines).encode()})


SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="copies-gone-before-their-time",
        shows="copies that should reach back 90 days, and reach back 20",
        about=SILENCE,
        holds=False,
        parts=(SERVER, NAS, copies(Copies("files", ages=tuple(6.0 + 24 * n for n in range(21))))),
        declared=APART + 'keep = "90d"\n' + KEY + FILES,
        systems={"files": (3, "plausible")},
        fires=("capacity/retention-unmet@files",),
    ),
    Scenario(
        name="copies-kept-as-wanted",
        shows="the same wish, and copies of 119 days",
        about=SILENCE,
        holds=True,
        parts=(SERVER, NAS, copies(Copies("files"))),
        declared=APART + 'keep = "90d"\n' + KEY + FILES,
        systems={"files": (3, "plausible")},
        silent=("capacity/retention-unmet@files",),
    ),
    Scenario(
        name="offline-disk-that-hangs-there",
        shows="a disk that counts as offline, and that fstab mounted at the boot 40 days ago",
        about=FATE,
        holds=False,
        parts=(SERVER, with_disk(attached=True), restic("r", "nas", f"{USB}/r", Copies("files"))),
        declared=OFFLINE,
        fires=(f"backup/always-attached@restic:sftp:backup@nas:{USB}/r",),
    ),
    Scenario(
        name="offline-disk-put-away",
        shows="the same disk, which is mounted by hand and lies in the safe",
        about=FATE,
        holds=True,
        parts=(SERVER, with_disk(attached=False), restic("r", "nas", f"{USB}/r", Copies("files"))),
        declared=OFFLINE,
        silent=(f"backup/always-attached@restic:sftp:backup@nas:{USB}/r",),
    ),
    Scenario(
        name="copy-elsewhere-failed",
        shows="last night the copies were not carried to the other place",
        about=SILENCE,
        holds=False,
        parts=(SERVER, carrying("exit-code"), copies(Copies("files"))),
        declared=APART + KEY + FILES,
        fires=("backup/sync-failed@nas",),
        silent=("backup/job-failing@nas", "backup/job-silent@nas"),
    ),
    Scenario(
        name="copy-elsewhere-made",
        shows="last night they were",
        about=SILENCE,
        holds=True,
        parts=(SERVER, carrying("success"), copies(Copies("files"))),
        declared=APART + KEY + FILES,
        silent=("backup/sync-failed@nas", "backup/job-silent@nas"),
    ),
    Scenario(
        name="clock-over-the-copies-wrong",
        shows="the clock of the machine with the copies is seven minutes ahead",
        about=EXPOSURE,
        holds=False,
        parts=(SERVER, clocked(420), copies(Copies("files"))),
        declared=APART + KEY + FILES + "[exposure]\nclock_of_production = false\n",
        fires=("exposure/clock-control@clock-over-the-copies-wrong",),
    ),
    Scenario(
        name="clock-over-the-copies-right",
        shows="a clock of its own, three seconds ahead",
        about=EXPOSURE,
        holds=True,
        parts=(SERVER, clocked(3), copies(Copies("files"))),
        declared=APART + KEY + FILES + "[exposure]\nclock_of_production = false\n",
        silent=("exposure/clock-control@clock-over-the-copies-right",),
    ),
    Scenario(
        name="mail-kept-by-its-provider",
        shows="the only copy of the e-mail lies in the account that it is a copy of",
        about=COVERAGE,
        holds=False,
        parts=(SERVER, NAS, copies(Copies("files"))),
        declared=APART
        + KEY
        + FILES
        + TENANT
        + MAIL
        + 'where = "archive of the tenant"\nplace = "provider"\nadmin = "tenant administrator"\n',
        systems={"mail": (2, "plausible")},
        fires=("backup/mail-saas-missing@mail",),
        silent=("backup/none@mail",),
    ),
    Scenario(
        name="mail-kept-by-somebody-else",
        shows="a copy of it in another account of another company",
        about=COVERAGE,
        holds=True,
        parts=(SERVER, NAS, copies(Copies("files"))),
        declared=APART
        + KEY
        + FILES
        + TENANT
        + MAIL
        + 'where = "second company"\nplace = "second company"\nadmin = "second account"\n',
        systems={"mail": (3, "plausible")},
        silent=("backup/mail-saas-missing@mail",),
    ),
    Scenario(
        name="share-left-out",
        shows="a share that everybody works on, beside the folder that is backed up",
        about=COVERAGE,
        holds=False,
        parts=(sharing(SERVER, SHARE), NAS, copies(Copies("files", paths=("/etc", "/srv/home")))),
        declared=APART + KEY + FILES,
        fires=("backup/endpoint-nas-missing@files",),
    ),
    Scenario(
        name="share-in-the-copies",
        shows="the same share, in a folder that is backed up",
        about=COVERAGE,
        holds=True,
        parts=(sharing(SERVER, SHARE), NAS, copies(Copies("files", paths=("/etc", "/srv")))),
        declared=APART + KEY + FILES,
        silent=("backup/endpoint-nas-missing@files",),
    ),
    Scenario(
        name="catalogue-nowhere-else",
        shows="a backup server whose catalogue and configuration nothing copies",
        about=PLANNING,
        holds=False,
        parts=(SERVER, NAS, copies(Copies("files"))),
        declared=APART + KEY + FILES + CATALOGUE + "no_backup = true\n",
        fires=("backup/backup-server-unprotected@backup1",),
    ),
    Scenario(
        name="catalogue-copied-elsewhere",
        shows="the same server, with an export of them on another machine every night",
        about=PLANNING,
        holds=True,
        parts=(SERVER, NAS, copies(Copies("files"), Copies("backup1", size_bytes=10**9))),
        declared=APART + KEY + FILES + CATALOGUE,
        silent=("backup/backup-server-unprotected@backup1",),
    ),
    Scenario(
        name="log-backups-stopped",
        shows="the log of a database was backed up every hour, and for 30 hours not at all",
        about=SILENCE,
        holds=False,
        parts=(SERVER, NAS, copies(Copies("files")), sql_server(30.0)),
        declared=APART + KEY + FILES,
        fires=("backup/db-log-chain@sql1",),
    ),
    Scenario(
        name="log-backups-made",
        shows="the same database, whose log was backed up half an hour ago",
        about=SILENCE,
        holds=True,
        parts=(SERVER, NAS, copies(Copies("files")), sql_server(0.5)),
        declared=APART + KEY + FILES,
        silent=("backup/db-log-chain@sql1",),
    ),
)
