"""What `holdwater init` asks, and that whatever is answered makes a site file that loads."""

from __future__ import annotations

import os
import pty
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from holdwater import site_file
from holdwater.cli import cli
from holdwater.interview import Block, Known, interview
from holdwater.site_blocks import quoted, with_blocks
from holdwater.site_file import SiteFile
from holdwater.site_template import TEMPLATE

BUNDLE = Path(__file__).resolve().parents[1] / "fixtures" / "sites" / "zfs-replicated" / "evidence.zip"

MAIL = (
    *("office", "domain"),
    *("mail.example", "1", "24h", "soon", "8h", "dc01, files", "provider"),
    *("tape in the bank", "20.11.2026", "2026-11-20", "7d", "bank", "yes"),
    *([""] * 7),
    *("backup1/main", "branch", "backup team", "comp", "paper in the safe, files", "2026-10-01", ""),
    *("mail.example", "2026-10-02", "ok", "app", "hashes.txt", ""),
    *("binder", "2026-06-01", "safe", "2"),
)


def asked(folder: Path, answers: tuple[str, ...], *more: str) -> SiteFile:
    file = folder / "site.toml"
    done = CliRunner().invoke(
        cli,
        ["init", "-o", str(file), "--ask", "--force", *more],
        input="".join(f"{one}\n" for one in answers),
    )
    assert done.exit_code == 0, done.output
    return site_file.load(file)


def test_all_answers_are_in_the_file(tmp_path: Path) -> None:
    told = asked(tmp_path, MAIL)
    (mail,) = told.assets
    assert (mail.name, mail.kind, mail.tier, mail.rpo_hours, mail.rto_hours) == (
        "mail.example",
        "mail",
        1,
        24,
        8,
    )
    assert (mail.depends_on, mail.admin, mail.no_backup) == (("dc01", "files"), "provider", False)
    kinds = {type(fact.row).__name__ for fact in told.declared}
    wanted = {"DeclaredCopy", "DeclaredKey", "DeclaredRepository", "RestoreTest", "DeclaredRecovery"}
    assert wanted <= kinds
    assert 'place = "office"' in (tmp_path / "site.toml").read_text("utf-8")


@pytest.mark.parametrize("most", range(0, len(MAIL), 3))
def test_an_end_in_the_middle_keeps_what_was_said(tmp_path: Path, most: int) -> None:
    told = asked(tmp_path, MAIL[:most])
    assert len(told.assets) == (most > 2)


def test_machines_of_an_audit_are_written_without_a_question(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        cli, ["init", "-o", str(tmp_path / "s.toml"), "--no-ask", "--from", str(BUNDLE)]
    )
    assert done.exit_code == 0, done.output
    assert [one.name for one in site_file.load(tmp_path / "s.toml").assets] == ["files", "vault"]


def test_machines_of_an_audit_are_asked_about(tmp_path: Path) -> None:
    told = asked(tmp_path, ("", "", "1", "12h", "", "", "3"), "--from", str(BUNDLE))
    assert [(one.name, one.tier, one.rpo_hours) for one in told.assets] == [
        ("files", 1, 12),
        ("vault", 3, None),
    ]


def test_nobody_is_asked_where_there_is_no_terminal(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["init", "-o", str(tmp_path / "s.toml")], input="office\n")
    assert done.exit_code == 0
    assert "Where" not in done.output
    assert not site_file.load(tmp_path / "s.toml").assets


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(), max_size=60), st.dictionaries(st.text(), st.just("guest"), max_size=3))
def test_whatever_is_answered_the_file_loads(answers: list[str], systems: dict[str, str]) -> None:
    left = iter(answers)

    def ask(question: str, check: object) -> object:
        assert callable(check)
        for answer in left:
            if answer.strip():
                try:
                    return check(answer.strip())
                except ValueError:
                    continue
        return None

    names = {name: kind for name, kind in systems.items() if name}
    blocks = list(interview(ask, Known(systems=names, repositories=list(names))))
    loaded(with_blocks(TEMPLATE, blocks))


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1))
def test_any_name_can_be_written(name: str) -> None:
    (asset,) = loaded(with_blocks("", [Block(heading="[[assets]]", values={"name": name})])).assets
    assert asset.name == name.encode("utf-8", "replace").decode("utf-8")
    assert "\n" not in quoted(name)


def loaded(text: str) -> SiteFile:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "site.toml")
        file.write_text(text, "utf-8")
        return site_file.load(file)


def test_on_a_terminal_it_asks_and_ctrl_d_ends(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-m", "holdwater", "init", "-o", str(file)])
    shown = b""
    for awaited, answer in (
        (b"Where", b"office\n"),
        (b"credentials", b"domain\n"),
        (b"mail platform", b"\x04"),
    ):
        while awaited not in shown:
            shown += os.read(terminal, 4096)
        os.write(terminal, answer)
    try:
        while more := os.read(terminal, 4096):
            shown += more
    except OSError:
        pass  # the terminal is gone with the process
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, shown
    assert b"ended" in shown
    site_file.load(file)
    assert 'place = "office"' in file.read_text("utf-8")
