"""`site.toml`: what it may say, and what is said about what it may not."""

import re
from pathlib import Path

import pytest

from analyzer.engine import checked_limits, every_rule
from holdwater import site_file
from holdwater.errors import CannotRun
from holdwater.site_template import TEMPLATE


def load(tmp_path: Path, text: str) -> site_file.SiteFile:
    path = tmp_path / "site.toml"
    path.write_text(text, "utf-8")
    return site_file.load(path)


def test_whole(tmp_path: Path) -> None:
    told = load(
        tmp_path,
        """
        [site]
        name = "Büro Süd & Nord"
        sudo = false
        [[targets]]
        address = "ssh://auditor@db1:2222"
        name = "db1"
        [[assets]]
        name = "db1"
        tier = 1
        owner = "accounting"
        [limits."capacity/used"]
        high_percent = 8
        """,
    )
    assert (told.name, told.sudo) == ("Büro Süd & Nord", False)
    assert told.targets == (site_file.TargetEntry("ssh://auditor@db1:2222", "db1"),)
    assert (told.assets[0].tier, told.assets[0].owner) == (1, "accounting")
    assert told.limits == {"capacity/used": {"high_percent": 8}}


def test_none_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert site_file.load(None) == site_file.SiteFile()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[site\nname = 1", "site.toml"),
        ("[sites]\n", "'sites' is not known"),
        ("[site]\nnmae = 'x'", "'nmae' is not known; known: "),
        ("[[targets]]\nname = 'x'", "no address"),
        ("[[assets]]\nname = 'x'\ntier = 7", "must be 1, 2 or 3"),
        ("[[assets]]\ntier = 1", "no name"),
        ("[site]\nname = 3", "must be text"),
        ("targets = 3", "targets"),
        ("assets = ['x']", "a table is wanted"),
        ("site = 3", "a table is wanted"),
        ("limits = 3", "limits"),
        ('[limits]\n"capacity/used" = 3', "limits"),
    ],
)
def test_what_it_may_not_say(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(CannotRun) as caught:
        load(tmp_path, text)
    assert told in caught.value.message
    assert "\n" not in caught.value.message.strip()
    assert caught.value.exit_code == 2


def test_the_template_says_what_it_shows(tmp_path: Path) -> None:
    text = TEMPLATE.replace('"{name}"', '"here"')
    assert load(tmp_path, text).name == "here"
    bare = "\n".join(
        line.removeprefix("# ") if re.match(r"# (?:\[|\w+ = )", line) else line for line in text.splitlines()
    )
    told = load(tmp_path, bare)
    assert told.targets
    assert told.assets[0].tier == 1
    assert {type(fact.row).TABLE for fact in told.declared} == {
        *("declared_copy", "declared_key", "declared_place", "declared_repository", "restore_test"),
        *("declared_recovery", "declared_exposure", "declared_power", "declared_monitoring"),
    }
    assert told.mail is not None
    assert len(told.mail.recipients) == 2
    assert told.webhooks
    assert told.schedule is not None
    assert checked_limits(told.limits, every_rule())
    assert told.waivers[0].rule in every_rule()
    assert told.brand.accent == "#1f4f82"
