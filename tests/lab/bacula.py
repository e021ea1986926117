# SPDX-License-Identifier: Apache-2.0
"""A real Bacula on loopback with its catalog in SQLite: a good and a failed backup, a restore."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .beds import BedMissing

EMPTY = Path("/var/lib/bacula/bacula.db")
"""The catalog that Debian's package makes."""
PORTS = {"dir": 19401, "sd": 19403, "fd": 19402, "dead": 19409}
_DIRECTOR = """
Director {{ Name = lab-dir; DIRport = {dir}; DirAddress = 127.0.0.1; QueryFile = "{here}/query.sql";
  WorkingDirectory = "{here}"; PidDirectory = "{here}"; Password = "lab"; Messages = Quiet;
  FD Connect Timeout = 2
  SD Connect Timeout = 10
}}
Catalog {{ Name = Lab; dbname = "bacula"; dbuser = ""; dbpassword = "" }}
Messages {{ Name = Quiet; append = "{here}/messages" = all; catalog = all }}
Storage {{ Name = Vault; Address = 127.0.0.1; SDPort = {sd}; Password = "lab"; Device = Files;
  Media Type = File }}
Pool {{ Name = Weekly; Pool Type = Backup; Label Format = "Vol-"; Volume Retention = 21 days }}
FileSet {{ Name = Documents; Include {{ Options {{ signature = SHA1 }}; File = "{here}/documents" }} }}
Client {{ Name = web1-fd; Address = 127.0.0.1; FDPort = {fd}; Password = "lab"; Catalog = Lab }}
Client {{ Name = dead-fd; Address = 127.0.0.1; FDPort = {dead}; Password = "lab"; Catalog = Lab }}
JobDefs {{ Name = All; Type = Backup; Level = Full; FileSet = Documents; Storage = Vault; Pool = Weekly;
  Messages = Quiet }}
Job {{ Name = Web; JobDefs = All; Client = web1-fd }}
Job {{ Name = Dead; JobDefs = All; Client = dead-fd }}
Job {{ Name = Back; Type = Restore; Client = web1-fd; FileSet = Documents; Storage = Vault; Pool = Weekly;
  Messages = Quiet; Where = "{here}/restored" }}
"""
_STORAGE = """
Storage {{ Name = lab-sd; SDPort = {sd}; SDAddress = 127.0.0.1; WorkingDirectory = "{here}";
  PidDirectory = "{here}" }}
Director {{ Name = lab-dir; Password = "lab" }}
Device {{ Name = Files; Media Type = File; Archive Device = "{here}/volumes"; LabelMedia = yes;
  Random Access = yes; AutomaticMount = yes; RemovableMedia = no }}
Messages {{ Name = Quiet; director = lab-dir = all }}
"""
_CLIENT = """
FileDaemon {{ Name = web1-fd; FDport = {fd}; FDAddress = 127.0.0.1; WorkingDirectory = "{here}";
  Pid Directory = "{here}" }}
Director {{ Name = lab-dir; Password = "lab" }}
Messages {{ Name = Quiet; director = lab-dir = all }}
"""
_CONSOLE = 'Director {{ Name = lab-dir; DIRport = {dir}; address = 127.0.0.1; Password = "lab" }}\n'
_DAEMONS = {"sd": "bacula-sd", "fd": "bacula-fd", "dir": "bacula-dir"}


@contextmanager
def bacula_bed(folder: Path) -> Iterator[tuple[Path, str]]:
    """The catalog's file, and what the console listed, after a good backup, a failed one and a restore."""
    missing = [one for one in (*_DAEMONS.values(), "bconsole") if shutil.which(one) is None]
    if missing or not EMPTY.exists():
        raise BedMissing(", ".join(missing) or str(EMPTY))
    for name in ("documents", "volumes", "restored"):
        (folder / name).mkdir()
    for number in range(5):
        (folder / "documents" / f"letter{number}").write_text("words\n" * 1000)
    (folder / "query.sql").write_text("")
    shutil.copy(EMPTY, folder / "bacula.db")
    texts = {"sd": _STORAGE, "fd": _CLIENT, "dir": _DIRECTOR, "console": _CONSOLE}
    for name, text in texts.items():
        (folder / f"{name}.conf").write_text(text.format(here=folder, **PORTS))
    with ExitStack() as stack:
        for name, tool in _DAEMONS.items():
            log = stack.enter_context((folder / f"{name}.log").open("wb"))
            daemon = subprocess.Popen([tool, "-f", "-c", folder / f"{name}.conf"], stdout=log, stderr=log)
            stack.callback(_end, daemon)
        yield folder / "bacula.db", _console(folder)


def _end(daemon: subprocess.Popen[bytes]) -> None:
    daemon.terminate()
    try:
        daemon.wait(10)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait(10)


def _console(folder: Path) -> str:
    """Run the jobs one after the other; the console waits for each."""
    said = (
        "run job=Web yes\nwait\nrun job=Dead yes\nwait\n"
        "restore client=web1-fd restorejob=Back select current all done yes\nwait\n"
        "llist jobs\nlist volumes\nquit\n"
    )
    for _ in range(20):
        time.sleep(0.5)
        done = subprocess.run(
            ["bconsole", "-c", folder / "console.conf"],
            input=said,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if "JobStatus" in done.stdout:
            return done.stdout
    raise AssertionError(f"the director did not answer: {done.stdout[-500:]} {done.stderr[-500:]}")
