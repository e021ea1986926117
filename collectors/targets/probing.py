"""Tries the ports of targets, where somebody asked for it: TCP connect, then close; nothing is sent.

Only hosts that were named as targets, only the ports of :mod:`collectors.management_ports`, all hosts
together at a limited rate.
"""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from collectors.management_ports import PORTS
from collectors.question import Answer, Question
from collectors.targets import Target
from collectors.targets.repository_address import is_repository, parsed

CONNECT_SECONDS = 1.5
AT_ONCE = 8
PER_SECOND = 20.0


class Pace:
    """The rate over all hosts: at most *at_once* connections under way, *per_second* begun."""

    def __init__(self, at_once: int = AT_ONCE, per_second: float = PER_SECOND) -> None:
        self.limit = asyncio.Semaphore(at_once)
        self._apart = 1 / per_second
        self._next = 0.0

    async def wait(self) -> None:
        """Until the next connection may begin."""
        now = time.monotonic()
        begin = self._next = max(now, self._next + self._apart)
        await asyncio.sleep(begin - now)


class Probed:
    """A target whose ports are tried besides; everything else is asked of the target itself."""

    def __init__(self, target: Target, host: str, pace: Pace) -> None:
        self._target, self._host, self._pace = target, host, pace
        self.name, self.kind, self.address = target.name, target.kind, target.address
        self.about = {**target.about, "probed": host}

    async def reach(self) -> str:
        reason = await self._target.reach()
        self.about = {**self._target.about, "probed": self._host}
        return reason

    async def ask(self, question: Question) -> Answer:
        if question.argv[0] == "tcp-connect":
            return await tried(question, self._host, self._pace)
        return await self._target.ask(question)

    async def close(self) -> None:
        await self._target.close()


def probed(targets: Sequence[Target]) -> list[Target]:
    """The targets; those that are hosts elsewhere, by their address, have their ports tried."""
    pace = Pace()
    return [Probed(one, host, pace) if (host := host_of(one.address)) else one for one in targets]


def host_of(address: str) -> str:
    """The host that a target's address names; empty for this machine, folders, and what lies in a cloud."""
    try:
        if is_repository(address):
            place = parsed(address)
            return place.host if place.kind in ("sftp", "rest", "ssh") else ""
        return (urlsplit(address).hostname or "") if "://" in address else ""
    except (ValueError, OSError, RuntimeError):
        return ""


async def tried(question: Question, host: str, pace: Pace) -> Answer:
    """Try each port of the question; the answer is JSON."""
    started_at, begun = datetime.now(UTC), time.monotonic()
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        detail = f"{host}: no address is known for that name ({error}); name the target by one that is"
        return Answer(question, started_at=started_at, refusal="unreachable", detail=detail)
    family, address = found[0][0], found[0][4][0]
    ports = [int(word) for word in question.argv[1:]]
    states = await asyncio.gather(*(_state(str(address), port, pace) for port in ports))
    told = {
        "host": host,
        "address": address,
        "seen_from": _seen_from(family, str(address)),
        "ports": [
            {"port": port, "service": PORTS.get(port, ""), "state": state}
            for port, state in zip(ports, states, strict=True)
        ],
    }
    return Answer(
        question,
        stdout=json.dumps(told, indent=1).encode(),
        status=0,
        started_at=started_at,
        duration_seconds=round(time.monotonic() - begun, 3),
    )


async def _state(address: str, port: int, pace: Pace) -> str:
    """open, closed (refused) or filtered; the connection is closed at once."""
    async with pace.limit:
        await pace.wait()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                _, writer = await asyncio.open_connection(address, port)
        except ConnectionRefusedError:
            return "closed"
        except (OSError, TimeoutError):
            return "filtered"
        writer.close()
        return "open"


def _seen_from(family: int, address: str) -> str:
    """The address of this machine on the way there. A datagram socket chooses it without sending."""
    with socket.socket(family, socket.SOCK_DGRAM) as chosen:
        try:
            chosen.connect((address, 9))
        except OSError:
            return ""
        return str(chosen.getsockname()[0])
