# SPDX-License-Identifier: Apache-2.0
"""Pools of ZFS: recorded `zpool status` texts, and the state that the kernel shows of such a pool.

Nobody but holdwater reads `zpool status` here. node_exporter and Netdata read one word of each pool from
`/proc/spl/kstat/zfs/POOL/state`, which is the word after `state:`; they are run for real, on a folder of such
words. check_zpools needs a newer Python than the rest and is put to the texts by its documented defaults.
"""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from collectors.question import decode

from . import holdwater_itself, netdata, node_exporter
from .corpus import Counts, by_holdwater, judged
from .said import Row, Said
from .states import POOLS

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "collectors" / "zpool-status"
RECORDED = {
    "zfs-healthy": ("healthy-mirror-21", "tank"),
    "zfs-repaired": ("sick-corrupt-one-side-21", "tank"),
    "zfs-data-errors": ("sick-data-errors-21", "one"),
    "zfs-faulted": ("sick-faulted-spare-21", "tank"),
    "zfs-removed": ("sick-raidz-disk-gone-21", "pz"),
    "zfs-resilvering": ("sick-raidz-resilvering-21", "pz"),
    "zfs-suspended": ("sick-suspended-21", "pz"),
}
"""State → recorded text, and the pool of it that is meant."""
CHECK_ZPOOLS = "check_zpools, by its documented defaults, not run"
SETTINGS = """\
[global]
  run as user = root
[directories]
  cache = {folder}
  lib = {folder}
  log = {folder}
  lock = {folder}
[db]
  mode = ram
[web]
  bind to = 127.0.0.1
  default port = {port}
[plugins]
  enable running new plugins = no
  apps = no
  checks = no
  cgroups = no
  tc = no
[plugin:proc:/proc/spl/kstat/zfs]
  directory to monitor = {states}
"""
PATIENCE = 60


def pool_texts(text: str) -> dict[str, str]:
    """The part of a `zpool status` about each pool."""
    parts = re.split(r"(?m)^\s*pool: ", text)[1:]
    return {part.split()[0]: part for part in parts if part.split()}


def state_of(part: str) -> str:
    """The word after `state:`."""
    found = re.search(r"(?m)^\s*state: (\w+)", part)
    return found[1] if found else ""


def by_check_zpools(part: str) -> Said:
    """Anything but ONLINE, and any read, write or checksum error of a device."""
    if (state := state_of(part)) != "ONLINE":
        return Said("alarm", state)
    counts = re.findall(r"(?m)^\t *\S+ +[A-Z]+ +(\S+) +(\S+) +(\S+)", part)
    wrong = any(value not in ("0", "READ", "WRITE", "CKSUM") for line in counts for value in line)
    return Said("alarm", "device errors") if wrong else Said("silent")


def neighbours(states: Mapping[str, str]) -> dict[str, Row]:
    """What node_exporter and Netdata make of pools in these states, by the name of the pool."""
    with tempfile.TemporaryDirectory() as folder:
        kstat = Path(folder) / "proc" / "spl" / "kstat" / "zfs"
        for name, state in states.items():
            (kstat / name).mkdir(parents=True)
            (kstat / name / "state").write_text(f"{state}\n")
        metrics = node_exporter.pools(Path(folder) / "proc")
        alarms = _netdata(Path(folder), kstat)
    return {
        name: {node_exporter.NAME: _by_metrics(metrics, name), netdata.NAME: _by_alarms(alarms, name)}
        for name in states
    }


def _by_metrics(metrics: str | None, name: str) -> Said:
    """No alert of the mixin asks for a pool: what is not online is a note, if a metric says so."""
    if metrics is None:
        return Said("absent")
    told = re.findall(rf'node_zfs_zpool_state{{state="(\w+)",zpool="{name}"}} 1', metrics)
    if not told:
        return Said("silent", "a state it does not know")
    return Said("silent") if told == ["online"] else Said("note", f"metric {told[0]}, no alert on it")


def _by_alarms(alarms: dict[str, str] | None, name: str) -> Said:
    if alarms is None:
        return Said("absent")
    mine = {one.partition("@")[0]: status for one, status in alarms.items() if one.endswith(f"@{name}")}
    raised = [f"{one} {status}" for one, status in mine.items() if status in ("WARNING", "CRITICAL")]
    return Said("alarm", ", ".join(raised)) if raised else Said("silent", "" if mine else "no chart of it")


