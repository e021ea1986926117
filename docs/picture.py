"""Draws docs/report.png: the first screen of the report of an office whose NAS runs on one half of a mirror.

The hosts are canned (tests/canned.py), the way from answers to the page is the real one. Needs Chromium.
Run from the checkout: `python -m docs.picture`.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from collectors.asking import collect
from collectors.bundle import Bundle, BundleWriter
from collectors.collector import load
from holdwater import api, evidence
from reports import html
from tests.canned import CannedTarget, degraded, host

ROOT = Path(__file__).resolve().parent.parent
WIDTH, HEIGHT = 1280, 900


def main() -> None:
    from playwright.sync_api import sync_playwright

    hosts = {
        "db1": host("db1", disks=4),
        "nas": degraded(host("nas", disks=6, sick=lambda number: number == 0)),
        "files": host("files"),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "office.evidence.zip"
        writer = BundleWriter(path, site="Office North", tool="holdwater")
        targets = [CannedTarget(name, answers) for name, answers in hosts.items()]
        asyncio.run(collect(targets, load().values(), writer))
        page = Path(folder) / "office.html"
        with Bundle(path) as bundle:
            judgement = api.judge(path)
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
