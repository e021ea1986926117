"""Page by page against a server of our own that honours maxObjects: complete, or loudly incomplete."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from collectors.fact import Fact, Gap
from collectors.hypervisor_tables import Guest, GuestSnapshot
from collectors.question import Answer
from collectors.reading import read_answer
from collectors.targets.vsphere import PASSWORD, VsphereTarget
from collectors.tools.vsphere_api import GUESTS
from tests.fake_vsphere import Fake, serving

MACHINES = 1003


def machines(count: int = MACHINES) -> dict[str, str]:
    return {f"vm-{number}": f"guest {number}" for number in range(count)}


@pytest.fixture(autouse=True)
def trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD, "correct")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "localhost.pem"))


HOSTILE = (
    "a%2fb",
    "slash/in/name",
    """'"><script>alert(1)</script>""",
    "\u202egpj.exe",
    "-rf --no-preserve-root /",
    "x" * 4000,
    "Ünïcode \u2028 line",
)


def asked(fake: Fake, folder: Path, options: str = "") -> Answer:
    """The answer to the question about guests, session closed."""
    with serving(fake, folder) as port:

        async def ask() -> Answer:
            target = VsphereTarget(f"vsphere://auditor@localhost:{port}{options}")
            try:
                return await target.ask(GUESTS())
            finally:
                await target.close()

        return asyncio.run(ask())


def told(answer: Answer) -> tuple[list[Guest], list[Gap]]:
    found = list(read_answer("vc", answer))
    guests = [one.row for one in found if isinstance(one, Fact) and isinstance(one.row, Guest)]
    return guests, [one for one in found if isinstance(one, Gap)]


def last(answer: Answer) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(answer.stdout.rstrip(b"\n").split(b"\n")[-1])
    return line


@pytest.mark.parametrize(
    ("page", "cap", "pages"), [(250, 10_000, 5), (1, 10_000, 7), (5000, 100, 11), (501, 501, 3)]
)
def test_every_machine_is_told_once_whatever_the_pages(
    page: int, cap: int, pages: int, tmp_path: Path
) -> None:
    """A server may give fewer to a page than was asked for; the token decides, not the count."""
    count = 7 if page == 1 else MACHINES
    fake = Fake(machines(count), cap=cap)
    answer = asked(fake, tmp_path, f"?page={page}")
    guests, gaps = told(answer)
    assert sorted(one.name for one in guests) == sorted(machines(count).values())
    assert gaps == []
    assert max(fake.sizes) <= min(page, cap)
    assert last(answer) == {
        "retrieved": count,
        "expected": count,
        "gone": 0,
        "lost": 0,
        "named": [],
        "pages": pages,
    }
    assert not fake.sessions, "the session was left open"
    assert fake.asked.count("DestroyView") == 1


def test_round_trips_are_a_constant_and_machines_by_page(tmp_path: Path) -> None:
    few, many = Fake(machines(250)), Fake(machines(2500))
    asked(few, tmp_path)
    asked(many, tmp_path)
    assert len(many.asked) - len(few.asked) == 9
    assert len(few.asked) < 12


def test_a_session_that_ends_in_the_middle(tmp_path: Path) -> None:
    answer = asked(Fake(machines(), lose_session_after=2), tmp_path)
    guests, gaps = told(answer)
    assert len(guests) == 500
    assert answer.refusal == "truncated"
    assert (
        "the session expired, or somebody ended it: collect again; 500 objects were told before"
        in answer.detail
    )
    assert {gap.table for gap in gaps} >= {Guest, GuestSnapshot}


def test_a_proxy_that_gives_html_in_the_middle(tmp_path: Path) -> None:
    answer = asked(Fake(machines(), html_after=1), tmp_path)
    guests, gaps = told(answer)
    assert len(guests) == 250
    assert "no vSphere API, or a proxy stands before it" in answer.detail
    assert "<html>" not in answer.detail
    assert Guest in {gap.table for gap in gaps}


def test_a_connection_that_breaks_in_the_middle(tmp_path: Path) -> None:
    answer = asked(Fake(machines(), drop_after=3), tmp_path)
    guests, gaps = told(answer)
    assert len(guests) == 750
    assert answer.refusal == "truncated"
    assert gaps


def test_machines_deleted_between_two_pages_are_gone_and_no_gap(tmp_path: Path) -> None:
    def vanish(fake: Fake, page: int) -> None:
        fake.machines.pop(f"vm-{page * 250 - 1}", None)

    answer = asked(Fake(machines(), vanish=vanish), tmp_path)
    guests, gaps = told(answer)
    assert (len(guests), gaps) == (MACHINES - 3, [])
    assert last(answer)["gone"] == 3


def test_machines_that_are_never_told_are_named(tmp_path: Path) -> None:
    answer = asked(Fake(machines(), silent_loss=frozenset({"vm-7", "vm-900"})), tmp_path)
    guests, gaps = told(answer)
    assert len(guests) == MACHINES - 2
    assert last(answer)["named"] == ["vm-7", "vm-900"]
    (gap,) = [one for one in gaps if one.table is Guest]
    assert (gap.reason, gap.detail) == ("truncated", "1001 of 1003 objects were told; missing: vm-7, vm-900")


@pytest.mark.parametrize(
    ("versions", "says"),
    [
        (("4.1", "4.0"), "its API is too old (4.0, 4.1): release 5 or later can be asked"),
        (("99.9",), "speaks only versions of the API that pyVmomi does not (99.9)"),
    ],
)
def test_an_api_too_old_or_too_new(versions: tuple[str, ...], says: str, tmp_path: Path) -> None:
    answer = asked(Fake(machines(3), versions=versions), tmp_path)
    assert answer.refusal == "unreachable"
    assert says in answer.detail


@pytest.mark.parametrize("versions", [("5.5",), ("99.9", "8.0.3.0", "6.5")])
def test_an_old_api_and_one_newer_than_the_library_are_spoken(
    versions: tuple[str, ...], tmp_path: Path
) -> None:
    guests, gaps = told(asked(Fake(machines(3), versions=versions), tmp_path))
    assert (len(guests), gaps) == (3, [])


def test_a_wrong_password_leaves_no_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD, "wrong")
    fake = Fake(machines(3))
    answer = asked(fake, tmp_path)
    assert answer.detail.endswith("the login of auditor is refused: wrong user name or password")
    assert not fake.sessions


def test_hostile_names_come_through_whole_and_one_to_a_line(tmp_path: Path) -> None:
    fake = Fake({f"vm-{number}": name for number, name in enumerate(HOSTILE)})
    answer = asked(fake, tmp_path)
    guests, gaps = told(answer)
    assert gaps == []
    assert len(answer.text.splitlines()) == len(HOSTILE) + 2
    assert [one.name for one in guests][1:5] == list(HOSTILE[1:5])
    assert guests[0].name == "a/b"
