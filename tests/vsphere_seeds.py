"""What the simulated vCenter of the tests is seeded with, and what must come out of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

GIB = 1 << 30
HOSTILE = 'a/b%c "<b>x</b>" \u202etxt\u2028line'
LONG = "long " * 40_000
NAA = "naa.600508b1001c0e1d2f3a4b5c6d7e8f90"
DEEP = 40


def machine(number: int, **told: Any) -> dict[str, Any]:
    """A machine with one disk of 40 GiB unless told otherwise."""
    plain = {"disks": [{"bytes": 40 * GIB, "mode": "persistent"}], "running": [20 * GIB], "snapshots": []}
    return {"name": f"DC0_C0_RP0_VM{number}", **plain, **told}


def snapshot(name: str, created: datetime, frozen: list[int], *children: Any, **told: Any) -> dict[str, Any]:
    """A snapshot; *frozen*: bytes of the layer of each disk that it froze."""
    stamp = created.isoformat()
    return {"name": name, "created": stamp, "frozen": frozen, "children": list(children), **told}


def tree(now: datetime) -> dict[str, Any]:
    """Two disks; `base` has two children, the guest runs on the second, which holds its memory."""
    old = snapshot("dead end", now - timedelta(days=80), [3 * GIB, 300])
    live = snapshot(
        "live", now - timedelta(days=2), [5 * GIB, 500], current=True, memory=4 * GIB, quiesced=True
    )
    base = snapshot("base", now - timedelta(days=100), [30 * GIB, 9 * GIB], old, live, description=LONG)
    disks = [{"bytes": 40 * GIB, "mode": "persistent"}, {"bytes": 10 * GIB, "mode": "persistent"}]
    return machine(0, rename="db1", disks=disks, running=[7 * GIB, 700], snapshots=[base])


TREE_SIZES = {
    "base": 3 * GIB + 300 + 5 * GIB + 500,  # what both children froze
    "dead end": 0,  # nothing was written after it
    "live": 7 * GIB + 700 + 4 * GIB,  # the running layers, and the memory
}


def deep(now: datetime) -> dict[str, Any]:
    """A chain of forty."""
    chain: list[Any] = []
    for place in reversed(range(DEEP)):
        created = now - timedelta(hours=DEEP - place)
        chain = [snapshot(f"s{place}", created, [place + 1], *chain, current=place == DEEP - 1)]
    return machine(1, rename=HOSTILE, snapshots=chain, running=[DEEP + 1])


def scenario(now: datetime) -> dict[str, Any]:
    """Six machines, each with a trouble of its own; a LUN with dead paths, a lost host, a lost datastore."""
    return {
        "machines": [
            tree(now),
            deep(now),
            machine(2, rename="phantom", disks=[_file("phantom-000002.vmdk")], consolidate=True),
            machine(
                3,
                rename="odd",
                disks=[
                    {"bytes": GIB, "mode": "independent_persistent"},
                    {"bytes": GIB, "mode": "independent_persistent", "rdm": "physicalMode"},
                    {"bytes": GIB, "mode": "persistent", "sharing": "sharingMultiWriter"},
                ],
                running=[1, 2, 3],
                change_tracked=True,
                annotation="ask Otto",
            ),
            machine(4, rename="lost", connection="inaccessible"),
            machine(5, rename="golden", template=True),
        ],
        "datastores": [
            {"name": "LocalDS_0", "capacity": 100 * GIB, "free": 4 * GIB, "naa": NAA, "uuid": "5f-1"},
            {"name": "LocalDS_1", "accessible": False},
        ],
        "hosts": [
            {
                "name": "DC0_C0_H0",
                "paths": [
                    {"lun": NAA, "states": ["active", "dead", "standby"]},
                    {"lun": "mpx.vmhba0:C0:T0:L0", "states": ["active"]},
                ],
            },
            {"name": "DC0_C0_H1", "connection": "notResponding"},
        ],
    }


def _file(name: str) -> dict[str, Any]:
    return {"bytes": GIB, "mode": "persistent", "file": f"[LocalDS_0] phantom/{name}"}
