"""A host with 200 disks, 20 arrays, 5,000 ZFS snapshots and a journal of a million lines; and a tenth of it.

Each size runs in a process of its own, so that its peak memory is its own. The journal lies in a file and is
gone through as a stream, as that of a sosreport is; on a live host journalctl filters it instead.
"""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.timing import peak_mebibytes, verdict
from collectors.asking import collect
from collectors.bundle import BundleWriter
from collectors.collector import load
from collectors.importers import searching
from collectors.kernel_log_kinds import TELLING_BYTES
from collectors.question import Answer, Question
from collectors.tools import md_sysfs, mdstat, zfs, zpool
from collectors.tools.kernel_log import JOURNAL, LAST
from holdwater import api
from tests.canned import FIXTURES, CannedTarget, host

DISKS, ARRAYS, SNAPSHOTS, LINES = 200, 20, 5_000, 1_000_000
MOST_MEBIBYTES = 300.0
QUIET = "2026-11-{day:02d}T{hour:02d}:10:40+0000 nas kernel: audit: type=1400 audit(1633090621.312:{n}): ok\n"
LOUD = "2026-11-{day:02d}T{hour:02d}:10:41+0000 nas kernel: I/O error, dev sd{letter}, sector {n} op 0x0\n"
LOUD_EVERY = 50


class BigHost(CannedTarget):
    """A canned host whose journal is a file."""

    journal = Path()

    async def ask(self, question: Question) -> Answer:
        if question.argv == LAST.argv:
            with self.journal.open("rb") as file:
                return Answer(question, stdout=file.readline(), status=0)
        if question.argv == JOURNAL.argv:
            most = question.form.max_bytes
            out, whole = searching.telling([self.journal.open("rb")], TELLING_BYTES, most)
            return Answer(question, stdout=out, status=0, refusal=None if whole else "truncated")
        return await super().ask(question)


def run() -> None:
    """Print time and peak memory of the whole host, and how both grow from a tenth of it."""
    small, big = (_measured(share) for share in (0.1, 1.0))
    print(
        f"a host with {DISKS} disks, {ARRAYS} arrays, {SNAPSHOTS} snapshots and a journal of {LINES} lines:"
    )
    for name, told in (("a tenth", small), ("all", big)):
        print(
            f"  {name:>9}: collected in {told['collected']:.1f} s, judged in {told['judged']:.1f} s,"
            f" peak {told['peak']:.0f} MiB, {told['findings']:.0f} findings,"
            f" {told['kibibytes']:.0f} KiB of evidence"
        )
    took = [one["collected"] + one["judged"] for one in (small, big)]
    verdict("time of all / ten times a tenth", took[1] / (10 * took[0]), "<= 1", took[1] <= 10 * took[0])
    verdict("peak memory (MiB)", big["peak"], f"< {MOST_MEBIBYTES:g}", big["peak"] < MOST_MEBIBYTES)
    verdict(
        "peak of all / of a tenth", big["peak"] / small["peak"], "<= 10", big["peak"] <= 10 * small["peak"]
    )


def _measured(share: float) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.big_host", str(share)]
    told: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return told


def answers(share: float) -> dict[tuple[str, ...], bytes]:
    """The canned answers of that share of the host."""
    disks, arrays = max(4, round(DISKS * share)), max(2, round(ARRAYS * share))
    told = host("big", disks=disks)
    snapshots = io.StringIO()
    for number in range(round(SNAPSHOTS * share)):
        at = 1_795_305_600 - 3600 * number
        snapshots.write(f"tank/data{number % 40}@autosnap_{at}_hourly\t65536\t{at}\t0\t{number + 1}\n")
    datasets = "".join(
        f"tank/data{n}\tfilesystem\t1000\t900000\t1000\t0\t/tank/data{n}\tyes\tstandard\t1700000000\toff\t-\t"
        "none\t-\t-\n"
        for n in range(40)
    )
    healthy = FIXTURES / "zpool-status" / "healthy-mirror-23-json" / "answer.out"
    extra = {
        zpool.ZFS_HERE(): b"/dev/zfs\n",
        zpool.STATUS_JSON(): healthy.read_bytes(),
        zfs.DATASETS(): datasets.encode(),
        zfs.SNAPSHOTS(): snapshots.getvalue().encode(),
        mdstat.MDSTAT(): _mdstat(arrays).encode(),
        md_sysfs.MD_SYSFS(): _sysfs(arrays).encode(),
    }
    return told | {question.argv: raw for question, raw in extra.items()}


def _mdstat(arrays: int) -> str:
    lines = ["Personalities : [raid6] [raid5] [raid4]"]
    for number in range(arrays):
        members = " ".join(f"{_disk(number * 10 + slot)}[{slot}]" for slot in range(10))
        lines += [
            f"md{number} : active raid6 {members}",
            "      31255576576 blocks super 1.2 level 6, 512k chunk, algorithm 2 [10/10] [UUUUUUUUUU]",
            "",
        ]
    return "\n".join([*lines, "unused devices: <none>", ""])


def _sysfs(arrays: int) -> str:
    told = {"array_state": "clean", "level": "raid6", "raid_disks": "10", "degraded": "0"}
    told |= {"sync_action": "idle", "mismatch_cnt": "0", "consistency_policy": "resync"}
    lines = [
        f"/sys/block/md{number}/md/{name}:{value}" for number in range(arrays) for name, value in told.items()
    ]
    return "\n".join(lines) + "\n"


def _disk(number: int) -> str:
    letter = chr(97 + number % 26)
    return f"sd{chr(96 + number // 26) if number >= 26 else ''}{letter}"


def _journal(path: Path, lines: int) -> None:
    with path.open("w") as file:
        for n in range(lines):
            line = QUIET if n % LOUD_EVERY else LOUD
            day, hour = 1 + 20 * n // lines, n * 24 // lines
            file.write(line.format(day=day, hour=hour, n=n, letter=chr(97 + n // LOUD_EVERY % 26)))


def _child(share: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "journal"
        _journal(journal, round(LINES * share))
        target = BigHost("big", answers(share))
        target.journal = journal
        begun = time.perf_counter()
        writer = BundleWriter(Path(folder) / "big.evidence.zip", site="big", tool="benchmark")
        asyncio.run(collect([target], list(load().values()), writer))
        collected = time.perf_counter()
        judgement = api.judge(writer.path)
        told = {"collected": collected - begun, "judged": time.perf_counter() - collected}
        told |= {"peak": peak_mebibytes(), "findings": float(len(judgement.findings))}
        events = [f for f in judgement.failed() if f.rule == "fs/io-errors-kernel"]
        assert events
        print(json.dumps(told | {"kibibytes": writer.path.stat().st_size / 1024}))


if __name__ == "__main__":
    _child(float(sys.argv[1]))
