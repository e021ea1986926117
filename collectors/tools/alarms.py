"""Who is told when something fails: what watches a host, whom it tells, and its alarms in the log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from collectors.alarm_tables import AlarmLog, MailWay, Watcher
from collectors.backup_values import moment_of
from collectors.collector import Asking, collector, reader
from collectors.decoding import look_into
from collectors.fact import Missing, NotHere, Reading
from collectors.plain_text import file_lines, unopened
from collectors.question import Answer, Form

OWN = ("smartd", "zed", "apcupsd", "upsmon")
"""Watchers that tell somebody by themselves."""

AGENTS = (
    *("netdata", "zabbix_agentd", "zabbix_agent2", "prometheus-node", "node_exporter", "telegraf", "monit"),
    *("nrpe", "icinga2", "collectd", "cmk-agent-ctl", "munin-node", "snmpd", "xymonlaunch", "beszel-agent"),
    *("scrutiny-collec", "glances"),
)
"""Agents, as the kernel names their processes: 15 letters."""

_SECRET = "|".join(
    (
        *("PUSHBULLET_ACCESS_TOKEN", "SLACK_WEBHOOK_URL", "PUSHOVER_TOKEN", "PUSHOVER_USER", "NTFY_TOPIC"),
        *("GOTIFY_URL", "GOTIFY_APPTOKEN"),
    )
)
# -o: of settings that hold a secret only the first letter of the value is printed, to see that there is one
WATCHERS = Form(
    (
        *("grep", "-aHoE"),
        rf"^({'|'.join((*OWN, *AGENTS))})$|^Pid:[[:space:]]1$"
        r"|^[[:blank:]]*(DEVICESCAN|DEFAULT|/dev/|-[a-zA-Z] )[^#]*"
        r"|^[[:blank:]]*ZED_EMAIL_ADDR=[^#]*"
        rf"|^[[:blank:]]*ZED_({_SECRET})=[\"']?[^\"'[:space:]]"
        r"|^(export )?SYSADMIN=[^[:space:]]+"
        r"|^[[:blank:]]*NOTIFYCMD[[:blank:]]+[^[:blank:]]+|^[[:blank:]]*NOTIFYFLAG[[:blank:]].*EXEC",
        *("/etc/smartd.conf", "/etc/smartmontools/smartd.conf", "/etc/zfs/zed.d/zed.rc"),
        *("/etc/apcupsd/apccontrol", "/etc/nut/upsmon.conf", "/etc/ups/upsmon.conf"),
        *("/proc/1/status", "/proc/[0-9]*/comm"),
    ),
    reads="watchers",
    why="What watches the host, and whom it tells",
    right="root",
    expand=True,
)
MAILER = Form(
    ("ls", "-d", "/usr/sbin/sendmail", "/usr/lib/sendmail", "/usr/bin/mail", "/usr/bin/mailx"),
    reads="mailer",
    why="Whether mail of the host's watchers is taken by any program",
)
ALARMS = Form(
    (
        *("journalctl", "--quiet", "--no-pager", "--output=short-iso", "--utc", "--since=-400d"),
        *(f"--identifier={one}" for one in ("smartd", "mdadm", "apcupsd", "upsmon", "nut-monitor")),
        "--grep=(Warning via|Test of) .*: (successful|failed)|event detected on md|on battery|UPS batteries"
        "|[Pp]ower failure|[Mm]onitoring|[Ss]tart",
    ),
    reads="alarm-log",
    why="When somebody was last told of a fault, and whether that worked",
    right="root",
    max_bytes=4 * 1024 * 1024,
)

_LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*) \S+ ([\w-]+)(?:\[\d+\])?: (.*)$")
_SENT = re.compile(
    r"(?:Warning via|Test of) .*: successful|event detected on md|on battery|[Pp]ower failure"
    r"|UPS batteries"
)
_FAILED = re.compile(r"(?:Warning via|Test of) .*: failed")


@collector("alarms", asks=(WATCHERS, MAILER, ALARMS))
def ask() -> Asking:
    """What watches the host, whom it tells, and when it last did"""
    (told,) = yield (WATCHERS(),)
    rows = [one for one in look_into(told) if isinstance(one, Watcher)]
    if any(row.running is not False for row in rows if not row.agent):
        yield (MAILER(), ALARMS())
    else:
        yield (MAILER(),)


@reader("watchers", fills=(Watcher,), recognises=lambda text: 0.0)
def read(answer: Answer) -> Iterator[Reading]:
    """what watches the host, and whom it tells"""
    running: dict[str, None] = {}
    lines: dict[str, list[str]] = {}
    seen = False
    for _, path, line in file_lines(answer):
        if path == "/proc/1/status":
            seen |= line.startswith("Pid:")
        elif path.startswith("/proc/"):
            running[line.strip()] = None
        else:
            lines.setdefault(_OF_FILE.get(path.rpartition("/")[2], ""), []).append(line.strip())
    shut = {
        _OF_FILE.get(path.rpartition("/")[2]) for path, why in unopened(answer).items() if "ermission" in why
    }
    if not answer.stdout:
        yield Missing(Watcher, "failed", answer.complaint or "nothing is told")
        return
    if not seen:
        yield Missing(Watcher, "denied", "the processes of others cannot be seen")
    for name in OWN:
        if name in running or name in lines or name in shut:
            notifies = None if name in shut else _notifies(name, lines.get(name, []))
            yield Watcher(software=name, running=name in running if seen else None, notifies=notifies)
    for name in running:
        if name in AGENTS:
            yield Watcher(software=name, running=True, agent=True)
    if seen and not {*running, *lines, *shut} & {*OWN, *AGENTS}:
        yield NotHere(Watcher, "no watcher runs and none is set up")


_OF_FILE = {"smartd.conf": "smartd", "zed.rc": "zed", "apccontrol": "apcupsd", "upsmon.conf": "upsmon"}


def _notifies(name: str, lines: list[str]) -> str | None:
    """Whom the watcher tells by its configuration; empty: nobody; None: nothing of it was read."""
    if name == "smartd":
        words = [re.findall(r"(?:^|\s)(?:-m|-M\s+exec)\s+(\S+)", line) for line in lines]
        found = [one for line in words for one in line if one != "<nomailer>"]
        return "\n".join(dict.fromkeys(found)) if lines else None
    if name == "zed":
        return "\n".join(one for line in lines if (one := _of_zed(line))) if lines else None
    if name == "upsmon":
        program = next((line.split()[1] for line in lines if line.startswith("NOTIFYCMD")), "")
        return program if any(line.startswith("NOTIFYFLAG") for line in lines) else ""
    return next((line.partition("=")[2].strip("\"'") for line in lines if "SYSADMIN=" in line), None)


def _of_zed(line: str) -> str:
    key, _, value = line.partition("=")
    told = value.strip().strip("\"'")
    return told if key == "ZED_EMAIL_ADDR" else key.removeprefix("ZED_").lower() if told else ""


@reader("mailer", fills=(MailWay,), recognises=lambda text: 0.0)
def read_mailer(answer: Answer) -> Iterator[Reading]:
    """whether there is a program that takes mail"""
    if answer.stdout.strip():
        yield MailWay(name="mail", sendmail=True)
    elif "No such file" in answer.complaint:
        yield MailWay(name="mail", sendmail=False)
    else:
        yield Missing(MailWay, "failed", answer.complaint or "ls told nothing")


@reader("alarm-log", fills=(AlarmLog,), recognises=lambda text: 0.0)
def read_log(answer: Answer) -> Iterator[Reading]:
    """the alarms that watchers sent, or could not send, by the journal"""
    since = last = failed = None
    last_words = failed_words = ""
    for line in answer.text.splitlines():
        found = _LINE.match(line)
        at = moment_of(_colon(found[1])) if found else None
        if found is None or at is None:
            continue
        since = min(since or at, at)
        words = f"{found[2]}: {found[3]}"[:200]
        if _FAILED.search(words) and _newer(at, failed):
            failed, failed_words = at, words
        elif _SENT.search(words) and _newer(at, last):
            last, last_words = at, words
    if since is None and answer.complaint:
        yield Missing(AlarmLog, "failed", answer.complaint)
        return
    yield AlarmLog(
        name="alarms",
        since_at=since,
        last_at=last,
        last_words=last_words,
        failed_at=failed,
        failed_words=failed_words,
    )


def _newer(at: datetime, known: datetime | None) -> bool:
    return known is None or at >= known


def _colon(stamp: str) -> str:
    """`+0000`, as journalctl writes zones, with its colon."""
    return re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", stamp)
