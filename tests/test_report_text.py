"""Text for people, and the pieces of raw answers that stand under findings."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.fact import Origin, Source
from reports.excerpt import CHARACTERS, LINES, cut_out, excerpts
from reports.text import duration, listed, moment, one_line, told, visible, words


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain /dev/sda", "plain /dev/sda"),
        ("\u202egnp.exe", "‹U+202E›gnp.exe"),
        ("\x1b[31mred\x1b[0m", "‹U+001B›[31mred‹U+001B›[0m"),
        ("a\u200bb\ufeff", "a‹U+200B›b‹U+FEFF›"),
        ("nul\x00bell\x07", "nul‹U+0000›bell‹U+0007›"),
        ("c1\x9b31m", "c1‹U+009B›31m"),
        ("\ud800", "‹U+D800›"),
        ("two\r\nlines", "two\nlines"),
        ("lone\rreturn", "lone‹U+000D›return"),
        ("Grüße 磁盘 Ünïcode", "Grüße 磁盘 Ünïcode"),
    ],
)
def test_hostile_characters_become_visible(raw: str, shown: str) -> None:
    assert visible(raw) == shown


def test_stacked_marks_are_cut() -> None:
    assert len(visible("z" + "\u0300" * 500)) < 10


@given(st.text())
def test_visible_text_is_inert_and_stays_so(raw: str) -> None:
    shown = visible(raw)
    assert visible(shown) == shown
    assert not any(c in shown for c in "\x00\x1b\u202e\u2066\u200b\ufeff\x9b")
    shown.encode()


@given(st.text(), st.integers(20, 300))
def test_a_line_is_one_line_and_short(raw: str, longest: int) -> None:
    line = one_line(raw, longest)
    assert len(line) <= longest
    assert "\n" not in line


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("temperature_celsius", 41, "41 °C"),
        ("size_bytes", 4_000_787_030_016, "4.0 TB"),
        ("power_on_hours", 20000, "20\u202f000 h (2.3 years)"),
        ("timeout_seconds", 30, "30 s"),
        ("erc_read_deciseconds", 70, "7 s"),
        ("used_percent", 93.25, "93.2 %"),
        ("passed", False, "no"),
        ("count", None, "not told"),
        ("at", datetime(2026, 11, 23, 6, 5, tzinfo=UTC), "23 Nov 2026 06:05 UTC"),
        ("raw", 2**40, "1\u202f099\u202f511\u202f627\u202f776"),
        ("raw", 10**400, "more than 10²¹"),
        ("size_bytes", 10**400, "more than 10²¹"),
        ("rate", float("nan"), "nan"),
    ],
)
def test_values_carry_the_unit_of_their_column(name: str, value: object, said: str) -> None:
    assert told(name, value) == said


def test_words_durations_and_lists() -> None:
    assert words("temperature_limit_celsius") == "temperature limit"
    assert [duration(s) for s in (0.25, 90, 1800, 90000, 864000)] == [
        "250 ms",
        "90 s",
        "30 min",
        "25 h",
        "10 days",
    ]
    assert listed(["a", "b", "c", "d", "e"], 3) == "a, b and 3 more"
    assert listed(["a"]) == "a"
    assert listed([]) == ""
    assert moment(None) == "time unknown"


ANSWER = "\n".join(f"line {i}" for i in range(1, 101))
TREE = {"smart": {"table": [{"id": 5}, {"id": 197, "raw": {"value": 24}}]}}


@pytest.mark.parametrize(
    ("where", "first", "last"),
    [
        ("line 50", "line 48", "line 52"),
        ("1", "line 1", "line 3"),
        ("40-48", "line 40", "line 48"),
        ("L100", "line 98", "line 100"),
    ],
)
def test_lines_around_a_line(where: str, first: str, last: str) -> None:
    lines = cut_out(ANSWER.splitlines(), where).splitlines()
    assert (lines[0], lines[-1]) == (first, last)


def test_a_json_path_gives_its_value() -> None:
    shown = cut_out([json.dumps(TREE)], "$.smart.table[1].raw", TREE)
    assert shown == '$.smart.table[1].raw: {\n  "value": 24\n}'


def test_a_path_that_ends_early_gives_what_is_there() -> None:
    assert cut_out([], "$.smart.table[9].raw", TREE).startswith("$.smart.table: [")


@given(st.text(), st.text(max_size=30))
def test_an_excerpt_is_short_whatever_the_answer(text: str, where: str) -> None:
    shown = cut_out((text * 50).splitlines(), where, [[text]])
    assert len(shown.splitlines()) <= LINES + 1 or "\u2028" in text or "\x0b" in text
    assert len(shown) <= CHARACTERS + 40


def test_an_answer_that_cannot_be_read_gives_no_excerpt() -> None:
    def read(member: str) -> bytes:
        raise KeyError(member)

    origin = Origin("host", ("smartctl", "-x", "/dev/sda"), None, "answers/0001")
    assert excerpts(read)(Source(origin, "$.a")) == ""
    assert excerpts(lambda _: b"\xff\xfe not json {")(Source(origin, "$.a")).startswith("�")
