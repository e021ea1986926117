"""Veeam Backup & Replication by its REST API: what is asked, page by page, and how each list reads.

Requests: eleven, and one more for each further 500 of a list. Source: the REST API reference of Veeam Backup
& Replication, revisions 1.1 to 1.3. Releases of revision 1.1 list restore points elsewhere and know no task
sessions. What no revision lists cannot be seen: tape jobs, the applications that a SureBackup job tests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from collectors import veeam_places, veeam_runs
from collectors.backup_tables import (
    BackupChain,
    BackupCheck,
    BackupJob,
    BackupRepository,
    BackupServer,
    BackupSession,
    RestorePoint,
)
from collectors.backup_values import count_of, mapping_of, object_of, text_of
from collectors.collector import Asking, collector, reader
from collectors.fact import GapReason, Missing, NotHere, Reading
from collectors.question import Answer, Form, Question
from collectors.table import Row
from collectors.tools.veeam_json import Decode, lowered, rows_at

PAGE = 500
MOST_ROWS = {"veeam-sessions": 5_000, "veeam-checks": 10_000}
"""Newest ones that are asked for; other lists are asked for to their end."""
MOST = 1_000_000
_NEWEST_FIRST = ("orderColumn=CreationTime", "orderAsc=false")
_PAGED = ("skip={skip}", f"limit={PAGE}")


def _form(path: str, reads: str, why: str, *more: str) -> Form:
    return Form(
        ("veeam-api", "GET", f"/api/v1{path}", *_PAGED, *more),
        reads=reads,
        why=f"{why} (role Veeam Backup Viewer)",
        timeout_seconds=120.0,
        max_bytes=64 * 1024 * 1024,
    )


INFO = Form(("veeam-api", "GET", "/api/v1/serverInfo"), reads="veeam-server", why="Build of the server")
CONFIGURATION = Form(
    ("veeam-api", "GET", "/api/v1/configBackup"),
    reads="veeam-configuration",
    why="Backup of the server's own configuration (role Veeam Backup Viewer)",
)
REPOSITORIES = _form("/backupInfrastructure/repositories", "veeam-repositories", "Repositories, immutability")
STATES = _form("/backupInfrastructure/repositories/states", "veeam-states", "How full each repository is")
SCALE_OUT = _form("/backupInfrastructure/scaleOutRepositories", "veeam-scale-out", "Scale-out repositories")
JOBS = _form("/jobs", "veeam-jobs", "Jobs as configured: what they take, whereto, when")
JOB_STATES = _form("/jobs/states", "veeam-jobs", "How each job last ended, and when it runs next")
BACKUPS = _form("/backups", "veeam-chains", "Which repository each backup lies in")
POINTS = _form("/restorePoints", "veeam-points", "Restore points")
OLD_POINTS = _form("/objectRestorePoints", "veeam-points", "Restore points, in releases of revision 1.1")
SESSIONS = _form("/sessions", "veeam-sessions", "The newest 5,000 runs", *_NEWEST_FIRST)
TASKS = _form("/taskSessions", "veeam-checks", "Machines that were tested or restored", *_NEWEST_FIRST)

_LISTS = (REPOSITORIES, STATES, SCALE_OUT, JOBS, JOB_STATES, BACKUPS, POINTS, SESSIONS, TASKS)


@collector("veeam", system="veeam", asks=(INFO, CONFIGURATION, *_LISTS, OLD_POINTS))
def ask() -> Asking:
    """Veeam Backup & Replication by its REST API: repositories, jobs, runs, restore points, tests"""
    answers = yield (*(form(skip="0") for form in _LISTS), INFO(), CONFIGURATION())
    firsts = list(zip(_LISTS, answers, strict=False))
    if answers[_LISTS.index(POINTS)].status in (400, 404):
        told = yield (OLD_POINTS(skip="0"),)
        firsts.append((OLD_POINTS, told[0]))
    yield [question for form, answer in firsts for question in _further(form, answer)]


def _further(form: Form, answer: Answer) -> Sequence[Question]:
    """The pages after the first one. A server may give fewer to a page than it was asked for."""
    if answer.refusal is not None or answer.status not in (None, 200):
        return ()
    try:
        told = lowered(object_of(answer.text))
    except (ValueError, RecursionError):
        return ()
    listed = told.get("data")
    step = len(listed) if isinstance(listed, list) else 0
    total = count_of(mapping_of(told.get("pagination")).get("total")) or 0
    most = min(total, MOST_ROWS.get(form.reads, MOST))
    return [form(skip=str(at)) for at in range(step, most, step)] if step else ()


def _listed(answer: Answer, table: type[Row], decode: Decode) -> Iterator[Reading]:
    """Rows of a page; gaps for a status of failure, and for what lies beyond the last page asked for."""
    if answer.status not in (None, 200):
        yield _refused(answer, table)
        return
    if answer.stdout.lstrip()[:1] == b"<":
        raise ValueError("a web page came instead of the API's JSON; is a proxy in between?")
    told = lowered(object_of(answer.text))
    listed, total = told["data"], count_of(mapping_of(told.get("pagination")).get("total"))
    if not isinstance(listed, list):
        raise ValueError("a list was expected")
    unread = 0
    for number, one in enumerate(listed):
        try:
            yield from rows_at(decode, mapping_of(one), number)
        except LookupError:
            unread += 1
    if unread:
        yield Missing(table, "unreadable", f"{answer.question}: {unread} of {len(listed)} lack a field")
    skipped = _skipped(answer)
    if not listed and not skipped and not total:
        yield NotHere(table, f"{answer.question.argv[2]} lists nothing")
    elif not listed:
        yield Missing(table, "empty", f"{answer.question}: the page is empty, of {total} that are there")
    most = MOST_ROWS.get(answer.question.form.reads, MOST)
    if total is not None and total > most and not skipped and table is not BackupSession:
        yield Missing(table, "truncated", f"{total} are there, the newest {most} were asked for")


def _skipped(answer: Answer) -> int:
    return next((int(word[5:]) for word in answer.question.argv if word.startswith("skip=")), 0)


def _refused(answer: Answer, table: type[Row]) -> Missing:
    reason: GapReason = "unsupported" if answer.status in (404, 405, 501) else "failed"
    return Missing(table, reason, f"{answer.question}: {answer.complaint}")


@reader("veeam-repositories", fills=(BackupRepository,), recognises=lambda _: 0.0)
def read_repositories(answer: Answer) -> Iterator[Reading]:
    """repositories of Veeam as configured"""
    yield from _listed(answer, BackupRepository, veeam_places.repository)


@reader("veeam-states", fills=(BackupRepository,), recognises=lambda _: 0.0)
def read_states(answer: Answer) -> Iterator[Reading]:
    """how full the repositories of Veeam are"""
    yield from _listed(answer, BackupRepository, veeam_places.state)


@reader("veeam-scale-out", fills=(BackupRepository,), recognises=lambda _: 0.0)
def read_scale_out(answer: Answer) -> Iterator[Reading]:
    """scale-out repositories of Veeam"""
    yield from _listed(answer, BackupRepository, veeam_places.scale_out)


@reader("veeam-jobs", fills=(BackupJob,), recognises=lambda _: 0.0)
def read_jobs(answer: Answer) -> Iterator[Reading]:
    """jobs of Veeam as configured, or as they stand"""
    yield from _listed(answer, BackupJob, veeam_runs.job)


@reader("veeam-chains", fills=(BackupChain,), recognises=lambda _: 0.0)
def read_chains(answer: Answer) -> Iterator[Reading]:
    """backups of Veeam: which repository and which job their restore points belong to"""
    yield from _listed(answer, BackupChain, veeam_places.chain)


@reader("veeam-points", fills=(RestorePoint, BackupCheck), recognises=lambda _: 0.0)
def read_points(answer: Answer) -> Iterator[Reading]:
    """restore points of Veeam"""
    if answer.status in (400, 404) and "/api/v1/restorePoints" in answer.question.argv:
        return  # an older release: it is asked again by the older path
    yield from _listed(answer, RestorePoint, veeam_places.point)


@reader("veeam-sessions", fills=(BackupSession,), recognises=lambda _: 0.0)
def read_sessions(answer: Answer) -> Iterator[Reading]:
    """runs of Veeam's jobs"""
    yield from _listed(answer, BackupSession, veeam_runs.session)


@reader("veeam-checks", fills=(BackupCheck,), recognises=lambda _: 0.0)
def read_checks(answer: Answer) -> Iterator[Reading]:
    """machines that SureBackup tested, or that were restored"""
    yield from _listed(answer, BackupCheck, veeam_runs.check)


@reader("veeam-configuration", fills=(BackupJob,), recognises=lambda _: 0.0)
def read_configuration(answer: Answer) -> Iterator[Reading]:
    """the backup of Veeam's own configuration"""
    if answer.status not in (None, 200):
        yield _refused(answer, BackupJob)
        return
    yield veeam_runs.configuration(_object(answer))


@reader("veeam-server", fills=(BackupServer,), recognises=lambda _: 0.0)
def read_server(answer: Answer) -> Iterator[Reading]:
    """the build of a Veeam server"""
    if answer.status not in (None, 200):
        yield _refused(answer, BackupServer)
        return
    told = _object(answer)
    yield BackupServer(server="?", product="Veeam", version=text_of(told["buildVersion"]))


def _object(answer: Answer) -> Mapping[str, Any]:
    told = lowered(object_of(answer.text))
    return mapping_of(told)
