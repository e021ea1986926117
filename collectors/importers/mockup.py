"""A recording of libstorage-ng (openSUSE's installer and partitioner): an XML file of commands and files."""

from __future__ import annotations

import html
import io
import re
import shlex
from collections.abc import Iterator
from datetime import datetime
from functools import partial

from collectors.importers.record import InMemory, Printed, Record

_BLOCK = re.compile(r"<(Command|File)>(.*?)</\1>", re.DOTALL)
_NAME = re.compile(r"<name>(.*?)</name>", re.DOTALL)
_LINE = re.compile(r"<(stdout|content)>(.*?)</\1>|<(?:stdout|content)/>", re.DOTALL)
_STATUS = re.compile(r"<exit-code>(\d{1,3})</exit-code>")


def is_mockup(text: str) -> bool:
    """Whether the text is such a recording."""
    return (
        re.match(r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<Mockup>", text[:4000], re.DOTALL) is not None
    )


def record_of(text: str, host: str, at: datetime) -> Record:
    """The host of a recording; what is not well-formed is passed over."""
    files: dict[str, bytes] = {}
    commands: list[Printed] = []
    for kind, name, out, status in _blocks(text):
        if kind == "File":
            files[name] = out
            continue
        try:
            words = tuple(shlex.split(name))
        except ValueError:
            words = tuple(name.split())
        commands.append(Printed(words, name, partial(io.BytesIO, out), status))
    return Record(host=host, kind="recording", at=at, files=InMemory(files), commands=commands)


def _blocks(text: str) -> Iterator[tuple[str, str, bytes, int]]:
    for block in _BLOCK.finditer(text):
        name = _NAME.search(block[2])
        if name is None:
            continue
        lines = [html.unescape(found[2] or "") for found in _LINE.finditer(block[2])]
        out = "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")
        status = _STATUS.search(block[2])
        yield block[1], html.unescape(name[1]).strip(), out, int(status[1]) if status else 0
