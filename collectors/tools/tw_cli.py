"""3ware controllers as tw_cli tells of them: tables of units, drives and the battery."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.collector import Asking, collector, reader
from collectors.fact import Missing, Reading
from collectors.question import Answer, Form
from collectors.raid_asking import PCI, TOOLS, asking
from collectors.raid_controller_tables import ALL
from collectors.raid_rows import Drafts
from collectors.raid_words import (
    action_of,
    battery_state,
    disk_state,
    level_of,
    percent_of,
    sentence,
    size_of,
    spins,
    transport_of,
    volume_state,
    word,
)
from collectors.smart_values import natural

SHOW = Form(("tw_cli", "show"), "tw-cli", "which controllers there are", right="root")
OF_ONE = Form(("tw_cli", "/c{number}", "show"), "tw-cli", "units, drives and battery", right="root")


@collector("tw-cli", asks=(PCI, TOOLS, SHOW, OF_ONE))
def ask() -> Asking:
    """3ware controllers"""
    yield from asking("3ware", ("tw_cli",), _plan)


def _plan(_: str) -> Asking:
    (listed,) = yield [SHOW()]
    numbers = re.findall(r"^c(\d{1,2})\s", listed.text, re.MULTILINE)
    if numbers:
        yield [OF_ONE(number=number) for number in numbers[:16]]


_TABLE = re.compile(
    r"^(?:Ctl\s+Model|Unit\s+UnitType|V?Port\s+Status|Name\s+OnlineState|Encl\s+Status|/c\d+/e\d+ Vendor)",
    re.MULTILINE,
)


def recognises(text: str) -> float:
    return 0.97 if _TABLE.search(text[:20000]) else 0.0


@reader("tw-cli", fills=ALL, recognises=recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """3ware controllers, units and drives as tw_cli tells them"""
    named = next(
        (found for word_ in answer.question.argv if (found := re.fullmatch(r"/c(\d+)", word_))), None
    )
    drafts, heading, known = Drafts(), "", False
    controller = f"3ware:{named[1] if named else 0}"
    for number, line in enumerate(answer.text.splitlines(), 1):
        if _TABLE.match(line):
            heading, known = line.split()[0], True
        elif line.strip() and not set(line.strip()) <= {"-"}:
            _line(heading, line, controller, f"line {number}", drafts)
    _settle(drafts, controller)
    told = list(drafts.rows())
    yield from told
    if not told or not known:
        said = answer.text.strip().splitlines()
        for row_type in ALL:
            yield Missing(
                row_type, "empty", answer.complaint or (sentence(said[0]) if said else "nothing is told")
            )


def _line(heading: str, line: str, controller: str, where: str, drafts: Drafts) -> None:
    words = line.split()
    if heading == "Ctl" and re.fullmatch(r"c\d+", words[0]) and len(words) >= 9:
        _controller(words, where, drafts)
    elif heading == "Unit" and re.fullmatch(r"u\d+", words[0]) and len(words) >= 8:
        _unit(words, controller, where, drafts)
    elif heading in ("VPort", "Port") and re.fullmatch(r"p\d+", words[0]) and len(words) >= 4:
        _drive(words, heading, controller, where, drafts)
    elif heading == "Name" and words[0] == "bbu" and len(words) >= 8:
        _battery(words, controller, where, drafts)
    elif heading == "Encl" and re.search(r"\b(?:ALARM-ACTIVATED|FAILED|CRITICAL|WARNING|ERROR)\b", line):
        drafts.controller(controller, where).tell(enclosure_trouble=" ".join(words[:3]))


def _controller(words: list[str], where: str, drafts: Drafts) -> None:
    wrong, battery = natural(words[-4]), word(words[-1])
    state = battery_state(battery)
    drafts.controller(f"3ware:{words[0][1:]}", where).tell(
        model=word(words[1]),
        volumes_degraded=wrong,
        volume_count=natural(words[-5]),
        disk_count=natural(words[-6]),
        battery_state=state,
        told_battery=battery,
        battery_present=True if state else None,
    )


def _unit(words: list[str], controller: str, where: str, drafts: Drafts) -> None:
    """Unit, type, status, share rebuilt, share verified, stripe, size in GB, cache, automatic verify."""
    kind, said = words[1], word(words[2])
    if kind == "SPARE":
        drafts.controller(controller, where).tell(spare_count=1)
        return
    cache = words[7] if len(words) > 8 else None
    share = percent_of(words[3]) or percent_of(words[4])
    doing = "verify" if said and "VERIFY" in said else said
    drafts.volume(controller, words[0], where).tell(
        group=words[0],
        level=level_of(kind),
        size_bytes=size_of(f"{words[6]} GB"),
        state=volume_state(said),
        told_state=said,
        action=action_of(doing) or ("idle" if said == "OK" else None),
        action_percent=share,
        write_cache=_cache(cache),
    )


def _cache(told: str | None) -> str | None:
    """RiW and ON write back, Ri and OFF do not."""
    if told is None or told == "-":
        return None
    return "write-back" if "W" in told or told == "ON" else "write-through"


def _drive(words: list[str], heading: str, controller: str, where: str, drafts: Drafts) -> None:
    port, said, unit = words[0], word(words[1]), word(words[2])
    sized = len(words) > 4 and words[4] in ("MB", "GB", "TB")
    size = f"{words[3]} {words[4]}" if sized else None
    rest = words[5:] if sized else words[3:]
    state = disk_state(said)
    if state == "missing" and unit is None:
        return  # an empty bay
    if state == "online" and unit is None:
        state = "unassigned"
    draft = drafts.disk(controller, port, where)
    draft.tell(
        device_number=port[1:],
        group=unit,
        state=state,
        told_state=said,
        size_bytes=size_of(size),
        smart_alert=True if said and "SMART" in said else None,
    )
    if heading == "Port" and len(rest) >= 2:
        draft.tell(serial=word(rest[1]))
    elif len(rest) >= 4:
        draft.tell(transport=transport_of(rest[0]), rotational=spins(rest[0]), model=word(" ".join(rest[3:])))


def _battery(words: list[str], controller: str, where: str, drafts: Drafts) -> None:
    """Name, on line, ready, status, voltage, temperature, hours, day of the last capacity test."""
    said = word(words[3])
    state = battery_state(said)
    if state == "ok" and words[2].lower() != "yes":
        state = "weak"
    odd = [
        f"{name} {value}"
        for name, value in (("voltage", words[4]), ("temperature", words[5]))
        if value != "OK"
    ]
    drafts.controller(controller, where).tell(
        battery_kind="battery",
        battery_present=True,
        battery_state="weak" if odd and state == "ok" else state,
        told_battery=", ".join(filter(None, (said, *odd))),
    )


def _settle(drafts: Drafts, controller: str) -> None:
    """Members of each unit, and the free drives beside them."""
    for (name, unit), draft in drafts.volumes.items():
        mine = [one for key, one in drafts.disks.items() if key[0] == name and one.told.get("group") == unit]
        if mine:
            states = [one.told.get("state") for one in mine]
            draft.tell(
                slots=" ".join(str(one.told["slot"]) for one in mine),
                members_expected=len(mine),
                members_missing=sum(state not in ("online", "unknown", None) for state in states),
            )
    if drafts.disks and drafts.volumes:
        spares = [
            one
            for key, one in drafts.disks.items()
            if one.told.get("group") and (key[0], one.told["group"]) not in drafts.volumes
        ]
        for one in spares:
            one.told.update(state="spare", group=None)
        where = "the tables of units and drives"
        drafts.controller(controller, where).told["spare_count"] = len(spares)
