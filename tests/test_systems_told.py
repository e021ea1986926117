"""What the table of systems says of copies where nothing about backups was collected."""

from __future__ import annotations

import asyncio
from pathlib import Path

from collectors.asking import collect
from collectors.bundle import BundleWriter
from collectors.collector import load
from holdwater import api
from reports.systems import systems
from reports.systems_text import argument
from tests.canned import CannedTarget, host


def test_what_nobody_looked_at_is_not_told_as_never(tmp_path: Path) -> None:
    """Never checked, and one copy only, would be claims: no evidence about copies was collected."""
    writer = BundleWriter(tmp_path / "a.evidence.zip", site="a", tool="test")
    asyncio.run(collect([CannedTarget("a", host("a"))], list(load().values()), writer))
    judged = api.judge(writer.path)
    (row,) = systems(judged).rows
    assert (row.level, row.copies, row.verified, row.tested) == ("R?", "nothing known", "?", "?")
    assert {one.state for one in row.digits} == {"unknown"}
    told = argument(judged, "a")
    assert "Copies: nothing known." in told
    assert "never" not in told
