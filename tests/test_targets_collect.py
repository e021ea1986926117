"""Many targets into one bundle: nothing is lost, nothing is silent."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from collectors.asking import collect
from collectors.bundle import Bundle, BundleWriter, CannotWrite, listing, verify
from collectors.collector import Asking, Collector, load
from collectors.question import Answer, Form, Question
from collectors.reading import read_target
from collectors.targets import Target, open_target

ECHO = Form(("echo", "{word}"), reads="", why="a test")


class Parrot:
    """A target that says the last word of each question, after a while; *reason*: why it is unreachable."""

    kind = "parrot"
    running = most = 0

    def __init__(self, name: str, *, reason: str = "", seconds: float = 0.0) -> None:
        self.name, self.address, self.about = name, f"parrot://{name}", {"user": "polly"}
        self._reason, self._seconds = reason, seconds
        self.asked: list[str] = []
        self.closed = False

    async def reach(self) -> str:
        return self._reason

    async def ask(self, question: Question) -> Answer:
        Parrot.running += 1
        Parrot.most = max(Parrot.most, Parrot.running)
        self.asked.append(question.argv[-1])
        try:
            await asyncio.sleep(self._seconds)
        finally:
            Parrot.running -= 1
        return Answer(question, stdout=question.argv[-1].encode(), status=0)

    async def close(self) -> None:
        self.closed = True


def asker(*batches: Sequence[str]) -> Collector:
    def ask() -> Asking:
        for batch in batches:
            answers = yield [ECHO(word=word) for word in batch]
            assert [answer.text for answer in answers] == list(batch)

    return Collector("asker", (ECHO,), ask)


def gather(path: Path, targets: Sequence[Target], collectors: Sequence[Collector], **words: int) -> Path:
    writer = BundleWriter(path / "b.evidence.zip", site="s", tool="t")
    asyncio.run(collect(targets, collectors, writer, **words))
    return writer.path


def said(bundle: Bundle, target: str, word: str) -> str:
    answer = bundle.target(target).answer(ECHO(word=word))
    return answer.refusal or answer.text


def test_every_target_is_in_the_bundle_reached_or_not(tmp_path: Path) -> None:
    targets = [Parrot("b"), Parrot("a", reason="connection refused"), Parrot("c")]
    path = gather(tmp_path, targets, [asker(["x", "y"], ["z"]), asker(["x"])])
    assert verify(path) == []
    assert [t.asked for t in targets] == [["x", "y", "z"], [], ["x", "y", "z"]]
    assert all(t.closed for t in targets)
    with Bundle(path) as bundle:
        assert [t.name for t in bundle.targets()] == ["a", "b", "c"]
        assert bundle.complete
        assert said(bundle, "b", "z") == "z"
        assert said(bundle, "a", "z") == "unreachable"
        assert said(bundle, "b", "never") == "not-asked"
        assert bundle.target("a").unreachable == "connection refused"
        assert bundle.target("b").about == {"user": "polly"}


def test_limits_of_hosts_and_questions_hold(tmp_path: Path) -> None:
    words = [str(n) for n in range(6)]
    targets = [Parrot(f"p{n}", seconds=0.01) for n in range(9)]
    Parrot.most = 0
    gather(tmp_path, targets, [asker(words)], hosts_at_once=3, questions_at_once=2)
    assert Parrot.most == 6


def test_a_collector_that_chokes_on_answers_stops_alone(tmp_path: Path) -> None:
    def choke() -> Asking:
        yield [ECHO(word="x")]
        raise LookupError("no such thing")

    path = gather(tmp_path, [Parrot("p")], [Collector("choke", (ECHO,), choke), asker(["y"], ["z"])])
    with Bundle(path) as bundle:
        assert [said(bundle, "p", word) for word in "xyz"] == ["x", "y", "z"]


def test_what_was_not_declared_cannot_be_asked(tmp_path: Path) -> None:
    other = Form(("rm", "{word}"), reads="", why="never")

    def ask() -> Asking:
        yield [other(word="x")]

    target = Parrot("p")
    with pytest.raises(PermissionError, match="may not ask: rm x"):
        gather(tmp_path, [target], [Collector("rogue", (ECHO,), ask)])
    assert target.asked == []


def test_cancelling_keeps_what_was_answered(tmp_path: Path) -> None:
    writer = BundleWriter(tmp_path / "b.evidence.zip", site="s", tool="t")
    targets = [Parrot("quick"), Parrot("slow", seconds=30), Parrot("waiting")]

    async def scene() -> None:
        task = asyncio.ensure_future(collect(targets, [asker(["x"], ["y"])], writer, hosts_at_once=2))
        await asyncio.sleep(0.2)
        task.cancel()
        await task

    # "slow" keeps its place, so that "quick" and then "waiting" are done before the end
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(scene())
    assert verify(writer.path) == []
    with Bundle(writer.path) as bundle:
        assert not bundle.complete
        assert [said(bundle, "quick", word) for word in "xy"] == ["x", "y"]
        assert [said(bundle, "slow", word) for word in "xy"] == ["interrupted", "interrupted"]
        assert said(bundle, "waiting", "x") == "x"


def test_a_writer_that_fails_ends_the_collection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = BundleWriter(tmp_path / "b.evidence.zip", site="s", tool="t")
    targets = [Parrot("p", seconds=0.01), Parrot("q", seconds=30)]
    monkeypatch.setattr("collectors.bundle_writer.BATCH_BYTES", 1)
    really = os.write

    def full(file: int, raw: bytes) -> int:
        if len(raw) > 100:
            raise OSError(28, "No space left on device")
        return really(file, raw)

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(CannotWrite, match="No space left on device; what was collected so far is kept"):
        asyncio.run(collect(targets, [asker(["x"])], writer))
    assert all(target.closed for target in targets)


def test_what_was_answered_is_written_while_something_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that it can be salvaged even if nothing is written any more: killed, or the power cut."""
    monkeypatch.setattr("collectors.asking.KEEP_SECONDS", 0.05)
    writer = BundleWriter(tmp_path / "b.evidence.zip", site="s", tool="t")
    cut = tmp_path / "cut.evidence.zip"

    async def scene() -> None:
        targets = [Parrot("quick"), Parrot("slow", seconds=30)]
        task = asyncio.ensure_future(collect(targets, [asker(["x", "y"])], writer))
        await asyncio.sleep(0.6)
        shutil.copy(tmp_path / "b.evidence.zip.partial", cut)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(scene())
    with Bundle(cut, salvage=True) as bundle:
        assert [said(bundle, "quick", word) for word in "xy"] == ["x", "y"]


