"""The one shape every rule has."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

from analyzer.verdict import Severity, Verdict
from collectors.table import Row

R = TypeVar("R", bound=Row)
P = ParamSpec("P")

SECTIONS = ("Why it matters", "What to do", "What not to do", "References")


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A judge of the rows of one table. *id* is `family/name`, states the fault and is never reused."""

    id: str
    on: type[Row]
    severity: Severity
    controls: tuple[str, ...]
    judge: Callable[..., Verdict]
    limits: Mapping[str, Any]
    """Keyword arguments of the rule with their defaults: what `site.toml` may override."""

    @property
    def family(self) -> str:
        return self.id.partition("/")[0]

    @property
    def text(self) -> str:
        return inspect.getdoc(self.judge) or ""

    @property
    def title(self) -> str:
        """The fault in one sentence."""
        return self.text.partition("\n")[0].strip()

    def section(self, heading: str) -> str:
        """The text under one of :data:`SECTIONS`, paragraphs joined; empty if the rule has none."""
        found: list[str] = []
        inside = False
        for line in self.text.splitlines():
            if line.strip() in SECTIONS and not line.startswith(" "):
                inside = line.strip() == heading
            elif inside:
                found.append(line.strip())
        return "\n".join(found).strip()


RULES: dict[str, Rule] = {}


def rule(
    id: str, *, on: type[R], severity: Severity, controls: tuple[str, ...] = ()
) -> Callable[[Callable[Concatenate[R, P], Verdict]], Callable[Concatenate[R, P], Verdict]]:
    """Register the function as a judge of the rows of table *on*. Raises ValueError if the id is taken."""

    def register(judge: Callable[Concatenate[R, P], Verdict]) -> Callable[Concatenate[R, P], Verdict]:
        if id in RULES:
            raise ValueError(f"two rules have the id {id}")
        given = inspect.signature(judge).parameters.values()
        limits = {p.name: p.default for p in given if p.kind is p.KEYWORD_ONLY}
        RULES[id] = Rule(id, on, severity, controls, judge, limits)
        return judge

    return register


def load() -> dict[str, Rule]:
    """Import every module of `analyzer.rules`; returns the rules by id, sorted."""
    import analyzer.rules

    for module in pkgutil.iter_modules(analyzer.rules.__path__, "analyzer.rules."):
        importlib.import_module(module.name)
    return dict(sorted(RULES.items()))
