# SPDX-License-Identifier: Apache-2.0
"""Real repositories of restic and borg: healthy, stale, locked, damaged, with a key that is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .beds import BedError, BedMissing, need_programs, need_root

PASSPHRASE = "lab-only-passphrase"
OLD = "2026-08-01 02:00:00"


@dataclass
class RepositoryBed:
    """A folder with content to back up, a password file, and the repositories made of it."""

    folder: Path

    @property
    def password_file(self) -> Path:
        """The file with the passphrase."""
        return self.folder / "password"

    def environment(self) -> dict[str, str]:
        """What the tools need; nothing of the machine's own settings."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "LC_ALL": "C",
            "TZ": "UTC0",
            "RESTIC_PASSWORD_FILE": str(self.password_file),
            "BORG_PASSCOMMAND": f"cat {self.password_file}",
        }

    def run(self, *words: str, timeout: float = 60, good: bool = True) -> subprocess.CompletedProcess[bytes]:
        """Run a tool in the folder; raises BedError if it fails and *good* was expected."""
        done = subprocess.run(
            words,
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if good and done.returncode:
            raise BedError(f"{words}: {done.stderr.decode(errors='replace')}")
        return done

    def restic(self, name: str, *, stale: bool = False) -> Path:
        """A repository with two snapshots of db1 and, if not *stale*, one of web1."""
        repository = self.folder / name
        self.run("restic", "-r", str(repository), "init", "-q")
        backup = ("restic", "-r", str(repository), "backup", "-q", "src", "--host")
        self.run(*backup, "db1", "--time", OLD)
        self.run(*backup, "db1", "--time", "2026-08-02 02:00:00")
        if not stale:
            self.run(*backup, "web1")
        return repository

    def borg(self, name: str, encryption: str = "repokey") -> Path:
        """A repository with an old archive and one of now."""
        repository = self.folder / name
        self.run("borg", "init", "-e", encryption, str(repository))
        self.run(
            "borg", "create", "--timestamp", OLD.replace(" ", "T"), f"{repository}::db1-2026-08-01", "src"
        )
        self.run("borg", "create", f"{repository}::db1-now", str(self.folder / "src"))
        return repository


def repository_bed(folder: Path) -> RepositoryBed:
    """The bed with 3 MiB of content. Raises BedMissing if a tool is not installed."""
    need_programs({"restic": "restic", "borg": "borgbackup"})
    source = folder / "src"
    source.mkdir()
    (source / "big").write_bytes(os.urandom(3 << 20))
    for number in range(20):
        (source / f"file{number}").write_text(f"{number}\n")
    bed = RepositoryBed(folder)
    bed.password_file.write_text(f"{PASSPHRASE}\n")
    return bed


def packs(repository: Path) -> list[Path]:
    """The packs of a restic repository, largest first."""
    found = [path for path in (repository / "data").glob("*/*") if path.is_file()]
    return sorted(found, key=lambda path: path.stat().st_size, reverse=True)


def flip(path: Path, at: int) -> None:
    """Overwrite eight bytes in the middle of a file, as a dying disk does."""
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"XXXXXXXX")


def copied(repository: Path, name: str) -> Path:
    """The repository once more, under another name beside it."""
    target = repository.with_name(name)
    shutil.copytree(repository, target)
    return target


PGBACKREST = """\
[global]
repo1-path={folder}/repository
repo1-retention-full=2
log-path={folder}/log
lock-path={folder}/lock
spool-path={folder}/spool
[main]
pg1-path={folder}/data
pg1-port=5498
pg1-socket-path={folder}
"""


def pgbackrest_bed(folder: Path) -> Path:
    """A cluster of PostgreSQL with a full and an incremental backup; its configuration. Needs root."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    need_programs({"pgbackrest": "pgbackrest", "setpriv": "util-linux"})
    need_root()
    if not programs:
        raise BedMissing("not installed: initdb (apt package postgresql)")
    binaries, config = programs[-1].parent, folder / "pgbackrest.conf"
    config.write_text(PGBACKREST.format(folder=folder))
    for path in (folder, *(folder / name for name in ("repository", "log", "lock", "spool"))):
        path.mkdir(exist_ok=True)
        shutil.chown(path, "postgres", "postgres")
    command = f"pgbackrest --config={config} --stanza=main"
    settings = (
        f"port=5498\nlisten_addresses=''\nunix_socket_directories='{folder}'\narchive_mode=on\nfsync=off\n"
    )
    script = (
        f"{binaries}/initdb -N -D {folder}/data -A trust >&2\n"
        f"cat >> {folder}/data/postgresql.conf\n"
        f"{binaries}/pg_ctl -D {folder}/data -l {folder}/log/pg -w start >&2\n"
        f"{command} stanza-create && {command} backup --type=full --start-fast"
        f" && {command} backup --type=incr --start-fast\n"
        f"{binaries}/pg_ctl -D {folder}/data -w -m fast stop >&2\n"
    )
    user = ("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "bash", "-c", script)
    done = subprocess.run(
        user,
        input=f"{settings}archive_mode=on\narchive_command='{command} archive-push %p'\n".encode(),
        capture_output=True,
        timeout=120,
        cwd=folder,
        check=False,
    )
    if done.returncode:
        raise BedError(done.stderr.decode(errors="replace"))
    return config
