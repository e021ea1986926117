"""What the libvirt collector asks, by what it was answered, and what its readers make of nonsense."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.collector import COLLECTORS, READERS, load
from collectors.fact import At, Gap, Missing
from collectors.hypervisor_tables import DiskImage
from collectors.question import Answer, Form, Question
from collectors.reading import read_answer
from collectors.targets import open_target
from collectors.targets.libvirt_address import host_of_libvirt, is_libvirt
from collectors.targets.local import LocalTarget
from collectors.targets.ssh import SshTarget
from holdwater.commands.plan import plan

load()

GUEST = "5a7a1d5e-6a0b-4f66-9b0e-0a3c4f2d7e10"
KINDS = [kind for kind in READERS if kind.startswith(("virsh-", "qemu-img-", "libvirt-"))]
DOMAIN = """<domain type='kvm'><name>files</name><uuid>{uuid}</uuid><devices>{disks}</devices></domain>"""
DISK = (
    "<disk type='file' device='disk'><driver type='{format}'/>"
    "<source file=\"{path}\"/><target dev='vda'/></disk>"
)
SNAPSHOTS = """ Name   Creation Time               State      Parent
--------------------------------------------------------
 one    2026-05-01 10:00:00 +0000   shutoff
 $(reboot)   2026-05-02 10:00:00 +0000   shutoff   one
