"""Disks that DRBD keeps the same on two machines: /proc/drbd of version 8, `drbdsetup status` of version 9.

States: drbd(7), drbdsetup(8).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from collectors.collector import reader
from collectors.fact import At, Missing, NotHere, Reading
from collectors.plain_text import is_prompt, numbered_lines, whole_number
from collectors.question import Answer, Form
from collectors.replicated_disk_tables import DrbdVolume

DRBD_STATUS = Form(
    ("drbdsetup", "status", "--json"),
    reads="drbd-json",
    why="Whether both machines of each replicated disk are in step",
    right="root",
)
_KERNEL = re.compile(
    r"\s*(\d+): cs:(\w+)(?: (?:ro|st):(\w+)/(\w+) (?:ds|ld):(\w+)/(\w+)(?: \w?)?(?: (\S+))?)?.*"
)
_OUT_OF_SYNC = re.compile(r"\boos:(\d+)")
_PERCENT = re.compile(r"sync'ed:\s*([\d.]+)%")
_WORDS = re.compile(r"([\w-]+):(\S+)")


def kernel_volumes(lines: Iterable[str]) -> Iterator[DrbdVolume]:
    """The devices of /proc/drbd as DRBD 8 prints it."""
    one: dict[str, Any] | None = None
    for line in lines:
        if match := _KERNEL.fullmatch(line):
            if one is not None:
                yield DrbdVolume(**one)
            one = _kernel_volume(match)
        elif one is not None and (match := _OUT_OF_SYNC.search(line)):
            one["out_of_sync_kib"] = whole_number(match[1])
        elif one is not None and (match := _PERCENT.search(line)):
            one["sync_percent"] = float(match[1])
    if one is not None:
        yield DrbdVolume(**one)


def _kernel_volume(match: re.Match[str]) -> dict[str, Any]:
    minor, connection, role, peer_role, disk, peer_disk, flags = match.groups()
    connected = connection not in ("StandAlone", "Unconfigured") and not connection.startswith(
        ("WF", "Disconn", "Unconn", "Timeout", "Broken", "NetworkF", "Protocol", "Tear")
    )
    return {
        "resource": f"drbd{minor}",
        "volume": 0,
        "peer": "peer",
        "device": f"drbd{minor}",
        "role": role,
        "peer_role": peer_role,
        "disk_state": disk,
        "peer_disk_state": peer_disk,
        "connection_state": "Connected" if connected else connection,
        "replication_state": connection if connected and connection != "Connected" else None,
        "suspended": flags.startswith("s") if flags else None,
    }


def _recognises_proc(text: str) -> float:
    return 0.97 if re.search(r"^\s*version: [89]\.\S+ \(api:", text[:2000], re.MULTILINE) else 0.0


@reader("drbd-proc", fills=(DrbdVolume,), recognises=_recognises_proc)
def read_proc(answer: Answer) -> Iterator[Reading]:
    """replicated disks as /proc/drbd of DRBD 8 lists them"""
    found = list(kernel_volumes(line for _, line in numbered_lines(answer.text)))
    yield from found
    if not found and re.search(r"^\s*version: 8", answer.text, re.MULTILINE):
        yield NotHere(DrbdVolume, "/proc/drbd lists no device")
    elif not found:
        yield Missing(DrbdVolume, "empty", "DRBD 9 tells its devices by drbdsetup status only")


def _recognises_json(text: str) -> float:
    return 0.97 if '"disk-state"' in text and '"node-id"' in text else 0.0


@reader("drbd-json", fills=(DrbdVolume,), recognises=_recognises_json)
def read_json(answer: Answer) -> Iterator[Reading]:
    """replicated disks as drbdsetup status --json tells them"""
    if not answer.text.strip():
        yield Missing(DrbdVolume, "failed", answer.complaint or "drbdsetup told nothing")
        return
    resources = json.loads(answer.text)
    for number, one in enumerate(resources):
        for row in _volumes(one):
            yield At(row, f"[{number}]")
    if not resources:
        yield NotHere(DrbdVolume, "no resource is up")


def _volumes(one: Mapping[str, Any]) -> Iterator[DrbdVolume]:
    for device in one["devices"]:
        own = {
            "resource": str(one["name"]),
            "volume": int(device["volume"]),
            "device": f"drbd{device['minor']}" if "minor" in device else None,
            "role": one.get("role"),
            "suspended": one.get("suspended"),
            "disk_state": device.get("disk-state"),
            "diskless_on_purpose": device.get("client"),
            "quorum": device.get("quorum"),
        }
        for peer in one.get("connections") or ():
            disks = {one["volume"]: one for one in peer.get("peer_devices") or ()}
            theirs: Mapping[str, Any] = disks.get(device["volume"], {})
            yield DrbdVolume(
                **own,
                peer=str(peer.get("name") or "peer"),
                connection_state=peer.get("connection-state"),
                peer_role=peer.get("peer-role"),
                peer_disk_state=theirs.get("peer-disk-state"),
                peer_diskless_on_purpose=theirs.get("peer-client"),
                replication_state=theirs.get("replication-state"),
                out_of_sync_kib=theirs.get("out-of-sync"),
                sync_percent=theirs.get("percent-in-sync"),
            )
        if not one.get("connections"):
            yield DrbdVolume(**own, peer="peer", connection_state="StandAlone")


def _recognises_text(text: str) -> float:
    return 0.9 if re.search(r"^\S+ role:(?:Primary|Secondary|Unknown)", text[:5000], re.MULTILINE) else 0.0


@reader("drbd-status", fills=(DrbdVolume,), recognises=_recognises_text)
def read_text(answer: Answer) -> Iterator[Reading]:
    """replicated disks as drbdadm status prints them"""
    resource: dict[str, Any] = {}
    volumes: dict[int, str | None] = {}
    peer: dict[str, Any] = {}
    rows: dict[tuple[str, int, str], dict[str, Any]] = {}
    for number, line in numbered_lines(answer.text):
        words = dict(_WORDS.findall(line))
        indent = len(line) - len(line.lstrip())
        first = line.split()[0] if line.strip() else ""
        if not words:
            if first and not is_prompt(line):
                yield Missing(DrbdVolume, "unreadable", f"line {number}: {line.strip()[:120]}")
        elif indent == 0 and "role" in words:
            resource, volumes, peer = {"resource": first, "role": words["role"]}, {}, {}
        elif "disk" in words:
            volumes[int(words.get("volume", 0))] = words["disk"]
        elif ":" not in first:
            peer = {"peer": first, "peer_role": words.get("role"), "connection": words.get("connection")}
        if (resource and peer and ":" not in first) or "peer-disk" in words:
            _note(rows, resource, volumes, peer, words)
    for (name, volume, other), told in rows.items():
        yield DrbdVolume(resource=name, volume=volume, peer=other, **told)
    if not rows:
        yield Missing(DrbdVolume, "empty", answer.complaint or "no replicated disk is told")


def _note(
    rows: dict[tuple[str, int, str], dict[str, Any]],
    resource: Mapping[str, Any],
    volumes: Mapping[int, str | None],
    peer: Mapping[str, Any],
    words: Mapping[str, str],
) -> None:
    """Put what a line tells of a peer to the volumes it concerns."""
    concerned = [int(words["volume"])] if "volume" in words and "peer-disk" in words else list(volumes)
    for volume in concerned:
        told = rows.setdefault((resource["resource"], volume, peer.get("peer", "peer")), {})
        told["role"], told["disk_state"] = resource["role"], volumes.get(volume)
        told["peer_role"] = peer.get("peer_role")
        told["connection_state"] = peer.get("connection") or "Connected"
        if "peer-disk" in words:
            told["peer_disk_state"] = words["peer-disk"]
            told["replication_state"] = words.get("replication")
            if re.fullmatch(r"[\d.]{1,6}", words.get("done", "")):
                told["sync_percent"] = float(words["done"])
