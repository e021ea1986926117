"""Builds synthetic sites, judgements and manifests of any size, with hostile names where asked."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from analyzer.engine import Judgement
from analyzer.finding import BlindSpot, Finding
from analyzer.rule import Rule
from analyzer.score_card import Action, Cap, PillarScore, SiteScore
from analyzer.site import Site
from analyzer.verdict import OK, Severity, Verdict, rank
from collectors.block_tables import BlockDevice, FsUsage, Host, MdMember, MdStatus, MdSysfs, Mount
from collectors.drive_tables import Drive
from collectors.fact import Fact, Gap, GapReason, Origin, Source
from collectors.table import Row

AT = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)

HOSTILE = (
    "<script>document.title='owned'</script>",
    '"><img src=x onerror="document.title=1">',
    "\u202egnp.exe\u202c",
    "\x1b[31mred\x1b[0m\x07",
    "zero\u200bwidth\u2066x\u2069\ufeff",
    "{{ 7 * 7 }}{% raw %}</details></section>",
    "A" * 3000,
    "line\nfeed\r\x00nul\u0085",
    "]]></style><svg onload=alert(1)>",
    "z" + "\u0300" * 60 + "algo",
    "javascript:alert(1)//&amp;&#x27;",
    "\ud800 lone surrogate",
)

RULE_TEXTS: Mapping[str, tuple[type[Row], Severity, str]] = {
    "smart/pending-sectors": (
        Drive,
        "high",
        """A drive holds sectors that it could not read

Why it matters
    Each pending sector is a piece of somebody's file that cannot be read now. In the field study of Google
    (2007) drives failed 16 times as often in the 60 days after the first one.

What to do
    In an array: replace the drive, then let the array rebuild and scrub it.
    - Check that a restorable backup exists before the rebuild starts.
    - Single disk: image it with `ddrescue` onto another disk first.

What not to do
    Do not overwrite the sectors with `dd` or `hdparm` to clear the counter before the files are copied.

References
    Pinheiro, Weber, Barroso: Failure Trends in a Large Disk Drive Population, FAST 2007
    https://www.usenix.org/conference/fast-07
""",
    ),
    "raid/md-degraded": (
        MdStatus,
        "critical",
        """An array runs without redundancy

Why it matters
    The array is one failure away from losing everything on it: the next unreadable sector or the next failing
    disk cannot be repaired from a copy.

What to do
    Secure a backup of the array now, then replace the missing member and watch the rebuild.

What not to do
    Do not pull another disk to test, do not re-create or force-assemble the array, do not run long self-tests
    while it rebuilds.

References
    md(4), mdadm(8)
""",
    ),
    "capacity/fs-nearly-full": (
        FsUsage,
        "medium",
        """A file system is nearly full

Why it matters
    Services stop in unexpected places when they cannot write, and data bases may need manual recovery.

What to do
    Find what grows with `du -xh --max-depth=2`, move or remove it, or enlarge the volume.

What not to do
    Do not delete data base logs or snapshot files by hand.

References
    df(1)
""",
    ),
    "smart/temperature-high": (
        Drive,
        "low",
        """A drive runs hotter than it should

Why it matters
    Heat shortens the life of drives and points at a blocked fan or filter.

What to do
    Look at fans, filters and the room.

What not to do
    Do not wait for the drive to switch itself off.

References
    Data sheet of the drive
""",
    ),
}


def always(row: Row) -> Verdict:
    """A judge for rules whose findings are made here."""
    return OK


def synthetic_rules() -> dict[str, Rule]:
    """A few rules with whole documentation, outside the registry."""

    def judge_saying(text: str) -> Callable[..., Verdict]:
        def judge(row: Row) -> Verdict:
            return always(row)

        judge.__doc__ = text
        return judge

    return {
        name: Rule(name, on, severity, ("CIS 11.2",), judge_saying(text), {"limit": 0})
        for name, (on, severity, text) in RULE_TEXTS.items()
    }


@dataclass
class Built:
    """A judgement with what the report takes beside it. *texts*: raw answers by member."""

    judgement: Judgement
    manifest: dict[str, Any]
    texts: dict[str, str] = field(default_factory=dict)

    def read(self, member: str) -> str:
        return self.texts[member]


SMART_ANSWER = """{
  "device": {"name": "%s"},
  "model_name": "WDC WD40EFRX-68N32N0",
  "smart_status": {"passed": true},
  "ata_smart_attributes": {"table": [
    {"id": 5, "name": "Reallocated_Sector_Ct", "value": 200, "raw": {"value": 0, "string": "0"}},
    {"id": 197, "name": "Current_Pending_Sector", "value": 200, "raw": {"value": %d, "string": "%d"}}
  ]},
  "temperature": {"current": %d}
}
"""

MDSTAT = """Personalities : [raid1] [raid6] [raid5] [raid4]
md0 : active raid5 sdd1[4] sdc1[2](F) sdb1[1] sda1[0]
      11720659968 blocks super 1.2 level 5, 512k chunk, algorithm 2 [4/3] [UU_U]
      bitmap: 3/30 pages [12KB], 65536KB chunk

