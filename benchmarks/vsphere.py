"""A vCenter with 100 and 1,000 machines of three snapshots each: collecting against bare bulk retrieval (the
limit) and against the loop over objects that most scripts use; on loopback, and with 10 ms to a round trip.

`python -m benchmarks.vsphere 10000` measures other sizes. Needs Go and govmomi (tests/lab/vcsim.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.timing import peak_mebibytes, verdict
from collectors.targets.vsphere import PAGE, PASSWORD
from tests.lab.beds import BedMissing
from tests.lab.vcsim import PASSWORD as SECRET
from tests.lab.vcsim import USER, population, vcsim

SIZES = (100, 1_000)
DELAY_SECONDS = 0.010
LOOPED = 200
"""The loop is measured on so many machines and scaled: it is the same for each."""
CONSTANT = 24
"""Round trips that do not depend on the number of machines."""
SELF = "benchmarks.vsphere"


def run(sizes: Sequence[int] = SIZES) -> None:
    """Print times, requests, peak memory and ratios."""
    try:
        for machines in sizes:
            with (
                tempfile.TemporaryDirectory() as folder,
                vcsim(Path(folder), seed=population(machines), machines=machines) as vcenter,
            ):
                os.environ["SSL_CERT_FILE"] = str(vcenter.certificate)
                _compare(machines, vcenter.port, 0.0)
                with delayed(vcenter.port, DELAY_SECONDS) as proxy:
                    _compare(machines, proxy.port, DELAY_SECONDS)
    except BedMissing as missing:
        print(f"vSphere: not measured: {missing}")


def _compare(machines: int, port: int, delay: float) -> None:
    runs: dict[str, list[dict[str, float]]] = {"collect": [], "bulk": [], "loop": []}
    for _ in range(3 if machines <= 1_000 else 1):
        for way in ("collect", "bulk"):  # in turn, so that a slow moment strikes both
            runs[way].append(_measured(way, port))
    runs["loop"].append(_measured("loop", port))
    best = {way: min(told, key=lambda one: one["seconds"]) for way, told in runs.items()}
    scale = machines / min(machines, LOOPED)
    best["loop"] |= {key: best["loop"][key] * scale for key in ("seconds", "processor", "requests")}
    print(f"{machines} machines, {3 * machines} snapshots, {delay * 1000:.0f} ms added to a round trip:")
    for way, told in best.items():
        scaled = ", scaled" if way == "loop" and scale > 1 else ""
        print(
            f"  {way:>9}: {told['seconds']:.2f} s ({told['processor']:.2f} s of a processor),"
            f" {told['requests']:.0f} requests,"
            f" peak {told['peak']:.0f} MiB{scaled}"
        )
    ours, limit, loop = (best[way] for way in ("collect", "bulk", "loop"))
    ratio = ours["seconds"] / limit["seconds"]
    verdict("time of bulk retrieval", ratio, "<= 1.3", ratio <= 1.3)
    most = CONSTANT + math.ceil(machines / PAGE)
    verdict("requests", ours["requests"], f"<= {most}", ours["requests"] <= most)
    if machines >= 1_000:
        verdict("peak memory (MiB)", ours["peak"], "< 1024", ours["peak"] < 1024)
    faster = loop["seconds"] / ours["seconds"]
    if delay and machines == 1_000:
        verdict("faster than the loop", faster, ">= 20", faster >= 20)
    else:
        print(f"          faster than the loop: {faster:.1f}")


def _measured(way: str, port: int) -> dict[str, float]:
    """One run in a process of its own, so that its peak memory is its own."""
    environment = {**os.environ, PASSWORD: SECRET}
    done = subprocess.run(
        [sys.executable, "-m", SELF, way, str(port)], env=environment, check=True, stdout=subprocess.PIPE
    )
    told: dict[str, float] = json.loads(done.stdout)
    return told


def _one(way: str, port: int) -> None:
    import pyVim.connect  # noqa: F401 - only the time it takes
    from pyVmomi import SoapStubAdapter

    import collectors.asking
    import collectors.bundle
    import collectors.targets.vsphere_connection
    import collectors.targets.vsphere_retrieval
    import collectors.tools.vsphere_api  # noqa: F401 - only the time it takes

    asked = SoapStubAdapter.InvokeMethod
    requests = 1  # for the versions of the API

    def counted(*given: Any, **named: Any) -> Any:
        nonlocal requests
        requests += 1
        return asked(*given, **named)

    SoapStubAdapter.InvokeMethod = counted
    works: dict[str, Callable[[int], None]] = {"collect": _collect, "bulk": _bulk, "loop": _loop}
    begun, worked = time.perf_counter(), time.process_time()
    works[way](port)
    seconds, processor = time.perf_counter() - begun, time.process_time() - worked
    told = {"seconds": seconds, "processor": processor, "requests": requests, "peak": peak_mebibytes()}
    print(json.dumps(told))


def _collect(port: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(collected(port, Path(folder)))


async def collected(port: int, folder: Path) -> Path:
    """The bundle of a vCenter on a port of this host, as `holdwater collect` makes it."""
    from collectors.asking import collect
    from collectors.bundle import BundleWriter
    from collectors.collector import COLLECTORS
    from collectors.targets import open_target
    from collectors.tools import vsphere_api, vsphere_history

    assert vsphere_api.GUESTS in COLLECTORS["vsphere"].asks
    assert vsphere_history.TASKS in COLLECTORS["vsphere-history"].asks
    writer = BundleWriter(folder / "all.evidence.zip", site="bench", tool="benchmark")
    target = open_target(f"vsphere://{USER}@localhost:{port}")
    await collect([target], [COLLECTORS["vsphere"], COLLECTORS["vsphere-history"]], writer)
    assert "product" in target.about, "not connected"
    return writer.path


@contextmanager
def _connected(port: int) -> Iterator[Any]:
    from pyVim.connect import Disconnect, SmartConnect

    service = SmartConnect(host="localhost", port=port, user=USER, pwd=SECRET)
    try:
        yield service.RetrieveContent()
    finally:
        Disconnect(service)


def _bulk(port: int) -> None:
    """The same properties in one call for each kind, and nothing done with them."""
    from pyVmomi import vim, vmodl
    from pyVmomi.VmomiSupport import GetWsdlType

    from collectors.tools.vsphere_api import DATASTORES, GUESTS, HOSTS

    query = vmodl.query.PropertyCollector
    with _connected(port) as content:
        for form in (GUESTS, DATASTORES, HOSTS):
            kind, paths = GetWsdlType("urn:vim25", form.argv[2]), form.argv[3].split(",")
            view = content.viewManager.CreateContainerView(content.rootFolder, [kind], True)
            step = query.TraversalSpec(name="v", path="view", skip=False, type=vim.view.ContainerView)
            spec = query.FilterSpec(
                objectSet=[query.ObjectSpec(obj=view, skip=True, selectSet=[step])],
                propSet=[query.PropertySpec(type=kind, pathSet=paths, all=False)],
            )
            told = content.propertyCollector.RetrievePropertiesEx([spec], query.RetrieveOptions())
            assert told.token is None
            view.DestroyView()


def _loop(port: int) -> None:
    """Six properties of one machine after another, as attributes."""
    from pyVmomi import vim

    with _connected(port) as content:
        view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], True)
        for machine in view.view[:LOOPED]:
            for name in ("name", "config", "runtime", "snapshot", "layoutEx", "guest"):
                getattr(machine, name)


@dataclass(slots=True)
class Proxy:
    """Where it listens, and how often the client spoke after the server had: round trips, TLS among them."""

    port: int = 0
    turns: int = 0


@contextmanager
def delayed(to: int, seconds: float, *, port: int = 0) -> Iterator[Proxy]:
    """A TCP proxy before the port *to* that holds back what the client sends by *seconds*.

    *port*: where it listens, 0 for any. Raises OSError if that is not free or not allowed.
    """
    loop, proxy = asyncio.new_event_loop(), Proxy()
    server = loop.run_until_complete(
        asyncio.start_server(lambda r, w: _relay(r, w, to, seconds, proxy), "127.0.0.1", port)
    )
    proxy.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(loop)])
        loop.call_soon_threadsafe(loop.call_later, 0.1, loop.stop)
        thread.join(5)


async def _relay(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, to: int, seconds: float, proxy: Proxy
) -> None:
    try:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", to)
    except OSError:  # the simulator is gone: so is the connection
        writer.close()
        return
    client_spoke = False

    async def forth() -> None:
        nonlocal client_spoke
        while some := await reader.read(1 << 16):
            proxy.turns += not client_spoke
            client_spoke = True
            if seconds:
                await asyncio.sleep(seconds)
            there_writer.write(some)
            await there_writer.drain()
        there_writer.close()

    async def back() -> None:
        nonlocal client_spoke
        while some := await there_reader.read(1 << 18):
            client_spoke = False
            writer.write(some)
            await writer.drain()
        writer.close()

    with contextlib.suppress(asyncio.CancelledError):  # the measuring is over
        await asyncio.gather(forth(), back(), return_exceptions=True)


if __name__ == "__main__":
    if len(sys.argv) == 3 and not sys.argv[1].isdigit():
        _one(sys.argv[1], int(sys.argv[2]))
    else:
        run([int(word) for word in sys.argv[1:]] or SIZES)
