"""Names by which backup products betray themselves: their programs, and endings of the files they write."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from collectors.backup_sign_tables import BackupSign

PROCESSES = {
    **dict.fromkeys(("veeamservice", "veeamagent", "veeamdeployment"), "veeam"),
    **dict.fromkeys(("bacula-fd", "bacula-sd", "bacula-dir"), "bacula"),
    **dict.fromkeys(("bareos-fd", "bareos-sd", "bareos-dir"), "bacula"),
    **dict.fromkeys(("urbackupclientbackend", "urbackupsrv"), "urbackup"),
    **dict.fromkeys(("proxmox-backup-proxy", "proxmox-backup-api"), "pbs"),
    **dict.fromkeys(("cvd", "ClMgrS"), "Commvault"),
    **dict.fromkeys(("dsmcad", "dsmc"), "IBM Storage Protect"),
    **dict.fromkeys(("bpcd", "nbdisco"), "NetBackup"),
    **dict.fromkeys(("burp", "bup"), "burp or bup"),
    **dict.fromkeys(("duplicati-server", "Duplicati"), "Duplicati"),
    "nsrexecd": "NetWorker",
    "beremote": "Backup Exec",
    "acronis_mms": "Acronis",
    "amandad": "Amanda",
    "BackupPC": "backuppc",
    "CrashPlanService": "CrashPlan",
    "cbbWorker": "MSP360",
    "kopia": "kopia",
}
"""Program → product, bacula for its fork Bareos too."""

KERNEL_NAMES = {name[:15]: product for name, product in PROCESSES.items()}
"""The kernel keeps fifteen letters of a program's name."""

_FILES = {
    **dict.fromkeys(("vbk", "vib", "vrb", "vbm"), "veeam"),
    **dict.fromkeys(("tib", "tibx"), "Acronis"),
    **dict.fromkeys(("spf", "spi"), "ShadowProtect"),
    **dict.fromkeys(("mrimg", "mrbak"), "Macrium Reflect"),
    "bkf": "Windows NTBackup or Backup Exec",
}
_COMMANDS = {
    "duplicacy": "Duplicacy",
    "duplicati": "Duplicati",
    "tarsnap": "Tarsnap",
    "rdiff-backup": "rdiff-backup",
    "dirvish": "dirvish",
    "burp": "burp or bup",
    "amdump": "Amanda",
    "backuppc": "backuppc",
    "dsmc": "IBM Storage Protect",
    "restic": "restic",
    "borg": "borg",
    "borgmatic": "borg",
    "kopia": "kopia",
    "duplicity": "duplicity",
    "duply": "duplicity",
    "pgbackrest": "pgbackrest",
    "barman": "barman",
    "veeamconfig": "veeam",
}


def product_of(command: str) -> str | None:
    """The backup product that a command line starts; None: none that is known by its name."""
    for word in re.findall(r"[\w./-]+", command):
        if product := _COMMANDS.get(word.rpartition("/")[2].lower()):
            return product
    return None


def signs_in(folder: str, names: Iterable[str]) -> list[BackupSign]:
    """Files in a folder that a backup product wrote, counted for each product."""
    found = Counter(product for name in names if (product := _FILES.get(name.rpartition(".")[2].lower())))
    return [
        BackupSign(product=product, kind="files", where=folder, count=count)
        for product, count in sorted(found.items())
    ]
