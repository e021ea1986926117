"""Real sudo with rules that are broken in every way, over a real OpenSSH server.

The server runs in a mount namespace of its own, where a folder of the test lies over /etc/sudoers.d: sudo of
the machine itself never sees a broken rule.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from collectors.collector import load
from collectors.question import Answer, Question, expandable
from collectors.targets.rights import SUDO
from holdwater.commands.plan import _command, snippet
from tests import ssh_session
from tests.ssh_session import AUDITOR, _user, auditor_on, command, needs_root, run, ssh
from tests.sshd import Sshd

pytestmark = [pytest.mark.lab, needs_root]
home, serve = ssh_session.home, ssh_session.serve

SECRET = command("head", "-c1", "/etc/shadow", right="root")
FIRST = b"" if os.geteuid() else Path("/etc/shadow").read_bytes()[:1]
"""Of Debian 13 it is not the one of root."""
GRANT = f"{AUDITOR} ALL=(root) NOPASSWD: ALL\n"
BROKEN = "somebody ALL=(root NOPASSWD: ALL\n"
LINES = "`holdwater plan --sudoers USER` prints the lines it needs"
VISUDO = "; as root there: visudo -c, mend what it names"


@dataclass
class Host:
    """A server, and the folder that it sees as /etc/sudoers.d."""

    server: Sshd
    folder: Path

    def rules(self, text: str, *, mode: int = 0o440, owner: int = 0) -> None:
        path = self.folder / "rules"
        path.unlink(missing_ok=True)
        path.write_text(text)
        path.chmod(mode)
        shutil.chown(path, owner)

    def asked(self, *questions: Question) -> list[Answer]:
        return run(ssh(self.server, AUDITOR), *questions)


def started(serve: Callable[..., Sshd], tmp_path: Path, then: str = 'exec "$@"') -> Iterator[Host]:
    folder = tmp_path / "sudoers.d"
    folder.mkdir(mode=0o755)
    bind = f"mount --bind {folder} /etc/sudoers.d && {then}"
    before = ("unshare", "--mount", "--propagation", "private", "sh", "-ec", bind, "sh")
    if shutil.which("sudo") is None:
        pytest.skip("sudo is not installed")
    if subprocess.run([*before, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no mount namespace is to be had here")
    with auditor_on(serve, before) as server:
        yield Host(server, folder)


@pytest.fixture
def host(serve: Callable[..., Sshd], tmp_path: Path) -> Iterator[Host]:
    yield from started(serve, tmp_path)


def test_rules_that_cannot_be_read_are_told_as_denied(host: Host) -> None:
    host.rules(GRANT)
    (fine,) = host.asked(SECRET)
    assert (fine.stdout, fine.stderr, fine.via) == (FIRST, b"", "sudo -n")
    for text, more, why in (
        ("", {}, f"a password is required; {LINES}"),
        (BROKEN, {}, f"its rules cannot be read there (/etc/sudoers.d/rules:1:20: syntax error){VISUDO}"),
        (
            BROKEN * 300,
            {},
            f"its rules cannot be read there (/etc/sudoers.d/rules:1:20: syntax error){VISUDO}",
        ),
        (
            GRANT,
            {"mode": 0o666},
            f"its rules cannot be read there (/etc/sudoers.d/rules is world writable){VISUDO}",
        ),
        (
            GRANT,
            {"owner": 1},
            f"its rules cannot be read there (/etc/sudoers.d/rules is owned by uid 1, should be 0){VISUDO}",
        ),
        (
            f"{GRANT}Defaults requiretty\n",
            {},
            "it demands a terminal there (requiretty); as root there: visudo, add: Defaults:USER !requiretty",
        ),
        (
            f"{GRANT[:-1]}, !/usr/bin/head\n",
            {},
            f"its rules do not allow this command; {LINES}",
        ),
        ("Defaults !authenticate\n", {}, f"{AUDITOR} is not in the sudoers file; {LINES}"),
    ):
        host.rules(text, **more)
        secret, anybodys = host.asked(SECRET, command("cat", "/etc/hostname", right="root"))
        nameless = why.replace("(/etc/sudoers.d/rules is ", "(a file is ")  # 1.9.16 leaves out its name
        assert secret.refusal == "denied"
        assert secret.detail in (f"sudo refused: {why}", f"sudo refused: {nameless}")
        assert secret.stdout == b""
        # what takes no rights on this machine is told all the same
        assert (anybodys.refusal, anybodys.stdout) == (None, Path("/etc/hostname").read_bytes())


def test_rules_of_others_that_are_broken_take_nothing_away(host: Host) -> None:
    """The command ran: what it found, that it found nothing, and that it failed are its own words."""
    host.rules(BROKEN + GRANT)
    target = ssh(host.server, AUDITOR)
    found, nothing, failed, missing = run(
        target,
        SECRET,
        command("grep", "-q", "^nobody-of-that-name:", "/etc/shadow", right="root"),
        command("cat", "/root/none", right="root"),
        command("no-such-tool", right="root"),
    )
    assert (found.stdout, found.stderr, found.via) == (FIRST, b"", "sudo -n")
    assert (nothing.refusal, nothing.status, nothing.stderr, nothing.via) == (None, 1, b"", "sudo -n")
    assert failed.complaint == "cat: /root/none: No such file or directory"
    assert (failed.refusal, failed.via) == (None, "sudo -n")
    assert (missing.refusal, missing.detail) == ("tool-missing", "no-such-tool: not found")
    assert target.about["sudo"].startswith("/etc/sudoers.d/rules:1:20: syntax error somebody ALL=(root")


def test_what_hangs_behind_sudo_is_ended_there(host: Host) -> None:
    """It is root's, and we are not: sudo hands on what ends it."""
    host.rules(GRANT)
    (answer,) = host.asked(command("sleep", "54399", right="root", timeout_seconds=1))
    assert (answer.refusal, answer.detail, answer.via) == ("timed-out", "no answer within 1 s", "sudo -n")
    until = time.monotonic() + 10
    while time.monotonic() < until and _running("sleep 54399"):
        time.sleep(0.2)
    assert not _running("sleep 54399")


