"""Recovery that was planned, and recovery that was not."""

from __future__ import annotations

from tests.sites.scenario import APART, FILES, KEY, LOCKED, NAS, PLANNING, SERVER, TEST, Scenario, copies
from tests.sites.world import Copies, host

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="key-lost-with-the-server",
        shows="the key of the encrypted repository is only kept on the server that it protects",
        about=PLANNING,
        holds=False,
        parts=(SERVER, NAS, copies(Copies("files"), checked=100.0)),
        declared=LOCKED + FILES + TEST + '[[keys]]\nopens = "/backup/r"\nkept = ["files"]\n',
        systems={"files": (4, "proven")},
        fires=("backup/key-with-backup@restic:sftp:backup@nas:/backup/r",),
    ),
    Scenario(
        name="backup-needs-the-domain-controller",
        shows="the NAS with the copies authenticates against the domain controller whose copies it holds",
        about=PLANNING,
        holds=False,
        parts=(SERVER, host("dc01"), NAS, copies(Copies("files"), Copies("dc01"))),
        declared=APART
        + KEY
        + FILES
        + (
            '[[assets]]\nname = "dc01"\ntier = 1\nkind = "directory"\n'
            '[[assets]]\nname = "nas"\ndepends_on = ["dc01"]\n'
        ),
        fires=("recovery/restore-needs-itself@dc01",),
    ),
    Scenario(
        name="backup-stands-alone",
        shows="the same NAS with accounts of its own",
        about=PLANNING,
        holds=True,
        parts=(SERVER, host("dc01"), NAS, copies(Copies("files"), Copies("dc01"))),
        declared=APART + KEY + FILES + '[[assets]]\nname = "dc01"\ntier = 1\nkind = "directory"\n',
        silent=("recovery/restore-needs-itself@dc01",),
    ),
    Scenario(
        name="circle-of-dependencies",
        shows="the database needs the directory, and the directory needs the database",
        about=PLANNING,
        holds=False,
        parts=(host("db"), host("dc01"), NAS, copies(Copies("db"), Copies("dc01"))),
        declared=APART
        + KEY
        + (
            '[[assets]]\nname = "db"\ntier = 1\ndepends_on = ["dc01"]\n'
            '[[assets]]\nname = "dc01"\ntier = 1\ndepends_on = ["db"]\n'
        ),
        fires=("recovery/cycle@db", "recovery/cycle@dc01"),
    ),
    Scenario(
        name="needs-what-cannot-be-restored",
        shows="a restorable database that needs a directory without any copy",
        about=PLANNING,
        holds=False,
        parts=(host("db"), host("dc01"), NAS, copies(Copies("db"))),
        declared=APART + KEY + '[[assets]]\nname = "db"\ntier = 1\ndepends_on = ["dc01"]\n',
        systems={"dc01": (1, "no"), "db": (3, "plausible")},
        fires=("recovery/dependency-unprotected@db", "backup/none@dc01"),
    ),
    Scenario(
        name="restore-takes-two-days",
        shows="a restore that takes longer than the system can be missed, by a measured speed",
        about=PLANNING,
        holds=False,
        parts=(SERVER, NAS, copies(Copies("files"), checked=100.0)),
        declared=LOCKED
        + KEY
        + FILES.replace('"48h"', '"4h"')
        + TEST.replace("seconds = 20000", "seconds = 100000"),
        fires=("recovery/rto-exceeds@files",),
        silent=("recovery/throughput-unknown@files",),
    ),
    Scenario(
        name="plan-on-paper",
        shows="a plan gone through this year, kept on paper, two people who know it",
        about=PLANNING,
        holds=True,
        parts=(SERVER, NAS, copies(Copies("files"))),
        declared=APART
        + KEY
        + FILES
        + ('[recovery]\nrunbook = "binder"\nrunbook_at = 2026-06-01\nrunbook_kept = ["safe"]\npeople = 2\n'),
        silent=(
            "recovery/no-runbook@plan-on-paper",
            "recovery/runbook-unreachable@plan-on-paper",
            "recovery/single-person@plan-on-paper",
        ),
    ),
    Scenario(
        name="plan-on-the-file-server",
        shows="the plan lies on the file server that it is meant to bring back; one person knows it",
        about=PLANNING,
        holds=False,
        parts=(SERVER, NAS, copies(Copies("files"))),
        declared=APART
        + KEY
        + FILES
        + ('[recovery]\nrunbook = "wiki"\nrunbook_at = 2026-06-01\nrunbook_kept = ["files"]\npeople = 1\n'),
        fires=(
            "recovery/runbook-unreachable@plan-on-the-file-server",
            "recovery/single-person@plan-on-the-file-server",
        ),
    ),
)
