"""What every document of an audit is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analyzer.engine import Judgement
from reports.brand import NONE, Brand
from reports.excerpt import Excerpt


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """A judgement, how it was collected, and whose name the document bears.

    *manifest*: the bundle's, see :mod:`holdwater.evidence`; *excerpt*: the raw answer around a source.
    """

    judgement: Judgement
    manifest: Mapping[str, Any] = field(default_factory=dict)
    excerpt: Excerpt = lambda _: ""
    brand: Brand = NONE
    templates: Path | None = None
