"""Draws docs/report.png: the first screen of the report of an office with systems proven, doubtful and lost.

Hosts, repository and cluster are those of the library of sites (tests/sites), the way from answers to page is
the real one. Needs Chromium. Run from the checkout: `python -m docs.picture`.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from collectors.asking import collect
from collectors.bundle import Bundle, BundleWriter
from collectors.collector import load
from holdwater import api, evidence, site_file
from reports import html
from tests.canned import BEGAN
from tests.sites.record import SiteTarget
from tests.sites.scenario import ALL, FILES, KEY, LOCKED, PBS, TEST, copies
from tests.sites.world import DAILY, TANK, Copies, Machine, cluster, host

ROOT = Path(__file__).resolve().parent.parent
WIDTH, HEIGHT = 1280, 900

PARTS = (
    host("files"),
    host("web"),
    host("app", broken=True),
    host("nas"),
    copies(Copies("files"), Copies("web", ages=tuple(age + 24 * 9 for age in DAILY)), checked=60.0),
    cluster(
        "pve1",
        (
            Machine(101, "dc01", copies={"pbs": DAILY}, verified="ok"),
            Machine(102, "sql01", snapshots=(("before-update", 24 * 90.0),)),
        ),
        storages=(TANK, PBS),
        jobs=({**ALL, "all": 0, "vmid": "101"},),
    ),
)
DECLARED = (
    LOCKED
    + KEY
    + FILES
    + TEST
    + '[[assets]]\nname = "sql01"\ntier = 1\nrpo = "4h"\n[[assets]]\nname = "app"\ntier = 1\n'
    + '[[assets]]\nname = "web"\ntier = 2\n[[assets]]\nname = "dc01"\ntier = 1\n'
)


def main() -> None:
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "office.evidence.zip"
        writer = BundleWriter(path, site="Office North", tool="holdwater", at=BEGAN)
        asyncio.run(collect([SiteTarget(part) for part in PARTS], list(load().values()), writer))
        declared = Path(folder) / "site.toml"
        declared.write_text(DECLARED, "utf-8")
        settings = site_file.load(declared)
        page = Path(folder) / "office.html"
        with Bundle(path) as bundle:
            judgement = api.judge(path, assets=settings.assets, declared=settings.declared)
            text = html.render(judgement, evidence.manifest(bundle), evidence.excerpt_of(bundle))
            page.write_text(text, "utf-8")
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            view = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            view.goto(page.as_uri())
            view.screenshot(path=str(ROOT / "docs" / "report.png"))
            browser.close()


if __name__ == "__main__":
    main()
