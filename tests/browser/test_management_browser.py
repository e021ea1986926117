"""The management page and the mail in Chromium: two sheets, nothing fetched, readable at every width."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from analyzer.engine import Judgement
from holdwater.judging import judged
from reports.language import words
from reports.mail import letter
from reports.management import management
from reports.management_page import render
from tests.site_factory import build

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:playwright"),
]

SITES: dict[str, Callable[[], Judgement]] = {
    "ordinary": lambda: build().judgement,
    "hostile": lambda: build(hosts=40, findings=900, disks=8, unread=300, hostile=True).judgement,
    "recorded": lambda: judged(Path("fixtures/bundles/ssh-degraded.evidence.zip"), history=False),
}


@cache
def site_named(name: str) -> Judgement:
    return SITES[name]()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("site", SITES)
def test_two_sheets_no_request_no_sideways_scrolling(
    browser: Browser, tmp_path: Path, site: str, language: str
) -> None:
    page = management(site_named(site), words(language), brand="Kontor")
    for name, html in (("page", render(page)), ("mail", letter(page).html)):
        file = tmp_path / f"{name}.html"
        file.write_text(html, "utf-8")
        asked: list[str] = []
        complaints: list[str] = []
        shown = browser.new_page()
        shown.on("request", lambda request, asked=asked: asked.append(request.url))
        shown.on("console", lambda told, complaints=complaints: complaints.append(told.text))
        shown.goto(file.as_uri())
        for width in (320, 360, 600, 820):
            shown.set_viewport_size({"width": width, "height": 900})
            assert shown.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
        shown.close()
        assert asked == [file.as_uri()]
        assert complaints == []


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("site", SITES)
def test_it_prints_on_two_sheets(browser: Browser, tmp_path: Path, site: str, language: str) -> None:
    file = tmp_path / "page.html"
    file.write_text(render(management(site_named(site), words(language), brand="Kontor")), "utf-8")
    shown = browser.new_page()
    shown.goto(file.as_uri())
    shown.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True, print_background=True)
    told = subprocess.run(["pdfinfo", tmp_path / "page.pdf"], capture_output=True, text=True, check=True)
    sheets = next(line for line in told.stdout.splitlines() if line.startswith("Pages:"))
    assert int(sheets.split()[1]) <= 2
