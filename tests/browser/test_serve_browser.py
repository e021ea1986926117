"""The local page in Chromium: readable at every width, nothing fetched, nothing refused by its own policy."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

from holdwater.serving import Server, Site
from holdwater.store import rebuilding
from tests.store_sites import guests, weeks

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:playwright"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = tmp_path_factory.mktemp("audits")
    list(weeks(made, 5, sick=lambda week: week in (2, 4)))
    rebuilding.rebuild(made / "store", made)
    guests(made / "store", 3)
    with Server(Site(made / "store", made)) as opened:
        threading.Thread(target=opened.serve_forever, daemon=True).start()
        yield opened
        opened.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1440])
def test_from_all_sites_to_one_audit(
    server: Server, browser: Browser, width: int, scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    errors: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(server.address)
    assert "token" not in page.url
    for link in ("table.sites tbody a", "table.sites tbody a", ""):
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
        assert page.evaluate("getComputedStyle(document.querySelector('h1')).fontFamily") != "Times"
        if link:
            with page.expect_navigation():
                page.locator(link).first.click()
    assert "/audit/" in page.url
    assert page.locator(".tag.critical").count() > 0
    assert errors == []
    ours = f"http://127.0.0.1:{server.server_address[1]}/"
    assert all(url.startswith(ours) for url in asked)
    context.close()


def test_without_the_address_there_is_nothing(server: Server, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    reply = page.goto(f"http://127.0.0.1:{server.server_address[1]}/")
    assert reply is not None
    assert reply.status == 403
    assert "site" not in page.content().replace("website", "")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(
    server: Server, browser: Browser, scheme: Literal["light", "dark"]
) -> None:
    page = browser.new_context(viewport={"width": 768, "height": 900}, color_scheme=scheme).new_page()
    page.goto(server.address)
    for link in ('a[href^="/site/"]', 'a[href^="/audit/"]', ""):
        found = Axe().run(page).response["violations"]
        assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == [], page.url
        if link:
            page.locator(link).first.click()
            page.wait_for_load_state()
    page.context.close()
