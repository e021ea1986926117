"""The examples that help texts, README and pages teach by are commands that exist, and name what exists."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from holdwater import registry
from holdwater.cli import COMMANDS, EPILOG, cli

ROOT = Path(__file__).parents[1]
_LINE = re.compile(r"(?:^|[|&;] +|\d |\.venv/bin/)holdwater +(?=[a-z])(.*)$")
_BLOCK = re.compile(r"^```(?:sh|console)?\n(.*?)^```", re.MULTILINE | re.DOTALL)
_REMARK = re.compile(r" {2,}(?=[a-z]).*$| +# .*$")


def _commands(group: click.Group, name: str = "") -> Iterator[tuple[str, click.Command]]:
    ctx = click.Context(group)
    for one in group.list_commands(ctx):
        command = group.get_command(ctx, one)
        assert command is not None
        yield f"{name} {one}".strip(), command
        if isinstance(command, click.Group):
            yield from _commands(command, one)


def _helps() -> Iterator[tuple[str, str]]:
    yield "", EPILOG
    for name, command in _commands(cli):
        yield name, command.epilog or ""


def _fenced() -> Iterator[tuple[str, str]]:
    """What stands in blocks of code of hand-written pages; docs/commands.md is made of the help texts."""
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        if path.name != "commands.md":
            for block in _BLOCK.finditer(path.read_text("utf-8")):
                yield path.name, block[1]


def _examples(texts: Iterator[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    for where, text in texts:
        for line in text.replace("\\\n", " ").splitlines():
            found = _LINE.search(line.strip())
            if found:
                words = shlex.shlex(_REMARK.sub("", found[1]), posix=True, punctuation_chars="|&;<>")
                words.whitespace_split = True
                words.commenters = ""
                taken: list[str] = []
                for word in words:
                    if set(word) <= set("|&;<>"):
                        break
                    taken.append(word)
                yield f"{where}: {' '.join(taken)}", taken


EXAMPLES = dict([*_examples(_helps()), *_examples(_fenced())])


def _resolved(words: list[str]) -> tuple[click.Command, click.Context, list[str]]:
    command: click.Command = cli
    ctx, rest = click.Context(cli), list(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        inner = command.get_command(ctx, rest[0])
        assert inner is not None, f"no command {rest[0]!r}"
        command, ctx = inner, click.Context(inner, parent=ctx, info_name=rest.pop(0))
    return command, ctx, rest


def test_there_are_examples_of_every_command() -> None:
    taught = {words[0] for words in EXAMPLES.values()}
    assert set(COMMANDS) <= taught
    assert len(EXAMPLES) > 100


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_command_with_these_options(example: str) -> None:
    command, ctx, rest = _resolved(EXAMPLES[example])
    command.make_parser(ctx).parse_args(args=rest)


NAMED = {"rules": "rules", "tables": "tables", "explain": "rules", "waive": "rules", "show": "tables"}


@pytest.mark.parametrize("example", [one for one, words in EXAMPLES.items() if words[0] in NAMED])
def test_an_example_names_rules_and_tables_that_exist(example: str) -> None:
    words = EXAMPLES[example]
    told = [word for word in words[1:] if not word.startswith("-")]
    if not told or told[0].isupper():
        return
    known = set(registry.rules() if NAMED[words[0]] == "rules" else registry.tables())
    families = {name.partition("/")[0] for name in known}
    assert told[0].partition(":")[0] in known | families


@pytest.mark.parametrize("example", [one for one, words in EXAMPLES.items() if words[0] == "show"])
def test_an_example_of_show_names_columns_that_exist(example: str) -> None:
    words = [word for word in EXAMPLES[example] if not word.endswith(".zip")]
    words.insert(2, str(ROOT / "fixtures" / "bundles" / "drives.evidence.zip"))
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
