"""Samba: its settings as `testparm -sv` tells them, defaults included (smb.conf(5))."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.collector import reader
from collectors.exposure_tables import SmbServer, SmbShare
from collectors.fact import At, Missing, NotHere, Reading
from collectors.question import Answer, Form

TESTPARM = Form(
    ("testparm", "-sv"),
    reads="testparm",
    why="Shares of Samba, who may enter them, and the oldest protocol it speaks",
    max_bytes=4 * 1024 * 1024,
)
_SECTION = re.compile(r"\[(.+)\]")
_SMB1 = ("CORE", "COREPLUS", "LANMAN1", "LANMAN2", "NT1")
_SIGNING = ("mandatory", "required", "force", "forced", "enforced")


@reader(
    "testparm",
    fills=(SmbServer, SmbShare),
    recognises=lambda text: 0.9 if "[global]" in text and "server min protocol = " in text else 0.0,
)
def read(answer: Answer) -> Iterator[Reading]:
    """Samba's server and shares"""
    sections = _sections(answer.text)
    if "global" not in sections:
        for row_type in (SmbServer, SmbShare):
            yield Missing(row_type, "failed", answer.complaint or "no settings are told")
        return
    line, common = sections.pop("global")
    oldest = common.get("server min protocol") or common.get("min protocol")
    signing = common.get("server signing")
    server = SmbServer(
        software="Samba",
        smb1=oldest.upper() in _SMB1 if oldest else None,
        signing_required=signing.lower() in _SIGNING if signing else None,
    )
    yield At(server, f"line {line}")
    shares = {name: told for name, told in sections.items() if told[1].get("printable", "No") != "Yes"}
    for name, (line, told) in shares.items():
        yield At(_share(name, {**common, **told}), f"line {line}")
    if not shares:
        yield NotHere(SmbShare, "Samba has no share")


def _sections(text: str) -> dict[str, tuple[int, dict[str, str]]]:
    found: dict[str, tuple[int, dict[str, str]]] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        if match := _SECTION.fullmatch(line.strip()):
            section = match[1]
            found.setdefault(section, (number, {}))
        elif section and "=" in line:
            name, _, value = line.partition("=")
            found[section][1].setdefault(name.strip(), value.strip())
    return found


def _share(name: str, told: dict[str, str]) -> SmbShare:
    read_only = told.get("read only")
    return SmbShare(
        name=name,
        path=told.get("path") or None,
        guest=told.get("guest ok", "No") == "Yes",
        writable=read_only == "No" or bool(told.get("write list")) if read_only else None,
    )
