"""Real sudo with rules that are broken in every way, over a real OpenSSH server.

The server runs in a mount namespace of its own, where a folder of the test lies over /etc/sudoers.d: sudo of
the machine itself never sees a broken rule.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from collectors.question import Answer
from tests import ssh_session
from tests.ssh_session import AUDITOR, auditor_on, command, needs_root, run, ssh
from tests.sshd import Sshd

pytestmark = [pytest.mark.lab, needs_root]
home, serve = ssh_session.home, ssh_session.serve

SECRET = command("head", "-c1", "/etc/shadow", right="root")
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

    def asked(self, *questions: object) -> list[Answer]:
        return run(ssh(self.server, AUDITOR), *questions)  # type: ignore[arg-type]


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
    assert (fine.stdout, fine.stderr, fine.via) == (b"r", b"", "sudo -n")
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
        assert (secret.refusal, secret.detail) == ("denied", f"sudo refused: {why}")
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
    assert (found.stdout, found.stderr, found.via) == (b"r", b"", "sudo -n")
    assert (nothing.refusal, nothing.status, nothing.stderr, nothing.via) == (None, 1, b"", "sudo -n")
    assert failed.complaint == "cat: /root/none: No such file or directory"
    assert (failed.refusal, failed.via) == (None, "sudo -n")
    assert (missing.refusal, missing.detail) == ("tool-missing", "no-such-tool: not found")
    assert target.about["sudo"].startswith("/etc/sudoers.d/rules:1:20: syntax error somebody ALL=(root")


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
            " root:root and chmod 4755 it; mount without nosuid",
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
        assert (secret.refusal, secret.detail) == ("denied", f"sudo refused: {why}")
