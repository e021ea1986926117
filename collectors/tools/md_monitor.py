"""Whether anybody is told when an array degrades, and whether arrays are checked: mdadm(8), mdcheck."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from collectors.block_tables import MdCheck, MdMonitor
from collectors.collector import reader
from collectors.fact import Missing, Reading
from collectors.plain_text import file_lines
from collectors.question import Answer, Form

# One question, so that "nothing of it is there" is one answer: configuration, schedules of cron and systemd
# (an enabled unit is a link below *.wants), and the command lines of processes that name mdadm. The first
# process is wanted too: who sees it sees all of them.
MD_MONITOR = Form(
    (
        *("grep", "-aHEi"),
        r"mdadm|mdcheck|raid-check|checkarray|^(mailaddr|program|mailfrom|array)[[:space:]]"
        r"|^(autocheck|oncalendar)=|^[01ny]$|^pid:[[:space:]]1$",
        *("/etc/mdadm/mdadm.conf", "/etc/mdadm.conf", "/etc/mdadm.conf.d/*.conf"),
        *("/etc/cron.d/mdadm", "/etc/cron.d/raid-check", "/etc/cron.weekly/*raid-check*"),
        *("/etc/cron.monthly/*mdadm*", "/etc/default/mdadm", "/etc/sysconfig/raid-check"),
        *("/etc/systemd/system/*.wants/mdcheck_start.timer", "/etc/systemd/system/*.wants/raid-check.timer"),
        "/sys/module/md_mod/parameters/start_dirty_degraded",
        *("/proc/1/status", "/proc/[0-9]*/cmdline"),
    ),
    reads="md-monitor",
    why="Whether mdadm watches the arrays, whom it tells, and whether a monthly check is scheduled",
    right="root",
    expand=True,
)
MD_CHECKS = Form(
    (
        *("stat", "-c", "%Y %n", "/var/lib/mdcheck/*"),
        *(
            "/var/lib/systemd/timers/stamp-mdcheck_start.timer",
            "/var/lib/systemd/timers/stamp-raid-check.timer",
        ),
    ),
    reads="md-checks",
    why="When arrays were last checked",
    right="root",
    expand=True,
)

_CRON = re.compile(r"/etc/cron\.\w+/")
_ENABLED = re.compile(r"/etc/systemd/system/[^/]+\.wants/")
_WATCHES = re.compile(r"^(?:\S*/)?mdadm\b.*(?:--monitor|--follow|\s-F\b)")


def _recognises(text: str) -> float:
    known = r"^/(?:etc/mdadm[/.]|sys/module/md_mod/|etc/cron\.d/mdadm)"
    return 0.9 if re.search(known, text[:20000], re.MULTILINE) else 0.0


@reader("md-monitor", fills=(MdMonitor,), recognises=_recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """whether mdadm watches the arrays and whom it tells"""
    mail = program = dirty = None
    spares: list[str] = []
    watched = by_timer = by_cron = switched_off = first_seen = False
    for _, path, line in file_lines(answer):
        words = line.split()
        if path.startswith("/etc/mdadm") and words:
            mail = " ".join(words[1:]) if words[0].upper() == "MAILADDR" else mail
            program = " ".join(words[1:]) if words[0].upper() == "PROGRAM" else program
            spares += _spares(words)
        elif path.startswith("/sys/module/md_mod/"):
            dirty = {"0": False, "1": True, "N": False, "Y": True}.get(line.strip())
        elif path.startswith("/proc/"):
            first_seen |= path == "/proc/1/status"
            command = line.split("\0")
            if _WATCHES.search(" ".join(command)):
                watched = True
                mail = mail or _option(command, "--mail", "-m")
                program = program or _option(command, "--program", "--alert", "-p")
        elif _ENABLED.match(path):
            by_timer = True
        elif _CRON.match(path) and words and not words[0].startswith("#"):
            by_cron = True
        elif re.fullmatch(r"\s*AUTOCHECK=[\"']?false[\"']?\s*", line):
            switched_off = True  # /etc/default/mdadm: cron runs, and does nothing; timers do not ask
    if not answer.stdout:
        yield Missing(MdMonitor, "failed", answer.complaint or "nothing is told")
        return
    yield MdMonitor(
        name="mdadm",
        monitor_active=True if watched else False if first_seen else None,
        mail_to=mail,
        program=program,
        check_scheduled=by_timer or (by_cron and not switched_off),
        start_dirty_degraded=dirty,
        spares_expected="\n".join(spares),
    )


def _spares(words: list[str]) -> list[str]:
    """ARRAY /dev/md0 UUID=3a… spares=1 spare-group=g → `md0 3a…`, `1`, `g`; nothing of other lines."""
    told = {key.lower(): value for key, _, value in (word.partition("=") for word in words[1:])}
    count, group = told.get("spares", ""), told.get("spare-group", "").replace("\t", " ")
    if words[0].upper() != "ARRAY" or not (re.fullmatch(r"[0-9]{1,4}", count) or group):
        return []
    names = [word.rpartition("/")[2] for word in words[1:2] if "=" not in word]
    names.append(re.sub(r"[^0-9a-f]", "", told.get("uuid", "").lower()))
    return [
        f"{' '.join(filter(None, names))}\t{count if count.isascii() and count.isdigit() else ''}\t{group}"
    ]


def _option(command: list[str], *names: str) -> str | None:
    """What follows one of the options, or stands behind its `=`."""
    for word, after in zip(command, [*command[1:], ""], strict=True):
        name, equals, value = word.partition("=")
        if name in names and (value if equals else after):
            return value if equals else after
    return None


@reader("md-checks", fills=(MdCheck,), recognises=lambda text: 0.0)
def read_checks(answer: Answer) -> Iterator[Reading]:
    """when md arrays were last checked, by the traces mdcheck and its timer leave"""
    finished: dict[str, datetime] = {}
    paused: dict[str, datetime] = {}
    started: list[datetime] = []
    for line in answer.text.splitlines():
        match = re.fullmatch(r"(\d{1,11}) (/.*)", line)
        if match is None:
            yield Missing(MdCheck, "unreadable", line[:120])
            continue
        when, name = datetime.fromtimestamp(int(match[1]), UTC), match[2].rpartition("/")[2]
        if name.startswith("stamp-"):
            started.append(when)
        elif name.startswith("Checked_"):
            finished[name.removeprefix("Checked_")] = when
        elif name.startswith("MD_UUID_"):
            paused[name.removeprefix("MD_UUID_")] = when
    for uuid in sorted({*finished, *paused}):
        yield MdCheck(array_uuid=uuid, finished_at=finished.get(uuid), paused_at=paused.get(uuid))
    if started:
        yield MdMonitor(name="mdadm", check_started_at=max(started))
    if not finished and not paused:
        yield Missing(MdCheck, "empty", "no check of an array has left a trace")
