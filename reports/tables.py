"""Rows that the report draws from, also where working them out fails."""

from __future__ import annotations

from typing import TypeVar

from analyzer.engine import Judgement
from collectors.fact import Fact
from collectors.table import Row

R = TypeVar("R", bound=Row)


def rows(judgement: Judgement, row_type: type[R]) -> list[Fact[R]]:
    """The table's rows; none if they cannot be worked out, which the findings of its rules say already."""
    try:
        return judgement.site.facts(row_type)
    except Exception:  # the seam around one derived table: the report is written without it
        return []
