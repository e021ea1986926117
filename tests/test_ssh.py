"""The SSH target against a real OpenSSH server."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from collectors.asking import collect
from collectors.bundle import Bundle, BundleWriter
from collectors.collector import load
from collectors.fact import Fact
from collectors.question import Answer
from collectors.reading import read_target
from collectors.targets import open_target
from collectors.targets.ssh_command import remote_command
from tests import ssh_session
from tests.ssh_session import AUDITOR, auditor_on, command, needs_root, reach, run, ssh
from tests.sshd import Sshd

home, serve, server = ssh_session.home, ssh_session.serve, ssh_session.server
auditor = ssh_session.auditor


def test_words_arrive_as_they_are(server: Sshd) -> None:
    words = ["a b", "c'd", '"', "$(id)", "*", "`id`", "\\", "!x", "ü", "", "-n", "; id", "\n"]
    (answer,) = run(ssh(server), command("printf", "%s|", *words))
    assert answer.stdout.decode() == "".join(f"{word}|" for word in words)
    assert (answer.status, answer.refusal, answer.via) == (0, None, "")


def test_only_patterns_of_expanding_forms_are_expanded(server: Sshd, tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name).touch()
    pattern = f"{tmp_path}/[ab]*"
    expanded, literal, nothing = run(
        ssh(server),
        command("echo", pattern, "*", expand=True),
        command("echo", pattern, "x"),
        command("echo", f"{tmp_path}/none*", expand=True),
    )
    assert expanded.text == f"{tmp_path}/a {tmp_path}/b *\n"
    assert literal.text == f"{pattern} x\n"
    assert nothing.text == f"{tmp_path}/none*\n"


def test_commands_run_in_the_c_locale_with_sbin_and_no_input(server: Sshd) -> None:
    said, read, terminal = run(
        ssh(server), command("sh", "-c", 'echo "$LC_ALL $PATH"'), command("cat"), command("tty")
    )
    assert said.text.startswith("C ")
    assert "/usr/sbin:" in said.text
    assert (read.stdout, read.status) == (b"", 0)
    assert terminal.text == "not a tty\n"


def test_exit_status_is_data_and_what_cannot_run_is_a_refusal(server: Sshd) -> None:
    three, missing, forbidden = run(
        ssh(server), command("sh", "-c", "echo x; exit 3"), command("no-such-tool"), command("/etc/passwd")
    )
    assert (three.status, three.stdout, three.refusal) == (3, b"x\n", None)
    assert (missing.refusal, missing.detail) == ("tool-missing", "no-such-tool: not found")
    assert forbidden.refusal == "denied"


def test_binary_output_comes_back_unchanged(server: Sshd, tmp_path: Path) -> None:
    noise = os.urandom(300_000)
    (tmp_path / "noise").write_bytes(noise)
    out, err = run(
        ssh(server), command("cat", f"{tmp_path}/noise"), command("sh", "-c", f"cat {tmp_path}/noise >&2")
    )
    assert out.stdout == noise
    assert err.stderr == noise


def test_hanging_command_is_ended_and_what_it_said_kept(server: Sshd) -> None:
    begun = time.monotonic()
    (answer,) = run(ssh(server), command("sh", "-c", "echo half; exec sleep 54321", timeout_seconds=1))
    assert (answer.refusal, answer.stdout, answer.status) == ("timed-out", b"half\n", None)
    assert answer.detail == "no answer within 1 s"
    assert time.monotonic() - begun < 8
    until = time.monotonic() + 10
    while time.monotonic() < until and _running("sleep 54321"):
        time.sleep(0.2)
    assert not _running("sleep 54321")


def _running(line: str) -> bool:
    told = subprocess.run(["ps", "-eo", "args="], capture_output=True, text=True, check=True)
    return line in told.stdout.splitlines()


def test_endless_output_is_cut_at_the_limit(server: Sshd) -> None:
    (answer,) = run(ssh(server), command("yes", max_bytes=20_000_000))
    assert (answer.refusal, len(answer.stdout)) == ("truncated", 20_000_000)
    assert answer.detail == "more than 20000000 bytes"


def test_endless_complaints_do_not_hang(server: Sshd) -> None:
    (answer,) = run(ssh(server), command("sh", "-c", "yes | head -c 5000000 >&2; echo done"))
    assert (answer.stdout, answer.status, len(answer.stderr)) == (b"done\n", 0, 1 << 20)


def test_connection_lost_in_the_middle_keeps_what_was_answered(server: Sshd) -> None:
    async def scene() -> list[Answer]:
        target = ssh(server)
        first = await target.ask(command("echo", "kept"))
        running = asyncio.ensure_future(target.ask(command("sh", "-c", "echo half; sleep 60")))
        await asyncio.sleep(3)
        server.cut()
        answers = [first, await running, await target.ask(command("echo", "late"))]
        assert "lost" in await target.reach()
        await target.close()
        return answers

    first, second, late = asyncio.run(scene())
    assert (first.stdout, first.refusal) == (b"kept\n", None)
    assert (second.refusal, second.stdout) == ("unreachable", b"half\n")
    assert (late.refusal, "lost" in late.detail) == ("unreachable", True)


@pytest.mark.parametrize("sessions", ["1", "2"])
def test_few_sessions_on_a_connection_are_enough(serve: Callable[..., Sshd], sessions: str) -> None:
    started = serve(MaxSessions=sessions)
    started.trust()
    answers = run(ssh(started), *[command("sh", "-c", f"sleep 0.05; echo {n}") for n in range(12)])
    assert [answer.text for answer in answers] == [f"{n}\n" for n in range(12)]
    assert len([line for line in started.log().splitlines() if "Accepted publickey" in line]) == 1


def test_no_session_at_all_is_told(serve: Callable[..., Sshd], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collectors.targets.ssh.CHANNEL_SECONDS", 0.5)
    started = serve(MaxSessions="0")
    started.trust()
    assert "no session was opened" in reach(started.address())


def test_noise_of_the_login_shell_is_left_out(serve: Callable[..., Sshd], tmp_path: Path) -> None:
    noisy = tmp_path / "noisy"
    noisy.write_text('#!/bin/sh\necho "Welcome, \\033[1m"; echo to >&2\neval "$SSH_ORIGINAL_COMMAND"\n')
    noisy.chmod(0o755)
    started = serve(ForceCommand=str(noisy))
    started.trust()
    (answer,) = run(ssh(started), command("sh", "-c", "echo {}; echo oh >&2"))
    assert (answer.stdout, answer.stderr) == (b"{}\n", b"oh\n")


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox sh", "zsh", "fish", "tcsh", "csh"])
def test_every_login_shell_gives_the_same_words(shell: str, tmp_path: Path) -> None:
    """As sshd does it: the login shell gets the command line after -c."""
    program = shell.split()
    if shutil.which(program[0]) is None:
        pytest.skip(f"{program[0]} is not installed")
    (tmp_path / "x1").touch()
    asked = command("printf", "%s|", "a b", "c'd", "$x", "`id`", "*", f"{tmp_path}/x*", expand=True)
    line = remote_command(asked, times_out=True)
    told = subprocess.run([*program, "-c", line], capture_output=True, stdin=subprocess.DEVNULL, check=True)
    assert told.stdout.decode() == f"holdwater-begins\na b|c'd|$x|`id`|*|{tmp_path}/x1|"


def test_this_machine_over_ssh_tells_what_it_tells_here(server: Sshd, tmp_path: Path) -> None:
    collectors = list(load().values())
    writer = BundleWriter(tmp_path / "b.evidence.zip", site="s", tool="t")
    asyncio.run(collect([open_target("", name="here"), ssh(server, name="there")], collectors, writer))
    with Bundle(writer.path) as bundle:
        here, there = (
            {
                (type(one.row).TABLE, one.row.subject)
                for one in read_target(bundle.target(name), collectors)
                if isinstance(one, Fact)
            }
            for name in ("here", "there")
        )
        assert bundle.target("there").about["server"].startswith("SSH-2.0-OpenSSH")
    assert len(here) > 5
    # psutil tells of the machine it runs on only
    assert {fact for fact in here - there if fact[0] in {table for table, _ in there}} == set()


@pytest.mark.lab
@needs_root
def test_without_sudo_a_complaint_about_rights_is_a_refusal(auditor: Sshd, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    secret.chmod(0o600)
    denied, allowed, plain, silent = run(
        ssh(auditor, AUDITOR),
        command("cat", str(secret), right="root"),
        command("id", "-u", right="root"),
        command("cat", str(secret)),
        command("true", right="root"),
    )
    assert denied.refusal == "denied"
    assert denied.detail.startswith("sudo refused: ")
    assert denied.detail.endswith("`holdwater plan --sudoers USER` prints the lines it needs")
    assert (allowed.refusal, allowed.via) == (None, "")
    assert allowed.text.strip().isdigit()
    assert plain.refusal == "denied"
    assert silent.refusal == "denied"


@pytest.mark.lab
@needs_root
def test_sudo_is_used_where_it_is_allowed(auditor: Sshd, tmp_path: Path) -> None:
    if shutil.which("sudo") is None:
        pytest.skip("sudo is not installed")
    grant = Path(f"/etc/sudoers.d/{AUDITOR}_test")
    grant.write_text(f"{AUDITOR} ALL=(root) NOPASSWD: {shutil.which('id')} -u\n")
    grant.chmod(0o440)
    try:
        granted, other, unasked = run(
            ssh(auditor, AUDITOR),
            command("id", "-u", right="root"),
            command("head", "-c1", "/etc/shadow", right="root"),
            command("id", "-u"),
        )
        (unwanted,) = run(ssh(auditor, AUDITOR, sudo=False), command("id", "-u", right="root"))
    finally:
        grant.unlink()
    assert (granted.text, granted.via, granted.refusal) == ("0\n", "sudo -n", None)
    assert other.refusal == "denied"
    assert "password is required" in other.detail
    assert unasked.text != "0\n"
    assert (unwanted.text != "0\n", unwanted.via) == (True, "")


@pytest.mark.lab
@needs_root
def test_an_audit_says_that_the_connection_was_lost(serve: Callable[..., Sshd], tmp_path: Path) -> None:
    tools, out = tmp_path / "tools", tmp_path / "out"
    tools.mkdir()
    (tools / "df").write_text("#!/bin/sh\nexec sleep 54322\n")
    (tools / "df").chmod(0o755)
    # not as root: whose shell has start-up files, which a cut must not leave in the middle of something
    with auditor_on(serve, SetEnv=f"PATH={tools}:/usr/sbin:/usr/bin:/sbin:/bin") as started:
        audit = subprocess.Popen(
            [sys.executable, "-m", "holdwater", "audit", started.address(AUDITOR), "-o", str(out)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        until = time.monotonic() + 30
        while time.monotonic() < until and not _running("sleep 54322"):
            time.sleep(0.1)
        started.cut()
        _, said = audit.communicate(timeout=60)
    lines = [line for line in said.splitlines() if "lost" in line]
    assert len(lines) == 1, said
    assert re.match(
        r"127\.0\.0\.1: .*lost.*; \d+ answers? missing, the others are kept; audit again$", lines[0]
    )
    assert list(out.glob("*.evidence.zip"))
