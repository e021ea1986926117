# SPDX-License-Identifier: Apache-2.0
"""A real Bacula: its catalog in SQLite, the same rows in a real PostgreSQL, and what its console lists."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from analyzer.site import Site
from collectors.collector import load
from collectors.fact import Fact
from collectors.question import Answer, Form, Question
from collectors.reading import read_answer
from holdwater import api

from .bacula import bacula_bed
from .beds import BedMissing
from .postgresql import carry_over, server

pytestmark = pytest.mark.lab

load()


@pytest.fixture(scope="module")
def bed() -> Iterator[tuple[Path, str]]:
    with tempfile.TemporaryDirectory(prefix="bacula-") as scratch:
        try:
            with bacula_bed(Path(scratch)) as told:
                yield told
        except BedMissing as missing:
            pytest.skip(f"Bacula: {missing}")


def rows(site: Site, table: str) -> list[Any]:
    return [fact.row for row_type, facts in site.tables.items() if table == row_type.TABLE for fact in facts]


def agrees(site: Site) -> None:
    """What the jobs of the bed must be read as."""
    assert site.gaps == []
    runs = {row.job: (row.outcome, row.purpose) for row in rows(site, "backup_session")}
    assert runs == {"Web": ("ok", "backup"), "Dead": ("failed", "backup"), "Back": ("ok", "restore")}
    (point,) = rows(site, "restore_point")
    assert (point.source, point.kind, point.job, point.paths) == ("web1-fd", "full", "Web", "Documents")
    assert point.repository.endswith("/Vault")
    assert abs((point.created_at - site.at).total_seconds()) < 600
    (restore,) = rows(site, "backup_check")
    assert (restore.kind, restore.result, restore.source) == ("restore", "ok", "web1-fd")
    (place,) = rows(site, "backup_repository")
    assert (place.repository, place.retention) == (point.repository, "volumes 21 days")
    assert place.used_bytes > 20_000
    jobs = {row.job: row for row in rows(site, "backup_job")}
    assert jobs["Web"].last_success_at is not None
    assert (jobs["Dead"].last_outcome, jobs["Dead"].last_success_at) == ("failed", None)


def test_a_catalog_in_sqlite(bed: tuple[Path, str], tmp_path: Path) -> None:
    before = bed[0].read_bytes()
    agrees(api.open_site(api.collect([f"bacula+sqlite://{bed[0]}"], tmp_path)))
    assert bed[0].read_bytes() == before


@contextmanager
def _open(scratch: str) -> Iterator[int]:
    Path(scratch).chmod(0o755)
    with server(Path(scratch) / "cluster") as port:
        yield port


def test_a_catalog_in_postgresql(bed: tuple[Path, str], tmp_path: Path) -> None:
    try:
        with tempfile.TemporaryDirectory(prefix="pg-") as scratch, _open(scratch) as port:
            carry_over(bed[0], port)
            address = f"bacula+postgresql://postgres@127.0.0.1:{port}/bacula"
            agrees(api.open_site(api.collect([address], tmp_path)))
    except BedMissing as missing:
        pytest.skip(f"PostgreSQL: {missing}")


def test_what_the_console_lists(bed: tuple[Path, str]) -> None:
    form = Form(("saved", "file"), "bconsole", "")
    told = list(read_answer("t", Answer(Question(form.argv, form), stdout=bed[1].encode())))
    points = [one.row for one in told if isinstance(one, Fact) and one.row.TABLE == "restore_point"]
    assert [point.source for point in points] == ["web1-fd"]
