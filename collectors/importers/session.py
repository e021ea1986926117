"""A text in which the outputs of several commands stand one after another: a copied terminal, or `cat`.

Whoever reads it as one output hears only the first tool and takes the rest for noise, or for nothing at all.
"""

from __future__ import annotations

import re

from collectors.targets.saved import commanded, recognised, tools, unquoted

MOST = 1_000
"""Outputs in a text; one with more prompts is a log of something else."""

_PROMPT = re.compile(r"\[?[\w.~-]+@[\w.-]+[:\w.~/ -]*\]?[#$>] ?.{0,300}")
"""A prompt that tells user and host, whatever command follows."""
_HEADING = re.compile(r"[=#*+-]{2,}.{0,120}|\s*")
_OPENINGS = {
    "smartctl": r"smartctl (?:version )?\d+\.\d+ ",
    "mdstat": r"Personalities ?:",
    "mdadm --detail": r"/dev/md[\w/:.-]*:$",
    "df": r"Filesystem {2,}(?:Type +)?(?:1[KMB]?-?[Bb]locks|1024-blocks|Size|Inodes)\b",
    "lsblk": r"NAME +(?:\S+ +){0,20}(?:MAJ:MIN|FSTYPE|SIZE|TYPE)\b",
    "zpool status": r" *pool: \S+$",
    "btrfs filesystem show": r"Label: .*\buuid: [0-9a-f-]{36}$",
    "blkid": r"/dev/\S+: .*\bUUID=\"",
    "storcli": r"CLI Version = ",
}
"""First lines of outputs that no other tool prints, for texts without prompts."""
_HEADED = re.compile(r"[=#*+-]{2,} *((?:/[\w./-]*/)?([a-z][\w.-]*)[^\n]{0,100}?)[ :=#*+-]*")
"""`==== df -h ====`: the command or the tool above its output."""
_OPENING = re.compile("|".join(f"(^{one})" for one in _OPENINGS.values()), re.MULTILINE)
_PROMPTED = re.compile(r"^(?!>)(?:.{0,80}?[#$>%](?: .*)?|[=#*+-]{2,}.*)$", re.MULTILINE)


def outputs(text: str) -> list[tuple[str, str]]:
    """Command and output of each command in the text; empty if it is not the outputs of several.

    The prompt with its command stays the first line of its output, for it tells what was asked about.
    """
    text = unquoted(text.replace("\r\n", "\n"))
    begun = _at_prompts(text)
    if len(begun) < 2:
        begun = _at_openings(text)
    if not 1 < len(begun) <= MOST:
        return []
    ends = [*(at for at, _ in begun[1:]), len(text)]
    pieces = [(title, _trimmed(text[at:end])) for (at, title), end in zip(begun, ends, strict=True)]
    pieces.insert(0, ("", _trimmed(text[: begun[0][0]])))
    sure = [bool(told) and recognised(told) for _, told in pieces]
    if sum(sure) < 2:
        return []
    # what follows a command that is not known, or none, may be an output all the same
    return [
        (title or _first_line(told), told)
        for (title, told), known in zip(pieces, sure, strict=True)
        if told and (title or known)
    ]


def _first_line(text: str) -> str:
    return " ".join(text.lstrip().partition("\n")[0].split())[:80]


def _at_prompts(text: str) -> list[tuple[int, str]]:
    """Place and command of each prompt or heading; the command is empty where its tool is not known."""
    begun: list[tuple[int, str]] = []
    words = tools()
    for found in _PROMPTED.finditer(text):
        headed = _HEADED.fullmatch(found[0])
        if headed and headed[2] in words:
            begun.append((found.end() + 1, headed[1][:80]))
        elif command := commanded(found[0], words):
            begun.append((found.start(), command[:80]))
        elif _PROMPT.fullmatch(found[0]):
            begun.append((found.start(), ""))
    return begun if sum(bool(command) for _, command in begun) > 1 else []


def _at_openings(text: str) -> list[tuple[int, str]]:
    """Where the output of another tool begins; what stands before the first belongs to it."""
    names = list(_OPENINGS)
    begun: list[tuple[int, str]] = []
    for found in _OPENING.finditer(text):
        tool = names[(found.lastindex or 1) - 1]
        if not begun or begun[-1][1] != tool:
            begun.append((found.start() if begun else 0, tool))
    return begun


def _trimmed(text: str) -> str:
    """Without headings and blank lines at the end: they stand above what comes next."""
    lines = text.splitlines(keepends=True)
    while lines and _HEADING.fullmatch(lines[-1].rstrip("\n")):
        lines.pop()
    return "".join(lines)
