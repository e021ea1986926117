"""What sudo says: whether it ran the command, why it did not and what to do, and what it says besides.

Everything sudo, sudo-rs and doas say of themselves begins with their name, in every language, but three
sentences; who does not run the command ends with status 1 and says so last. What they say and then run the
command all the same (a host name that does not resolve, a line of sudoers that is skipped) comes before what
the command says.
"""

from __future__ import annotations

import re

from collectors.question import Answer, decode

_LOOKED_AT = 8192
_WIDEST = 300
_MOST = 160

_NAMED = re.compile(r"(?:\S*/)?(?:sudo(?:-rs|\.ws)?|doas): ")
_UNNAMED = re.compile(
    r"^Sorry, user \S+ (?:is not allowed to|may not) |^\S+ is not in the sudoers file"
    r"|^(?:\S+: )?(?:usage: sudo|sudo: (?:illegal|invalid|unrecognized) option)"
    r"|^[^/:\n]+ sudoers\b[^:\n]*\.$",  # the second sentence in other languages
    re.MULTILINE,
)
_GOES_ON = re.compile(
    r"unable to resolve host|setrlimit|time ?stamp|/(?:ts|lectured)\b|audit message|unable to open log file"
    r"|\bis (?:owned by|world writable|group writable|mode 0|not a regular file)|should be mode"
    r"|sudo\.conf|unknown defaults|warning:|ldap|SSS source|problem with defaults|ignoring ",
    re.IGNORECASE,
)
"""What sudo says of itself and then runs the command nevertheless."""
_MISREAD = re.compile(r"(?:>>> )?/\S*sudo\S*:(?:\d+:| )")
"""A line of sudoers that is not understood; the line itself and a mark below it may follow."""
_MARKED = re.compile(r"\s*\^~*\s*$")

REFUSED = "sudo refused: "
_NO_SUDO = "there is no sudo; install it, or log in as root"
_MAY_NOT_START = "this user may not start sudo; as root there: chmod 4755 its program, or log in as root"
_LINES = "`holdwater plan --sudoers USER` prints the lines it needs"
_BROKEN = (
    r"syntax error|parse error|^/\S*sudo\S*:\d+:\d+: (?!unknown)|no valid sudoers|invalid configuration"
    r"|(?:/\S*sudoers\S*|^sudo: ) (?:is (?:owned by|(?:world|group) writable|mode)|should be)"
    r"|unable to (?:open|stat|read) /\S*sudoers"
)
_EXPIRED = "account validation|account locked|(?:account|password) (?:is |has )?expired"
_PASSWORD = r"passwor|mot de passe|(?:authentication|interaction).* required|^[^/:\n]+ sudoers\b[^:\n]*\.$"
_CAUSES = (
    (
        "no new privileges",
        'nothing may gain rights there ("no new privileges" is set)',
        "log in as root, or take NoNewPrivileges from the unit or container that sshd runs in",
    ),
    (
        "setuid bit|nosuid",
        "its program has lost the setuid bit, or lies on a file system with nosuid",
        "as root there: chown root:root and chmod 4755 it, mount without nosuid",
    ),
    (
        "must have a tty",
        "it demands a terminal there (requiretty)",
        "as root there: visudo, add: Defaults:USER !requiretty",
    ),
    (
        _EXPIRED,
        "the account is expired or locked there ({said})",
        "as root there: chage -l USER, see /etc/pam.d/sudo",
    ),
    (_BROKEN, "its rules cannot be read there ({said})", "as root there: visudo -c, mend what it names"),
    ("^doas: ", "the sudo there is {said}", "permit nopass USER as root, in doas.conf"),
    ("usage: sudo|(?:illegal|invalid|unrecognized) option", "it is too old ({said})", "update sudo there"),
    (r"error in /\S*sudo\.conf", "{said}", "mend that file"),
    ("command not found", "{said}", "as root there: visudo, add its folder to secure_path"),
    ("Sorry, user|can't do that", "its rules do not allow this command", _LINES),
    (_PASSWORD, "{said}", _LINES),
    (r"\Z", "{said}", "as root there: sudo -l -U USER"),
)
"""What is searched for in what sudo said, in this order; the cause (said: that line) and what to do."""
_KINDS = tuple(
    (re.compile(rf"^.*(?:{words}).*$", re.IGNORECASE | re.MULTILINE), cause, cure)
    for words, cause, cure in _CAUSES
)


def refusal(answer: Answer) -> str | None:
    """In one line why sudo did not run the command and what to do; None if it ran it."""
    if answer.refusal in ("tool-missing", "denied") and answer.detail.startswith("sudo:"):
        missing = answer.refusal == "tool-missing"
        return _NO_SUDO if missing else _MAY_NOT_START
    if answer.refusal is not None or answer.status != 1 or answer.stdout:
        return None
    said = decode(answer.stderr[:_LOOKED_AT]) + "\n" + decode(answer.stderr[_LOOKED_AT:][-_LOOKED_AT:])
    lines = "\n".join(line[:_WIDEST] for line in said.strip().splitlines())
    return why(lines) if _refuses(lines) else None


def cause_and_cure(detail: str) -> tuple[str, str]:
    """Of a denied answer's detail why sudo refused and what to do; empty if it was not sudo."""
    _, refused, told = detail.partition(REFUSED)
    cause, _, cure = told.rpartition("; ")
    return (f"{refused}{cause}", cure.rstrip(")")) if cause else ("", "")


def why(said: str) -> str:
    """The cause among what sudo said before it gave up, and the cure."""
    for words, cause, cure in _KINDS:
        found = words.search(said)
        if found is not None:
            line = " ".join(found[0].split()).removeprefix("sudo: ").rstrip(".").replace(";", ",")
            line = f"a file {line}" if line.startswith("is ") else line  # 1.9.16 leaves out its name
            return f"{cause.format(said=line[:_MOST])}; {cure}"
    raise AssertionError("the last kind is of everything")


def _refuses(said: str) -> bool:
    if _UNNAMED.search(said):
        return True
    last = said.rpartition("\n")[2]
    return _NAMED.match(last) is not None and _GOES_ON.search(last) is None


def parted(complaint: bytes) -> tuple[bytes, bytes]:
    """stderr of a command that sudo ran: what sudo said before, and what the command said."""
    lines = complaint.splitlines(keepends=True)
    number = 0
    while number < len(lines):
        line = decode(lines[number][:_WIDEST])
        if not _NAMED.match(line) and not _MISREAD.match(line):
            break
        marked = _MISREAD.match(line) and any(map(_is_mark, lines[number + 2 : number + 3]))
        number += 3 if marked else 1
    return b"".join(lines[:number]), b"".join(lines[number:])


def _is_mark(line: bytes) -> bool:
    return _MARKED.match(decode(line[:1000])) is not None
