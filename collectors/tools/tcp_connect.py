"""Which ports of backup and management systems answer a TCP connection: only where somebody asked for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from collectors.backup_values import object_of, text_of
from collectors.collector import Asking, collector, reader
from collectors.exposure_tables import ReachablePort
from collectors.fact import At, Missing, Reading
from collectors.management_ports import PORTS
from collectors.question import Answer, Form

STATES = ("open", "closed", "filtered")
TCP_CONNECT = Form(
    ("tcp-connect", *(str(port) for port in PORTS)),
    reads="tcp-connect",
    why="Which of these ports of the target accept a connection from here; holdwater connects and closes",
    timeout_seconds=600.0,
)


@collector("reachability", asks=(TCP_CONNECT,), system="network")
def ask() -> Asking:
    """Ports that can be reached from where holdwater runs"""
    yield (TCP_CONNECT(),)


def _recognises(text: str) -> float:
    return 0.95 if '"seen_from"' in text and '"ports"' in text and '"address"' in text else 0.0


@reader("tcp-connect", fills=(ReachablePort,), recognises=_recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """ports that accepted a TCP connection"""
    told = object_of(answer.text)
    ports = told["ports"]
    if not isinstance(ports, list) or not ports:
        yield Missing(ReachablePort, "empty", "no port was tried")
        return
    for number, one in enumerate(ports):
        port, state = int(one["port"]), one["state"]
        if state not in STATES or not 0 < port < 65536:
            raise ValueError(f"{json.dumps(one)[:80]} is no state of a port")
        yield At(_row(told, port, state), f"$.ports[{number}]")


def _row(told: dict[str, Any], port: int, state: str) -> ReachablePort:
    return ReachablePort(
        port=port,
        service=PORTS.get(port, "not known"),
        state=state,
        address=text_of(told.get("address")),
        seen_from=text_of(told.get("seen_from")),
    )
