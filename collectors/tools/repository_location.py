"""Where a repository lies, as it was named to holdwater: the target answers this one itself."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.backup_tables import BackupRepository
from collectors.backup_values import object_of, text_of
from collectors.collector import reader
from collectors.fact import Reading
from collectors.question import Answer, Form

LOCATION = Form(
    ("holdwater", "location"),
    reads="repository-location",
    why="Where the repository lies and where its key is kept, as named to holdwater; nothing is run",
)


def told(answer: Answer) -> dict[str, str]:
    """The answer's words; empty for one that makes no sense."""
    try:
        return {name: value for name, value in object_of(answer.text).items() if isinstance(value, str)}
    except ValueError:
        return {}


def _recognises(text: str) -> float:
    return 0.9 if '"key_location"' in text and '"product"' in text and '"location"' in text else 0.0


@reader("repository-location", fills=(BackupRepository,), recognises=_recognises)
def read(answer: Answer) -> Iterator[Reading]:
    """where a backup repository lies, as it was named"""
    named = object_of(answer.text)
    product = named["product"]
    files = product == "files"
    yield BackupRepository(
        repository=f"files:{named['host']}:{named['path']}" if files else f"{product}:?",
        name=named["location"],
        product=product,
        kind=None if files else text_of(named.get("kind")),  # what is mounted there is not known
        location=named["location"],
        host=text_of(named.get("host")),
        path=text_of(named.get("path")),
        key_location=text_of(named.get("key_location")),
    )
