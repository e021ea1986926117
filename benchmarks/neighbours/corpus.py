# SPDX-License-Identifier: Apache-2.0
"""Saved texts of /proc/mdstat, if a corpus of them is at hand (HOLDWATER_CORPUS), shown to all that take one.

Its INDEX.tsv gives each file an expected conclusion (ok, warn+, crit); nothing of it is copied.
"""

from __future__ import annotations

import csv
import os
from datetime import UTC, datetime
from pathlib import Path

from analyzer.engine import Judgement, judge
from analyzer.site import Site
from collectors.collector import load
from collectors.question import Answer, Form, Question, decode
from collectors.reading import read_answer

from . import check_raid, holdwater_itself, node_exporter, pymdstat_fields
from .said import Level, Said
from .wording import CORPUS

Counts = dict[str, dict[str, dict[Level, int]]]
"""Tool → expected conclusion → how many texts got which level."""


def mdstats(corpus: Path) -> list[tuple[str, str, str]]:
    """File, expected conclusion and text of each saved /proc/mdstat."""
    with (corpus / "INDEX.tsv").open(newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))
    texts = []
    for row in rows:
        if row["kind"] == "md" and row["expected"] in ("ok", "warn+", "crit"):
            text = decode((corpus / row["file"]).read_bytes())
            _, start, rest = text.rpartition("Personalities :")
            if start:  # what a kernel gives begins so; prompts and blank lines before it are nobody's fault
                texts.append((row["file"], row["expected"], start + rest))
    return texts


def judged(text: str, kind: str) -> Judgement:
    """One of our readers alone on a text, and the rules."""
    load()
    form = Form(("saved", "file"), kind, "")
    site = Site("corpus", datetime(2026, 1, 1, tzinfo=UTC))
    answer = Answer(Question(form.argv, form), stdout=text.encode(), status=0)
    site.add(read_answer("corpus", answer))
    return judge(site)


def by_holdwater(text: str, kind: str) -> Said:
    """One of our readers, and the rules."""
    judgement = judged(text, kind)
    said = holdwater_itself.about(judgement, "")
    gaps = sorted({spot.gap.reason for spot in judgement.blind_spots})
    return Said("unknown", ", ".join(gaps)) if gaps and said.level != "alarm" else said


def counts() -> tuple[Counts, str, list[str]]:
    """All texts through all tools, what they are, and a line for each text on which somebody differs."""
    place = os.environ.get("HOLDWATER_CORPUS")
    found: Counts = {}
    differing = []
    texts = mdstats(Path(place)) if place else []
    for file, expected, text in texts:
        row = {
            holdwater_itself.NAME: by_holdwater(text, "mdstat"),
            check_raid.NAME: check_raid.of(text),
            pymdstat_fields.NAME: pymdstat_fields.of(text),
            node_exporter.NAME: node_exporter.of(text),
        }
        for tool, said in row.items():
            levels = found.setdefault(tool, {}).setdefault(expected, {})
            levels[said.level] = levels.get(said.level, 0) + 1
        off = {t: s for t, s in row.items() if (s.level == "alarm") != (expected != "ok")}
        if off:
            differing.append(f"{file} {expected}: { ({t: ' '.join(s) for t, s in off.items()}) }")
    inactive = [text for _, expected, text in texts if expected == "crit" and ": inactive" in text]
    about = CORPUS.format(texts=len(texts), inactive=len(inactive))
    return found, about, differing
