"""The reference documents, from the rules and tables themselves: nothing in them is written twice."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterable, Mapping
from typing import Any

from analyzer.rule import Rule
from analyzer.site import DERIVED
from collectors.collector import COLLECTORS, READERS
from collectors.table import Row

MARK = "<!-- Generated from the source by `make docs`; do not edit. -->\n"

FAMILIES = {
    "smart": "Drives: what they tell of their own health",
    "firmware": "Models and firmware with known faults",
    "raid": "Redundancy",
    "fs": "File systems and volume managers",
    "capacity": "Space",
    "power": "Power cuts in the middle of a write",
    "snapshot": "Snapshots of guests, and what they are mistaken for",
    "backup": "Backups, as far as hypervisors tell of them",
    "blind-spot": "What could not be seen",
}
"""Title of each family of rules, in the order of the documents."""


def rule_index(rules: Mapping[str, Rule], cases: Mapping[str, Mapping[str, int]]) -> str:
    """All rules in one table. *cases*: rule id → how many fixtures fire it, pass it and leave it unknown."""
    lines = [
        MARK,
        "# Rules\n",
        f"{len(rules)} rules. *bad*, *good* and *unknown* count the recorded or written cases in which a",
        "test holds that the rule fires, stays silent, and says that it cannot tell.\n",
        "| rule | severity | fault | bad | good | unknown |",
        "|---|---|---|---:|---:|---:|",
    ]
    for family, title in _families(rules):
        lines.append(f"| **{family}** | | **{title}** | | | |")
        for one in (r for r in rules.values() if r.family == family):
            counts = cases.get(one.id, {})
            told = " | ".join(str(counts.get(kind, 0)) for kind in ("bad", "good", "unknown"))
            lines.append(f"| [`{one.id}`]({_link(one)}) | {one.severity} | {one.title} | {told} |")
    return "\n".join(lines) + "\n"


def family_page(family: str, rules: Mapping[str, Rule]) -> str:
    """The page of one family: every rule with its reasons, remedies, limits and references."""
    chosen = [rule for rule in rules.values() if rule.family == family]
    head = [MARK, f"# {FAMILIES.get(family, family)} (`{family}/…`)\n"]
    return "\n".join([*head, *(_rule(one) for one in chosen)])


def _rule(one: Rule) -> str:
    lines = [f"## `{one.id}`\n", f"**{one.title}**\n"]
    lines.append(f"Severity {one.severity}; judges [`{one.on.TABLE}`](../tables.md#{one.on.TABLE}).\n")
    for heading in ("Why it matters", "What to do", "What not to do", "References"):
        text = one.section(heading)
        if text:
            lines.append(f"**{heading}.** {text}\n")
    if one.limits:
        lines.append("| limit | default |\n|---|---|")
        lines += [f"| `{name}` | `{value!r}` |" for name, value in one.limits.items()]
        lines.append("")
    if one.controls:
        lines.append(f"Controls: {', '.join(one.controls)} (see [controls](../controls.md)).\n")
    return "\n".join(lines)


def tables_page(tables: Mapping[str, type[Row]]) -> str:
    """Every table with its columns; derived ones with what they are worked out of."""
    lines = [MARK, "# Tables\n"]
    lines.append("`holdwater show TABLE` prints the rows. A type with `?` may be withheld by a target.\n")
    for derived in (False, True):
        lines.append("# Derived\n" if derived else "# Collected\n")
        for name, row_type in tables.items():
            if (row_type in DERIVED) is derived:
                lines.append(_table(name, row_type))
    return "\n".join(lines)


def _table(name: str, row_type: type[Row]) -> str:
    lines = [f"## {name}\n", (row_type.__doc__ or "").strip() + "\n", f"Key: {', '.join(row_type.KEY)}."]
    if row_type in DERIVED:
        below = ", ".join(f"`{one.TABLE}`" for one in DERIVED[row_type][1])
        lines[-1] += f" Worked out of {below}."
    else:
        readers = sorted(kind for kind, reader in READERS.items() if row_type in reader.fills)
        lines[-1] += f" Filled by {', '.join(f'`{kind}`' for kind in readers)}."
    lines += ["", "| column | type | meaning |", "|---|---|---|"]
    lines += [f"| `{c['column']}` | {c['type']} | {c['about']} |" for c in columns(row_type)]
    return "\n".join([*lines, ""])


def columns(row_type: type[Row]) -> list[dict[str, str]]:
    """The columns of a table: name, type (`int?` where it may be withheld) and sentence."""
    hints = typing.get_type_hints(row_type)
    return [
        {"column": f.name, "type": _type(hints[f.name]), "about": f.metadata["doc"]}
        for f in dataclasses.fields(row_type)
    ]


def _type(hint: Any) -> str:
    arms = [arm for arm in typing.get_args(hint) if arm is not type(None)]
    return f"{arms[0].__name__}?" if arms else str(hint.__name__)


def collection_page() -> str:
    """Every command that may be asked, and every kind of output that can be read."""
    lines = [MARK, "# What is asked, and what can be read\n", "## Commands\n"]
    lines.append("All of them only read. `holdwater plan` prints this list with a sudoers file.\n")
    lines += ["| collector | command | right | limit | why |", "|---|---|---|---:|---|"]
    for one in sorted(COLLECTORS.values(), key=lambda c: c.name):
        for form in one.asks:
            command = " ".join(form.argv).replace("|", "\\|")
            lines.append(
                f"| {one.name} | `{command}` | {form.right} | {form.timeout_seconds:g} s | {form.why} |"
            )
    lines += [
        "",
        "## Kinds of saved output (`holdwater read`)\n",
        "| kind | tables | what |",
        "|---|---|---|",
    ]
    for kind, reader in sorted(READERS.items()):
        fills = ", ".join(f"`{row_type.TABLE}`" for row_type in reader.fills)
        lines.append(f"| `{kind}` | {fills} | {reader.title} |")
    return "\n".join(lines) + "\n"


def controls_page(told: Mapping[str, Any], rules: Mapping[str, Rule]) -> str:
    """Which controls of which standard a finding is relevant to. *told*: the parsed `controls.toml`."""
    standards: Mapping[str, str] = told["standards"]
    lines = [
        MARK,
        "# Controls\n",
        f"Table of {told['version']}. A finding is *relevant to* these controls; no mapping",
    ]
    lines.append(
        "means that anybody complies. Where no identifier stands, none was found that honestly applies.\n"
    )
    for code, one in told["controls"].items():
        judged = [f"`{rule.id}`" for rule in rules.values() if code in rule.controls]
        if judged:
            lines.append(f"## {code} {one['title']}\n")
            lines += [f"- {standards[key]}: {', '.join(one[key])}" for key in standards if key in one]
            lines.append(f"- Rules: {', '.join(judged)}\n")
    return "\n".join(lines)


def commands_page(helps: Iterable[tuple[str, str]]) -> str:
    """The help text of every command."""
    lines = [MARK, "# The command line\n"]
    for name, text in helps:
        lines += [f"## {name}\n", "```text", text.rstrip(), "```\n"]
    return "\n".join(lines)


def _families(rules: Mapping[str, Rule]) -> list[tuple[str, str]]:
    present = {rule.family for rule in rules.values()}
    order = [*FAMILIES, *sorted(present - FAMILIES.keys())]
    return [(family, FAMILIES.get(family, family)) for family in order if family in present]


def _link(one: Rule) -> str:
    return f"rules/{one.family}.md#{one.id.replace('/', '')}"
