"""What is remembered between scheduled runs: a lock, and how the last run ended."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from holdwater.errors import CannotRun


class UnderWay(CannotRun):
    """Another run of the site has not ended. *since*: when it began, if that is known."""

    def __init__(self, since: datetime | None) -> None:
        begun = f" since {since:%Y-%m-%d %H:%M} UTC" if since else ""
        super().__init__(f"another run of this site is under way{begun}; it is left alone")
        self.since = since


@dataclass(slots=True)
class RunState:
    """One run. *begun*, *ended*: ISO times; *told*: whether its result, or its failure, reached everybody.

    *alerted*: keys of the critical faults that people know of, None before any run; *reported*: when the
    regular message was last told.
    """

    begun: str
    ended: str = ""
    status: int | None = None
    told: bool = False
    alerted: list[list[str]] | None = None
    reported: str = ""

    @property
    def begun_at(self) -> datetime:
        return datetime.fromisoformat(self.begun)


def remembered(path: Path) -> RunState | None:
    """The last run; None if there was none, or its record cannot be read."""
    try:
        told = json.loads(path.read_text("utf-8"))
        state = RunState(**told)
        return state if state.begun_at.tzinfo else None
    except (OSError, ValueError, TypeError):
        return None


def remember(path: Path, state: RunState) -> None:
    """Write the record aside and rename it. Raises CannotRun."""
    aside = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_text(json.dumps(asdict(state)), "utf-8")
        aside.replace(path)
    except OSError as error:
        raise CannotRun(f"{path} could not be written: {error.strerror or error}") from error


@contextlib.contextmanager
def alone(lock: Path, state: Path) -> Iterator[None]:
    """Hold the lock of a site; the system lets go of it even if the program is killed. Raises UnderWay."""
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        opened = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CannotRun(f"{lock}: {error.strerror or error}; choose another HOLDWATER_AUDITS") from error
    try:
        if not _locked(opened):
            last = remembered(state)
            raise UnderWay(last.begun_at if last and not last.ended else None)
        yield
    finally:
        os.close(opened)


def _locked(opened: int) -> bool:
    try:
        import fcntl
    except ImportError:
        import msvcrt

        lock = getattr(msvcrt, "locking", None)
        try:
            return lock is None or lock(opened, getattr(msvcrt, "LK_NBLCK", 2), 1) is None
        except OSError:
            return False
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def now() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)
