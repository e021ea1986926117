"""The fake backup server, and what is recorded of it, against what the server's makers publish of its API."""

from __future__ import annotations

import json
import re
import ssl
import time
import tomllib
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

import pytest

from collectors.collector import load
from collectors.targets.proxmox_address import PBS_TOKEN
from holdwater import api
from tests import fake_pbs as fake

DESCRIBED = tomllib.loads((Path(__file__).parent / "pbs_api.toml").read_text("utf-8"))
CALLS = {call["path"]: call for call in DESCRIBED["call"]}
FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "collectors"
SIMPLE: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "whole": (int,),
    "number": (int, float),
    "flag": (bool,),
}
UPID = re.compile(r"UPID:[^:/]+(:[0-9A-F]{8,9}){4}:[^:/]+:[^:/]*:[^:@/]+@[^:/]+:")


def fields_of(record: str) -> dict[str, str]:
    """Field (with `?` if it may be missing) → type."""
    told = dict(DESCRIBED["record"][record])
    also = told.pop("also", None)
    return (fields_of(also) if also else {}) | told


def wrong(value: Any, kind: str, where: str = "") -> Iterator[str]:
    """What does not fit, one line each."""
    if kind.endswith(" or null"):
        if value is not None:
            yield from wrong(value, kind.removesuffix(" or null"), where)
    elif kind.startswith(("list of ", "map of ")):
        inner = kind.split(" ", 2)[2]
        held = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        if not isinstance(value, list if kind.startswith("list") else dict):
            yield f"{where}: {value!r} is no {kind}"
        for key, one in held:
            yield from wrong(one, inner, f"{where}[{key}]")
    elif kind.startswith("one of "):
        if value not in kind.removeprefix("one of ").split(", "):
            yield f"{where}: {value!r} is not {kind}"
    elif kind in SIMPLE:
        if not isinstance(value, SIMPLE[kind]) or (isinstance(value, bool) and kind != "flag"):
            yield f"{where}: {value!r} is no {kind}"
        elif where.endswith("upid") and not UPID.fullmatch(value):
            yield f"{where}: {value!r} is no identity of a task"
    else:
        yield from _record(value, kind, where)


def _record(value: Any, kind: str, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where}: {value!r} is no {kind}"
        return
    fields = fields_of(kind)
    known = {name.removesuffix("?"): told for name, told in fields.items()}
    yield from (f"{where}.{name}: no field of {kind}" for name in value.keys() - known.keys())
    yield from (f"{where}.{name}: missing" for name in fields if name[-1] != "?" and name not in value)
    for name in value.keys() & known.keys():
        yield from wrong(value[name], known[name], f"{where}.{name}")


def call_of(path: str) -> dict[str, Any]:
    """The description of the call that a path means. Raises LookupError."""
    for pattern, call in CALLS.items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", pattern), path):
            return call
    raise LookupError(f"{path} is not described")


def removable(server: fake.Server) -> None:
    server.stores["second"].device, server.stores["second"].mounted = (
        "9c1d6a7e-1f0b-4f0e-8f5a-2b3c4d5e6f70",
        False,
    )


def in_maintenance(server: fake.Server) -> None:
    server.stores["main"].maintenance = "offline,message=disks are exchanged"


def older(server: fake.Server) -> None:
    server.old = True


def with_few_rights(server: fake.Server) -> None:
    server.acl[f"{fake.USER}!{fake.TOKEN}"] = {"/datastore/main": {"Datastore.Backup": True}}


@pytest.mark.parametrize("change", [None, removable, in_maintenance, older, with_few_rights])
def test_the_fake_answers_as_the_published_api_says(
    change: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PBS_TOKEN, fake.SECRET)
    server = fake.seeded(int(time.time()))
    if change:
        change(server)
    with fake.serving(server, tmp_path) as address:
        api.collect([address], tmp_path)
    found: list[str] = []
    for path, query, data in server.answered:
        call = call_of(path)
        found += [f"{path}: no parameter {name}" for name in query.keys() - set(call["parameters"])]
        found += wrong(data, call["data"], path)
    assert found == []
    assert len(server.answered) > 5


def test_every_question_is_one_the_published_api_knows() -> None:
    asked = {form.argv[2:] for form in load()["pbs"].asks}
    for path, *parameters in asked:
        call = call_of(path)
        assert {word.partition("=")[0] for word in parameters} <= set(call["parameters"]), path
    assert {call_of(path)["path"] for path, *_ in asked} | {"/version"} == set(CALLS)


RECORDS = {
    "pbs-stores": "list of datastore",
    "pbs-usage": "list of usage",
    "pbs-config": "list of configuration",
    "pbs-gc": "collection",
    "pbs-namespaces": "list of namespace",
    "pbs-snapshots": "list of snapshot",
    "pbs-tasks": "list of task",
    "pbs-rights": "map of map of flag",
    "pbs-owner-rights": "map of map of flag",
    "pbs-jobs": "list of ",
}


CASES = sorted(one for kind in RECORDS for one in (FIXTURES / kind).glob("*") if "broken" not in one.name)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_our_cases_of_the_readers_are_answers_that_the_server_gives(case: Path) -> None:
    told = json.loads((case / "answer.out").read_text("utf-8"))
    asked = json.loads((case / "question.json").read_text("utf-8"))["argv"][2] if "jobs" in str(case) else ""
    kind = RECORDS[case.parent.name] + (f"{asked.removeprefix('/admin/')}-job" if asked else "")
    assert list(wrong(told, kind, case.name)) == []


def test_a_wrong_answer_is_noticed() -> None:
    job = {"id": "p-1", "store": "second", "remote-store": "main", "disable": True}
    assert list(wrong([job], "list of sync-job", "jobs")) == ["jobs[0].disable: no field of sync-job"]
    assert list(wrong({"ns": 1}, "namespace", "x")) == ["x.ns: 1 is no text"]
    assert list(wrong({}, "namespace", "x")) == ["x.ns: missing"]


def test_errors_come_as_the_published_api_sends_them(tmp_path: Path) -> None:
    server = fake.seeded(int(time.time()))
    server.stores["main"].maintenance = "offline"
    wanted, right = DESCRIBED["errors"], f"PBSAPIToken={fake.USER}!{fake.TOKEN}:{fake.SECRET}"
    cases = [
        ("/version", "", "wrong_token"),
        ("/nothing", right, "no_such_path"),
        ("/admin/datastore/other/gc", right, "no_right"),
        ("/admin/datastore/main/gc", right, "anything_else"),
    ]
    server.acl[f"{fake.USER}!{fake.TOKEN}"] = {"/datastore/main": fake.AUDIT}
    with fake.serving(server, tmp_path) as address:
        host, _, port = address.rpartition("@")[2].partition("?")[0].partition(":")
        for path, token, sort in cases:
            with closing(HTTPSConnection(host, int(port), timeout=10, context=_unchecked())) as connection:
                connection.request("GET", f"/api2/json{path}", headers={"Authorization": token})
                answer = connection.getresponse()
                assert answer.status == wanted[sort], path
                assert answer.getheader("Content-Type") == wanted["content_type"]
                assert not answer.read().startswith(b"{")


def _unchecked() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
