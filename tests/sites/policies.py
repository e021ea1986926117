"""Policies of sanoid, snapper and btrbk that are carried out, and those that only stand in a file."""

from __future__ import annotations

import json

from collectors.tools import backup_traces
from collectors.tools.snapshot_policies import POLICIES, SNAPPER_LIST
from tests.sites.btrfs_world import Subvolume, btrfs_host
from tests.sites.scenario import FILES, SILENCE, Scenario
from tests.sites.world import DAILY, Answers, Part, before
from tests.sites.zfs_world import Dataset, zfs_host

LATE = [age for age in DAILY if age > 480]
SANOID = ("[tank/data]", "use_template = nightly", "[template_nightly]", "hourly = 0", "daily = 90")
BTRBK = ("volume /srv", "target ssh://vault/srv/files", "target_preserve 90d", "subvolume data")
TIMER = "/etc/systemd/system/timers.target.wants/btrbk.timer"


def having(part: Part, more: Answers) -> Part:
    return Part(part.name, {**part.answers, **more}, part.about, part.address)


def policy(path: str, *lines: str) -> Answers:
    return {POLICIES().argv: "".join(f"{path}:{line}\n" for line in lines).encode()}


def sanoid(*ages: float) -> Part:
    """A host whose sanoid.conf asks for a snapshot of every day."""
    part = zfs_host("files", Dataset("tank/data", "/data", "shop", ages=ages))
    return having(part, policy("/etc/sanoid/sanoid.conf", *SANOID))


def snapper(hours: float, create: str = "yes") -> Part:
    """A host whose snapper is to take a snapshot every hour; *hours*: since the last one."""
    lines = ('SUBVOLUME="/srv/data"', f'TIMELINE_CREATE="{create}"', 'TIMELINE_LIMIT_HOURLY="48"')
    taken = {
        "number": 1,
        "type": "single",
        "date": f"{before(hours):%Y-%m-%d %H:%M:%S}",
        "cleanup": "timeline",
    }
    told = {"data": [{"number": 0, "type": "single", "date": "", "cleanup": ""}, taken]}
    more = {
        **policy("/etc/snapper/configs/data", *lines, 'TIMELINE_CLEANUP="yes"'),
        SNAPPER_LIST(config="data").argv: json.dumps(told).encode(),
    }
    return having(btrfs_host("files", Subvolume("data")), more)


def btrbk(*ages: float) -> tuple[Part, Part]:
    """A host whose btrbk sends its snapshots to another every day; *ages*: of those that arrived."""
    more = {
        **policy("/etc/btrbk/btrbk.conf", *BTRBK),
        backup_traces.TRACES().argv: f"{TIMER}:OnCalendar=daily\n".encode(),
    }
    sender = having(btrfs_host("files", Subvolume("data")), more)
    return sender, btrfs_host("vault", Subvolume("data", ages, received_of="files"))


SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="sanoid-that-stopped",
        shows="sanoid is set up for a snapshot of every day, and took the last one 20 days ago",
        about=SILENCE,
        holds=False,
        parts=(sanoid(*LATE),),
        declared=FILES,
        fires=("backup/job-silent@files",),
    ),
    Scenario(
        name="sanoid-that-runs",
        shows="the same policy, and a snapshot of last night",
        about=SILENCE,
        holds=True,
        parts=(sanoid(*DAILY),),
        declared=FILES,
        silent=("backup/job-silent@files", "backup/job-switched-off@files"),
    ),
    Scenario(
        name="snapper-timeline-that-stopped",
        shows="snapper is set up for a snapshot of every hour, and took the last one two days ago",
        about=SILENCE,
        holds=False,
        parts=(snapper(48.5),),
        declared=FILES,
        fires=("backup/job-silent@files",),
    ),
    Scenario(
        name="snapper-timeline-switched-off",
        shows="the timeline of snapper is switched off",
        about=SILENCE,
        holds=False,
        parts=(snapper(48.5, create="no"),),
        declared=FILES,
        fires=("backup/job-switched-off@files",),
        silent=("backup/job-silent@files",),
    ),
    Scenario(
        name="snapper-timeline-that-runs",
        shows="the same policy, and a snapshot of this hour",
        about=SILENCE,
        holds=True,
        parts=(snapper(0.9),),
        declared=FILES,
        silent=("backup/job-silent@files", "backup/job-switched-off@files"),
    ),
    Scenario(
        name="btrbk-that-arrives-no-more",
        shows="btrbk takes its snapshots, and for 20 days none has arrived at the other machine",
        about=SILENCE,
        holds=False,
        parts=btrbk(*LATE),
        declared=FILES,
        fires=("backup/job-silent@files", "backup/rpo-missed@files"),
    ),
    Scenario(
        name="btrbk-that-arrives",
        shows="the same policy, and all of them have arrived",
        about=SILENCE,
        holds=True,
        parts=btrbk(*DAILY),
        declared=FILES,
        silent=("backup/job-silent@files", "backup/rpo-missed@files", "capacity/retention-unmet@files"),
    ),
)
