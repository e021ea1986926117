"""Asking what needs root as somebody who may not be root, the same on every kind of target."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace

from collectors.question import Answer, Question, decode
from collectors.targets.sudo_refusals import REFUSED, parted, refusal

SUDO = ("sudo", "-n", "--")
PLAN = "`holdwater plan` prints the sudoers lines"

Run = Callable[[Question, tuple[str, ...]], Awaitable[Answer]]
"""Runs a question with words put before its command line; status 126 and 127 are already refusals."""

_NEEDS_ROOT = re.compile(
    r"permission denied|operation not permitted|must be (?:run )?(?:as )?(?:super-?user|root)|access denied"
    r"|(?:need|require)s? (?:to be )?(?:run as )?(?:root|superuser|administrat)|are you (?:really )?root"
    r"|root privileges|not superuser|only root|as a non-root user|\bEACCES\b|\bEPERM\b",
    re.IGNORECASE,
)
_LOOKED_AT = 8192


async def ask_with_rights(
    run: Run, question: Question, *, root: bool, sudo: bool, about: dict[str, str] | None = None
) -> Answer:
    """Put the question as it is, or through `sudo -n` if it needs root and we are not.

    Where sudo is refused the question is put without it, for some hosts let a group do what takes root
    elsewhere; if the command then complains of missing rights, the answer is the refusal "denied": never an
    empty answer that looks like health. *about*: of the target; what sudo says of itself and then runs the
    command is kept there, once, as `sudo`, and is no part of what the command said.
    """
    if root or question.form.right == "user":
        return denied_if_silent(await run(question, ()))
    if not sudo:
        return denied_if_complaining(await run(question, ()), f"asked without root rights; {PLAN}")
    answer = await run(question, SUDO)
    if answer.refusal == "unreachable":
        return answer
    why = refusal(answer)
    if why is not None:
        return denied_if_complaining(await run(question, ()), f"{REFUSED}{why}")
    said, complaint = parted(answer.stderr)
    if said and about is not None:
        about.setdefault("sudo", " ".join(decode(said[:1000]).split())[:200])
    return replace(answer, via="sudo -n", stderr=complaint)


def denied_if_complaining(answer: Answer, why: str) -> Answer:
    """A command that needs root was run without: what it said of rights, or saying nothing, is a refusal.

    That a file is not there is no matter of rights: where the folder may not be searched, that is said.
    """
    if answer.refusal not in (None, "truncated"):
        return replace(answer, detail=f"{answer.complaint} ({why})") if answer.refusal == "denied" else answer
    said = decode(answer.stderr[-_LOOKED_AT:] + b"\n" + answer.stdout[:_LOOKED_AT])
    silent = not answer.stdout.strip() and not _only_missing(answer)
    if silent or (answer.status != 0 and _NEEDS_ROOT.search(said)):
        return replace(answer, refusal="denied", detail=why)
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
    """127 and 126 are how shells (POSIX, 2.8.2) tell that a command is not there or may not be run.

    sudo itself never ends so: if it is not what is missing, it ran the command, and that ended so.
    """
    if answer.refusal is not None or answer.status not in (126, 127) or answer.stdout:
        return answer
    through = words[: len(SUDO)] == SUDO and b"sudo" not in answer.stderr
    tool = words[len(SUDO) if through else 0]
    if answer.status == 127:
        unlinked = b"error while loading shared libraries" in answer.stderr
        detail = answer.complaint if unlinked else f"{tool}: not found"
        return replace(answer, refusal="tool-missing", detail=detail)
    return replace(answer, refusal="denied", detail=f"{tool}: may not be executed")
