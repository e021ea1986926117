"""Where the corpus is there, its tests run: none is skipped by mistake."""

from __future__ import annotations

import importlib
import os
from pathlib import Path

import pytest

from tests.corpus.agreement import BESIDE, CORPUS, NEEDED, index

MODULES = sorted(path.stem for path in Path(__file__).parent.glob("test_*.py") if path != Path(__file__))


def skipped() -> bool:
    """Whether the mark that the corpus tests carry skips them."""
    return any(mark.name == "skipif" and mark.args[0] for mark in (one.mark for one in NEEDED))


@pytest.mark.parametrize("module", MODULES)
def test_every_module_is_skipped_for_want_of_the_corpus_alone(module: str) -> None:
    assert importlib.import_module(f"tests.corpus.{module}").pytestmark is NEEDED


def test_a_corpus_that_is_there_is_found() -> None:
    """One that was named must exist; in CI one must exist if there is a folder for it beside the checkout."""
    named = "HOLDWATER_CORPUS" in os.environ
    expected = BESIDE.parent if os.environ.get("CI") == "true" else BESIDE
    if not named and not expected.exists():
        pytest.skip("no corpus beside the checkout (HOLDWATER_CORPUS)")
    assert not skipped(), f"{CORPUS} is no folder"
    missing = [one.file for one in index() if not (CORPUS / one.file).is_file()]
    assert index(), "the index is empty"
    assert missing == []
