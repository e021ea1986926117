"""The schedule as systemd units, a cron line, or a Windows task."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from holdwater.schedule_file import DAYS, Schedule

WINDOWS_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is run: *name* is safe in file names; *python* runs holdwater; paths are absolute."""

    name: str
    site: str
    python: str
    config: Path
    audits: Path
    schedule: Schedule

    @property
    def argv(self) -> tuple[str, ...]:
        """The command, exactly as it is installed."""
        return (self.python, "-m", "holdwater", "schedule", "run", "--config", str(self.config))


_SERVICE = """\
# Written by `holdwater schedule install`. Change site.toml and install again, or add a drop-in.
[Unit]
Description=Storage audit of {site}
Documentation=man:systemd.service(5)
Wants=network-online.target
After=network-online.target
OnFailure=holdwater-{name}-failed.service

[Service]
Type=oneshot
ExecStart={command}
# Findings are a result: only a run without a result has failed.
SuccessExitStatus=1
WorkingDirectory={folder}
Environment=HOLDWATER_AUDITS={audits}
# Secrets that site.toml names as env:NAME, as NAME=value lines; mode 0600, owner root.
EnvironmentFile=-/etc/holdwater/{name}.env
TimeoutStartSec=6h
Nice=10
IOSchedulingClass=idle
UMask=0077
{hardening}"""

_HARDENING = """\

# Rights. The collectors ask drives, arrays and logs, which takes root and these capabilities; nothing but the
# audits is written. Not set, because an audit would go blind: PrivateDevices and ProtectClock (they hide the
# disks), ProtectKernelLogs (the kernel's log tells of failing disks), PrivateNetwork, PrivateUsers, User=.
CapabilityBoundingSet=CAP_SYS_RAWIO CAP_SYS_ADMIN CAP_DAC_READ_SEARCH CAP_SYSLOG
AmbientCapabilities=
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths={audits} -/run/lock -/run/lvm{ping}
ProtectHome=read-only
PrivateTmp=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
ProtectHostname=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
KeyringMode=private
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@clock @cpu-emulation @debug @module @mount @obsolete @reboot @swap
SystemCallErrorNumber=EPERM
"""

_TIMER = """\
# Written by `holdwater schedule install`.
[Unit]
Description=When {site} is audited

[Timer]
OnCalendar={calendar}
# A run that was missed while the machine was off is made up for.
Persistent=true
RandomizedDelaySec=5min
AccuracySec=1min

[Install]
WantedBy=timers.target
"""

_FAILED = """\
# Written by `holdwater schedule install`. Tells that the audit broke off before it could say so itself.
[Unit]
Description=Tells that the storage audit of {site} failed
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart={command}
WorkingDirectory={folder}
Environment=HOLDWATER_AUDITS={audits}
EnvironmentFile=-/etc/holdwater/{name}.env
TimeoutStartSec=1h
UMask=0077
PrivateDevices=yes
ProtectKernelLogs=yes
ProtectClock=yes
CapabilityBoundingSet=
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths={audits}
ProtectHome=read-only
PrivateTmp=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
ProtectHostname=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@resources @privileged
"""


def units(job: Job) -> dict[str, str]:
    """File name → text of the systemd units."""
    about = {
        "site": _percent(" ".join(job.site.split())),
        "name": job.name,
        "folder": _percent(str(job.config.parent)),
        "audits": _percent(_quoted(str(job.audits))),
    }
    failed = (*job.argv[:4], "failed", *job.argv[5:])
    ping = job.schedule.ping.removeprefix("file:") if job.schedule.ping.startswith("file:") else ""
    parent = f" -{_percent(_quoted(str(Path(ping).parent)))}" if ping else ""
    hardening = _HARDENING.format(ping=parent, **about)
    return {
        f"holdwater-{job.name}.service": _SERVICE.format(
            command=_command(job.argv), hardening=hardening, **about
        ),
        f"holdwater-{job.name}.timer": _TIMER.format(calendar=calendar(job.schedule), **about),
        f"holdwater-{job.name}-failed.service": _FAILED.format(command=_command(failed), **about),
    }


def calendar(schedule: Schedule) -> str:
    """As systemd.time(7) has it: `Mon,Thu *-*-* 06:00:00`."""
    days = "" if len(schedule.days) == 7 else ",".join(DAYS[day] for day in schedule.days) + " "
    return f"{days}*-*-* {schedule.hour:02}:{schedule.minute:02}:00"


def cron_line(job: Job) -> str:
    """A line of /etc/cron.d: minute, hour, day, month, weekday, user, command."""
    days = "*" if len(job.schedule.days) == 7 else ",".join(str((day + 1) % 7) for day in job.schedule.days)
    told = " ".join(_shell(one) for one in job.argv)
    run = f"cd {_shell(str(job.config.parent))} && HOLDWATER_AUDITS={_shell(str(job.audits))} {told}"
    escaped = run.replace("%", "\\%")  # cron makes line feeds of bare ones
    return (
        "# Written by `holdwater schedule install --cron`. A run missed while the machine is off is\n"
        "# not made up for; the next one says so.\n"
        "SHELL=/bin/sh\n"
        f"{job.schedule.minute} {job.schedule.hour} * * {days} root {escaped}\n"
    )


def windows_task(job: Job) -> str:
    """The task as XML for `schtasks /Create /XML`."""
    days = "".join(f"<{WINDOWS_DAYS[day]}/>" for day in job.schedule.days)
    arguments = " ".join(f'"{one}"' if " " in one else one for one in job.argv[1:])
    return f"""<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Storage audit of {escape(" ".join(job.site.split()))}</Description>
  </RegistrationInfo>
  <Triggers><CalendarTrigger>
    <StartBoundary>2020-01-01T{job.schedule.hour:02}:{job.schedule.minute:02}:00</StartBoundary>
    <ScheduleByWeek><WeeksInterval>1</WeeksInterval><DaysOfWeek>{days}</DaysOfWeek></ScheduleByWeek>
  </CalendarTrigger></Triggers>
  <Principals><Principal id="Author">
    <UserId>S-1-5-18</UserId><RunLevel>HighestAvailable</RunLevel>
  </Principal></Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <StartWhenAvailable>true</StartWhenAvailable>
    <ExecutionTimeLimit>PT6H</ExecutionTimeLimit>
  </Settings>
  <Actions Context="Author"><Exec>
    <Command>{escape(job.python)}</Command>
    <Arguments>{escape(arguments)}</Arguments>
    <WorkingDirectory>{escape(str(job.config.parent))}</WorkingDirectory>
  </Exec></Actions>
</Task>
"""


def _command(argv: tuple[str, ...]) -> str:
    return " ".join(_percent(_quoted(one)).replace("$", "$$") for one in argv)


def _quoted(word: str) -> str:
    """A word as systemd.syntax(7) reads it."""
    if word and all(c.isalnum() or c in "/._-:@+,=" for c in word):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _percent(word: str) -> str:
    """A word in which systemd expands no specifier."""
    return word.replace("%", "%%")


def _shell(word: str) -> str:
    import shlex

    return shlex.quote(word)
