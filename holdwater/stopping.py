"""What ends the program from outside ends it as Ctrl-C does: what was collected is kept, and said where."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

ENDING = (signal.SIGTERM, signal.SIGHUP)
"""`systemctl stop`, `kill` and `timeout`; a terminal or a login that goes away."""


@contextlib.contextmanager
def as_by_hand() -> Iterator[None]:
    """While it lasts, a signal that would end the program interrupts it; an ignored one stays ignored."""
    before = {}
    if threading.current_thread() is threading.main_thread():
        before = {one: signal.getsignal(one) for one in ENDING if signal.getsignal(one) is signal.SIG_DFL}
    for one in before:
        signal.signal(one, _interrupt)
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """As if by Ctrl-C, whose handler knows how to end what is under way; background jobs ignore that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.raise_signal(signal.SIGINT)
