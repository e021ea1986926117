"""The report for people with a keyboard, a screen reader or a narrow screen: axe-core finds nothing."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from analyzer.finding import Waiver
from analyzer.waivers import Applied
from holdwater import api, formats
from holdwater.site_file import SiteFile
from reports.brand import Brand
from reports.excerpt import excerpts
from reports.formats import FORMATS
from reports.html import render
from tests.recorded import BUNDLES, SUFFIX
from tests.site_factory import build

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
BRAND = Brand(name="Kontor", logo=PIXEL, accent="#7a0019", accent_dark="#d4a8ae")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:playwright"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An ordinary report with waivers and a brand, one of hostile names, one of a recorded audit."""
    folder = tmp_path_factory.mktemp("axe")
    made = {}
    for name, hostile in (("ordinary", False), ("hostile", True)):
        built = build(hostile=hostile, hosts=12 if hostile else 3)
        waiver = Waiver(
            rule="smart/temperature-high", target="host-02", by="E", reason="fans", until=date(2027, 3, 31)
        )
        late = dataclasses.replace(waiver, rule="raid/md-degraded", until=date(2026, 1, 1))
        told = dataclasses.replace(
            built.judgement,
            findings=tuple(
                dataclasses.replace(f, outcome="waived", waiver=waiver)
                if f.rule == waiver.rule and f.outcome == "fail"
                else f
                for f in built.judgement.findings
            ),
            waivers=(Applied(waiver, "in-force", 2), Applied(late, "expired", 1)),
        )
        page = render(told, built.manifest, excerpts(built.read), brand=BRAND)
        made[name] = written(folder / f"{name}.html", page.encode())
    bundle = BUNDLES / f"ssh-degraded{SUFFIX}"
    raw = formats.content(FORMATS["html"], api.judge(bundle), bundle, SiteFile())
    made["recorded"] = written(folder / "recorded.html", raw)
    return made


def written(path: Path, raw: bytes) -> str:
    path.write_bytes(raw)
    return path.as_uri()


def opened(browser: Browser, uri: str, width: int = 1440, **context: object) -> Page:
    new = browser.new_context(viewport={"width": width, "height": 900}, **context)
    page = new.new_page()
    page.goto(uri)
    return page


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [
        ("ordinary", 360, "dark"),
        ("ordinary", 768, "light"),
        ("ordinary", 1440, "light"),
        ("ordinary", 1440, "dark"),
        ("hostile", 360, "light"),
        ("hostile", 1440, "dark"),
        ("recorded", 360, "light"),
        ("recorded", 768, "dark"),
    ],
)
def test_axe_finds_no_serious_fault(
    browser: Browser, pages: dict[str, str], name: str, width: int, scheme: str
) -> None:
    page = opened(browser, pages[name], width, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    found = Axe().run(page).response["violations"]
    told = [
        f"{one['id']} {one['impact']}: {one['nodes'][0]['html'][:200]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert told == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()


def test_the_keyboard_reaches_findings_filter_and_evidence(browser: Browser, pages: dict[str, str]) -> None:
    page = opened(browser, pages["ordinary"])
    keys = page.keyboard
    keys.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    keys.press("Enter")
    assert page.evaluate("location.hash") == "#findings"
    for _ in range(3):
        keys.press("Tab")
        if page.evaluate("document.activeElement.id") == "q":
            break
    keys.type("host-02")
    page.wait_for_selector("#hits:not(:empty)")
    for _ in range(30):
        keys.press("Tab")
        if page.evaluate("document.activeElement.matches('#findings .f > summary')"):
            break
    else:
        pytest.fail("no finding was reached")
    ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert ring == "solid"
    keys.press("Enter")
    assert page.evaluate("document.activeElement.parentElement.open") is True
    page.context.close()


@pytest.mark.parametrize("name", ["ordinary", "recorded"])
def test_the_first_screen_holds_the_answer_at_every_width(
    browser: Browser, pages: dict[str, str], name: str
) -> None:
    for width in (360, 768, 1440):
        page = opened(browser, pages[name], width)
        for place in (".grade", ".meaning", ".held"):
            box = page.locator(place).first.bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= 900, (place, width)
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
        page.context.close()


def test_logo_and_accent_are_shown_and_nothing_is_asked_for(browser: Browser, pages: dict[str, str]) -> None:
    new = browser.new_context(color_scheme="dark")
    page = new.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(pages["ordinary"])
    assert page.evaluate("document.querySelector('img.logo').naturalWidth") == 1
    ruler = "getComputedStyle(document.querySelector('.mast')).borderBottomColor"
    assert page.evaluate(ruler) == "rgb(212, 168, 174)"
    assert [one for one in asked if not one.startswith("data:")] == [pages["ordinary"]]
    assert said == []
    new.close()


def test_waived_faults_are_no_findings_and_their_waivers_are_told(
    browser: Browser, pages: dict[str, str]
) -> None:
    page = opened(browser, pages["ordinary"], java_script_enabled=False)
    assert "temperature" not in page.locator("#findings").inner_text().lower()
    told = page.locator("#waived").inner_text()
    assert "31 Mar 2027" in told
    assert "fans" in told
    assert "1 waiver not in force" in page.locator(".warn").first.inner_text()
    page.context.close()
