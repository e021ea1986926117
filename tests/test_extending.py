"""docs/extending.md, followed to the letter: its rule judges its cases, its collector is asked and read."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from collectors.collector import READERS, load

ROOT = Path(__file__).parents[1]
KINDS = ROOT / "fixtures" / "collectors"
FOLLOWED = """
import json, sys, tomllib
from pathlib import Path
from analyzer.rule import RULES, SECTIONS
from analyzer.rules import filesystem
from analyzer.verdict import Fail, NotApplicable, Ok, Unknown
from collectors.collector import COLLECTORS, load
from collectors.fact import Fact, Gap
from collectors.question import Answer
from collectors.reading import read_answer

folder = Path(sys.argv[1])
load()
exec(compile((folder / "rule.py").read_text(), "rule.py", "exec"), vars(filesystem))
rule = RULES["fs/written-through"]
assert all(rule.section(heading) for heading in SECTIONS)
kinds = {"bad": Fail, "good": Ok, "unknown": Unknown, "not_applicable": NotApplicable}
cases = tomllib.loads((folder / "cases.toml").read_text())
assert set(cases) == set(kinds)
for kind, rows in cases.items():
    for row in rows:
        says, severity = row.pop("says", ""), row.pop("severity", rule.severity)
        verdict = rule.judge(rule.on(**row))
        assert isinstance(verdict, kinds[kind]), (kind, row, verdict)
        if kind == "bad":
            assert says in verdict.message and (verdict.severity or rule.severity) == severity

sys.path.insert(0, str(folder))
import load_average
(question,) = next(COLLECTORS["load-average"].ask())
wanted = json.loads((folder / "expect.json").read_text())["rows"]["load_average"]
told = read_answer("t", Answer(question, stdout=b"0.10 0.20 0.30 1/200 3000\\n", status=0))
rows = [fact.row for fact in told if isinstance(fact, Fact)]
assert [{"minutes": row.minutes, "tasks": row.tasks} for row in rows] == wanted
(gap,) = read_answer("t", Answer(question, stdout=b"nonsense\\n", status=0))
assert isinstance(gap, Gap) and gap.reason == "unreadable"
"""


def blocks(language: str) -> list[str]:
    text = (ROOT / "docs" / "extending.md").read_text("utf-8")
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [
        "\n".join(line.removeprefix(indent) for line in block.splitlines()) + "\n" for indent, block in found
    ]


def test_the_page_can_be_followed(tmp_path: Path) -> None:
    rule, collector = blocks("python")
    (tmp_path / "rule.py").write_text(rule)
    (tmp_path / "load_average.py").write_text(collector)
    (tmp_path / "cases.toml").write_text(*blocks("toml"))
    (tmp_path / "expect.json").write_text(*blocks("json"))
    done = subprocess.run(
        [sys.executable, "-c", FOLLOWED, str(tmp_path)], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr


def test_no_reader_is_without_cases_and_no_case_without_expectation() -> None:
    load()
    assert {kind for kind in READERS if not any(KINDS.glob(f"{kind}/*/expect.json"))} == set()
    assert [case for case in KINDS.glob("*/*") if case.is_dir() and not (case / "expect.json").exists()] == []