"""
Say = Callable[[Question], Answer]


def asked(say: Say) -> list[list[str]]:
    """The questions, batch by batch."""
    asking = COLLECTORS["libvirt"].ask()
    batches: list[list[str]] = []
    try:
        batch = next(asking)
        while True:
            batches.append([str(question) for question in batch])
            assert all(any(q.form is form for form in COLLECTORS["libvirt"].asks) for q in batch)
            batch = asking.send([say(question) for question in batch])
    except StopIteration:
        return batches


def host(*disks: str, chains: dict[str, tuple[str, str]] | None = None) -> Say:
    """A host with one guest. *chains*: path → stdout and stderr of qemu-img about it alone."""

    def say(question: Question) -> Answer:
        words = question.argv
        if words[0] == "ls":
            return Answer(question, stdout=b"networks\nfiles.xml\n", status=2)
        if words[0] == "qemu-img":
            out, err = ("", "qemu-img: Could not open 'x': Input/output error")
            if "--backing-chain" not in words:
                out, err = (chains or {}).get(words[-1], (out, err))
            return Answer(question, stdout=out.encode(), stderr=err.encode(), status=0 if out else 1)
        if "dumpxml" in words:
            xml = DOMAIN.format(uuid=GUEST, disks="".join(disks))
            return Answer(question, stdout=xml.encode(), status=0)
        if "snapshot-list" in words:
            return Answer(question, stdout=SNAPSHOTS.encode(), status=0)
        if "list" in words:
            return Answer(question, stdout=f"{GUEST} files\n".encode(), status=0)
        return Answer(question, status=0)

    return say


def test_a_host_without_libvirt_costs_one_question() -> None:
    said = b"ls: cannot access '/etc/libvirt/qemu': No such file or directory\n"
    assert len(asked(lambda q: Answer(q, stderr=said, status=2))) == 1


def test_a_refused_list_is_not_asked_around() -> None:
    batches = asked(
        lambda q: (
            Answer(q, stdout=b"x.xml\n", status=0) if q.argv[0] == "ls" else Answer(q, refusal="tool-missing")
        )
    )
    assert [len(batch) for batch in batches] == [1, 7]


def test_hostile_names_are_never_asked_but_told() -> None:
    disk = DISK.format(format="qcow2", path="/srv/$(reboot).qcow2")
    batches = asked(host(disk, DISK.format(format="qcow2", path="/srv/fine.qcow2")))
    questions = [question for batch in batches for question in batch]
    assert not [question for question in questions if "reboot" in question]
    assert any(question.endswith("/srv/fine.qcow2") for question in questions)
    assert any(question.endswith(f"snapshot-dumpxml {GUEST} one") for question in questions)
    form = Form(("virsh", "dumpxml"), "virsh-dumpxml", "")
    told = list(
        read_answer(
            "t", Answer(Question(form.argv, form), stdout=DOMAIN.format(uuid=GUEST, disks=disk).encode())
        )
    )
    assert [gap.subject for gap in told if isinstance(gap, Gap)] == ["/srv/$(reboot).qcow2"]


def test_the_format_of_a_raw_image_is_never_guessed() -> None:
    batches = asked(host(DISK.format(format="raw", path="/srv/disk.img")))
    images = [question for batch in batches for question in batch if question.startswith("qemu-img")]
    assert images
    assert all(" -f raw " in question and " -U " in question for question in images)


def test_a_broken_chain_is_followed_image_by_image() -> None:
    one = (
        '{"virtual-size": 1, "filename": "%s", "format": "qcow2", "backing-filename": "%s",'
        ' "backing-filename-format": "qcow2"}'
    )
    chains = {
        "/srv/top.qcow2": (one % ("/srv/top.qcow2", "middle.qcow2"), ""),
        "/srv/middle.qcow2": (one % ("/srv/middle.qcow2", "/srv/top.qcow2"), ""),
    }
    batches = asked(host(DISK.format(format="qcow2", path="/srv/top.qcow2"), chains=chains))
    alone = [q for batch in batches for q in batch if "qemu-img" in q and "--backing-chain" not in q]
    assert [question.split()[-1] for question in alone] == ["/srv/top.qcow2", "/srv/middle.qcow2"]


def test_a_relative_name_counts_from_the_image_above() -> None:
    form = Form(("qemu-img", "info", "/srv/vm/top.qcow2"), "qemu-img-info", "")
    said = b"""[{"virtual-size": 1, "filename": "/srv/vm/top.qcow2", "format": "qcow2",
        "backing-filename": "../base.qcow2"}]"""
    (told,) = READERS["qemu-img-info"].read(Answer(Question(form.argv, form), stdout=said, status=0))
    assert isinstance(told, At)
    assert isinstance(told.row, DiskImage)
    assert told.row.backing_path == "/srv/base.qcow2"


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=30, deadline=None)
@given(raw=st.binary(max_size=300), status=st.sampled_from([0, 1, None]))
def test_nonsense_never_breaks_a_reader(kind: str, raw: bytes, status: int | None) -> None:
    form = Form(("saved", "file"), kind, "")
    list(read_answer("t", Answer(Question(form.argv, form), stdout=raw, stderr=raw, status=status)))


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind not in ("virsh-with-snapshot", "libvirt-here")]
)
def test_silence_of_a_failed_tool_is_a_gap(kind: str) -> None:
    form = Form(("saved", "file"), kind, "")
    answer = Answer(Question(form.argv, form), stderr=b"error: connection lost\n", status=1)
    assert any(isinstance(one, Missing) for one in READERS[kind].read(answer))


@pytest.mark.parametrize(
    ("uri", "host"),
    [
        ("qemu+ssh://root@kvm1/system", "ssh://root@kvm1"),
        ("qemu+ssh://Kvm1:2222/system", "ssh://Kvm1:2222"),
        ("qemu+libssh2://kvm1", "ssh://kvm1"),
        ("qemu:///system", "local"),
        ("qemu+unix:///system", "local"),
    ],
)
def test_addresses_of_libvirt_lead_to_its_host(uri: str, host: str) -> None:
    assert is_libvirt(uri)
    assert host_of_libvirt(uri) == host
    assert isinstance(open_target(uri), LocalTarget if host == "local" else SshTarget)


@pytest.mark.parametrize(
    ("uri", "says"),
    [
        ("qemu+ssh://root@kvm1/session", "end it with /system"),
        ("qemu+ssh://root@kvm1/system?keyfile=/root/key", "~/.ssh/config"),
        ("qemu+tls://kvm1/system", "qemu\\+ssh"),
        ("qemu://kvm1/system", "say qemu\\+ssh://kvm1/system"),
        ("qemu+ssh:///system", "names no host"),
        ("xen+ssh://host/", "qemu\\+ssh"),
        ("qemu+ssh://[kvm/system", "say qemu\\+ssh"),
        ("qemu+ssh://root:secret@kvm1/system", "must not hold a password"),
    ],
)
def test_addresses_of_libvirt_that_cannot_be_asked(uri: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        open_target(uri)


def test_the_plan_for_an_address_of_libvirt() -> None:
    done = CliRunner().invoke(plan, ["qemu+ssh://root@kvm1/system", "--json"])
    commands = [one["command"] for one in json.loads(done.stdout)["commands"]]
    assert "id -u" in commands
    assert any(command.startswith("virsh -r") for command in commands)
