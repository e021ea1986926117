"""This machine as a target."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from collectors.question import Answer, Form, Question
from collectors.targets import open_target
from collectors.targets.local import LocalTarget
from collectors.targets.rights import SUDO, ask_with_rights


def command(*argv: str, **form: Any) -> Question:
    return Form(argv, reads="", why="a test", **form)()


def ask(question: Question) -> Answer:
    return asyncio.run(LocalTarget().ask(question))


def test_words_arrive_as_they_are() -> None:
    words = ["a b", "c'd", "$(id)", "*", "ü", "", "-n", "; id"]
    answer = ask(command("printf", "%s|", *words))
    assert answer.stdout.decode() == "".join(f"{word}|" for word in words)
    assert (answer.status, answer.refusal) == (0, None)


def test_patterns_are_expanded_for_forms_that_want_it(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name).touch()
    assert ask(command("echo", f"{tmp_path}/[ab]*", expand=True)).text == f"{tmp_path}/a {tmp_path}/b\n"
    assert ask(command("echo", f"{tmp_path}/[ab]*")).text == f"{tmp_path}/[ab]*\n"
    assert ask(command("echo", f"{tmp_path}/none*", expand=True)).text == f"{tmp_path}/none*\n"


def test_locale_path_and_input() -> None:
    assert ask(command("sh", "-c", 'echo "$LC_ALL"')).text == "C\n"
    assert "/usr/sbin" in ask(command("sh", "-c", 'echo "$PATH"')).text
    assert ask(command("cat")).stdout == b""


def test_what_cannot_run_is_a_refusal() -> None:
    missing, forbidden = ask(command("no-such-tool")), ask(command("/etc/passwd"))
    assert (missing.refusal, missing.detail) == ("tool-missing", "no-such-tool: No such file or directory")
    assert forbidden.refusal == "denied"
    assert ask(command("echo", "a\0b")).refusal == "denied"
    assert ask(command("sh", "-c", "exit 127")).refusal == "tool-missing"
    assert ask(command("sh", "-c", "exit 3")).status == 3


def test_hanging_command_is_killed_with_its_children() -> None:
    begun = time.monotonic()
    answer = ask(command("sh", "-c", "echo half; sleep 43210 & sleep 43210", timeout_seconds=0.5))
    assert (answer.refusal, answer.stdout, answer.status) == ("timed-out", b"half\n", None)
    assert time.monotonic() - begun < 5
    told = subprocess.run(["ps", "-eo", "args="], capture_output=True, text=True, check=True)
    assert "sleep 43210" not in told.stdout.splitlines()


def test_endless_output_is_cut_at_once() -> None:
    begun = time.monotonic()
    answer = ask(command("yes", max_bytes=200_000_000))
    assert (answer.refusal, len(answer.stdout)) == ("truncated", 200_000_000)
    assert time.monotonic() - begun < 20


def test_output_of_just_the_limit_is_whole() -> None:
    assert ask(command("printf", "12345", max_bytes=5)).refusal is None
    over = ask(command("printf", "123456", max_bytes=5))
    assert (over.refusal, over.stdout) == ("truncated", b"12345")


def test_endless_complaints_do_not_hang() -> None:
    answer = ask(command("sh", "-c", "yes | head -c 5000000 >&2; echo done"))
    assert (answer.stdout, answer.status, len(answer.stderr)) == (b"done\n", 0, 1 << 20)


def test_binary_garbage_comes_back_unchanged(tmp_path: Path) -> None:
    noise = os.urandom(300_000)
    (tmp_path / "noise").write_bytes(noise)
    assert ask(command("cat", str(tmp_path / "noise"))).stdout == noise


def test_open_target_knows_this_machine() -> None:
    for spec in ("", "local"):
        target = open_target(spec, name="here")
        assert (target.kind, target.name) == ("local", "here")
        assert asyncio.run(target.reach()) == ""


def rights(
    with_sudo: Answer | None, without: Answer, *, right: str = "root", root: bool = False, sudo: bool = True
) -> tuple[Answer, list[bool]]:
    """What becomes of a question with these answers through sudo and without; and which were asked for."""
    asked: list[bool] = []

    async def run(question: Question, before: tuple[str, ...]) -> Answer:
        asked.append(before == SUDO)
        chosen = with_sudo if before == SUDO else without
        assert chosen is not None
        return replace(chosen, question=question)

    question = command("tool", right=right)
    return asyncio.run(ask_with_rights(run, question, root=root, sudo=sudo)), asked


Q = command("tool")
GOOD = Answer(Q, stdout=b"fine\n", status=0)
COMPLAINT = Answer(Q, stderr=b"tool: must be super-user to perform this action\n", status=1)
JSON_COMPLAINT = Answer(
    Q, stdout=b'{"messages": "open device: /dev/sda failed: Permission denied"}', status=2
)
NO_SUDO = Answer(Q, refusal="tool-missing", detail="sudo: No such file or directory")
REFUSED = Answer(Q, stderr=b"sudo: a password is required\n", status=1)


def test_root_asks_as_it_is() -> None:
    assert rights(None, GOOD, root=True) == (replace(GOOD, question=Q), [False])
    assert rights(None, GOOD, right="user")[1] == [False]


def test_sudo_is_asked_first_and_told() -> None:
    answer, asked = rights(GOOD, COMPLAINT)
    assert (answer.stdout, answer.via, asked) == (b"fine\n", "sudo -n", [True])
    failed, asked = rights(Answer(Q, stderr=b"tool: no such disk\n", status=1), GOOD)
    assert (failed.status, failed.via, asked) == (1, "sudo -n", [True])


@pytest.mark.parametrize("sudo", [NO_SUDO, REFUSED])
@pytest.mark.parametrize("without", [COMPLAINT, JSON_COMPLAINT, Answer(Q, status=0)])
def test_sudo_refused_and_no_rights_is_denied(sudo: Answer, without: Answer) -> None:
    answer, asked = rights(sudo, without)
    assert (answer.refusal, asked) == ("denied", [True, False])
    assert answer.detail.startswith("sudo refused: ")
    assert "; " in answer.detail


def test_sudo_refused_but_not_needed_is_an_answer() -> None:
    answer, _ = rights(REFUSED, GOOD)
    assert (answer.stdout, answer.refusal, answer.via) == (b"fine\n", None, "")


def test_sudo_refused_and_no_such_file_is_an_answer() -> None:
    missing = "grep: /etc/nut/upsmon.conf: No such file or directory\n"
    answer, _ = rights(REFUSED, Answer(Q, stderr=missing.encode(), status=2))
    assert answer.refusal is None
    hidden = f"{missing}grep: /etc/ups/upsmon.conf: Permission denied\n"
    answer, _ = rights(REFUSED, Answer(Q, stderr=hidden.encode(), status=2))
    assert answer.refusal == "denied"


def test_sudo_refused_and_tool_missing_is_tool_missing() -> None:
    answer, _ = rights(REFUSED, Answer(Q, refusal="tool-missing", detail="tool: not found"))
    assert (answer.refusal, answer.detail) == ("tool-missing", "tool: not found")


def test_sudo_not_wanted() -> None:
    answer, asked = rights(None, COMPLAINT, sudo=False)
    assert (answer.refusal, asked) == ("denied", [False])
    assert answer.detail.startswith("asked without root rights")
