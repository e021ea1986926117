"""Whether somebody would be told of a fault of a host: what watches it, the way out, the last alarm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from analyzer.declared import DeclaredMonitoring
from analyzer.declared_names import said_of
from analyzer.joining import by_target, sources
from analyzer.site import Site, derived
from collectors.alarm_tables import AlarmLog, MailWay, Watcher
from collectors.block_tables import Host
from collectors.fact import Fact
from collectors.table import Row, column, table


@table("alarm_watch", key=("name",))
class AlarmWatch(Row):
    """The watch over one host, and what is known of the alarms it raises."""

    name: str = column("Name of the host")
    watchers: str = column("Watchers that run, newline-separated", default="")
    stopped: str = column("Watchers that are set up and do not run, newline-separated", default="")
    silent: str = column("Of those that run, the ones that tell nobody, newline-separated", default="")
    agents: bool = column("An agent runs: a server elsewhere raises the alarms", default=False)
    processes_told: bool = column("The processes of the host could be seen", default=True)
    by_mail: str = column("Addresses that watchers write to, newline-separated", default="")
    mailer: bool | None = column("A program of the host takes mail; None: not told", default=None)
    watched_by: str | None = column("What watches it from outside, as declared; empty: nothing", default=None)
    tested_days: float | None = column(
        "Since an alarm last reached a person, as declared; None: nobody said", default=None
    )
    alarm_days: float | None = column("Since the last alarm went out, by its log", default=None)
    alarm_words: str = column("What that was", default="")
    failed_words: str = column("The last alarm, if it could not be sent", default="")
    log_days: float | None = column("How far back its log tells of watchers", default=None)
    virtualization: str | None = column("Hypervisor, none for hardware", default=None)


_NO_LOG = AlarmLog(name="alarms")
_NOBODY = DeclaredMonitoring(name="")


@derived(AlarmWatch, out_of=(Watcher, MailWay, AlarmLog))
def alarm_watch(site: Site) -> Iterator[Fact[AlarmWatch]]:
    watchers = by_target(site.facts(Watcher))
    absent = {one.target for one in site.absences if one.table is Watcher}
    for target in dict.fromkeys((*watchers, *sorted(absent), *by_target(site.facts(MailWay)))):
        found = watchers.get(target, [])
        said = said_of(site, DeclaredMonitoring, target)
        logs, ways = site.facts_of(target, AlarmLog), site.facts_of(target, MailWay)
        host = site.facts_of(target, Host)
        row = _row(
            site,
            target,
            [fact.row for fact in found],
            logs[0].row if logs else _NO_LOG,
            ways[0].row.sendmail if ways else None,
            said.row if said else _NOBODY,
            host[0].row.virtualization if host else None,
        )
        yield Fact(target, row, sources(*found, *logs, *ways, *host[:1], said))


def _row(
    site: Site,
    target: str,
    watchers: Sequence[Watcher],
    log: AlarmLog,
    mailer: bool | None,
    said: DeclaredMonitoring,
    virtualization: str | None,
) -> AlarmWatch:
    failed = log.failed_at is not None and (log.last_at is None or log.failed_at > log.last_at)
    return AlarmWatch(
        name=target,
        mailer=mailer,
        watched_by=said.watched_by,
        tested_days=_days(site, said.alarm_tested_at),
        alarm_days=_days(site, log.last_at),
        alarm_words=log.last_words,
        failed_words=log.failed_words if failed else "",
        log_days=_days(site, log.since_at),
        virtualization=virtualization,
        **(_of_watchers(watchers) if watchers else {}),
    )


def _of_watchers(watchers: Sequence[Watcher]) -> dict[str, Any]:
    """Which run, which do not, and whom they tell."""
    running = [row for row in watchers if row.running]
    own = [row for row in running if not row.agent]
    told = [one for row in own for one in (row.notifies or "").split("\n") if one]
    mailed = [one for one in told if not one.startswith("/") and not _is_service(one)]
    return {
        "watchers": "\n".join([row.software for row in running]),
        "stopped": "\n".join([row.software for row in watchers if row.running is False]),
        "silent": "\n".join([row.software for row in own if row.notifies == ""]),
        "agents": any(row.agent for row in running),
        "processes_told": all(row.running is not None for row in watchers),
        "by_mail": "\n".join(dict.fromkeys(mailed)),
    }


def _is_service(told: str) -> bool:
    """A push service that zed uses: `slack_webhook_url`, `ntfy_topic`."""
    return told.endswith(("_token", "_url", "_topic", "_user", "_apptoken"))


def _days(site: Site, at: datetime | None) -> float | None:
    return (site.at - at).total_seconds() / 86_400 if at else None
