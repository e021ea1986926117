"""Words by which scheduled commands are known as backups, and what their command lines tell."""

from __future__ import annotations

import re

PATTERN = (
    "backup|dump|restic|borg|dupli|duply|kopia|rsnapshot|rdiff|rclone|rsync|tarsnap|dirvish|bareos|bacula"
    "|snapper|btrbk|sanoid|syncoid|zrepl|znapzend|auto-snapshot|(zfs|btrfs) send|timeshift|pgbackrest|barman"
    "|wal-[ge]|slapcat|etcdctl|veeam|tar (-|c|z)|snapshot_root|repositor"
)
"""An extended regular expression for grep, without regard to case."""

_WORDS = re.compile(PATTERN, re.IGNORECASE)
_NOISE = re.compile(
    r"dpkg-db-backup|/cron\.\w+/(?:dpkg|passwd|apt\S*|aptitude|man-db|logrotate|standard|sysstat|mdadm|e2scrub\w*"
    r"|popularity-contest|bsdmainutils|ntp|samba)$|e2scrub|dumpe2fs|tcpdump|/cron\.d/(?:sysstat|e2scrub_all|mdadm)$"
)
_PURPOSES = (
    ("replication", r"syncoid|zrepl|btrbk|(?:zfs|btrfs) send|pvesr"),
    (
        "prune",
        r"\b(?:restic|borg|resticprofile)\b.*\b(?:forget|prune|compact)\b|find .*-delete",
    ),
    ("verify", r"\b(?:restic|borg|borgmatic|resticprofile|kopia)\b.*\b(?:check|verify)\b"),
    ("copy", r"\brclone\b|\brsync\b|restic .*\bcopy\b"),
)
_FOLDER = re.compile(
    r"(?:>|\s-f|\s-C|\sc\w*f|--(?:file|result-file|output|directory|target-dir)[= ]|\bof=)\s*"
    r"[\"']?(/[^\s\"'>|;&)]+)"
)
_REPOSITORY = re.compile(r"(?:\s-r|\s--repo|RESTIC_REPOSITORY|BORG_REPO)[= ]\s*[\"']?([^\s\"';&|]+)")
_ARCHIVE = re.compile(r"\sborg\s.*?\s[\"']?([^\s\"']+)::")
_TOO_WIDE = ("/etc", "/usr", "/var", "/home", "/root", "/opt", "/boot")
_NOT_FOR_COPIES = ("/dev", "/proc", "/sys", "/run", "/var/log", "/tmp")


def tells_of_backup(text: str, path: str = "") -> bool:
    """Whether a line of a file is about backups."""
    return _WORDS.search(f"{path} {text}") is not None and not _NOISE.search(text) and not _NOISE.search(path)


def purpose_of(command: str) -> str:
    """backup, unless the command does something else with copies."""
    return next((what for what, words in _PURPOSES if re.search(words, command, re.IGNORECASE)), "backup")


def repository_of(command: str) -> str | None:
    """The repository a command names, with its product; `files:?:/folder` for a redirected dump."""
    if found := _ARCHIVE.search(f" {command}"):
        return f"borg:{found[1]}"
    if found := _REPOSITORY.search(f" {command}"):
        return f"{'borg' if re.search(r'borg', command, re.IGNORECASE) else 'restic'}:{found[1]}"
    folder = folder_of(command)
    return f"files:?:{folder}" if folder else None


def folder_of(command: str) -> str | None:
    """The folder that a dump or archive is written into: what stands before the first variable part."""
    for found in _FOLDER.finditer(f" {command}"):
        fixed = re.split(r"[$%`*\\]", found[1])[0]
        folder = fixed.rpartition("/")[0]
        if len(folder) > 1 and folder not in _TOO_WIDE and not folder.startswith(_NOT_FOR_COPIES):
            return folder
    return None
