"""The report in Chromium: nothing is fetched, nothing breaks; at every width, on paper, without scripts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from reports.excerpt import excerpts
from reports.html import render
from tests.site_factory import build

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:playwright"),
]


def written(path: Path, **wanted: object) -> str:
    built = build(**wanted)
    path.write_text(render(built.judgement, built.manifest, excerpts(built.read)), "utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(tmp_path_factory.mktemp("report") / "ordinary.html")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(tmp_path_factory.mktemp("report") / "hostile.html", hosts=12, findings=120, hostile=True)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("report") / "large.html"
    return written(path, hosts=200, findings=5000, disks=8, passes=4000, unread=60)


class Watched:
    """A page that remembers what it complained of and what it asked for."""

    def __init__(self, browser: Browser, uri: str, width: int = 1440, **context: object) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 900}, **context)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(f"dialog {dialog.message}"))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(uri)

    def __enter__(self) -> Watched:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()


@pytest.mark.parametrize("width", [320, 360, 768, 1024, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_sideways_scrolling_no_complaint_no_request(
    browser: Browser, ordinary: str, width: int, scheme: str
) -> None:
    with Watched(browser, ordinary, width, color_scheme=scheme) as watched:
        assert watched.page.evaluate("document.documentElement.scrollWidth") <= width
        assert watched.complaints == []
        assert watched.asked == [ordinary]


@pytest.mark.parametrize("width", [360, 1440])
def test_hostile_names_are_inert(browser: Browser, hostile: str, width: int) -> None:
    with Watched(browser, hostile, width) as watched:
        page = watched.page
        page.click("#open")
        page.wait_for_timeout(200)
        assert watched.complaints == []
        assert watched.asked == [hostile]
        assert page.title().startswith("Grade C · <script>document.title")
        assert page.locator("img, iframe").count() == 0
        assert page.locator("script").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_policy_stops_what_is_not_ours(browser: Browser, ordinary: str) -> None:
    with Watched(browser, ordinary) as watched:
        watched.page.evaluate(
            """() => {
              const script = document.createElement('script');
              script.textContent = 'document.title = "owned"';
              document.body.append(script);
              const image = new Image();
              image.src = 'https://example.org/pixel.png';
              document.body.append(image);
            }"""
        )
        watched.page.wait_for_timeout(200)
        assert "owned" not in watched.page.title()
        assert any("Content Security Policy" in said for said in watched.complaints)
        assert sum("image" in said for said in watched.complaints) == 1


def test_filter_by_words_and_severity(browser: Browser, ordinary: str) -> None:
    with Watched(browser, ordinary) as watched:
        page = watched.page
        every = page.locator("#findings .f:visible").count()
        page.fill("#q", "host-02 sectors")
        page.wait_for_selector("#hits:not(:empty)")
        shown = page.locator("#findings .f:visible")
        assert 0 < shown.count() < every
        assert all("host-02" in text for text in shown.all_inner_texts())
        page.fill("#q", "no such thing anywhere")
        page.wait_for_selector("#nohit:visible")
        page.fill("#q", "")
        page.wait_for_selector("#hits:empty", state="attached")
        assert page.locator("#findings .f:visible").count() == every
        page.uncheck("input[value=high]")
        assert 0 < page.locator("#findings .f:visible").count() < every
        assert watched.complaints == []


def test_evidence_is_one_click_away(browser: Browser, ordinary: str) -> None:
    with Watched(browser, ordinary) as watched:
        first = watched.page.locator("#findings .f").first
        assert not first.locator("pre").is_visible()
        first.locator("summary").click()
        assert first.locator("pre").is_visible()
        assert "sdc1[2](F)" in first.locator("pre").inner_text()


def test_a_link_opens_what_hides_its_target(browser: Browser, large: str) -> None:
    with Watched(browser, large) as watched:
        anchor = watched.page.locator("#findings .more .f").first.get_attribute("id")
        watched.page.evaluate("anchor => { location.hash = anchor }", anchor)
        watched.page.wait_for_timeout(100)
        assert watched.page.locator(f"#{anchor} pre, #{anchor} .src").first.is_visible()


def test_without_scripts_nothing_is_missing(browser: Browser, ordinary: str) -> None:
    with Watched(browser, ordinary, java_script_enabled=False) as watched:
        page = watched.page
        assert not page.locator("#tools").is_visible()
        assert page.locator("#findings .g").first.is_visible()
        assert page.locator("svg.storage").first.is_visible()
        page.locator("#findings .f summary").first.click()
        assert page.locator("#findings .f pre").first.is_visible()


def test_five_thousand_findings_open_at_once(browser: Browser, large: str) -> None:
    with Watched(browser, large) as watched:
        paint = watched.page.evaluate(
            """() => new Promise(resolve => {
              const seen = () => performance.getEntriesByName('first-contentful-paint')[0];
              const look = () => seen() ? resolve(seen().startTime) : setTimeout(look, 20);
              look();
            })"""
        )
        assert paint < 3000  # the goal is 1 s; this machine may be busy
        watched.page.fill("#q", "host-117")
        watched.page.wait_for_selector("#hits:not(:empty)")
        assert watched.complaints == []


def test_on_paper_everything_folded_is_open_and_tools_are_gone(browser: Browser, large: str) -> None:
    with Watched(browser, large) as watched:
        page = watched.page
        page.emulate_media(media="print")
        assert not page.locator("#tools").is_visible()
        assert page.locator("#findings .more .f").first.is_visible()


def test_prints_on_a4(browser: Browser, ordinary: str) -> None:
    with Watched(browser, ordinary) as watched:
        assert watched.page.pdf(prefer_css_page_size=True, print_background=True).startswith(b"%PDF")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(browser: Browser, ordinary: str, scheme: str) -> None:
    """Contrast of every text against the ground it stands on is at least 4.5 (WCAG AA)."""
    with Watched(browser, ordinary, color_scheme=scheme) as watched:
        weak = watched.page.evaluate(CONTRAST)
        assert weak == []


CONTRAST = """() => {
  const parse = colour => (colour.match(/[\\d.]+/g) || []).map(Number);
  const linear = v => v / 255 <= .03928 ? v / 255 / 12.92 : ((v / 255 + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => .2126 * linear(r) + .7152 * linear(g) + .0722 * linear(b);
  const weak = new Set();
  const texts = 'p, li, h1, h2, h3, h4, span, a, b, td, th, code, pre, dt, dd, summary';
  for (const node of document.querySelectorAll(texts)) {
    const own = [...node.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !node.checkVisibility() || node.closest('.none, .sr, .skip')) continue;
    let ground = node;
    while (ground && parse(getComputedStyle(ground).backgroundColor)[3] === 0) ground = ground.parentElement;
    const back = light(parse(getComputedStyle(ground || document.body).backgroundColor));
    const fore = light(parse(getComputedStyle(node).color));
    const contrast = (Math.max(back, fore) + .05) / (Math.min(back, fore) + .05);
    if (contrast < 4.5) weak.add(`${node.className} ${contrast.toFixed(2)} ${node.textContent.slice(0, 30)}`);
  }
  return [...weak];
}"""


def test_the_first_screen_answers_before_the_table_of_question_marks(browser: Browser, ordinary: str) -> None:
    """Where no copy of any system is known, what would be lost and the worst findings come first."""
    with Watched(browser, ordinary, width=1280) as seen:
        tops = [seen.page.locator(one).bounding_box() for one in ("#lost", "#worst", "#not-examined")]
        table = seen.page.locator(".sys.short").bounding_box()
        assert table is not None
        for box in tops:
            assert box is not None
            assert box["y"] < 450
            assert box["y"] < table["y"]


def test_no_heading_of_the_table_is_broken_on_paper(browser: Browser, ordinary: str) -> None:
    with Watched(browser, ordinary, width=680) as seen:
        seen.page.emulate_media(media="print")
        heads = seen.page.locator("#systems .sys >> nth=0").locator("thead th")
        for head in heads.all():
            words = len(head.inner_text().split())
            lines = head.evaluate(
                "e => { const r = document.createRange(); r.selectNodeContents(e);"
                " return new Set([...r.getClientRects()].map(b => b.top)).size }"
            )
            assert lines <= words, head.inner_text()


def test_on_a_phone_nothing_known_takes_no_lines(browser: Browser, ordinary: str) -> None:
    with Watched(browser, ordinary, width=390) as seen:
        row = seen.page.locator(".sys.short tr.bare >> nth=0")
        assert row.locator("td:visible").first.get_attribute("data-h") == "Level"
        assert row.locator("td:visible").count() == 2
