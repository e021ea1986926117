"""A Proxmox VE cluster of 3 nodes and 1,000 guests: collecting against fetching the same paths by bare HTTP.

`python -m benchmarks.proxmox 200` measures another number of guests. The server is fakepve in a process of
its own; both sides fetch over TLS with as many requests under way.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.timing import peak_mebibytes, verdict

GUESTS = 1_000
NODES = ("pve1", "pve2", "pve3")
CONSTANT = 128
"""Requests that do not depend on the number of guests: 13 a node, 20 logs a node, storages and lists."""
NIGHTS = 30
"""Backups of all guests on record, each with its log; the newest 20 of each node are read."""
SELF = "benchmarks.proxmox"


def run(guests: int = GUESTS) -> None:
    """Print times, requests and ratios."""
    with tempfile.TemporaryDirectory() as folder, _served(Path(folder), guests) as address:
        paths = Path(folder) / "paths.json"
        told: dict[str, list[dict[str, float]]] = {"collect": [], "bare": []}
        for _ in range(3):
            for way in told:  # in turn, so that a slow moment strikes both
                told[way].append(_measured(way, address, paths))
    best = {way: min(runs, key=lambda one: one["seconds"]) for way, runs in told.items()}
    print(f"{guests} guests on {len(NODES)} nodes:")
    for way, one in best.items():
        print(
            f"  {way:>9}: {one['seconds']:.2f} s, {one['requests']:.0f} requests, peak {one['peak']:.0f} MiB"
        )
    most = 2 * guests + CONSTANT
    verdict("requests", best["collect"]["requests"], f"<= {most}", best["collect"]["requests"] <= most)
    ratio = best["collect"]["seconds"] / best["bare"]["seconds"]
    verdict("time of bare concurrent HTTP", ratio, "<= 3", ratio <= 3)


@contextmanager
def _served(folder: Path, guests: int) -> Iterator[str]:
    server = subprocess.Popen(
        [sys.executable, "-m", SELF, "serve", str(folder), str(guests)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    assert server.stdin is not None
    try:
        yield server.stdout.readline().strip()
    finally:
        server.stdin.close()
        server.wait(30)


def _serve(folder: Path, guests: int) -> None:
    """Serve the cluster until stdin is closed."""
    from tests.lab import pve as lab
    from tests.lab import pve_evidence as more

    cluster = lab.Cluster()
    for node in NODES[1:]:
        cluster.add_node(node)
    cluster.allow(lab.RIGHTS)
    for number in range(guests):
        disk = f"local-lvm:vm-{1000 + number}-disk-0,size=32G"
        guest = cluster.add_vm(1000 + number, f"vm{number}", node=NODES[number % 3], config={"scsi0": disk})
        guest.snapshots["before"] = {"snaptime": int(time.time()) - 40 * lab.DAY, "description": "patch"}
        guest.config["parent"] = "before"
    for night in range(NIGHTS):
        for node in NODES:
            begun = int(time.time()) - night * lab.DAY
            told = more.task("vzdump", begun, node=node) | {"log": more.log_of_backup(begun)}
            cluster.tasks[told["upid"]] = told
            cluster.tasklog.append({key: value for key, value in told.items() if key != "log"})
    with lab.serving(cluster, folder) as address:
        print(address, flush=True)
        sys.stdin.read()


def _measured(way: str, address: str, paths: Path) -> dict[str, float]:
    from tests.lab.pve import SECRET

    environment = {**os.environ, "HOLDWATER_PVE_TOKEN": SECRET}
    command = [sys.executable, "-m", SELF, way, address, str(paths)]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)
    told: dict[str, float] = json.loads(done.stdout)
    return told


def _collect(address: str, paths: Path) -> tuple[float, int]:
    """What `holdwater collect` does, and the paths it asked for."""
    from collectors.asking import collect
    from collectors.bundle import BundleWriter
    from collectors.collector import COLLECTORS, load
    from collectors.targets import open_target
    from collectors.targets.proxmox import ProxmoxTarget

    load()
    asked: list[list[str]] = []
    ask = ProxmoxTarget._get

    def counted(self: ProxmoxTarget, question: Any) -> Any:
        asked.append(list(question.argv[2:]))
        return ask(self, question)

    ProxmoxTarget._get = counted
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        writer = BundleWriter(Path(folder) / "all.evidence.zip", site="bench", tool="benchmark")
        asyncio.run(collect([open_target(address)], [COLLECTORS["proxmox"]], writer))
    seconds = time.perf_counter() - begun
    paths.write_text(json.dumps(asked))
    return seconds, len(asked)


def _bare(address: str, paths: Path) -> tuple[float, int]:
    """The same paths with requests alone, answers thrown away."""
    import requests

    from collectors.targets.proxmox import AT_ONCE
    from collectors.targets.proxmox_address import parsed, secret_for
    from collectors.targets.proxmox_session import _pinned

    place = parsed(address)
    token = f"PVEAPIToken={place.user}!{place.token}={secret_for(place)}"
    wanted = [
        (path, dict(word.split("=", 1) for word in more)) for path, *more in json.loads(paths.read_text())
    ]

    def some(share: Sequence[tuple[str, dict[str, str]]]) -> None:
        session = requests.Session()
        session.mount("https://", _pinned(place.fingerprint))
        session.headers["Authorization"], session.verify, session.trust_env = token, False, False
        for path, parameters in share:
            assert session.get(f"{place.url}/api2/json{path}", params=parameters, timeout=30).content

    begun = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(some, [wanted[n::AT_ONCE] for n in range(AT_ONCE)]))
    return time.perf_counter() - begun, len(wanted)


def _one(way: str, address: str, paths: Path) -> None:
    works: dict[str, Callable[[str, Path], tuple[float, int]]] = {"collect": _collect, "bare": _bare}
    seconds, count = works[way](address, paths)
    print(json.dumps({"seconds": seconds, "requests": count, "peak": peak_mebibytes()}))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", folder, count]:
            _serve(Path(folder), int(count))
        case [way, address, file]:
            _one(way, address, Path(file))
        case [count]:
            run(int(count))
        case _:
            run()
