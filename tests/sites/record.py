"""Writes every site to `fixtures/sites/NAME/`: evidence, `site.toml`, and the verdicts that must come out.

    python -m tests.sites.record [NAME…]

The evidence is collected from the answers of `world.py` by the same code that asks real targets, so that a
new question shows up here as it would there. What must come out is written by hand in `scenarios.py`.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from collectors.asking import collect
from collectors.bundle import BundleWriter
from collectors.collector import load
from collectors.question import Answer, Question
from collectors.targets import Target
from collectors.targets.imported import imported
from tests.canned import BEGAN, CannedTarget, answered
from tests.sites.scenarios import SCENARIOS, Scenario
from tests.sites.world import Part, before

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "sites"
BUNDLE = "evidence.zip"


class SiteTarget(CannedTarget):
    """A part of a site.

    What an API or a repository was not given is an empty list, or a refusal in its words.
    """

    def __init__(self, part: Part) -> None:
        super().__init__(part.name, part.answers)
        self.part = part
        self.address = part.address or f"canned://{part.name}"
        self.about = {
            name: value for name, value in part.about.items() if name in ("system", "user", "probed")
        }

    async def reach(self) -> str:
        return self.part.unreachable

    async def ask(self, question: Question) -> Answer:
        at = BEGAN
        if question.argv[:3] == ("restic", "--no-lock", "check"):
            at = before(float(self.part.about["checked"]))
        raw = self.part.answers.get(question.argv)
        if question.argv[0] == "pve-api":
            return Answer(question, stdout=raw if raw is not None else b"[]", status=200, started_at=at)
        if question.argv[0] == "restic" and raw is None:
            said = self.part.about.get("refused", "Fatal: nothing there")
            return Answer(question, stderr=f"{said}\n".encode(), status=1, started_at=at)
        told = answered(self.part.answers, question)
        damaged = raw is not None and b"repository contains errors" in raw
        return replace(told, started_at=at, status=1 if damaged else told.status)


def _targets(part: Part, given: Path) -> Iterator[Target]:
    """The part as it is asked, or the folder of what was handed over."""
    if not part.files:
        yield SiteTarget(part)
        return
    folder = given / part.name
    folder.mkdir()
    for name, raw in part.files.items():
        (folder / name).write_bytes(raw)
        os.utime(folder / name, (BEGAN.timestamp(), BEGAN.timestamp()))
    for one in imported(folder, name=part.name):
        one.address = part.address or part.name
        yield one


def write(scenario: Scenario, folder: Path) -> None:
    """Write one site anew."""
    into = folder / scenario.name
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    writer = BundleWriter(into / BUNDLE, site=scenario.name, tool="holdwater", at=BEGAN)
    with tempfile.TemporaryDirectory() as given:
        targets = [one for part in scenario.parts for one in _targets(part, Path(given))]
        asyncio.run(collect(targets, list(load().values()), writer))
    (into / "site.toml").write_text(
        scenario.declared.strip() + "\n" if scenario.declared.strip() else "", "utf-8"
    )
    told = {
        "shows": scenario.shows,
        "about": scenario.about,
        "holds": scenario.holds,
        "systems": {name: list(verdict) for name, verdict in scenario.systems.items()},
        "fires": list(scenario.fires),
        "silent": list(scenario.silent),
    }
    (into / "expect.json").write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", "utf-8")


def main() -> None:
    names = set(sys.argv[1:])
    for scenario in SCENARIOS:
        if not names or scenario.name in names:
            write(scenario, FOLDER)


if __name__ == "__main__":
    main()
