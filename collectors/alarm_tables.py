"""Tables about who is told of faults: what watches a host, by what way it tells, which alarms it sent."""

from __future__ import annotations

from datetime import datetime

from collectors.table import Row, column, table


@table("watcher", key=("software",))
class Watcher(Row):
    """Software on the host that watches drives, pools, power or the whole of it."""

    software: str = column("smartd, zed, apcupsd, upsmon, or the agent of a monitoring system")
    running: bool | None = column("It runs; None: processes could not be seen", default=None)
    notifies: str | None = column(
        "Whom it tells, newline-separated: mail addresses and programs; empty: nobody; None: not told",
        default=None,
    )
    agent: bool = column("It only measures: a server elsewhere raises the alarms", default=False)


@table("mail_way", key=("name",))
class MailWay(Row):
    """What becomes of mail that programs of the host send."""

    name: str = column("Always mail")
    sendmail: bool | None = column("There is a program that takes mail", default=None)


@table("alarm_log", key=("name",))
class AlarmLog(Row):
    """What the watchers of the host logged of alarms."""

    name: str = column("Always alarms")
    since_at: datetime | None = column("The oldest word of a watcher in the log", default=None)
    last_at: datetime | None = column("The last alarm, real or for a test, that went out", default=None)
    last_words: str = column("What that was", default="")
    failed_at: datetime | None = column("The last alarm that could not be sent", default=None)
    failed_words: str = column("What that was", default="")
