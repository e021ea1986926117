"""Storage that fails below production or below its copies."""

from __future__ import annotations

from tests.sites.scenario import APART, FILES, KEY, NAS, SERVER, STORAGE, Scenario, copies
from tests.sites.world import Copies, host, restic

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="repository-on-a-degraded-array",
        shows="the last copy lies on a mirror that has lost a disk",
        about=STORAGE,
        holds=False,
        parts=(SERVER, host("nas", broken=True), restic("r", "nas", "/srv/r", Copies("files"))),
        declared=APART.replace("/backup/r", "/srv/r") + FILES,
        systems={"files": (3, "plausible")},
        fires=("backup/repo-health@files", "raid/degraded-no-margin@nas"),
    ),
    Scenario(
        name="server-on-a-degraded-array-with-a-copy",
        shows="production has lost a disk, and its copy is new and elsewhere",
        about=STORAGE,
        holds=True,
        parts=(host("files", broken=True), NAS, copies(Copies("files"), checked=100.0)),
        declared=APART + KEY + FILES,
        systems={"files": (4, "plausible")},
        fires=("raid/degraded-no-margin@files",),
        silent=("backup/repo-health@files", "backup/none@files"),
    ),
)
