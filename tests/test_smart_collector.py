"""What the SMART collector asks, by what it was answered."""

from __future__ import annotations

import json
from collections.abc import Callable

from collectors.collector import COLLECTORS, load
from collectors.question import Answer, Question

load()

LSBLK = {
    "blockdevices": [
        {"name": "sda", "type": "disk", "model": "ST4000DM004-2CV104"},
        {"name": "sdb", "type": "disk", "model": "INTEL SSDSA2M080G2GC"},
        {"name": "sdc", "type": "disk", "model": "USB 3.0"},
        {"name": "nvme0n1", "type": "disk", "model": "Samsung SSD 980 PRO"},
        {"name": "loop0", "type": "loop", "model": None},
        {"name": "zram0", "type": "disk", "model": None},
        {"name": "sr0", "type": "rom", "model": "DVD"},
        {"name": "-rf", "type": "disk", "model": "hostile"},
    ]
}
SCAN = {
    "json_format_version": [1, 0],
    "smartctl": {"version": [7, 3]},
    "devices": [
        {"name": "/dev/sda", "type": "sat"},
        {"name": "/dev/sdb", "type": "sat"},
        {"name": "/dev/nvme0", "type": "nvme"},
        {"name": "/dev/bus/0", "type": "megaraid,3"},
        {"name": "/dev/sda; reboot", "type": "sat"},
        {"name": "/dev/sdz", "type": "$(reboot)"},
    ],
}


def asked(say: Callable[[Question], bytes | None]) -> list[list[str]]:
    """The questions, batch by batch; *say* answers one, None: the tool is missing."""
    asking = COLLECTORS["smart"].ask()
    batches: list[list[str]] = []
    try:
        batch = next(asking)
        while True:
            batches.append([str(question) for question in batch])
            answers = []
            for question in batch:
                assert any(question.form is form for form in COLLECTORS["smart"].asks)
                said = say(question)
                answers.append(
                    Answer(question, refusal="tool-missing")
                    if said is None
                    else Answer(question, stdout=said)
                )
            batch = asking.send(answers)
    except StopIteration:
        return batches


def test_asks_each_device_found_and_each_disk_the_scan_missed() -> None:
    def say(question: Question) -> bytes:
        if question.argv[0] == "lsblk":
            return json.dumps(LSBLK).encode()
        if "--scan-open" in question.argv:
            return json.dumps(SCAN).encode()
        return b"/dev/sdc: Unknown USB bridge [0x0bc2:0xab28]" if "/dev/sdc" in question.argv else b"{}"

    first, second, third = asked(say)
    assert first == ["smartctl --json=c --scan-open", "lsblk --json --bytes --output-all"]
    every = "smartctl --json=cu -n standby"
    assert second == [
        f"{every} -x -d sat /dev/sda",
        f"{every} -H -i -c -A -l error -l devstat -l scterc -d sat /dev/sdb",
        f"{every} -x -d nvme /dev/nvme0",
        f"{every} -x -d megaraid,3 /dev/bus/0",
        f"{every} -x -d auto /dev/sdc",
    ]
    assert third == [f"{every} -x -d sat /dev/sdc"]


def test_a_smartctl_that_knows_no_json_is_asked_for_text() -> None:
    def say(question: Question) -> bytes | None:
        if question.argv[0] == "lsblk":
            return None
        if "--json=c" in question.argv:
            return b"=======> UNRECOGNIZED OPTION: json=c\n"
        if "--scan-open" in question.argv:
            return b"/dev/sda -d sat # /dev/sda [SAT]\n# /dev/sdb -d scsi # /dev/sdb open failed: busy\n"
        return b"smartctl 6.6 2017-11-05 r4594\n"

    assert asked(say)[1:] == [
        ["smartctl --scan-open"],
        ["smartctl -n standby -x -d sat /dev/sda", "smartctl -n standby -x -d scsi /dev/sdb"],
    ]


def test_no_smartctl_no_more_questions() -> None:
    assert len(asked(lambda _: None)) == 1


def test_nothing_wakes_a_sleeping_disk_and_nothing_starts_a_test() -> None:
    for form in COLLECTORS["smart"].asks:
        if "{device}" in form.argv:
            assert form.argv[form.argv.index("-n") + 1] == "standby"
        assert not {"-t", "-s", "-o", "-S", "-X", "--test", "--set"} & set(form.argv)