def _netdata(folder: Path, states: Path) -> dict[str, str] | None:
    """Alarm@pool → status, of a Netdata that looks at the states; None if it is not installed."""
    if not netdata.version():
        return None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = folder / "netdata"
    own.mkdir()
    settings = own / "netdata.conf"
    settings.write_text(SETTINGS.format(folder=own, port=port, states=states))
    command = ["netdata", "-D", "-c", str(settings), "-P", str(own / "pid")]
    names = {one.name for one in states.iterdir()}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            return _settled(f"http://127.0.0.1:{port}/api/v1/alarms?all", names)
        finally:
            process.send_signal(signal.SIGTERM)


def _settled(address: str, names: set[str]) -> dict[str, str]:
    """The alarms once every pool has one with a value."""
    found: dict[str, str] = {}
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE:
        time.sleep(2)
        try:
            with urllib.request.urlopen(address) as answer:
                told = json.load(answer)["alarms"].values()
        except (OSError, ValueError):
            continue
        found = {
            f"{one['name']}@{one['chart'].partition('.state_')[2]}": one["status"]
            for one in told
            if one["chart"].startswith("zfspool.state_")
        }
        valued = {one.partition("@")[2] for one, status in found.items() if status not in netdata.NOT_YET}
        if valued >= names:
            break
    return found


def pools() -> dict[str, Row]:
    """The recorded states, through all that look at pools."""
    texts = {}
    for state in POOLS:
        case, pool = RECORDED[state]
        texts[state] = (decode((FIXTURES / case / "answer.out").read_bytes()), pool)
    words = {state: state_of(pool_texts(text)[pool]) for state, (text, pool) in texts.items()}
    rows = neighbours(words)
    for state, (text, pool) in texts.items():
        judgement = judged(text, "zpool-status")
        rows[state] |= {
            holdwater_itself.NAME: holdwater_itself.about(judgement, pool),
            holdwater_itself.CARE_COLUMN: Said("note", ", ".join(holdwater_itself.care(judgement))),
            CHECK_ZPOOLS: by_check_zpools(pool_texts(text)[pool]),
        }
    return rows


def corpus() -> tuple[Counts, list[str]]:
    """Saved `zpool status` texts through all, as those of mdstat; the worst word about any pool counts."""
    place = os.environ.get("HOLDWATER_CORPUS")
    counts: Counts = {}
    differing = []
    texts = _saved(Path(place)) if place else {}
    words = {f"{n}x{p}": state_of(part) for n, (_, t) in texts.items() for p, part in pool_texts(t).items()}
    told = neighbours(words) if words else {}
    for number, (expected, text) in texts.items():
        parts = pool_texts(text)
        rows = [told[f"{number}x{pool}"] for pool in parts]
        row = {
            holdwater_itself.NAME: by_holdwater(text, "zpool-status"),
            CHECK_ZPOOLS: _loudest([by_check_zpools(part) for part in parts.values()]),
            node_exporter.NAME: _loudest([one[node_exporter.NAME] for one in rows]),
            netdata.NAME: _loudest([one[netdata.NAME] for one in rows]),
        }
        for tool, said in row.items():
            levels = counts.setdefault(tool, {}).setdefault(expected, {})
            levels[said.level] = levels.get(said.level, 0) + 1
        off = {t: s for t, s in row.items() if (s.level == "alarm") != (expected != "ok")}
        if off:
            differing.append(f"{number} {expected}: { ({t: ' '.join(s) for t, s in off.items()}) }")
    return counts, differing


def _saved(place: Path) -> dict[str, tuple[str, str]]:
    """Number → expected conclusion and text of each saved `zpool status`."""
    with (place / "INDEX.tsv").open(newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))
    found: dict[str, tuple[str, str]] = {}
    for row in rows:
        if row["kind"] == "zfs" and row["expected"] in ("ok", "warn+", "crit"):
            text = decode((place / row["file"]).read_bytes())
            if pool_texts(text):
                found[f"n{len(found)}"] = (row["expected"], text)
    return found


def _loudest(said: list[Said]) -> Said:
    order = ("alarm", "unknown", "note", "silent", "absent")
    return min(said, key=lambda one: order.index(one.level))
