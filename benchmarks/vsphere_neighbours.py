"""`holdwater collect` beside ConSol's check_vsphere and rvtools-python, as programs, against one vCenter.

    python -m benchmarks.vsphere_neighbours 100 1000 10000 [holdwater check_vsphere rvtools]

They do not retrieve the same: check_vsphere (snapshots, by age) the name and snapshots of each machine, in
bulk; rvtools-python 0.0.1 some twenty columns about each machine, attribute by attribute, and no snapshots,
disks or datastores; holdwater all of `holdwater plan` for vSphere. Both are installed from PyPI into a
scratch environment. rvtools-python only knows port 443, so a proxy listens there; if that cannot be, it is
not measured. It takes machine after machine: where there are more than LOOPED, it is stopped after these, and
what each of them took is multiplied; its peak memory is then the least it can be.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.vsphere import DELAY_SECONDS, Proxy, delayed
from collectors.targets.vsphere import PASSWORD
from tests.lab.beds import BedMissing
from tests.lab.vcsim import PASSWORD as SECRET
from tests.lab.vcsim import USER, VCenter, population, vcsim

PACKAGES = ("checkvsphere==0.3.40", "rvtools-python==0.0.1")
SIZES = (100,)
BY_AGE = ("snapshots", "--mode", "age", "--warning", "1", "--critical", "3")
LOOPED = 100
SOME = 1_000
"""Up to so many machines a program is run three times, and its quickest run counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One to measure: *command* with {port} and {folder} to fill in, the exit status of success, and the
    line that it prints for each machine if it can be stopped and scaled."""

    name: str
    command: tuple[str, ...]
    port: int = 0
    succeeds: int = 0
    each: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a program had cost at a moment: seconds since its start and of a processor, turns of its talk."""

    seconds: float
    processor: float
    turns: float


def run(sizes: Sequence[int] = SIZES, names: Sequence[str] = ()) -> None:
    """Print the time, the turns of the conversation and the peak memory of each program."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bin_folder = folder / "venv" / "bin"
        subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
        quiet = [str(bin_folder / "pip"), "install", "-q", "--disable-pip-version-check", *PACKAGES]
        if subprocess.run(quiet, stderr=subprocess.DEVNULL, check=False).returncode:
            print(f"vSphere neighbours: not measured: {' and '.join(PACKAGES)} cannot be installed")
            return
        for machines in sizes:
            bed = folder / str(machines)
            bed.mkdir()
            try:
                with vcsim(bed, seed=population(machines), machines=machines) as vcenter:
                    for delay in (0.0, DELAY_SECONDS):
                        programs = [
                            one for one in _programs(bin_folder) if one.name in (names or (one.name,))
                        ]
                        _compare(machines, vcenter, delay, programs, bed)
            except BedMissing as missing:
                print(f"vSphere neighbours: not measured: {missing}")


def _programs(bin_folder: Path) -> tuple[Program, ...]:
    login = ("-s", "localhost", "-u", USER, "-p", SECRET)
    own = (sys.executable, "-m", "holdwater", "collect", f"vsphere://{USER}@localhost:{{port}}")
    checks = str(bin_folder / "check_vsphere")
    return (
        Program(name="holdwater", command=(*own, "-o", "{folder}/all.evidence.zip")),
        Program(
            name="check_vsphere", command=(checks, *BY_AGE, *login, "-o", "{port}", "-nossl"), succeeds=2
        ),
        Program(
            name="rvtools",
            command=(str(bin_folder / "rvtools"), *login, "-d", "{folder}"),
            port=443,
            each=b"Machine Name:",
        ),
    )


def _compare(machines: int, vcenter: VCenter, delay: float, programs: Sequence[Program], bed: Path) -> None:
    load = os.getloadavg()[0]
    print(
        f"{machines} machines, {3 * machines} snapshots, {delay * 1000:.0f} ms added to a round trip"
        f" (load {load:.1f} before):",
        flush=True,
    )
    ours = 0.0
    for program in programs:
        times = 3 if machines <= SOME and program.each is None else 1
        try:
            told = [_measured(program, machines, vcenter, delay, bed) for _ in range(times)]
        except OSError as error:
            print(f"  {program.name:>14}: not measured: {error}")
            continue
        cost, peak, remark = min(told, key=lambda one: one[0].seconds)
        ours = ours or cost.seconds
        print(
            f"  {program.name:>14}: {cost.seconds:.2f} s ({cost.seconds / ours:.2f} of ours),"
            f" {cost.processor:.2f} s of a processor, {cost.turns:.0f} turns, peak {peak:.0f} MiB{remark}",
            flush=True,
        )


def _measured(
    program: Program, machines: int, vcenter: VCenter, delay: float, bed: Path
) -> tuple[Cost, float, str]:
    """Its cost, its peak memory in MiB and a remark."""
    environment = {
        **os.environ,
        PASSWORD: SECRET,
        "SSL_CERT_FILE": str(vcenter.certificate),
        "PYTHONUNBUFFERED": "1",
        "TIMEOUT": "3600",  # check_vsphere would give up after 30 s
    }
    with (
        delayed(vcenter.port, delay, port=program.port) as proxy,
        tempfile.TemporaryDirectory(dir=bed) as folder,
    ):
        words = [word.format(port=proxy.port, folder=folder) for word in program.command]
        begun = time.perf_counter()
        process = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        marks = _watched(program, process, proxy, begun)
        _, status, usage = os.wait4(process.pid, 0)
        whole = Cost(
            seconds=time.perf_counter() - begun,
            processor=usage.ru_utime + usage.ru_stime,
            turns=proxy.turns,
        )
    peak = usage.ru_maxrss / 1024
    if len(marks) == 2 and machines > LOOPED:
        return _scaled(marks[0], marks[1], machines), peak, f", scaled from {LOOPED} machines"
    ended = os.waitstatus_to_exitcode(status)
    return whole, peak, "" if ended == program.succeeds else f", FAILED with {ended}"


def _watched(program: Program, process: subprocess.Popen[bytes], proxy: Proxy, begun: float) -> list[Cost]:
    """Read what it prints to the end, or until it comes to the machine after the last wanted: the costs then
    and at the first machine."""
    assert process.stdout is not None
    marks: list[Cost] = []
    seen = 0
    for line in process.stdout:
        if program.each is None or not line.startswith(program.each):
            continue
        seen += 1
        if seen in (1, LOOPED + 1):
            used = psutil.Process(process.pid).cpu_times()
            marks.append(
                Cost(
                    seconds=time.perf_counter() - begun,
                    processor=used.user + used.system,
                    turns=proxy.turns,
                )
            )
        if seen > LOOPED:
            process.kill()
            break
    process.stdout.close()
    return marks


def _scaled(first: Cost, last: Cost, machines: int) -> Cost:
    times = machines / LOOPED
    return Cost(
        seconds=first.seconds + times * (last.seconds - first.seconds),
        processor=first.processor + times * (last.processor - first.processor),
        turns=first.turns + times * (last.turns - first.turns),
    )


if __name__ == "__main__":
    given = sys.argv[1:]
    run(
        [int(word) for word in given if word.isdigit()] or SIZES,
        [word for word in given if not word.isdigit()],
    )
