"""Asking what needs root as somebody who may not be root, the same on every kind of target."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace

from collectors.question import Answer, Question, decode

SUDO = ("sudo", "-n", "--")

Run = Callable[[Question, tuple[str, ...]], Awaitable[Answer]]
"""Runs a question with words put before its command line; status 126 and 127 are already refusals."""

_SUDO_REFUSED = re.compile(
    r"^sudo: .*(password|terminal|tty|setuid|no new privileges|not found|account|policy|plugin|sudoers"
    r"|must be owned|unable to (?:open|stat|initialize|execute)|not allowed|host list)"
    r"|not in the sudoers file|is not allowed to (?:execute|run)|may not run sudo"
    r"|(?:usage|illegal option).*sudo",
    re.IGNORECASE | re.MULTILINE,
)
_NEEDS_ROOT = re.compile(
    r"permission denied|operation not permitted|must be (?:run )?(?:as )?(?:super-?user|root)|access denied"
    r"|(?:need|require)s? (?:to be )?(?:run as )?(?:root|superuser|administrat)|are you (?:really )?root"
    r"|root privileges|not superuser|only root|as a non-root user|\bEACCES\b|\bEPERM\b",
    re.IGNORECASE,
)
_LOOKED_AT = 8192


async def ask_with_rights(run: Run, question: Question, *, root: bool, sudo: bool) -> Answer:
    """Put the question as it is, or through `sudo -n` if it needs root and we are not.

    Where sudo is refused the question is put without it, for some hosts let a group do what takes root
    elsewhere; if the command then complains of missing rights, the answer is the refusal "denied": never an
    empty answer that looks like health.
    """
    if root or question.form.right == "user":
        return denied_if_silent(await run(question, ()))
    if not sudo:
        return denied_if_complaining(await run(question, ()), "asked without root rights")
    answer = await run(question, SUDO)
    why = sudo_refusal(answer)
    if why is None:
        return replace(answer, via="sudo -n") if answer.refusal != "unreachable" else answer
    return denied_if_complaining(await run(question, ()), f"sudo refused: {why}")


def sudo_refusal(answer: Answer) -> str | None:
    """What sudo said if it did not run the command, else None."""
    if answer.refusal in (
        "tool-missing",
        "denied",
    ):  # sudo itself: what it runs cannot give 126 or 127 unseen
        return answer.complaint if "sudo" in answer.complaint else None
    if answer.refusal is not None or answer.status != 1 or answer.stdout:
        return None
    said = decode(answer.stderr[:_LOOKED_AT])
    found = _SUDO_REFUSED.search(said)
    if found is None:
        return None
    line = next((line for line in said.splitlines() if _SUDO_REFUSED.search(line)), said)
    return line.strip().removeprefix("sudo: ")[:200]


def denied_if_complaining(answer: Answer, why: str) -> Answer:
    """A command that needs root was run without: what it said of rights, or saying nothing, is a refusal.

    That a file is not there is no matter of rights: where the folder may not be searched, that is said.
    """
    if answer.refusal not in (None, "truncated"):
        return replace(answer, detail=f"{answer.complaint} ({why})") if answer.refusal == "denied" else answer
    said = decode(answer.stderr[-_LOOKED_AT:] + b"\n" + answer.stdout[:_LOOKED_AT])
    silent = not answer.stdout.strip() and not _only_missing(answer)
    if silent or (answer.status != 0 and _NEEDS_ROOT.search(said)):
        return replace(answer, refusal="denied", detail=f"{why}; `holdwater plan` prints the sudoers lines")
    return answer


def _only_missing(answer: Answer) -> bool:
    lines = decode(answer.stderr[:_LOOKED_AT]).split("\n")
    return any(lines) and all(line.endswith(": No such file or directory") for line in lines if line)


def denied_if_silent(answer: Answer) -> Answer:
    """A command that said nothing but that it lacks rights is a refusal, whoever ran it."""
    if answer.refusal is None and answer.status and not answer.stdout.strip():
        complaint = decode(answer.stderr[-_LOOKED_AT:])
        if _NEEDS_ROOT.search(complaint):
            return replace(answer, refusal="denied")
    return answer


def settle_status(answer: Answer, words: tuple[str, ...]) -> Answer:
    """127 and 126 are how shells (POSIX, 2.8.2) tell that a command is not there or may not be run."""
    if answer.refusal is not None or answer.status not in (126, 127) or answer.stdout:
        return answer
    tool = words[0]
    if answer.status == 127:
        return replace(answer, refusal="tool-missing", detail=f"{tool}: not found")
    return replace(answer, refusal="denied", detail=f"{tool}: may not be executed")