unused devices: <none>
"""


def build(
    hosts: int = 3,
    findings: int = 12,
    *,
    disks: int = 6,
    passes: int = 40,
    unread: int = 5,
    hostile: bool = False,
    evidence: bool = True,
    name: str = "Werkstatt Nord",
    seed: int = 7,
) -> Built:
    """A site of *hosts* hosts with *findings* faults, *passes* passed checks and *unread* gaps."""
    chance = random.Random(seed)
    names = [
        HOSTILE[i % len(HOSTILE)] + (f" {i}" if i >= len(HOSTILE) else "") if hostile else f"host-{i + 1:02}"
        for i in range(hosts)
    ]
    site = Site(HOSTILE[0] if hostile else name, AT, tuple(names))
    built_texts: dict[str, str] = {}
    manifest: dict[str, Any] = {
        "site": site.name,
        "tool": "holdwater 0.1.0",
        "collected_at": AT.isoformat(),
        "complete": True,
        "targets": {},
    }
    for number, host in enumerate(names):
        answers = list(_host_answers(number, disks, chance, built_texts if evidence else {}))
        manifest["targets"][host] = {"kind": "ssh", "address": f"ssh://audit@{host}", "answers": answers}
        site.add(_host_rows(host, number, disks, chance, hostile))
    rules = synthetic_rules()
    found = [_fault(i, site, rules, hosts, disks, chance, hostile) for i in range(findings)]
    found = list({f.key: f for f in found}.values())
    found += _passes(passes, site, rules)
    found += [
        Finding(
            rule="smart/temperature-high",
            outcome="unknown",
            severity="low",
            target=names[0],
            subject="wwn:unknown",
            label="/dev/sdz",
            message="the drive does not tell its temperature",
        )
    ]
    found.sort(
        key=lambda f: (
            ("fail", "error", "unknown", "pass").index(f.outcome),
            -rank(f.severity),
            f.rule,
            f.target,
            f.subject,
        )
    )
    site.gaps.extend(_gaps(unread, names))
    blind = tuple(BlindSpot(gap, ("smart/pending-sectors", "smart/temperature-high")) for gap in site.gaps)
    told = Judgement(site, tuple(found), blind, synthetic_score(found), rules)
    return Built(told, manifest, built_texts)


def synthetic_score(found: Sequence[Finding]) -> SiteScore:
    """A score as the method could give it, with backups not examined; worse with critical faults."""
    failed = [f for f in found if f.outcome == "fail"]
    number = 61.0 if failed else 92.0
    backup = Cap(
        condition="backups not examined",
        grade="C",
        asset="",
        action="Grade capped at C because backups were not examined; let the audit see the backup server.",
    )
    pillars = (
        PillarScore(name="media", title="Media and redundancy", weight=20, number=58.0, examined=True),
        PillarScore(name="integrity", title="Integrity and capacity", weight=15, number=81.0, examined=True),
        PillarScore(
            name="snapshot", title="Snapshots", weight=10, number=None, examined=False, applicable=False
        ),
        PillarScore(name="backup", title="Backups", weight=25, number=None, examined=False),
        PillarScore(name="recovery", title="Recovery", weight=15, number=None, examined=False),
        PillarScore(name="exposure", title="Exposure", weight=15, number=None, examined=False),
    )
    actions = tuple(
        Action(
            target=f.target,
            root=f.root,
            label=f.label,
            rules=(f.rule,),
            severity=f.severity,
            number=70.0,
            grade="B",
            gain=9.0,
        )
        for f in failed[:3]
    )
    return SiteScore(
        number=number,
        uncapped=number,
        low=44.0,
        high=max(70.0, number),
        grade="C",
        confidence_percent=43.0,
        assured_percent=40.0,
        caps=(backup,),
        pillars=pillars,
        assets=(),
        actions=actions,
        ruleset="a1b2c3d4",
        scoring="2026.1",
        at=AT,
    )


def _member(number: int, answer: int) -> str:
    return f"answers/{number}/{answer:04}"


def _host_answers(
    number: int, disks: int, chance: random.Random, texts: dict[str, str]
) -> Iterator[dict[str, Any]]:
    started = AT + timedelta(seconds=number)
    texts[_member(number, 0)] = MDSTAT
    yield {
        "argv": ["cat", "/proc/mdstat"],
        "status": 0,
        "started_at": started.isoformat(),
        "duration_seconds": 0.012,
        "member": _member(number, 0),
        "out": {"bytes": len(MDSTAT)},
    }
    for disk in range(disks):
        pending = chance.choice([0, 0, 8, 24])
        text = SMART_ANSWER % (_device(disk), pending, pending, chance.randint(28, 58))
        texts[_member(number, disk + 1)] = text
        refused: dict[str, Any] = (
            {"refusal": "timed-out", "detail": "no answer within 30 s"} if disk == 5 else {}
        )
        yield {
            "argv": ["smartctl", "--json=c", "-x", _device(disk)],
            "status": 0 if not refused else None,
            "started_at": started.isoformat(),
            "duration_seconds": 30.0 if refused else 0.4,
            "via": "sudo",
            "member": _member(number, disk + 1),
            "out": {"bytes": len(text)},
        } | refused


def _device(disk: int) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return "/dev/sd" + (letters[disk // 26 - 1] if disk >= 26 else "") + letters[disk % 26]


def _identity(number: int, disk: int) -> str:
    return f"wwn:50014ee2{number:04x}{disk:04x}"


def _source(host: str, number: int, disk: int) -> Source:
    argv = ("smartctl", "--json=c", "-x", _device(disk))
    return Source(Origin(host, argv, AT, _member(number, disk + 1)), "$.ata_smart_attributes.table[1].raw")


def _host_rows(
    host: str, number: int, disks: int, chance: random.Random, hostile: bool
) -> Iterator[Fact[Any]]:
    model = HOSTILE[(number + 1) % len(HOSTILE)] if hostile else "WDC WD40EFRX-68N32N0"
    mountpoint = HOSTILE[(number + 2) % len(HOSTILE)] if hostile else "/srv"
    yield Fact(
        host, Host(hostname=host, os_name="Debian GNU/Linux", os_version="12", kernel="6.1.0-25-amd64")
    )
    yield Fact(
        host,
        BlockDevice(
            name="nvme0n1",
            type="disk",
            size_bytes=512 * 10**9,
            model="Samsung 980",
            serial="S1",
            rotational=False,
            transport="nvme",
        ),
    )
    yield Fact(
        host,
        BlockDevice(
            name="nvme0n1p1",
            type="part",
            size_bytes=511 * 10**9,
            parents="nvme0n1",
            fs_type="ext4",
            mountpoints="/",
        ),
    )
    for disk in range(disks):
        kernel = _device(disk).removeprefix("/dev/")
        yield Fact(
            host,
            BlockDevice(
                name=kernel,
                path=_device(disk),
                type="disk",
                size_bytes=4 * 10**12,
                model=model,
                serial=f"WCC7K{number:02}{disk:02}",
                wwn=_identity(number, disk)[4:],
                rotational=True,
                transport="sata",
            ),
        )
        yield Fact(
            host,
            BlockDevice(
                name=kernel + "1",
                type="part",
                size_bytes=4 * 10**12,
                parents=kernel,
                fs_type="linux_raid_member",
            ),
        )
        yield Fact(
            host,
            MdMember(
                array="md0",
                member=kernel + "1",
                slot=disk,
                state="faulty" if disk == 2 and number == 0 else "in_sync",
            ),
        )
        yield Fact(
            host,
            Drive(
                drive=_identity(number, disk),
                device=_device(disk),
                model=model,
                protocol="ATA",
                rotation_rpm=5400,
                serial=f"WCC7K{number:02}{disk:02}",
                capacity_bytes=4 * 10**12,
                passed=True,
                temperature_celsius=chance.randint(28, 58),
                temperature_limit_celsius=65,
                temperature_min_celsius=18,
                temperature_max_celsius=chance.randint(58, 62),
                power_on_hours=chance.randint(2000, 60000),
            ),
            (_source(host, number, disk),),
        )
    yield Fact(
        host,
        Drive(
            drive=f"eui.{number}",
            device="/dev/nvme0",
            model="Samsung 980",
            protocol="NVMe",
            rotation_rpm=0,
            temperature_celsius=41,
            endurance_used_percent=chance.randint(2, 110),
            spare_available_percent=100,
            capacity_bytes=512 * 10**9,
        ),
    )
    members = " ".join(f"{_device(d).removeprefix('/dev/')}1" for d in range(disks))
    yield Fact(
        host,
        BlockDevice(
            name="md0",
            type="raid5",
            size_bytes=(disks - 1) * 4 * 10**12,
            parents=members,
            fs_type="LVM2_member",
        ),
    )
    yield Fact(
        host,
        BlockDevice(
            name="dm-0",
            path="/dev/mapper/vg-srv",
            type="lvm",
            parents="md0",
            fs_type="xfs",
            size_bytes=(disks - 1) * 4 * 10**12,
            mountpoints=mountpoint,
        ),
    )
    failed = "sdc1" if number == 0 else ""
    yield Fact(
        host,
        MdStatus(
            array="md0",
            active=True,
            level="raid5",
            members=members,
            failed_members=failed,
            slots=disks,
            slots_in_sync=disks - bool(failed),
        ),
    )
    yield Fact(host, MdSysfs(array="md0", level="raid5", raid_disks=disks, degraded=int(bool(failed))))
    yield Fact(
        host,
        Mount(
            mountpoint=mountpoint, source="/dev/mapper/vg-srv", fs_type="xfs", options="rw", read_only=False
        ),
    )
    yield Fact(
        host, Mount(mountpoint="/", source="/dev/nvme0n1p1", fs_type="ext4", options="rw", read_only=False)
    )
    total = (disks - 1) * 4 * 10**12
    yield Fact(
        host,
        FsUsage(
            mountpoint=mountpoint,
            source="/dev/mapper/vg-srv",
            fs_type="xfs",
            size_bytes=total,
            used_bytes=int(total * 0.93),
            available_bytes=int(total * 0.07),
        ),
    )
    yield Fact(
        host,
        FsUsage(
            mountpoint="/",
            source="/dev/nvme0n1p1",
            fs_type="ext4",
            size_bytes=511 * 10**9,
            used_bytes=90 * 10**9,
            available_bytes=421 * 10**9,
        ),
    )


def _fault(
    i: int,
    site: Site,
    rules: Mapping[str, Rule],
    hosts: int,
    disks: int,
    chance: random.Random,
    hostile: bool,
) -> Finding:
    number = i % hosts
    disk = (i // hosts) % disks
    host = site.targets[number]
    evil = HOSTILE[i % len(HOSTILE)] if hostile else ""
    if i == 0:
        where = Source(Origin(host, ("cat", "/proc/mdstat"), AT, _member(0, 0)), "line 3")
        return Finding(
            rule="raid/md-degraded",
            outcome="fail",
            severity="critical",
            target=host,
            subject="md0",
            label="md0",
            root="md0",
            column="slots_in_sync",
            limits={"limit": 0},
            sources=(where,),
            message="md0 (raid5, 4 slots) runs with 3 of 4 members; sdc1 has failed: no redundancy left",
        )
    if i % 5 == 1:
        return Finding(
            rule="capacity/fs-nearly-full",
            outcome="fail",
            severity="medium",
            target=host,
            subject=f"/srv{i if i > 5 else ''}{evil}",
            label=f"/srv{evil}",
            root="/srv",
            column="used_bytes",
            limits={"limit": 90},
            message="93 % used, 1.5 TB left (limit 90 %)",
            sources=(_source(host, number, disk),),
        )
    subject = _identity(number, disk) + (f"#{i}" if i >= hosts * disks else "")
    label = f"{_device(disk)} {evil or 'WDC WD40EFRX'} WCC7K{number:02}{disk:02}"
    if i % 5 == 2:
        return Finding(
            rule="smart/temperature-high",
            outcome="fail",
            severity="low",
            target=host,
            subject=subject,
            label=label,
            root=subject,
            message=f"{50 + i % 9} °C (limit 50 °C)",
            limits={"limit": 50},
            column="temperature_celsius",
            sources=(_source(host, number, disk),),
        )
    pending = chance.randint(1, 40)
    return Finding(
        rule="smart/pending-sectors",
        outcome="fail",
        severity="critical" if pending > 35 else "high",
        target=host,
        subject=subject,
        label=label,
        root=subject,
        limits={"limit": 0, "critical": 36},
        message=f"{pending} sectors could not be read (limit 0)",
        probability=0.62,
        sources=(_source(host, number, disk),),
    )


def _passes(count: int, site: Site, rules: Mapping[str, Rule]) -> list[Finding]:
    ids = list(rules)
    return [
        Finding(
            rule=ids[i % len(ids)],
            outcome="pass",
            severity=rules[ids[i % len(ids)]].severity,
            target=site.targets[i % len(site.targets)],
            subject=f"ok-{i}",
            label=f"thing {i}",
        )
        for i in range(count)
    ]


def _gaps(count: int, names: list[str]) -> Iterator[Gap]:
    reasons: tuple[tuple[GapReason, str], ...] = (
        ("standby", "the drive sleeps and was not woken"),
        ("denied", "sudo: a password is required"),
        ("tool-missing", "smartctl is not installed"),
        ("timed-out", "no answer within 30 s"),
    )
    for i in range(count):
        reason, detail = reasons[i % len(reasons)]
        host = names[i % len(names)]
        device = _device(10 + i)
        source = Source(Origin(host, ("smartctl", "--json=c", "-x", device), AT, ""))
        yield Gap(host, Drive, reason, detail, device, source)
