"""`holdwater collect` beside ConSol's check_vsphere and rvtools-python, as programs, against one vCenter.

    python -m benchmarks.vsphere_neighbours 100 1000

They do not retrieve the same: check_vsphere (snapshots, by age) the name and snapshots of each machine, in
bulk; rvtools-python 0.0.1 some twenty columns about each machine, attribute by attribute, and no snapshots,
disks or datastores; holdwater all of `holdwater plan` for vSphere. Both are installed from PyPI into a
scratch environment. rvtools-python only knows port 443, so a proxy listens there; if that cannot be, it is
not measured.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.vsphere import DELAY_SECONDS, delayed
from collectors.targets.vsphere import PASSWORD
from tests.lab.beds import BedMissing
from tests.lab.vcsim import PASSWORD as SECRET
from tests.lab.vcsim import USER, VCenter, population, vcsim

PACKAGES = ("checkvsphere==0.3.40", "rvtools-python==0.0.1")
SIZES = (100,)
BY_AGE = ("snapshots", "--mode", "age", "--warning", "1", "--critical", "3")
LONGEST_SECONDS = 180.0


def run(sizes: Sequence[int] = SIZES) -> None:
    """Print the time, the turns of the conversation and the peak memory of each program."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        programs = folder / "venv" / "bin"
        subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
        quiet = [str(programs / "pip"), "install", "-q", "--disable-pip-version-check", *PACKAGES]
        if subprocess.run(quiet, stderr=subprocess.DEVNULL, check=False).returncode:
            print(f"vSphere neighbours: not measured: {' and '.join(PACKAGES)} cannot be installed")
            return
        for machines in sizes:
            bed = folder / str(machines)
            bed.mkdir()
            try:
                with vcsim(bed, seed=population(machines), machines=machines) as vcenter:
                    for delay in (0.0, DELAY_SECONDS):
                        _compare(machines, vcenter, delay, programs, bed)
            except BedMissing as missing:
                print(f"vSphere neighbours: not measured: {missing}")


def _compare(machines: int, vcenter: VCenter, delay: float, programs: Path, bed: Path) -> None:
    print(f"{machines} machines, {3 * machines} snapshots, {delay * 1000:.0f} ms added to a round trip:")
    csv = bed / "csv"
    csv.mkdir(exist_ok=True)
    own = [sys.executable, "-m", "holdwater", "collect", f"vsphere://{USER}@localhost:{{port}}"]
    login = ["-s", "localhost", "-u", USER, "-p", SECRET]
    commands: tuple[tuple[str, list[str], int], ...] = (
        ("holdwater", [*own, "-o", str(bed / f"{delay}.evidence.zip")], 0),
        ("check_vsphere", [str(programs / "check_vsphere"), *BY_AGE, *login, "-o", "{port}", "-nossl"], 0),
        ("rvtools", [str(programs / "rvtools"), *login, "-d", str(csv)], 443),
    )
    for name, command, port in commands:
        try:
            with delayed(vcenter.port, delay, port=port) as proxy:
                print(f"  {name:>14}: {_measured(command, proxy.port, vcenter)}, {proxy.turns} turns")
        except OSError as error:
            print(f"  {name:>14}: not measured: {error}")


def _measured(command: list[str], port: int, vcenter: VCenter) -> str:
    environment = {**os.environ, PASSWORD: SECRET, "SSL_CERT_FILE": str(vcenter.certificate)}
    words = [word.replace("{port}", str(port)) for word in command]
    begun = time.perf_counter()
    process = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with _at_most(process):
        _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - begun
    ended = "" if os.waitstatus_to_exitcode(status) >= 0 else " (stopped: it takes longer)"
    return f"{took:.2f} s{ended}, peak {usage.ru_maxrss / 1024:.0f} MiB"


@contextmanager
def _at_most(process: subprocess.Popen[bytes]) -> Iterator[None]:
    import threading

    timer = threading.Timer(LONGEST_SECONDS, process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


if __name__ == "__main__":
    run([int(word) for word in sys.argv[1:]] or SIZES)
