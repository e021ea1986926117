"""Systems and their verdicts in Chromium: axe-core finds nothing, paper cuts nothing, names stay names."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from analyzer.derived.asset_copy import AssetCopy
from analyzer.derived.protection import Protection
from analyzer.recovery_level import Standing
from collectors.bundle import Bundle
from collectors.fact import Fact
from holdwater import evidence
from reports.excerpt import excerpts
from reports.html import render
from reports.language import words
from reports.management import management
from reports.management_page import render as render_management
from tests.site_factory import build
from tests.site_rows import HOSTILE
from tests.test_sites import FOLDER, judged

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PAPER = 680
"""A4 within its margins, in CSS pixels."""
MANY = 2_000
Scheme = Literal["light", "dark"]

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
    """The report of a site of the library, its management page, and a report of many hostile systems."""
    folder = tmp_path_factory.mktemp("systems")
    told = judged(FOLDER / "needs-what-cannot-be-restored")
    with Bundle(FOLDER / "needs-what-cannot-be-restored" / "evidence.zip") as bundle:
        made = {"report": render(told, evidence.manifest(bundle), evidence.excerpt_of(bundle))}
    made["management"] = render_management(management(told, words("de")))
    made["many"] = hostile_systems()
    for name, text in made.items():
        (folder / f"{name}.html").write_text(text, "utf-8")
    return {name: (folder / f"{name}.html").as_uri() for name in made}


def hostile_systems() -> str:
    built = build()
    site = dataclasses.replace(built.judgement.site, tables=dict(built.judgement.site.tables))
    stand: tuple[Standing, ...] = ("no", "doubtful", "unknown", "plausible", "proven")
    for i in range(MANY):
        name, far = f"{HOSTILE[i % len(HOSTILE)]} {i}", HOSTILE[(i + 1) % len(HOSTILE)]
        row = Protection(
            asset=name,
            label=name,
            kind="guest",
            standing=stand[i % 5],
            level=(0, 2, None, 3, 5)[i % 5],
            at_best=5,
            proof=f"R1 no: {far}: {far}",
            lift=far,
            rpo_hours=24.0,
            tier=1 + i % 3,
            copies=1,
            where=far,
        )
        copy = AssetCopy(
            asset=name, repository=far, repository_name=far, product="x", matched_by="x", points=2, good=1
        )
        site.tables.setdefault(Protection, []).append(Fact(name, row))
        site.tables.setdefault(AssetCopy, []).append(Fact(name, copy))
    told = dataclasses.replace(built.judgement, site=site)
    return render(told, built.manifest, excerpts(built.read))


def opened(browser: Browser, address: str, width: int, scheme: Scheme = "light") -> Page:
    page = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
    page.goto(address)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    return page


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [
        ("report", 360, "dark"),
        ("report", 1440, "light"),
        ("management", 768, "light"),
        ("management", 360, "dark"),
    ],
)
def test_axe_finds_no_serious_fault(
    browser: Browser, pages: dict[str, str], name: str, width: int, scheme: Scheme
) -> None:
    page = opened(browser, pages[name], width, scheme)
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()


def test_paper_cuts_neither_table_nor_picture(browser: Browser, pages: dict[str, str]) -> None:
    page = opened(browser, pages["report"], PAPER)
    page.emulate_media(media="print")
    parts = page.locator("table.sys, .wide > svg, .charts svg, .scroll")
    boxes = [box for box in (parts.nth(i).bounding_box() for i in range(parts.count())) if box]
    assert len(boxes) > 3
    for box in boxes:
        assert box["x"] >= -1
        assert box["x"] + box["width"] <= PAPER + 1
    cell = "getComputedStyle(document.querySelector('table.sys tbody td')).display"
    assert page.evaluate(cell) == "table-cell"  # a sheet is narrow, and no phone
    inside = "[...document.querySelectorAll('.wide, .scroll')]"
    assert page.evaluate(f"{inside}.filter(e => e.scrollWidth > e.clientWidth + 1).length") == 0
    page.context.close()


def test_many_systems_with_hostile_names_stay_small_and_inert(
    browser: Browser, pages: dict[str, str]
) -> None:
    said: list[str] = []
    asked: list[str] = []
    page = browser.new_context(viewport={"width": 360, "height": 900}).new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(pages["many"])
    assert page.locator("#systems > .wide tbody tr").count() == 300
    assert "and 1" in page.locator("#systems > .rest").first.inner_text()
    assert page.locator("img, iframe, object").count() == 0
    assert page.locator("script").count() == 1
    assert (said, asked) == ([], [pages["many"]])
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.context.close()


def test_the_keyboard_reaches_a_system_and_its_argument(browser: Browser, pages: dict[str, str]) -> None:
    page = browser.new_context().new_page()
    page.goto(f"{pages['report']}#systems")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.why-system > summary')"):
            break
    else:
        pytest.fail("no system was reached")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.parentElement.open") is True
    page.context.close()
