"""Lines of exports(5) and of the table that exportfs(8) keeps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from collectors.exposure_tables import NfsExport
from collectors.plain_text import octal_unescaped

_LINE = re.compile(r'\s*(?:"([^"]*)"|(\S+))\s*(.*)')
_CLIENT = re.compile(r"([^\s(]*)(?:\(([^)]*)\))?")


def exports(lines: Sequence[tuple[int, str]], *, live: bool) -> Iterator[tuple[int, NfsExport]]:
    """Every client of every folder, with the number of the line that names it."""
    begun, whole = 0, ""
    for number, line in lines:
        begun = begun or number
        whole += line
        if whole.endswith("\\"):
            whole = whole[:-1] + " "
            continue
        for row in _line(whole, live):
            yield begun, row
        begun, whole = 0, ""


def _line(line: str, live: bool) -> Iterator[NfsExport]:
    found = _LINE.fullmatch(line.rstrip())
    if found is None:
        return
    path = octal_unescaped(found[1] if found[1] is not None else found[2])
    if not path.startswith("/"):
        raise ValueError(f"{line[:60]!r} exports no folder")
    common: list[str] = []
    seen = False
    for match in _CLIENT.finditer(found[3].partition("#")[0]):
        name, options = match[1], match[2]
        if name.startswith("-") and options is None:
            common = name[1:].split(",")
        elif name or options is not None:
            seen = True
            # options that a blank parts from the client are meant for everybody
            yield _export(path, name or "*", [*common, *(options or "").split(",")], live)
    if not seen:
        yield _export(path, "*", common, live)


def _export(path: str, client: str, options: list[str], live: bool) -> NfsExport:
    writable, squash = False, True
    for option in options:
        match option.strip():
            case "rw":
                writable = True
            case "ro":
                writable = False
            case "no_root_squash":
                squash = False
            case "root_squash" | "all_squash":
                squash = True
    return NfsExport(path=path, client=client, writable=writable, root_squash=squash, live=live)
