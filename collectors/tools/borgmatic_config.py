"""borgmatic's configuration files: what is copied whereto, what is left out, kept, checked, and who is told.

The files are YAML; what matters of them are settings with one value and lists of texts, of any depth: a
section before 1.8 (`location:`), none since. Lines that may hold a secret are not read from the host.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.backup_tables import BackupJob
from collectors.collector import reader
from collectors.fact import Missing, Reading
from collectors.plain_text import file_lines, unopened
from collectors.question import Answer, Form

CONFIG = Form(
    (
        *("grep", "-aHivE", "-e", "^ *(#|$)", "-e", "pass|secret|token|key|auth|credential"),
        *("/etc/borgmatic/config.yaml", "/etc/borgmatic.d/*.yaml", "/etc/borgmatic.d/*.yml"),
    ),
    reads="borgmatic-config",
    why="What borgmatic copies whereto, what it leaves out and keeps; no line that may hold a secret",
    right="root",
    expand=True,
)
_HOOKS = ("healthchecks", "cronitor", "cronhub", "pagerduty", "ntfy", "apprise", "uptime_kuma", "loki",
          "zabbix", "pushover", "sentry", "on_error")  # fmt: skip
_DATABASES = ("postgresql_databases", "mysql_databases", "mariadb_databases", "mongodb_databases",
              "sqlite_databases")  # fmt: skip
_LINE = re.compile(r"(?P<dent> *)(?P<item>- +)?(?:(?P<name>[\w-]+): *)?(?P<value>.*)")


def _recognises(text: str) -> float:
    return (
        0.9
        if re.search(r"^/\S*borgmatic\S*\.ya?ml: *(?:repositories|source_directories):", text, re.MULTILINE)
        else 0.0
    )


@reader("borgmatic-config", fills=(BackupJob,), recognises=_recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """what borgmatic is set up to copy; one job for each repository of each file"""
    files: dict[str, list[str]] = {}
    for _, path, line in file_lines(answer):
        files.setdefault(path, []).append(line)
    if answer.text.strip() and not files:
        yield Missing(BackupJob, "unreadable", f"no line of a file in: {answer.text.strip()[:80]}")
    for path, lines in sorted(files.items()):
        settings = settings_of(lines)
        repositories = settings.get("repositories", [])
        if not repositories:
            yield Missing(BackupJob, "unreadable", f"{path}: names no repository", path)
        for repository in repositories:
            yield _job(path, repository, settings)
    for path, why in unopened(answer).items():
        if "ermission" in why:
            yield Missing(BackupJob, "denied", f"{path}: {why}", path)


def settings_of(lines: list[str]) -> dict[str, list[str]]:
    """Each setting with its values: of `name: value`, `name: [a, b]`, and of the items below `name:`.

    Of items that are tables themselves (`- path: …`) the first value counts, as of `repositories` since 1.8.
    """
    found: dict[str, list[str]] = {}
    open_name, open_dent = "", -1
    for line in lines:
        told = _LINE.match(line)
        if told is None or line.strip() == "---":
            continue
        dent, value = len(told["dent"]), _values(told["value"])
        if told["item"]:
            if open_name and dent >= open_dent and (value or told["name"]):
                found.setdefault(open_name, []).extend(value)
        elif told["name"] and (dent <= open_dent or not open_name or not found.get(open_name)):
            open_name, open_dent = told["name"], dent
            found.setdefault(open_name, []).extend(value)
    return found


def _values(text: str) -> list[str]:
    """One value, or those of a list in brackets, without quotes and comments."""
    text = re.sub(r"(?:^|\s)#.*$", "", text).strip()
    inner = re.fullmatch(r"\[(.*)\]", text)
    parts = inner[1].split(",") if inner else [text]
    return [part.strip().strip("\"'") for part in parts if part.strip().strip("\"'")]


def _job(path: str, repository: str, settings: dict[str, list[str]]) -> BackupJob:
    databases = [name for name in _DATABASES if name in settings]
    kept = [
        f"{name[5:]} {value[0]}" for name, value in settings.items() if name.startswith("keep_") and value
    ]
    hooks = [name for name in _HOOKS if name in settings]
    return BackupJob(
        product="borgmatic",
        job=f"{path} {repository}",
        name=f"borgmatic {path.rpartition('/')[2]}",
        purpose="backup",
        selects="\n".join([*settings.get("source_directories", []), *databases]) or None,
        excludes="\n".join(settings.get("exclude_patterns", [])) or None,
        repository=f"borg:{repository}",
        retention=", ".join(kept) or None,
        notifies=", ".join(hooks),
        application_aware=True if databases else None,
    )