def _running(line: str) -> bool:
    told = subprocess.run(["ps", "-eo", "args="], capture_output=True, text=True, check=True)
    return line in told.stdout.splitlines()


def holdwater(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "holdwater", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_a_broken_rule_is_told_once_with_what_to_do_and_nothing_is_well(host: Host, tmp_path: Path) -> None:
    address = host.server.address(AUDITOR)
    host.rules(BROKEN)
    cause = "sudo refused: its rules cannot be read there (/etc/sudoers.d/rules:1:20: syntax error)"
    cure = "as root there: visudo -c, mend what it names"

    rights, *_ = (
        one for one in json.loads(holdwater("doctor", address, "--json").stdout) if one["name"] == "rights"
    )
    assert (rights["state"], rights["cure"]) == ("limited", cure)
    assert rights["found"].endswith(f"commands: {cause}")
    assert rights["found"].startswith("not root; ")

    done = holdwater("audit", address, "--json", "-o", str(tmp_path / "audits"))
    told = json.loads(done.stdout)
    denied = [gap for gap in told["gaps"] if gap["reason"] == "denied"]
    assert {"kernel_log", "kernel_event", "backup_job"} <= {gap["table"] for gap in denied}
    assert all(gap["detail"].endswith(f"{cause}; {cure}") for gap in denied)
    assert not [rule for rule in told["passed"] if rule.startswith(("smart/", "fs/io-errors", "backup/"))]
    (bundle,) = (tmp_path / "audits").glob("*.evidence.zip")
    page = bundle.with_name(bundle.name.replace(".evidence.zip", ".html")).read_text()
    assert page.count("As root there: visudo -c, mend what it names.") == 1

    collected = holdwater("collect", address, "-o", str(tmp_path / "kept"))
    (line,) = (line for line in collected.stderr.splitlines() if "missing" in line)
    assert line.endswith(f"missing: {cause}; {cure}")


@pytest.mark.parametrize(
    ("then", "why"),
    [
        (
            'exec setpriv --no-new-privs "$@"',
            'nothing may gain rights there ("no new privileges" is set); log in as root, or take'
            " NoNewPrivileges from the unit or container that sshd runs in",
        ),
        (
            "mount -t tmpfs none /mnt; cp /usr/bin/sudo /mnt/; mount --bind /mnt/sudo /usr/bin/sudo;"
            ' exec "$@"',
            "its program has lost the setuid bit, or lies on a file system with nosuid; as root there: chown"
            " root:root and chmod 4755 it, mount without nosuid",
        ),
        (
            'mount --bind /etc/passwd /usr/bin/sudo; exec "$@"',
            "this user may not start sudo; as root there: chmod 4755 its program, or log in as root",
        ),
    ],
)
def test_a_sudo_that_cannot_work_is_told_as_denied(
    serve: Callable[..., Sshd], tmp_path: Path, then: str, why: str
) -> None:
    for host in started(serve, tmp_path, then):
        host.rules(GRANT)
        (secret,) = host.asked(SECRET)
        nameless = why.replace("(/etc/sudoers.d/rules is ", "(a file is ")  # 1.9.16 leaves out its name
        assert secret.refusal == "denied"
        assert secret.detail in (f"sudo refused: {why}", f"sudo refused: {nameless}")


WITH_EVERY_TOOL = """
mount -t tmpfs none /mnt
for at in usr opt; do
  mkdir -p /mnt/$at /mnt/$at-work
  mount -t overlay overlay -o lowerdir=/$at,upperdir=/mnt/$at,workdir=/mnt/$at-work /$at
done
mount --bind "$1" /etc/sudoers.d
while read -r tool; do
  test -e "$tool" || { mkdir -p "$(dirname "$tool")"; printf '#!/bin/sh\n' >"$tool"; chmod 755 "$tool"; }
done <"$2"
exec setpriv --reuid "$3" --regid nogroup --clear-groups sh "$4"
"""
"""Stands for every tool that is not on this machine; nothing outside the mount namespace sees it."""


def every_command() -> dict[tuple[str, ...], str]:
    """The words of every command that is asked as root, with blanks filled, and its path in sudoers.

    File name patterns as a shell expands them, and as they stand where they match nothing; /proc/[0-9]* does.
    """
    asked: dict[tuple[str, ...], str] = {}
    for form in (form for one in load().values() for form in one.asks if form.right == "root"):
        names = re.findall(r"(?<!\{)\{(\w+)\}", " ".join(form.argv))
        words = form(**{name: "7" if name == "number" else "/dev/x-1:0" for name in names}).argv
        tool = _command(form).split()[0]
        patterns = [word for word in words if form.expand and expandable(word)]
        if not any("[" in word for word in patterns):
            asked[words] = tool
        found = {word: re.sub(r"\[[^]]*\]", "5", word).replace("*", "a-1.b") for word in patterns}
        asked[tuple(found.get(word, word) for word in words)] = tool
    return asked


def test_the_printed_lines_allow_every_command_and_no_other(tmp_path: Path) -> None:
    """sudo itself says so, of each command as it is put: a rule that is too long for it never matches."""
    if shutil.which("sudo") is None:
        pytest.skip("sudo is not installed")
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    rules, tools, script = tmp_path / "sudoers.d", tmp_path / "tools", tmp_path / "script"
    rules.mkdir()
    (rules / "holdwater").write_text(snippet(AUDITOR))
    (rules / "holdwater").chmod(0o440)
    asked = every_command()
    tools.write_text("".join(f"{tool}\n" for tool in asked.values()))
    other = [
        ["cat", "/etc/shadow"],
        ["smartctl", "-t", "short", "/dev/sda"],
        ["stat", "-c", "%Y %n", "/root/x"],
    ]
    other += [[*words, "/etc/shadow"] for words in asked if words[-1].startswith("/etc/")]
    other += [[words[0], "-f/etc/shadow", *words[1:]] for words in asked if words[0] == "grep"]
    lines = [shlex.join([*SUDO[:2], "-l", *words]) for words in (*asked, *other)]
    script.write_text("".join(f"{one} >/dev/null 2>&1 </dev/null; echo $?\n" for one in lines))
    inside = ("unshare", "--mount", "--propagation", "private", "sh", "-ec", WITH_EVERY_TOOL, "sh")
    with _user(AUDITOR):
        done = subprocess.run(
            [*inside, rules, tools, AUDITOR, script], capture_output=True, text=True, check=False
        )
    if done.returncode:
        pytest.skip(f"no tools can be put in place here: {done.stderr.strip()[-200:]}")
    told = done.stdout.split()
    refused = [words for words, status in zip(asked, told, strict=False) if status != "0"]
    assert refused == []
    assert told[len(asked) :] == ["1"] * len(other)
    assert len(asked) > 150
