"""The report of 5,000 findings: time to make, size, and how soon a browser shows it."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

from benchmarks.timing import seconds, verdict
from reports import html
from reports.excerpt import excerpts
from tests.site_factory import build

FINDINGS = 5000
HOSTS = 200


def run() -> None:
    """Print seconds and megabytes."""
    made = build(hosts=HOSTS, findings=FINDINGS, passes=4000)

    def render() -> str:
        return html.render(made.judgement, made.manifest, excerpts(made.read))

    page = render()
    took = seconds(render, times=5)
    baseline = seconds(lambda: json.dumps([str(f) for f in made.judgement.findings]), times=5)
    size = len(page.encode()) / 1e6
    print(f"report of {FINDINGS} findings on {HOSTS} hosts: {took:.2f} s, {size:.1f} MB")
    verdict("seconds", took, "<= 2", took <= 2)
    verdict("megabytes", size, "<= 5", size <= 5)
    verdict("of dumping the findings as JSON", took / baseline, "no goal; recorded", True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        path.write_text(page, "utf-8")
        in_chromium(path)


def in_chromium(path: Path) -> None:
    """Print how soon a browser shows the page and how soon it has filtered its findings."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("  skipped: playwright is not installed")
        return
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("  skipped: there is no Chromium")
        return
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-background-networking"]
        )
        paints, filters = [], []
        for _ in range(3):
            page = browser.new_page()
            page.goto(path.as_uri())
            paints.append(page.evaluate(_PAINT))
            filters.append(page.evaluate(_FILTER))
            page.close()
        browser.close()
    paint, filtered = sorted(paints)[1] / 1000, sorted(filters)[1]
    verdict("seconds to first content in Chromium", paint, "< 1", paint < 1)
    verdict("milliseconds to filter the findings", filtered, "< 100", filtered < 100)


_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
_FILTER = """() => {
  const box = document.querySelector('#tools input[type=checkbox]');
  box.click();
  const query = document.getElementById('q');
  query.value = 'host-01';
  const begun = performance.now();
  box.click();
  return performance.now() - begun;
}"""
"""A change of a box filters at once; the first click reads the page, as the first letter typed does."""
