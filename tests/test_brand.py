"""Name, logo, colour and templates of whoever hands the report over, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from holdwater.cli import cli
from reports.brand import LEAST_CONTRAST, MOST_BYTES, BrandError, brand, contrast
from reports.html import render
from tests.recorded import BUNDLES, SUFFIX
from tests.site_factory import build

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060"
    "000000050001a5f645400000000049454e44ae426082"
)


@pytest.fixture
def logo(tmp_path: Path) -> Path:
    path = tmp_path / "logo.png"
    path.write_bytes(PNG)
    return path


def test_logo_and_colour_are_in_the_page(logo: Path) -> None:
    built = build()
    page = render(
        built.judgement,
        built.manifest,
        lambda _: "",
        brand=brand("Kontor <Nord>", logo, "#0b5d3b"),
    )
    assert '<img class="logo" src="data:image/png;base64,iVBOR' in page
    assert 'alt="Kontor &lt;Nord&gt;"' in page
    assert ":root{--accent:#0b5d3b}" in page
    assert "img-src data:;" in page


def test_without_a_logo_the_policy_lets_no_picture_in() -> None:
    built = build()
    assert "img-src" not in render(built.judgement, built.manifest, lambda _: "")


@pytest.mark.parametrize("accent", ["#1f4f82", "#000000", "#7a0019", "#005f00"])
def test_the_colour_can_be_read_on_dark_ground_too(accent: str) -> None:
    told = brand(accent=accent)
    dark = tuple(bytes.fromhex(told.accent_dark[1:]))
    assert contrast((dark[0], dark[1], dark[2]), (20, 23, 26)) >= LEAST_CONTRAST


@pytest.mark.parametrize(
    ("accent", "said"),
    [("#ffee00", "can hardly be read on white"), ("red;}", "is no colour"), ("#12345", "is no colour")],
)
def test_colours_refused(accent: str, said: str) -> None:
    with pytest.raises(BrandError, match=said):
        brand(accent=accent)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (PNG + bytes(MOST_BYTES), "is larger than 512 KiB"),
        (b'<?xml version="1.0"?><svg onload="alert(1)"/>', "export it as PNG"),
        (b"BM", "is no PNG, JPEG or GIF"),
        (b"", "is no PNG, JPEG or GIF"),
    ],
)
def test_logos_refused(tmp_path: Path, raw: bytes, said: str) -> None:
    path = tmp_path / "logo.png"
    path.write_bytes(raw)
    with pytest.raises(BrandError, match=said):
        brand(logo=path)


def test_a_huge_logo_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "logo.png"
    with path.open("wb") as file:
        file.write(PNG)
        file.truncate(50 * 1024 * 1024)
    with pytest.raises(BrandError, match="larger"):
        brand(logo=path)


@pytest.mark.parametrize(
    ("told", "files", "said"),
    [
        ('logo = "no.png"', {}, "No such file"),
        ('logo = "l.svg"', {"l.svg": b"<svg/>"}, "export it as PNG"),
        ('accent = "#ffff00"', {}, "can hardly be read"),
        ("[site]\ntemplates = '.'", {"first.html": b"{% if %}"}, "first.html, line 1"),
        ("[site]\ntemplates = '.'", {"first.html": b"{{ no_such }}"}, "'no_such' is undefined"),
    ],
)
def test_a_brand_of_no_use_is_one_line_and_the_audit_is_kept(
    tmp_path: Path, told: str, files: dict[str, bytes], said: str
) -> None:
    for name, raw in files.items():
        (tmp_path / name).write_bytes(raw)
    (tmp_path / "site.toml").write_text(f"[brand]\n{told}\n", "utf-8")
    bundle = BUNDLES / f"drives{SUFFIX}"
    words = ["audit", str(bundle), "-o", str(tmp_path / "out"), "-c", str(tmp_path / "site.toml")]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 2
    assert said in done.output.splitlines()[-1]
    assert "the evidence is whole" in done.output
    assert [one.name for one in (tmp_path / "out").iterdir()] == ["drives.json"]


def test_a_template_of_ones_own_replaces_a_part(tmp_path: Path) -> None:
    (tmp_path / "contents.html").write_text("<p id=mine>{{ page.brand }}</p>", "utf-8")
    built = build()
    page = render(built.judgement, built.manifest, lambda _: "", brand=brand("<K>"), templates=tmp_path)
    assert "<p id=mine>&lt;K&gt;</p>" in page


def test_a_site_name_with_slashes_stays_in_its_folder(tmp_path: Path) -> None:
    from collectors.bundle import bundle_name

    path = bundle_name(tmp_path, "../../etc/Werk/Süd", None)
    assert path.parent == tmp_path
    assert "/" not in path.name
