"""Whether a target is reached, and with which rights: the first of what `holdwater doctor` tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collectors.bundle import RecordedTarget

CURES = {
    "denied": "run as root, or install the lines of `holdwater plan --sudoers USER`",
    "timed-out": "look why it hangs; a dying disk or a server that is gone does that",
    "unsupported": "it has none to tell here; look at what it stands on (the hypervisor, the controller)",
    "standby": "the disk sleeps and was not woken; audit again when it works",
    "unreadable": "see the answer: holdwater collect, then holdwater bundle extract",
}
"""What to do about a gap, by its reason."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: *state* is `ok`, `absent`, `limited` or `missing`; *cure* says what to do.

    *target*: empty for this machine where no target was named.
    """

    name: str
    state: str
    found: str
    cure: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class AsRoot:
    """The commands that were run as root: all of them, or those that went through sudo."""

    everything: bool
    commands: frozenset[tuple[str, ...]]

    @classmethod
    def of(cls, target: RecordedTarget) -> AsRoot:
        through = (answer.question.argv for answer in target.answers() if answer.via == "sudo -n")
        return cls(target.about.get("user_id") == "0", frozenset(through))

    def __contains__(self, argv: object) -> bool:
        return self.everything or argv in self.commands


def entrance(target: RecordedTarget) -> Iterator[Check]:
    """Whether it is reached; where commands are run, with which rights."""
    if target.unreachable:
        yield Check("reached", "missing", target.unreachable)
        return
    about = target.about
    if target.kind != "local":
        told = ", ".join(about[word] for word in ("user", "server") if about.get(word))
        yield Check("reached", "ok", told or target.address)
    if about.get("user_id") == "0":
        yield Check("rights", "ok", "root")
    elif "user_id" in about:
        yield _rights(target)
    if about.get("sudo"):
        cure = "as root there: visudo -c" if "sudoers" in about["sudo"] else "it is no hindrance"
        yield Check("sudo", "limited", f"it works, and complains: {about['sudo']}", cure)


def _rights(target: RecordedTarget) -> Check:
    """What sudo allowed and refused, by what became of the commands."""
    from collectors.targets.sudo_refusals import cause_and_cure

    answers = list(target.answers())
    ran = sum(answer.via == "sudo -n" for answer in answers)
    refused = Counter(cause_and_cure(answer.detail) for answer in answers if answer.refusal == "denied")
    del refused["", ""]
    if refused:
        (cause, cure), _ = refused.most_common(1)[0]
        count = refused.total()
        return Check("rights", "limited", f"not root; {count} of {ran + count} commands: {cause}", cure)
    if ran:
        return Check("rights", "ok", f"not root; commands that went through sudo: {ran}")
    return Check("rights", "limited", "not root, and nothing went through sudo", CURES["denied"])
