"""The store of many sites over a year: size, and how long questions take as a whole process."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.timing import processes, seconds, verdict
from holdwater import api
from holdwater.store import arrow, asking, layout, upkeep, writing
from holdwater.store.layout import Stored

if TYPE_CHECKING:
    import pyarrow

WEEKS = 52
STEPS = (10, 30, 100)
ONE = "SELECT target, device, model, power_on_hours FROM drive ORDER BY power_on_hours DESC"
EVERY = "SELECT site, count(*) FROM all_finding WHERE outcome = 'fail' GROUP BY site"
GROWTH = "SELECT site, mountpoint, max(used_bytes) - min(used_bytes) FROM all_filesystem GROUP BY ALL"


def run() -> None:
    """Print seconds, megabytes and ratios."""
    from benchmarks.replay import bundle_of

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        bundle = bundle_of("host0", place)
        judgement = api.judge(bundle)
        writing.keep(place / "one", judgement, bundle)
        begun = time.process_time()
        added = seconds(lambda: writing.keep(place / "one", judgement, bundle), times=5)
        busy = (time.process_time() - begun) / 5
        judged = seconds(lambda: api.judge(bundle), times=5)
        print(f"adding one audit of one host: {added * 1000:.0f} ms; judging it {judged * 1000:.0f} ms")
        verdict("seconds to add one audit", added, "< 1 on a machine with nothing else to do", added < 1)
        verdict("processor seconds of it", busy, "< 0.5", busy < 0.5)
        _questions("one audit", place / "one", {"one table": ONE})
        _many(place, next(iter(layout.content(place / "one").units)))


def _many(place: Path, unit: layout.Unit) -> None:
    """Copies of one audit as a hundred sites of a year: 48 packed, 4 loose, as packing leaves them."""
    tables = {table: upkeep.read_file(unit.folder / f"{table}.parquet") for table in unit.tables}
    store, told = place / "many", []
    layout.create(store)
    sites = 0
    for wanted in STEPS:
        while sites < wanted:
            _site(store, f"site-{sites:03}", unit.audits[0], tables)
            sites += 1
        size = upkeep.size_bytes(store) / 1e6
        taken = seconds(lambda: asking.ask(asking.opened(store), EVERY), times=3)
        told.append((sites, size, taken))
        print(f"  {sites} sites x {WEEKS} weeks: {size:.0f} MB, failures of every audit {taken:.2f} s")
    (few, small, quick), (many, large, slow) = told[0], told[-1]
    times = many / few
    verdict("megabytes grow / sites grow", large / small / times, "<= 1.1", large / small / times <= 1.1)
    verdict("seconds grow / sites grow", slow / quick / times, "<= 1.1", slow / quick / times <= 1.1)
    questions = {"newest audits": ONE, "every finding": EVERY, "growth of file systems": GROWTH}
    _questions(f"{many} sites x {WEEKS} weeks", store, questions)


def _site(store: Path, site: str, one: Stored, tables: dict[str, pyarrow.Table]) -> None:
    audits = [
        replace(
            one,
            site=site,
            at=one.at - timedelta(weeks=WEEKS - week),
            audit=layout.audit_name(one.at - timedelta(weeks=WEEKS - week), f"{week:012x}"),
        )
        for week in range(WEEKS)
    ]
    packed = audits[: -upkeep.LOOSE]
    folder = layout.site_folder(store, site)
    writing.write_unit(folder, f"pack-{site}", _files(packed, tables), packed)
    for loose in audits[-upkeep.LOOSE :]:
        writing.write_unit(folder, loose.audit, _files([loose], tables), [loose])


def _files(audits: list[Stored], tables: dict[str, pyarrow.Table]) -> Iterator[tuple[str, int, bytes]]:
    import pyarrow as pa

    for name, table in tables.items():
        parts = [_as_of(table, one) for one in audits]
        whole = pa.concat_tables(parts)
        yield name, whole.num_rows, arrow.parquet(whole, statistics=len(audits) > 1)


def _as_of(table: pyarrow.Table, one: Stored) -> pyarrow.Table:
    import pyarrow as pa

    told = {"site": one.site, "audit_at": one.at.replace(tzinfo=None), "audit_id": one.audit}
    for name, value in told.items():
        place = table.schema.get_field_index(name)
        field = table.schema.field(name)
        table = table.set_column(place, field, pa.repeat(pa.scalar(value, field.type), table.num_rows))
    return table


def _questions(what: str, store: Path, questions: dict[str, str]) -> None:
    """Whole processes against bare Python and against importing DuckDB."""
    os.environ["HOLDWATER_STORE"] = str(store)
    program = [sys.executable, "-m", "holdwater", "query"]
    commands = [[sys.executable, "-c", "pass"], [sys.executable, "-c", "import duckdb; duckdb.connect()"]]
    commands += [[*program, sql] for sql in questions.values()]
    bare, duck, *taken = processes(commands, times=7)
    work = [_processor(command) for command in commands[2:]]
    del os.environ["HOLDWATER_STORE"]
    print(f"  {what}: python {bare * 1000:.0f} ms, duckdb alone {duck * 1000:.0f} ms")
    for name, one, busy in zip(questions, taken, work, strict=True):
        goal = what == "one audit"
        aim = "< 0.5 on a machine with nothing else to do" if goal else "no goal; recorded"
        verdict(f"seconds, {name}", one, aim, not goal or one < 0.5)
        verdict(f"seconds of processor time, {name}", busy, "< 0.5" if goal else aim, not goal or busy < 0.5)
        verdict(f"{name} / duckdb alone", one / duck, "<= 3", one / duck <= 3)


def _processor(command: list[str]) -> float:
    """Processor seconds of one run, which other work on the machine hardly changes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
