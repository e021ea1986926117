"""What sudo says, told from what the command says that it ran.

The sentences were recorded from sudo 1.9.13 and opendoas 6.8.2 without a terminal, with `-n`; those of older
releases and of sudo-rs are named as such. The first line of a broken rule is repeated by sudo with a mark.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from collectors.question import Answer, Form, Question
from collectors.targets.rights import SUDO, ask_with_rights, settle_status
from collectors.targets.sudo_refusals import parted, refusal

Q = Form(("tool", "-x"), reads="", why="a test", right="root")()
LINES = "`holdwater plan --sudoers USER` prints the lines it needs"
VISUDO = "as root there: visudo -c, mend what it names"
BROKEN = "/etc/sudoers.d/hw:1:18: syntax error\nauditor ALL=(root NOPASSWD: ALL\n                 ^~~~~~~~~\n"
QUIT = "sudo: no valid sudoers sources found, quitting\nsudo: error initializing audit plugin sudoers_audit"
UNRESOLVED = "sudo: unable to resolve host nas.example: Name or service not known\n"
PASSWORD = "sudo: a password is required"

REFUSED = {
    "password": (PASSWORD, f"a password is required; {LINES}"),
    "unresolved host": (UNRESOLVED + PASSWORD, f"a password is required; {LINES}"),
    "not in sudoers": (
        "auditor is not in the sudoers file.\nThis incident has been reported to the administrator.",
        f"auditor is not in the sudoers file; {LINES}",
    ),
    "not allowed": (
        "Sorry, user auditor is not allowed to execute '/usr/bin/id -u' as root on nas.",
        f"its rules do not allow this command; {LINES}",
    ),
    "may not run": (
        "Sorry, user auditor may not run sudo on nas.",
        f"its rules do not allow this command; {LINES}",
    ),
    "broken line": (
        BROKEN + PASSWORD,
        f"its rules cannot be read there (/etc/sudoers.d/hw:1:18: syntax error); {VISUDO}",
    ),
    "broken, no recovery": (
        BROKEN + QUIT,
        f"its rules cannot be read there (/etc/sudoers.d/hw:1:18: syntax error); {VISUDO}",
    ),
    "broken, sudo 1.8": (
        ">>> /etc/sudoers.d/hw: syntax error near line 1 <<<\nsudo: parse error in /etc/sudoers.d/hw near"
        " line 1\nsudo: no valid sudoers sources found, quitting\nsudo: unable to initialize policy plugin",
        f"its rules cannot be read there (>>> /etc/sudoers.d/hw: syntax error near line 1 <<<); {VISUDO}",
    ),
    "owner": (
        f"sudo: /etc/sudoers is owned by uid 1001, should be 0\n{QUIT}",
        f"its rules cannot be read there (/etc/sudoers is owned by uid 1001, should be 0); {VISUDO}",
    ),
    "owner of a part": (
        f"sudo: /etc/sudoers.d/hw is owned by uid 1001, should be 0\n{PASSWORD}",
        f"its rules cannot be read there (/etc/sudoers.d/hw is owned by uid 1001, should be 0); {VISUDO}",
    ),
    "mode": (
        f"sudo: /etc/sudoers.d/hw is world writable\n{PASSWORD}",
        f"its rules cannot be read there (/etc/sudoers.d/hw is world writable); {VISUDO}",
    ),
    "mode of a nameless part": (
        f"sudo:  is world writable\n{PASSWORD}",
        f"its rules cannot be read there (a file is world writable); {VISUDO}",
    ),
    "no rules": (
        f"sudo: unable to open /etc/sudoers: No such file or directory\n{QUIT}",
        "its rules cannot be read there (unable to open /etc/sudoers: No such file or directory); " + VISUDO,
    ),
    "terminal": (
        "sudo: sorry, you must have a tty to run sudo",
        "it demands a terminal there (requiretty); as root there: visudo, add: Defaults:USER !requiretty",
    ),
    "no new privileges": (
        'sudo: The "no new privileges" flag is set, which prevents sudo from running as root.\n'
        "sudo: If sudo is running in a container, you may need to adjust the container"
        " configuration to disable the flag.",
        'nothing may gain rights there ("no new privileges" is set); log in as root, or take NoNewPrivileges'
        " from the unit or container that sshd runs in",
    ),
    "expired": (
        f"sudo: account validation failure, is your account locked?\n{PASSWORD}",
        "the account is expired or locked there (account validation failure, is your account locked?);"
        " as root there: chage -l USER, see /etc/pam.d/sudo",
    ),
    "setuid": (
        "sudo: /usr/bin/sudo must be owned by uid 0 and have the setuid bit set",
        "its program has lost the setuid bit, or lies on a file system with nosuid; as root there: chown"
        " root:root and chmod 4755 it, mount without nosuid",
    ),
    "plugin": (
        'sudo: error in /etc/sudo.conf, line 2 while loading plugin "nope"\n'
        "sudo: unable to load /usr/libexec/sudo/nope.so: cannot open shared object file\n"
        "sudo: fatal error, unable to load plugins",
        'error in /etc/sudo.conf, line 2 while loading plugin "nope"; mend that file',
    ),
    "logging": (
        "sudo: unable to open log file /var/log/x/y: No such file or directory\n"
        "sudo: sudoers_audit: unable to log accept event",
        "sudoers_audit: unable to log accept event; as root there: sudo -l -U USER",
    ),
    "shell of root": (
        "sudo: invalid shell for user root: /usr/sbin/nologin",
        "invalid shell for user root: /usr/sbin/nologin; as root there: sudo -l -U USER",
    ),
    "not found": (
        "sudo: smartctl: command not found",
        "smartctl: command not found; as root there: visudo, add its folder to secure_path",
    ),
    "German": ("sudo: Ein Passwort ist notwendig", f"Ein Passwort ist notwendig; {LINES}"),
    "German, not in sudoers": (
        "»auditor« ist nicht in der sudoers-Datei.\n\nDieser Vorfall wurde an den Administrator gemeldet.",
        f"»auditor« ist nicht in der sudoers-Datei; {LINES}",
    ),
    "German, broken": (
        BROKEN.replace("syntax error", "Syntax-Fehler") + "sudo: Ein Passwort ist notwendig",
        f"its rules cannot be read there (/etc/sudoers.d/hw:1:18: Syntax-Fehler); {VISUDO}",
    ),
    "French": (
        "sudo: il est nécessaire de saisir un mot de passe",
        f"il est nécessaire de saisir un mot de passe; {LINES}",
    ),
    "French, not in sudoers": (
        "auditor n'est pas dans le fichier sudoers.\nCet incident a été signalé à l'administrateur.",
        f"auditor n'est pas dans le fichier sudoers; {LINES}",
    ),
    "French, terminal": (
        "sudo: désolé, vous devez avoir un terminal tty pour exécuter sudo",
        "désolé, vous devez avoir un terminal tty pour exécuter sudo; as root there: sudo -l -U USER",
    ),
    "sudo-rs": (
        "sudo: interactive authentication is required",
        f"interactive authentication is required; {LINES}",
    ),
    "sudo-rs 0.2.8": (
        "sudo-rs: interactive authentication is required",
        f"sudo-rs: interactive authentication is required; {LINES}",
    ),
    "sudo-rs, not allowed": (
        "sudo: I'm sorry auditor. I'm afraid I can't do that",
        f"its rules do not allow this command; {LINES}",
    ),
    "doas": (
        "doas: Authentication required",
        "the sudo there is doas: Authentication required; permit nopass USER as root, in doas.conf",
    ),
    "doas without rules": (
        "doas: doas is not enabled, /etc/doas.conf: No such file or directory",
        "the sudo there is doas: doas is not enabled, /etc/doas.conf: No such file or directory;"
        " permit nopass USER as root, in doas.conf",
    ),
    "sudo 1.6": (
        "sudo: illegal option `-n'\nusage: sudo -h | -K | -k | -L | -l | -V | -v",
        "it is too old (illegal option `-n'); update sudo there",
    ),
}

GOES_ON = {
    "host name": UNRESOLVED,
    "another's rules": BROKEN,
    "owner of other rules": "sudo: /etc/sudoers.d/hw is owned by uid 1001, should be 0\n",
    "mode of other rules": "sudo: /etc/sudoers.d/hw is world writable\n",
    "unknown setting": '/etc/sudoers:55:18: unknown defaults entry "nonsense"\n',
    "log file": "sudo: unable to open log file /var/log/x/y: No such file or directory\n",
    "settings": "sudo: /etc/sudo.conf is world writable\nsudo: /etc/sudo.conf is world writable\n",
    "several": UNRESOLVED + BROKEN + "sudo: setrlimit(RLIMIT_CORE): Operation not permitted\n",
}
"""What is said of themselves by those that ran the command."""


def ended(said: str, status: int | None = 1, **more: Any) -> Answer:
    return Answer(Q, stderr=said.encode(), status=status, **more)


@pytest.mark.parametrize("case", REFUSED)
def test_why_sudo_refused_and_what_to_do(case: str) -> None:
    said, why = REFUSED[case]
    assert refusal(ended(f"{said}\n")) == why


@pytest.mark.parametrize("case", GOES_ON)
@pytest.mark.parametrize("own", ["", "mdadm: cannot open /dev/md9: No such file or directory\n", "x\n\ny\n"])
def test_what_sudo_says_besides_is_no_refusal_and_not_the_commands(case: str, own: str) -> None:
    answer = ended(GOES_ON[case] + own)
    assert refusal(answer) is None
    assert parted(answer.stderr) == (GOES_ON[case].encode(), own.encode())


@pytest.mark.parametrize(
    "said",
    [
        "",
        "smartctl: cannot open device",
        "tool: a password is required",
        "mdadm: must be super-user to perform this action",
        "/var/lib/x:1:18: syntax error\nabc\n  ^",
    ],
)
def test_a_command_that_fails_behind_a_working_sudo_failed_itself(said: str) -> None:
    assert refusal(ended(said)) is None
    assert parted(said.encode()) == (b"", said.encode())


def test_a_command_that_ended_otherwise_was_run() -> None:
    assert refusal(ended(PASSWORD, 2)) is None
    assert refusal(ended(PASSWORD, stdout=b"{}")) is None
    assert refusal(ended(PASSWORD, None, refusal="timed-out")) is None


def test_the_end_of_a_long_complaint_is_looked_at() -> None:
    """Two hundred broken lines, each repeated by sudo, and last that nothing is allowed."""
    why = refusal(ended(BROKEN * 200 + PASSWORD + "\n"))
    assert why == REFUSED["broken line"][1]


def test_an_endless_line_is_cut() -> None:
    """Looked at whole, it would take hours."""
    assert refusal(ended("/sudoers/sudo" * 100_000 + "\nsudo: no")) == "no; as root there: sudo -l -U USER"
    line = b"/sudoers/sudo:1: " * 100_000
    assert parted(line) == (line, b"")


@pytest.mark.parametrize(
    ("status", "said", "settled"),
    [
        (127, "/bin/sh: 1: exec: sudo: not found", ("tool-missing", "sudo: not found")),
        (127, "timeout: failed to run command 'sudo': No such", ("tool-missing", "sudo: not found")),
        (126, "/bin/sh: 1: exec: sudo: Permission denied", ("denied", "sudo: may not be executed")),
        (127, "", ("tool-missing", "tool: not found")),
        (126, "cannot run", ("denied", "tool: may not be executed")),
        (
            127,
            "tool: error while loading shared libraries: libx.so: cannot open",
            ("tool-missing", "tool: error while loading shared libraries: libx.so: cannot open"),
        ),
    ],
)
def test_whether_sudo_is_missing_or_what_it_ran(status: int, said: str, settled: tuple[str, str]) -> None:
    answer = settle_status(ended(said, status), (*SUDO, *Q.argv))
    assert (answer.refusal, answer.detail) == settled
    assert (refusal(answer) is None) == settled[1].startswith("tool")


def test_without_sudo_it_is_said_that_there_is_none() -> None:
    why = "there is no sudo; install it, or log in as root"
    assert refusal(ended("", None, refusal="tool-missing", detail="sudo: No such file or directory")) == why
    assert "log in as root" in str(
        refusal(ended("", None, refusal="denied", detail="sudo: may not be executed"))
    )


def test_what_sudo_says_besides_is_kept_with_the_target() -> None:
    async def run(question: Question, before: tuple[str, ...]) -> Answer:
        return Answer(question, stdout=b"fine\n", stderr=UNRESOLVED.encode() + b"own\n", status=0)

    about: dict[str, str] = {}
    answer = asyncio.run(ask_with_rights(run, Q, root=False, sudo=True, about=about))
    assert (answer.stderr, answer.via) == (b"own\n", "sudo -n")
    assert about == {"sudo": UNRESOLVED.strip()}
