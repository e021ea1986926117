"""Answers the question `psutil host` inside of this process: what psutil tells of this machine, as JSON."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime
from typing import Any

from collectors.question import Answer, Question


async def probe(question: Question) -> Answer:
    """Ask psutil in a thread, within the form's time limit: a server that is gone holds up statfs(2)."""
    started_at, begun = datetime.now(UTC), time.monotonic()
    try:
        async with asyncio.timeout(question.form.timeout_seconds):
            told = await asyncio.to_thread(_told)
    except TimeoutError:
        detail = f"no answer within {question.form.timeout_seconds:g} s"
        return Answer(question, started_at=started_at, refusal="timed-out", detail=detail)
    except ImportError as error:
        return Answer(question, started_at=started_at, refusal="tool-missing", detail=str(error))
    return Answer(
        question,
        stdout=json.dumps(told, indent=1).encode(),
        status=0,
        started_at=started_at,
        duration_seconds=round(time.monotonic() - begun, 3),
    )


def _told() -> dict[str, Any]:
    import platform

    import psutil

    counters = _or_none(lambda: psutil.disk_io_counters(perdisk=True)) or {}
    memory = _or_none(psutil.virtual_memory)
    return {
        "psutil": psutil.__version__,
        "platform": {
            "system": platform.system(),
            "node": platform.node(),
            "release": platform.release(),
            "version": platform.mac_ver()[0] or platform.version(),
            "machine": platform.machine(),
        },
        "boot_time": _or_none(psutil.boot_time),
        "virtual_memory": memory._asdict() if memory else None,
        "partitions": [_partition(one) for one in _or_none(psutil.disk_partitions) or []],
        "disk_io_counters": {name: counter._asdict() for name, counter in counters.items()},
    }


def _partition(one: Any) -> dict[str, Any]:
    import psutil

    told: dict[str, Any] = {
        "device": one.device,
        "mountpoint": one.mountpoint,
        "fstype": one.fstype,
        "opts": one.opts,
    }
    try:
        told["usage"] = psutil.disk_usage(one.mountpoint)._asdict()
    except OSError as error:
        told["error"] = str(error)
    return told


def _or_none(ask: Any) -> Any:
    """psutil lacks some of its functions on some systems, and counters on some kernels."""
    try:
        return ask()
    except (AttributeError, OSError, RuntimeError, NotImplementedError):
        return None
