"""The two shapes of this package: readers decode one tool's answer, collectors decide what to ask.

A reader is a pure function from an :class:`Answer` to rows. A collector is a generator that yields batches of
questions and is sent their answers, so that later questions may depend on earlier answers; it never reads
clocks, files or sockets, and the same generator serves live collection and replay.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from collectors.fact import Reading
from collectors.question import Answer, Form, Question
from collectors.table import Row

Asking = Generator[Sequence[Question], Sequence[Answer], None]
Read = Callable[[Answer], Iterable[Reading]]
System = Literal[
    "unix", "windows", "vsphere", "proxmox", "pbs", "veeam", "bacula", "restic", "borg", "files", "network"
]
"""What a target runs: it decides which collectors have a question for it. network: its ports are tried."""


@dataclass(frozen=True, slots=True)
class Reader:
    """The one decoder of one tool's answers. *recognises*: how sure it is of a saved text, 0 to 1."""

    kind: str
    fills: tuple[type[Row], ...]
    recognises: Callable[[str], float]
    read: Read

    @property
    def title(self) -> str:
        return (self.read.__doc__ or "").strip().partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Collector:
    """Asks one subject of a target. *asks*: every form it may use; *system*: of which targets."""

    name: str
    asks: tuple[Form, ...]
    ask: Callable[[], Asking]
    system: System = "unix"

    @property
    def title(self) -> str:
        return (self.ask.__doc__ or "").strip().partition("\n")[0]


READERS: dict[str, Reader] = {}
COLLECTORS: dict[str, Collector] = {}


def reader(
    kind: str, *, fills: tuple[type[Row], ...], recognises: Callable[[str], float]
) -> Callable[[Read], Read]:
    """Register the function as the decoder of answers of *kind* (also the word for `holdwater read --as`)."""

    def register(read: Read) -> Read:
        if kind in READERS:
            raise ValueError(f"two readers are named {kind!r}")
        READERS[kind] = Reader(kind, fills, recognises, read)
        return read

    return register


def collector(
    name: str, *, asks: tuple[Form, ...], system: System = "unix"
) -> Callable[[Callable[[], Asking]], Callable[[], Asking]]:
    """Register the generator function as the collector *name*, for targets that run *system*."""

    def register(ask: Callable[[], Asking]) -> Callable[[], Asking]:
        if name in COLLECTORS:
            raise ValueError(f"two collectors are named {name!r}")
        COLLECTORS[name] = Collector(name, asks, ask, system)
        return ask

    return register


def meant_for(collectors: Iterable[Collector], about: Mapping[str, str]) -> list[Collector]:
    """The collectors with a question for a target, by what its connection told (`system`; none: unix).

    `probed`: somebody asked for its ports to be tried.
    """
    systems = {about.get("system", "unix"), *(["network"] if "probed" in about else [])}
    return [one for one in collectors if one.system in systems]


@cache
def load() -> Mapping[str, Collector]:
    """Import every module of `collectors.tools`; returns the collectors by name, in alphabetical order."""
    import collectors.tools

    for module in pkgutil.iter_modules(collectors.tools.__path__, "collectors.tools."):
        importlib.import_module(module.name)
    return dict(sorted(COLLECTORS.items()))
