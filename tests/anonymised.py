"""Shared by the tests of aliases."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from holdwater import api
from holdwater.site_file import SiteFile
from reports.formats import FORMATS


def judged(path: Path) -> tuple[Counter[Any], Any, int]:
    judgement = api.judge(path)
    found = Counter((f.rule, f.outcome, f.severity) for f in judgement.findings)
    return found, (judgement.score.number, judgement.score.grade), len(judgement.blind_spots)


def written(name: str, judgement: Any, bundle: Path) -> bytes:
    from holdwater import formats

    raw = formats.content(FORMATS[name], judgement, bundle, SiteFile())
    if name != "xlsx":
        return raw
    with ZipFile(io.BytesIO(raw)) as parts:
        return b"\n".join(parts.read(part) for part in parts.namelist())
