"""What a host shares and how one logs in: NFS exports, Samba, the rsync daemon, the OpenSSH server.

One question proves for most hosts that they share nothing. exports(5): a folder, then clients with options;
/var/lib/nfs/etab holds what the server was told, a client a line with all options spelt out (exportfs(8)).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.collector import Asking, collector, reader
from collectors.exposure_tables import NfsExport, RsyncModule, SmbServer, SmbShare, SshServer
from collectors.fact import At, Missing, NotHere, Reading
from collectors.nfs_exports import exports
from collectors.plain_text import file_lines, unopened
from collectors.question import Answer, Form, Question
from collectors.rsync_config import modules
from collectors.sshd_config import SSHD_SETTINGS, server_of, settings_of
from collectors.table import Row
from collectors.tools.testparm import TESTPARM

ETAB, EXPORTS, RSYNCD = "/var/lib/nfs/etab", "/etc/exports", "/etc/rsyncd.conf"
SMB, SMBD, SSHD = "/etc/samba/smb.conf", "/run/samba/smbd.pid", "/etc/ssh/sshd_config"
SHARES = Form(
    (
        *("grep", "-aHv", "-m", "2000", "-e", "^[[:space:]]*[#;]", "-e", "^[[:space:]]*$"),
        *(ETAB, EXPORTS, "/etc/exports.d/*.exports", SMB, SMBD),
        *(SSHD, "/etc/ssh/sshd_config.d/*.conf", RSYNCD),
    ),
    reads="shares",
    why="What is shared by NFS, SMB and rsync, and how one logs in by SSH",
    expand=True,
    max_bytes=1024 * 1024,
)
SSHD_TELLS = Form(
    ("/usr/sbin/sshd", "-T"),
    reads="sshd-settings",
    why="Whether root may log in with a password, where its configuration is for root only",
    right="root",
)
_FILLS: tuple[type[Row], ...] = (NfsExport, SmbServer, SmbShare, RsyncModule, SshServer)


@collector("shares", asks=(SHARES, TESTPARM, SSHD_TELLS))
def ask() -> Asking:
    """What a host shares, and how one logs in"""
    (answer,) = yield (SHARES(),)
    told = _files(answer)
    questions: list[Question] = []
    if SMB in told and SMBD in told:
        questions.append(TESTPARM())
    if not _ssh_is_whole(told, unopened(answer)):
        questions.append(SSHD_TELLS())
    yield questions


def _recognises(text: str) -> float:
    known = (
        r"^/(?:etc/(?:exports(?:\.d/[^:]+)?|samba/smb\.conf|ssh/sshd_config(?:\.d/[^:]+)?|rsyncd\.conf)"
        r"|var/lib/nfs/etab):"
    )
    return 0.9 if re.search(known, text, re.MULTILINE) else 0.0


def _files(answer: Answer) -> dict[str, list[tuple[int, str]]]:
    """Lines with their numbers in the answer, by file."""
    told: dict[str, list[tuple[int, str]]] = {}
    for number, path, line in file_lines(answer):
        told.setdefault(path, []).append((number, line))
    return told


@reader("shares", fills=_FILLS, recognises=_recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """what a host shares by NFS, SMB and rsync, and how one logs in by SSH"""
    told, refused = _files(answer), unopened(answer)
    if not told and not any("No such file" in why for why in refused.values()) and answer.status != 1:
        for row_type in _FILLS:
            yield Missing(row_type, "failed", answer.complaint or "nothing is told")
        return
    yield from _nfs(told, refused)
    if SMB not in told or SMBD not in told:
        yield from (NotHere(one, "no Samba server runs") for one in (SmbServer, SmbShare))
    if RSYNCD in refused and "ermission" in refused[RSYNCD]:
        yield Missing(RsyncModule, "denied", f"{RSYNCD}: {refused[RSYNCD]}")
    elif RSYNCD not in told:
        yield NotHere(RsyncModule, f"there is no {RSYNCD}")
    for number, module in modules(told.get(RSYNCD, ())):
        yield At(module, f"line {number}")
    if not _ssh_is_whole(told, refused):
        return  # sshd itself is asked
    if SSHD in told:
        extra = [line for path in sorted(told) if path.startswith(f"{SSHD}.d/") for line in told[path]]
        number, row = server_of(settings_of(told[SSHD], extra), told[SSHD][0][0])
        yield At(row, f"line {number}")
    elif SSHD in refused or answer.status is None:
        yield NotHere(SshServer, f"there is no {SSHD}")
    else:
        yield server_of({}, 0)[1]  # it is there, and sets nothing


def _ssh_is_whole(told: dict[str, list[tuple[int, str]]], refused: dict[str, str]) -> bool:
    """Whether all of the server's configuration could be read, files that it includes as well."""
    if any(path.startswith(SSHD) and "ermission" in why for path, why in refused.items()):
        return False
    words = [line.split() for _, line in told.get(SSHD, ())]
    included = [path for one in words if one[:1] and one[0].lower() == "include" for path in one[1:]]
    return all("sshd_config.d/" in path for path in included)


def _nfs(told: dict[str, list[tuple[int, str]]], refused: dict[str, str]) -> Iterator[Reading]:
    configured = [one for path in sorted(told) if path.startswith(EXPORTS) for one in told[path]]
    closed = [
        path for path, why in refused.items() if path.startswith((EXPORTS, ETAB)) and "ermission" in why
    ]
    live = told.get(ETAB, [])
    rows = list(exports(live or configured, live=bool(live)))
    for number, row in rows:
        yield At(row, f"line {number}")
    if closed and not live:
        yield from (Missing(NfsExport, "denied", f"{path}: {refused[path]}") for path in closed)
    elif not rows:
        yield NotHere(NfsExport, "no folder is exported")


@reader(
    "sshd-settings",
    fills=(SshServer,),
    recognises=lambda text: 0.9 if re.search(r"^permitrootlogin \S", text[:20000], re.MULTILINE) else 0.0,
)
def read_settings(answer: Answer) -> Iterator[Reading]:
    """how one logs in, as the OpenSSH server tells it"""
    settings = settings_of(list(enumerate(answer.text.splitlines(), 1)), [])
    if not SSHD_SETTINGS & settings.keys():
        yield Missing(SshServer, "failed", answer.complaint or "no setting is told")
        return
    number, row = server_of(settings, 1)
    yield At(row, f"line {number}")
