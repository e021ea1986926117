"""Saved outputs of hypervisors: hostile and spoilt ones, and that the sick ones are found sick."""

from __future__ import annotations

import json
import typing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.engine import judge
from analyzer.site import Site
from collectors import hypervisor_words, rvtools_cells
from collectors.collector import COLLECTORS, READERS, load
from collectors.fact import Absent, Fact, Gap
from collectors.hypervisor_tables import Guest, GuestSnapshot
from collectors.question import Answer, Form, Question, decode
from collectors.reading import Told, read_answer, read_target
from collectors.table import Row
from collectors.vsphere_rows import snapshot_sizes
from tests.spoiling import Spoiler, check_types, cut, shuffled, spoilers, swollen, turned

RECORDED = Path(__file__).parents[1] / "fixtures" / "collectors"
KINDS = """
    proxmox-here proxmox-guests proxmox-config proxmox-storages proxmox-jobs proxmox-api proxmox-list
    proxmox-listsnapshot proxmox-storage-status vsphere-soap vsphere-json vim-cmd-getallvms vim-cmd-snapshots
    checkmk-esx-vm vmx vmsd rvtools hyperv-json wmi xe xl-list xm-list-long vboxmanage vboxmanage-pairs
    lxc-info lxc-ls lxc-config prlctl-list prlctl-info"""
AT = datetime(2026, 11, 23, tzinfo=UTC)

load()


def told_by(kind: str, raw: bytes, argv: tuple[str, ...] = ("saved",), errors: bytes = b"") -> list[Told]:
    form = Form(argv, kind, "")
    return list(read_answer("target", Answer(Question(argv, form), stdout=raw, stderr=errors, status=0)))


def recorded(kind: str, case: str) -> list[Told]:
    folder = RECORDED / kind / case
    asked = json.loads((folder / "question.json").read_text())
    return told_by(kind, (folder / "answer.out").read_bytes(), tuple(asked["argv"]))


@pytest.mark.parametrize("kind", KINDS.split())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(which=st.integers(0, 100), spoil=spoilers(cut, shuffled, swollen, turned))
def test_spoilt_answers_never_raise(kind: str, which: int, spoil: Spoiler) -> None:
    paths = [path for path in sorted(RECORDED.glob(f"{kind}/*/answer.out")) if path.stat().st_size < 60_000]
    raw = spoil(paths[which % len(paths)].read_bytes())
    for one in told_by(kind, raw):
        if isinstance(one, Fact):
            check_types(one.row)


@pytest.mark.parametrize("kind", KINDS.split())
def test_recorded_answers_are_of_declared_types_and_recognised(kind: str) -> None:
    for path in sorted(RECORDED.glob(f"{kind}/*/answer.out")):
        told = recorded(kind, path.parent.name)
        for one in told:
            if isinstance(one, Fact):
                check_types(one.row)
        if told and not path.parent.name.startswith("broken") and any(isinstance(one, Fact) for one in told):
            assert READERS[kind].recognises(decode(path.read_bytes())) >= 0.5, path.parent


def rules_fired(kind: str, case: str) -> set[str]:
    site = Site("site", AT)
    site.add(recorded(kind, case))
    findings = list(judge(site).findings)
    assert not [one for one in findings if one.outcome == "error"]
    return {one.rule for one in findings if one.outcome == "fail"}


@pytest.mark.parametrize(
    ("kind", "case", "rules"),
    [
        (
            "vsphere-soap",
            "sick",
            """snapshot/age snapshot/backup-leftover snapshot/vmw-consolidation-needed
            snapshot/vmw-rdm-physical
            snapshot/vmw-independent-disk snapshot/vmw-tools-missing snapshot/vmw-cbt-off
            snapshot/vmw-invalid-vm snapshot/vmw-datastore-free""",
        ),
        ("vsphere-json", "sick", "snapshot/age snapshot/chain-depth snapshot/vmw-independent-disk"),
        ("proxmox-config", "sick", "snapshot/age snapshot/memory-state"),
        ("hyperv-json", "sick-checkpoints", "snapshot/age snapshot/hv-recovery-leftover"),
        ("rvtools", "sick-vSnapshot", "snapshot/age"),
        ("rvtools", "sick-vDisk", "snapshot/vmw-rdm-physical snapshot/vmw-independent-disk"),
        ("vim-cmd-snapshots", "sick", "snapshot/age"),
        ("vmsd", "sick", "snapshot/age"),
        ("xe", "sick", "snapshot/age"),
    ],
)
def test_sick_recordings_are_found_sick(kind: str, case: str, rules: str) -> None:
    assert set(rules.split()) <= rules_fired(kind, case)


@pytest.mark.parametrize("kind", ["vsphere-soap", "proxmox-guests", "hyperv-json", "xe"])
def test_healthy_recordings_have_no_snapshot_findings(kind: str) -> None:
    assert not {rule for rule in rules_fired(kind, "healthy") if rule.startswith("snapshot/")}


def test_a_leftover_disk_is_not_missing_from_backups() -> None:
    site = Site("site", AT)
    site.add(recorded("proxmox-config", "sick"))
    left_out = {one.subject for one in judge(site).findings if one.rule == "backup/disk-excluded"}
    assert any("virtio0" in one for one in left_out)
    assert not any("unused0" in one for one in left_out)


def rows(told: list[Told], row_type: type[Row]) -> list[typing.Any]:
    return [one.row for one in told if isinstance(one, Fact) and isinstance(one.row, row_type)]


def test_a_long_description_is_cut_with_a_mark() -> None:
    (guest,) = rows(recorded("vsphere-json", "sick"), Guest)
    assert guest.annotation.endswith("[cut, 200000 characters]")
    assert len(guest.annotation) < 2100


