"""Blocks of `site.toml` as text."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from holdwater.interview import Block


def with_blocks(template: str, blocks: Iterable[Block]) -> str:
    """The template with the blocks; those of [site] go into the table that is there."""
    lines = [template.rstrip("\n")]
    site: list[str] = []
    for block in blocks:
        told = [f"{name} = {value(one)}" for name, one in block.values.items()]
        if block.heading == "[site]":
            site += told
            continue
        lines += ["", *([f"# {block.says}"] if block.says else []), block.heading, *told]
    text = "\n".join(lines) + "\n"
    return text.replace("[site]\n", "\n".join(("[site]", *site)) + "\n", 1) if site else text


def value(told: Any) -> str:
    """A value in TOML."""
    if isinstance(told, str):
        return quoted(told)
    if isinstance(told, bool):
        return "true" if told else "false"
    if isinstance(told, list):
        return f"[{', '.join(value(one) for one in told)}]"
    assert isinstance(told, int | date)
    return str(told)


def quoted(told: str) -> str:
    """A basic string: the escapes of JSON are those of TOML, which wants DEL escaped too."""
    whole = told.encode("utf-8", "replace").decode("utf-8")
    return json.dumps(whole, ensure_ascii=False).replace("\x7f", "\\u007f")
