"""What a report takes from an open bundle: how it was collected, and the raw answers behind findings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.bundle import Bundle
from collectors.question import Answer
from reports.excerpt import Excerpt, excerpts


def manifest(bundle: Bundle) -> Mapping[str, Any]:
    """The bundle's manifest with the `answers` of each target, as `reports.collection` wants them."""
    told = dict(bundle.manifest)
    told["complete"] = bundle.complete
    told["targets"] = {
        target.name: {
            **bundle.manifest["targets"][target.name],
            "answers": [_entry(answer) for answer in target.answers()],
        }
        for target in bundle.targets()
    }
    return told


def _entry(answer: Answer) -> dict[str, Any]:
    return {
        "argv": answer.question.argv,
        "status": answer.status,
        "started_at": answer.started_at.isoformat() if answer.started_at else None,
        "duration_seconds": answer.duration_seconds,
        "refusal": answer.refusal,
        "detail": answer.detail,
        "via": answer.via,
        "out": {"bytes": len(answer.stdout)},
        "err": {"bytes": len(answer.stderr)},
    }


def excerpt_of(bundle: Bundle) -> Excerpt:
    """Raw answers around a source, read from the open bundle when they are wanted."""
    folders = {target.folder: target for target in bundle.targets()}
    texts: dict[str, dict[str, bytes]] = {}

    def read(member: str) -> bytes:
        folder = member.rpartition("/")[0]
        if folder not in texts:
            texts.clear()  # findings come target by target more often than not; one target's answers are kept
            texts[folder] = {a.member: a.stdout or a.stderr for a in folders[folder].answers()}
        return texts[folder][member]

    return excerpts(read)