def test_forty_snapshots_deep() -> None:
    for kind, case in (("vsphere-json", "sick"), ("proxmox-config", "sick-forty-deep")):
        found = rows(recorded(kind, case), GuestSnapshot)
        assert sorted(one.depth for one in found) == list(range(1, 41))


def test_entities_and_endless_nesting_are_refused() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    bomb += b'<RetrievePropertiesResponse xmlns="urn:vim25">'
    deep = b"<a>" * 100_000
    for raw in (bomb + b"&x;</RetrievePropertiesResponse>", deep, b'[{"a":' * 20_000):
        for kind in ("vsphere-soap", "vsphere-json", "hyperv-json", "proxmox-api"):
            told = told_by(kind, raw)
            assert told
            assert all(isinstance(one, Gap) for one in told)


def test_a_million_lines_of_nine_machines_stream() -> None:
    head = "VM,Name,Description,Date / time,Filename,Size MiB (total),Quiesced,State\n"
    line = "vm{0},s,,2024/01/02 03:04:05,[s] vm{0}/{0}.vmsn,1024,False,PoweredOff\n"
    raw = head + "".join(line.format(n % 9) for n in range(100_000))
    told = told_by("rvtools", raw.encode())
    assert len(rows(told, GuestSnapshot)) == 9
    assert not [one for one in told if isinstance(one, Gap)]


def test_snapshot_sizes_of_two_branches() -> None:
    """Both children of a snapshot hold a delta above it; a machine without files tells no size."""

    def chain(*layers: int) -> list[dict[str, object]]:
        return [{"key": 2000, "chain": [{"fileKey": [layer]} for layer in layers]}]

    layout = {
        "file": [{"key": key, "size": 10**key} for key in range(6)],
        "disk": chain(0, 1, 2),
        "snapshot": [
            {"key": "a", "dataKey": -1, "memoryKey": -1, "disk": chain(0)},
            {"key": "b", "dataKey": -1, "memoryKey": 5, "disk": chain(0, 1)},
            {"key": "c", "dataKey": -1, "memoryKey": -1, "disk": chain(0, 3)},
        ],
    }
    assert snapshot_sizes({"layoutEx": layout}) == {"a": 10 + 1000, "b": 100 + 10**5}
    assert snapshot_sizes({}) == {}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("2024-03-01T08:00:00.123456789Z", "2024-03-01T08:00:00.123456+00:00"),
        ("2024-03-01T08:00:00+05:30", "2024-03-01T08:00:00+05:30"),
        ("/Date(1695306511000+0200)/", "2023-09-21T14:28:31+00:00"),
        ("20240301T08:00:00Z", "2024-03-01T08:00:00+00:00"),
        ("20190703145133.041499+120", "2019-07-03T14:51:33+02:00"),
        (1709280000, "2024-03-01T08:00:00+00:00"),
        ("/Date(-62135596800000)/", None),
        ("19700101T00:00:00Z", None),
        (10**30, None),
        ("99999999999999", None),
        (True, None),
        ("yesterday", None),
    ],
)
def test_times(said: object, expected: str | None) -> None:
    found = hypervisor_words.moment(said)
    assert (found.isoformat() if found else None) == expected


@pytest.mark.parametrize(
    ("said", "mebibytes"),
    [("1,024", 1024), ("1.024", 1024), ("1.024,5", 1024.5), ("1,048,576", 1048576), ("0,03", 0.03), ("7", 7)],
)
def test_sizes_in_any_language(said: str, mebibytes: float) -> None:
    assert rvtools_cells.size_bytes(said) == int(mebibytes * 1024 * 1024)


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from("abcdefghx") | st.none()))
def test_depths_of_any_tree_end(parents: dict[str, str | None]) -> None:
    found = hypervisor_words.depths(parents)
    for name, depth in found.items():
        above = parents[name]
        assert depth == (found[above] + 1 if above in found else 1)


class Host:
    """A host that answers what it is given; everything else was not asked."""

    name = "host"

    def __init__(self, answers: dict[str, tuple[str, str, int]]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def answer(self, question: Question) -> Answer:
        self.asked.append(question.form.reads)
        out, errors, status = self.answers[question.form.reads]
        return Answer(question, out.encode(), errors.encode(), status)


def test_a_host_without_proxmox_is_asked_once_and_is_absent() -> None:
    host = Host({"proxmox-here": ("", "ls: cannot access '/etc/pve': No such file or directory\n", 2)})
    told = list(read_target(host, [COLLECTORS["proxmox-files"]]))
    assert host.asked == ["proxmox-here"]
    assert told
    assert all(isinstance(one, Absent) for one in told)


def test_a_proxmox_host_tells_all_by_its_files() -> None:
    def case(kind: str, name: str = "healthy") -> tuple[str, str, int]:
        folder = RECORDED / kind / name
        errors = folder / "answer.err"
        said = errors.read_text() if errors.exists() else ""
        return (
            (folder / "answer.out").read_text(),
            said,
            json.loads((folder / "question.json").read_text())["status"],
        )

    kinds = ("proxmox-here", "proxmox-guests", "proxmox-storages", "proxmox-jobs")
    host = Host({kind: case(kind) for kind in kinds})
    told = list(read_target(host, [COLLECTORS["proxmox-files"]]))
    assert tuple(host.asked) == kinds
    assert {type(one.row).TABLE for one in told if isinstance(one, Fact)} == {
        *("guest", "guest_disk", "datastore", "guest_backup_job"),
    }
    assert not [one for one in told if isinstance(one, Gap)]
