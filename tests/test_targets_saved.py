"""Saved outputs are recognised whatever stands around them, and refused in one line if they are not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.collector import READERS, load
from collectors.fact import Fact
from collectors.reading import Told
from collectors.targets.saved import NotRecognised, read_saved

load()
FIXTURES = Path(__file__).parents[1] / "fixtures" / "collectors"
MDSTAT = b"""Personalities : [raid1]
md0 : active raid1 sdb1[1] sda1[0]
      1048512 blocks super 1.2 [2/2] [UU]

unused devices: <none>
"""
LSBLK = json.dumps(
    {"blockdevices": [{"name": "sda", "kname": "sda", "type": "disk", "size": 4096, "path": "/dev/sda"}]}
).encode()


def facts(told: list[Told]) -> list[object]:
    return [one.row for one in told if isinstance(one, Fact)]


def healthy(kind: str) -> bytes:
    return next(iter(sorted(FIXTURES.glob(f"{kind}/healthy*/answer.out")))).read_bytes()


@pytest.mark.parametrize("kind", ["mdstat", "lsblk", "mdadm-detail", "smartctl-json", "smartctl-text"])
def test_recorded_outputs_are_recognised(kind: str) -> None:
    found, told = read_saved(healthy(kind), name="x")
    assert found == kind
    assert facts(told)


AROUND = {
    "nothing": (b"", b""),
    "blank lines": (b"\n\n", b"\n\n"),
    "prompt": (b"root@db:~# cat /proc/mdstat\n", b"root@db:~# \n"),
    "short prompt": (b"# cat /proc/mdstat\n", b""),
    "sudo": (b"$ sudo -n lsblk --json\n", b"$\n"),
    "mail": (b"From: bob@example.org\nSubject: disks\nX-Y: z\n\n", b""),
    "mail with a word": (b"From: bob@example.org\nSubject: disks\n\nHere it is:\n\n", b"\nRegards\n"),
    "comment": (b"# smartctl and friends of last night\n", b""),
    "colours": (b"\x1b[1m\x1b[0m\n", b"\x1b]0;title\x07\n"),
    "byte order mark": (b"\xef\xbb\xbf", b""),
}


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize(("kind", "raw"), [("mdstat", MDSTAT), ("lsblk", LSBLK)])
def test_what_stands_around_does_not_hinder(kind: str, raw: bytes, around: str) -> None:
    before, after = AROUND[around]
    found, told = read_saved(before + raw + after, name="x")
    assert found == kind
    assert facts(told) == facts(read_saved(raw, name="x")[1])


def test_quoted_mail_line_ends_and_wide_text() -> None:
    plain = facts(read_saved(MDSTAT, name="x")[1])
    quoted = b"".join(b"> " + line for line in MDSTAT.splitlines(keepends=True))
    for raw in (quoted, MDSTAT.replace(b"\n", b"\r\n"), MDSTAT.decode().encode("utf-16")):
        assert facts(read_saved(raw, name="x")[1]) == plain


def test_kind_can_be_forced() -> None:
    kind, told = read_saved(b"nonsense", name="x", kind="mdstat")
    assert kind == "mdstat"
    assert facts(told) == []


@pytest.mark.parametrize(
    "raw", [b"", b" \n", b"hello world", bytes(range(256)) * 40, b"{", b"[]", b"{}", b"null"]
)
def test_what_is_not_known_is_refused_in_one_line(raw: bytes) -> None:
    with pytest.raises(NotRecognised) as caught:
        read_saved(raw, name="x")
    assert "\n" not in str(caught.value)
    if raw.strip():
        assert "holdwater read --kinds" in str(caught.value)


def test_unknown_kind_is_refused_with_the_nearest() -> None:
    with pytest.raises(NotRecognised, match=r"no reader is named 'mdstats' \(did you mean mdstat\?\)"):
        read_saved(MDSTAT, name="x", kind="mdstats")


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([MDSTAT, LSBLK, healthy("smartctl-json"), healthy("smartctl-text")]),
    st.floats(0, 1),
    st.floats(0, 1),
    st.binary(max_size=20),
    st.sampled_from(["", *sorted(READERS)]),
)
def test_damaged_outputs_are_read_or_refused(
    raw: bytes, begin: float, end: float, junk: bytes, kind: str
) -> None:
    part = raw[int(begin * len(raw) / 2) :][: int(end * len(raw))] + junk
    try:
        found, told = read_saved(part, name="x", kind=kind)
    except NotRecognised:
        return
    assert found in READERS
    assert isinstance(told, list)