def test_a_disk_that_is_full_meanwhile_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What writes on the way has nobody to tell; the end of the collection has."""
    monkeypatch.setattr("collectors.asking.KEEP_SECONDS", 0.05)
    writer = BundleWriter(tmp_path / "b.evidence.zip", site="s", tool="t")
    really = os.write

    def full(file: int, raw: bytes) -> int:
        if len(raw) > 100:
            raise OSError(28, "No space left on device")
        return really(file, raw)

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(CannotWrite, match=r"^cannot write the evidence: No space left on device; what was"):
        asyncio.run(collect([Parrot("p", seconds=0.5)], [asker(["x"], ["y"])], writer))
    assert not (tmp_path / "b.evidence.zip").exists()


def test_control_c_leaves_a_bundle(tmp_path: Path) -> None:
    """A real signal to a real process that waits for a hanging tool."""
    script = f"""
import asyncio, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs inherit it as ignored
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from pathlib import Path
from collectors.asking import collect
from collectors.bundle import BundleWriter
from collectors.collector import Collector
from collectors.question import Form
from collectors.targets import open_target
say = Form(("echo", "x"), reads="", why="")
hang = Form(("sleep", "98765"), reads="", why="", timeout_seconds=60)
def ask():
    yield [say()]
    print("asking", flush=True)
    yield [hang()]
writer = BundleWriter(Path({str(tmp_path / "b.evidence.zip")!r}), site="s", tool="t")
asyncio.run(collect([open_target("", name="here")], [Collector("c", (say, hang), ask)], writer))
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"asking\n"
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert b"KeyboardInterrupt" in err
    entries = {entry.command: entry for entry in listing(tmp_path / "b.evidence.zip")}
    assert entries["echo x"].out_bytes == 2
    assert entries["sleep 98765"].refusal == "interrupted"
    told = subprocess.run(["ps", "-eo", "args="], capture_output=True, text=True, check=True)
    assert "sleep 98765" not in told.stdout.splitlines()


def test_replay_tells_what_live_collection_told(tmp_path: Path) -> None:
    """This machine, really asked: what the collectors were given and what the bundle gives are the same."""
    collectors = list(load().values())
    given: list[Answer] = []
    target = open_target("", name="here")
    really = target.ask

    async def spy(question: Question) -> Answer:
        answer = await really(question)
        given.append(answer)
        return answer

    target.ask = spy
    path = gather(tmp_path, [target], collectors)

    def told() -> list[str]:
        with Bundle(path) as bundle:
            return [repr(one) for target in bundle.targets() for one in read_target(target, collectors)]

    assert told()
    assert told() == told()
    with Bundle(path) as bundle:
        recorded = bundle.target("here")
        assert len(given) == bundle.manifest["targets"]["here"]["answers"] > 5
        for answer in given:
            kept = recorded.answer(answer.question)
            assert (kept.stdout, kept.stderr, kept.status) == (answer.stdout, answer.stderr, answer.status)
