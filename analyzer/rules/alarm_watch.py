"""The rule on whether faults of a host reach a person."""

from __future__ import annotations

from analyzer.derived.alarm_watch import AlarmWatch
from analyzer.rule import rule
from analyzer.verdict import NA, OK, Fail, Unknown, Verdict
from analyzer.wording import listed


@rule("blind-spot/monitoring-silent", on=AlarmWatch, severity="medium", controls=("C14",))
def monitoring_silent(row: AlarmWatch, *, limit_days: float = 180.0) -> Verdict:
    """Nobody is told of faults of the host, or no alarm has reached anybody for half a year.

    Why it matters
        Half a year without any alarm is more often a broken way than perfection. The first message that gets
        lost is then the one of the failed disk.

    What to do
        Give every watcher somebody to tell, then send a test the whole way (smartd: `-M test`, mdadm:
        `--monitor --scan --oneshot --test`) and note in `site.toml` (monitoring) when it arrived.

    What not to do
        Do not let mail to root end on the machine itself.

    References
        smartd.conf(5): -m, -M; zed(8): ZED_EMAIL_ADDR; upsmon.conf(5): NOTIFYCMD, NOTIFYFLAG.
    """
    if row.watched_by is None and not row.watchers:
        return _nothing_watches(row)
    if row.watched_by == "" and not row.watchers:
        return Fail(f"{row.name}: nothing watches it, as site.toml says", None, "watched_by")
    own = [one for one in row.watchers.split("\n") if one]
    if row.silent and not row.agents and not row.watched_by and set(row.silent.split("\n")) == set(own):
        return Fail(f"{row.name}: {listed(own)} watch, and tell nobody", None, "silent")
    if row.failed_words:
        return Fail(f"{row.name}: the last alarm could not be sent: {row.failed_words}", None, "failed_words")
    if row.by_mail and row.mailer is False and not row.agents and not row.watched_by:
        to = listed(row.by_mail.split("\n"))
        return Fail(f"{row.name}: alarms are mailed to {to}, and no program here takes mail", None, "mailer")
    return _by_age(row, limit_days)


def _nothing_watches(row: AlarmWatch) -> Verdict:
    virtual = row.virtualization not in (None, "none")
    # the unit of smartd starts on real machines only
    stopped = [one for one in row.stopped.split("\n") if one and not (virtual and one == "smartd")]
    if stopped:
        return Fail(f"{row.name}: set up to watch and not running: {listed(stopped)}", None, "stopped")
    if virtual:
        return NA
    return Unknown(
        f"{row.name}: nothing that watches it was seen; whether something does from outside was not said"
    )


def _by_age(row: AlarmWatch, limit_days: float) -> Verdict:
    known = [days for days in (row.tested_days, row.alarm_days) if days is not None and days >= 0]
    if known:
        if min(known) <= limit_days:
            return OK
        return Fail(
            f"{row.name}: last alarm {min(known):.0f} days ago, limit {limit_days:g}", None, "alarm_days"
        )
    if row.log_days is not None and row.log_days >= limit_days and not row.watched_by and not row.agents:
        days = f"{row.log_days:.0f} days of log"
        return Fail(
            f"{row.name}: no alarm and no test of one in {days}, limit {limit_days:g}", None, "log_days"
        )
    return Unknown(f"{row.name}: whether an alarm ever reached anybody is not on record")
