"""Writes the generated documents, or with --check fails if one of them is stale.

Run from anywhere: `python docs/generate.py [--check]`.
"""

from __future__ import annotations

import importlib
import json
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from analyzer.engine import every_rule
from collectors.collector import load
from holdwater.cli import COMMANDS, cli
from holdwater.registry import tables
from reports import json_schema, reference

DOCS = Path(__file__).parent
FIXTURES = DOCS.parent / "fixtures" / "rules"


def documents() -> Iterator[tuple[Path, str]]:
    """Every generated document with its text."""
    load()
    rules = every_rule()
    yield DOCS / "rules.md", reference.rule_index(rules, cases())
    for family in sorted({rule.family for rule in rules.values()}):
        yield DOCS / "rules" / f"{family}.md", reference.family_page(family, rules)
    yield DOCS / "tables.md", reference.tables_page(tables())
    yield DOCS / "collection.md", reference.collection_page()
    controls = tomllib.loads((DOCS.parent / "analyzer/data/controls.toml").read_text("utf-8"))
    yield DOCS / "controls.md", reference.controls_page(controls, rules)
    yield DOCS / "findings.schema.json", json.dumps(json_schema.schema(), indent=2) + "\n"
    yield DOCS / "commands.md", reference.commands_page(helps())
    yield DOCS / "scenarios.md", scenarios()


def scenarios() -> str:
    """What each site of `fixtures/sites` proves."""
    lines = [
        reference.MARK.rstrip(),
        "# Whole sites and the verdicts that must come out",
        "",
        "Each is a bundle with its `site.toml` in `fixtures/sites`; `tests/test_sites.py` judges it.",
        "*Fires*: findings that must be there. *Silent*: findings that must not. A site that holds",
        "is the near miss of one that fails.",
        "",
        "| reason why backups fail | site | shows | holds | verdicts | fires | silent |",
        "|---|---|---|---|---|---|---|",
    ]
    sites = []
    for path in sorted((DOCS.parent / "fixtures" / "sites").glob("*/expect.json")):
        told = json.loads(path.read_text("utf-8"))
        level = {name: "R?" if one[0] is None else f"R{one[0]}" for name, one in told["systems"].items()}
        verdicts = "; ".join(f"{name}: {level[name]} {one[1]}" for name, one in told["systems"].items())
        fires, silent = ("<br>".join(f"`{one}`" for one in told[key]) for key in ("fires", "silent"))
        holds = "yes" if told["holds"] else "no"
        row = (told["about"], path.parent.name, told["shows"], holds, verdicts, fires, silent)
        sites.append("| " + " | ".join(row) + " |")
    return "\n".join([*lines, *sorted(sites)]) + "\n"


def cases() -> Mapping[str, Mapping[str, int]]:
    """Rule id → number of fixture cases of each kind."""
    found = {}
    for path in sorted(FIXTURES.glob("*/*.toml")):
        told = tomllib.loads(path.read_text("utf-8"))
        found[f"{path.parent.name}/{path.stem}"] = {kind: len(rows) for kind, rows in told.items()}
    return found


def helps() -> Iterator[tuple[str, str]]:
    """Every command's help as it is printed 100 columns wide."""
    for name in ("", *COMMANDS):
        command: click.Command = cli
        if name:
            module = name.replace("-", "_")
            command = getattr(importlib.import_module(f"holdwater.commands.{module}"), module)
        full = f"holdwater {name}".strip()
        yield full, command.get_help(click.Context(command, info_name=full, terminal_width=100))
        if isinstance(command, click.Group) and name:
            for below, sub in sorted(command.commands.items()):
                context = click.Context(sub, info_name=f"{full} {below}", terminal_width=100)
                yield f"{full} {below}", sub.get_help(context)


def main() -> int:
    check = "--check" in sys.argv[1:]
    stale = []
    made = dict(documents())
    old = [path for path in (DOCS / "rules").glob("*.md") if path not in made]
    for path, text in made.items():
        if not path.exists() or path.read_text("utf-8") != text:
            stale.append(path)
            if not check:
                path.parent.mkdir(exist_ok=True)
                path.write_text(text, "utf-8")
    for path in old:
        stale.append(path)
        if not check:
            path.unlink()
    for path in stale:
        sys.stdout.write(f"{'stale' if check else 'written'}: {path.relative_to(DOCS.parent)}\n")
    return 1 if check and stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
