# SPDX-License-Identifier: Apache-2.0
"""A real cluster of PostgreSQL with a real repository of pgBackRest."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import pytest

from collectors.backup_tables import BackupRepository, RestorePoint
from collectors.collector import load
from collectors.fact import Fact
from collectors.naming import named
from collectors.question import Answer
from collectors.reading import read_answer
from collectors.tools.pgbackrest import INFO, SETTINGS

from .backups import pgbackrest_bed
from .beds import BedMissing

pytestmark = pytest.mark.lab

load()


def test_backups_of_a_cluster_and_where_they_lie() -> None:
    with tempfile.TemporaryDirectory(prefix="pg-") as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)
        try:
            config = pgbackrest_bed(folder)
        except BedMissing as missing:
            pytest.skip(f"pgBackRest: {missing}")
        info = subprocess.run(
            [INFO.argv[0], f"--config={config}", *INFO.argv[1:]], capture_output=True, check=True
        )
        grep = subprocess.run([*SETTINGS.argv[:3], str(config)], capture_output=True, check=True)
    answers = (Answer(INFO(), stdout=info.stdout, status=0), Answer(SETTINGS(), stdout=grep.stdout, status=0))
    told = [one for answer in answers for one in read_answer("db1", answer)]
    rows = [one.row for one in named(told, "db1") if isinstance(one, Fact)]
    points = [row for row in rows if isinstance(row, RestorePoint)]
    assert [point.kind for point in points] == ["full", "incremental"]
    assert points[1].parent == points[0].point
    assert points[0].source.startswith("postgresql:")
    assert points[0].finished_at is not None
    repositories = {row.repository for row in rows if isinstance(row, BackupRepository)}
    assert repositories == {points[0].repository} == {f"pgbackrest:db1:{folder}/repository"}
