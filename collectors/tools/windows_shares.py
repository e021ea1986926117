"""The SMB server of Windows hosts: Get-SmbServerConfiguration (MSFT_SmbServerConfiguration)."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.collector import reader
from collectors.exposure_tables import SmbServer
from collectors.fact import At, Missing, Reading
from collectors.powershell import powershell, told, truth
from collectors.question import Answer

WINDOWS_SMB = powershell(
    "Get-SmbServerConfiguration|Select-Object EnableSMB1Protocol,EnableSMB2Protocol,RequireSecuritySignature",
    reads="windows-smb",
    why="Whether the SMB server of a Windows host still speaks SMB 1",
)


@reader(
    "windows-smb",
    fills=(SmbServer,),
    recognises=lambda said: 0.93 if '"EnableSMB1Protocol"' in said else 0.0,
)
def read(answer: Answer) -> Iterator[Reading]:
    """the SMB server of a Windows host"""
    found = told(answer)
    for where, one in found.items:
        row = SmbServer(
            software="Windows",
            smb1=truth(one.get("EnableSMB1Protocol")),
            signing_required=truth(one.get("RequireSecuritySignature")),
        )
        yield At(row, where)
    yield from found.gaps(SmbServer)
    if not found.items and not found.errors and found.admin is not False:
        yield Missing(SmbServer, "empty", "the SMB server tells nothing")
