"""Catalogues: every sentence is translated, blanks match, and a broken one is refused in words."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from reports.language import NoSuchLanguage, blanks, languages, mark, marks, words
from reports.messages import FOLDER, HEADER, messages

TRANSLATED = [name for name in languages() if name != "en"]
AT = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def test_german_is_there() -> None:
    assert TRANSLATED == ["de"]


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_is_translated_and_blanks_match(language: str) -> None:
    with (FOLDER / "languages" / f"{language}.po").open("rb") as opened:
        catalogue = read_po(opened, locale=language)
    known = {message.id: message for message in catalogue if message.id}
    assert set(known) == set(messages()), "run: python -m reports.messages " + language
    for said, message in known.items():
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        assert len(forms) == (1 if isinstance(said, str) else catalogue.num_plurals)
        for form in forms:
            assert form.strip(), said
            assert blanks(form) == blanks(said if isinstance(said, str) else said[0]), said
            assert form != said or len(form.split()) == 1, f"{said} stands untranslated"


def test_messages_are_found_in_code_tables_and_templates() -> None:
    found = messages()
    assert len(found) > 150
    assert "A disk is failing" in found
    assert "Effect by itself" in found
    assert ("{count} published rule", "{count} published rules") in found


def test_numbers_and_times_are_those_of_the_language() -> None:
    german, english = words("de"), words()
    assert german.number(12345.6, 1) == "12.345,6"
    assert english.number(12345.6, 1) == "12,345.6"
    assert german.moment(AT) == "23. November 2026, 06:00 UTC"
    assert english.moment(AT) == "23 Nov 2026 06:00 UTC"
    assert german.size(1_400_000_000_000) == "1,4\xa0TB"
    assert german.listed(["a", "b", "c", "d", "e"], 3) == "a, b und 3 weitere"
    assert english.listed(["a"]) == "a"
    point = marks("{count} point more", "{count} points more")
    assert [german.many(point, n) for n in (0, 1, 2)] == ["0 Punkte mehr", "1 Punkt mehr", "2 Punkte mehr"]


def test_braces_in_names_are_only_characters() -> None:
    assert words("de").say(mark("Attached: {name}"), name="{evil} %s {0}") == "Angehängt: {evil} %s {0}"


def written(path: Path, body: str) -> str:
    path.write_text(HEADER.format(language="fr", plurals="nplurals=2; plural=(n > 1);") + body, "utf-8")
    return str(path)


def test_a_language_is_one_file(tmp_path: Path) -> None:
    own = written(tmp_path / "fr.po", 'msgid "Grade"\nmsgstr "Note"\n')
    french = words(own)
    assert french.say(mark("Grade")) == "Note"
    assert french.say(mark("Step")) == "Step", "what is not translated stays English"
    assert french.number(1234.5, 1) == "1\u202f234,5"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('msgid "Attached: {name}"\nmsgstr "Joint : {nom}"\n', "blanks"),
        ('msgid "Attached: {name}"\nmsgstr "Joint : {name"\n', "expected '}'"),
        ('msgid "Grade\nmsgstr', "translates nothing"),
    ],
)
def test_a_broken_catalogue_is_refused(tmp_path: Path, body: str, said: str) -> None:
    own = written(tmp_path / "broken.po", body)
    with pytest.raises(NoSuchLanguage, match=r"broken\.po") as refused:
        words(own)
    assert said in str(refused.value)


def test_an_unknown_language_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(NoSuchLanguage, match="en, de"):
        words("tlh")
    with pytest.raises(NoSuchLanguage, match="No such file"):
        words(str(tmp_path / "nothing.po"))
