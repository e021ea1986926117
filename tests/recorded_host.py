"""A host that answers over a real sshd what was recorded of another: our SSH target is driven, not replaced.

sshd runs this file instead of every command (ForceCommand); it looks the command up in a folder of answers.
"""

from __future__ import annotations

import base64
import json
import os
import shlex
import sys
from pathlib import Path
from typing import Any

MARK = "holdwater-begins\n"


class RecordedHost:
    """Answers by command, in a file that the server side of a connection reads."""

    def __init__(self, folder: Path, *, windows: bool = False) -> None:
        self.file = folder / "answers.json"
        self._told: dict[str, Any] = {"windows": windows, "answers": []}
        self._save()

    def says(self, argv: tuple[str, ...], out: str, *, status: int = 0, err: str = "") -> None:
        """The answer to a command (of PowerShell: to the script in its last word)."""
        self._told["answers"].append({"argv": list(argv), "out": out, "err": err, "status": status})
        self._save()

    def _save(self) -> None:
        self.file.write_text(json.dumps(self._told))

    @property
    def command(self) -> str:
        """What ForceCommand of sshd is to run."""
        return shlex.join([sys.executable, "-I", "-S", str(Path(__file__).resolve()), str(self.file)])

    @property
    def heard(self) -> list[str]:
        """The command lines that came."""
        log = self.file.with_suffix(".log")
        return log.read_text().splitlines() if log.exists() else []


def of_unix(line: str) -> list[str]:
    """The words of a command out of the line that a login shell gets."""
    script = shlex.split(line)[-1]
    words = shlex.split(script.rpartition("; exec ")[2].removesuffix("</dev/null"))
    if words[:1] == ["timeout"]:
        words = words[4:]
    return words[words.index("-n") + 1 :] if words[:2] == ["sudo", "-n"] else words


def of_windows(line: str) -> list[str]:
    """The words, with the script of PowerShell decoded."""
    words = line.split()
    if "-EncodedCommand" in words:
        return [*words[:-2], "-Command", base64.b64decode(words[-1]).decode("utf-16-le")]
    return words


def answer(told: dict[str, Any], line: str) -> tuple[str, str, int]:
    """stdout, stderr and status."""
    if told["windows"]:
        if line == "cmd /c ver":
            return "\r\nMicrosoft Windows [Version 10.0.20348.2227]\r\n", "", 0
        words, mark = of_windows(line), ""
        lost = f"'{words[0]}' is not recognized as an internal or external command,\r\n"
    else:
        words, mark = of_unix(line), MARK
        if words == ["id", "-u"]:
            return f"{MARK}timeout\n0\n", "", 0
        lost = f"sh: {words[0]}: command not found\n"
    for one in told["answers"]:
        if one["argv"] == words:
            return mark + one["out"], one["err"], one["status"]
    return mark, lost, 1 if told["windows"] else 127


def main() -> None:
    """Answer the command that sshd was asked to run."""
    file = Path(sys.argv[1])
    line = os.environ.get("SSH_ORIGINAL_COMMAND", "")
    with file.with_suffix(".log").open("a") as log:
        log.write(line.replace("\n", " ") + "\n")
    out, err, status = answer(json.loads(file.read_text()), line)
    sys.stdout.write(out)
    sys.stderr.write(err)
    raise SystemExit(status)


if __name__ == "__main__":
    main()
