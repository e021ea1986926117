"""Every sentence that catalogues translate, and the file of a language brought up to date.

`python -m reports.messages de` adds what `reports/languages/de.po` lacks, drops what is said no more, and
prints what waits for a translation.
"""

from __future__ import annotations

import ast
import io
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from analyzer.score_method import method
from reports import plain_words
from reports.headline import MEANINGS

FOLDER = Path(str(files("reports")))

HEADER = """\
msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plurals}\\n"
"Content-Type: text/plain; charset=utf-8\\n"

"""

Message = str | tuple[str, str]
"""A sentence, or one with its plural."""


def messages() -> tuple[Message, ...]:
    """Every message of this package, each once, in order of files."""
    found: list[Message] = [
        *MEANINGS.values(),
        *plain_words.messages(),
        *(pillar.title for pillar in method().pillars),
    ]
    for path in sorted(FOLDER.glob("*.py")):
        found.extend(_of_code(path.read_text("utf-8")))
    for path in sorted((FOLDER / "templates").glob("*.html")):
        found.extend(_of_template(path.read_text("utf-8")))
    return tuple(dict.fromkeys(found))


def _of_code(source: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            told = [one.value for one in node.args if isinstance(one, ast.Constant)]
            if node.func.id == "mark" and len(told) == 1:
                yield str(told[0])
            elif node.func.id == "marks" and len(told) == 2:
                yield str(told[0]), str(told[1])


def _of_template(source: str) -> Iterator[Message]:
    from jinja2 import nodes

    from reports.templating import environment

    for call in environment().parse(source).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "say":
            first = call.args[0]
            if isinstance(first, nodes.Const):
                yield str(first.value)


def update(language: str) -> list[Message]:
    """Bring the file of a language up to date; returns what it does not translate."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import read_po, write_po

    path = FOLDER / "languages" / f"{language}.po"
    old = Catalog(locale=language)
    if path.exists():
        with path.open("rb") as opened:
            old = read_po(opened, locale=language)
    new = Catalog(locale=language)
    missing = []
    for message in messages():
        one = message if isinstance(message, str) else message[0]
        known = old.get(one)
        string = known.string if known and isinstance(known.id, str) == isinstance(message, str) else ""
        new.add(message, string)
        if not string or (isinstance(string, tuple) and not all(string)):
            missing.append(message)
    written = io.BytesIO()
    write_po(written, new, width=118, omit_header=True)
    head = HEADER.format(language=language, plurals=new.plural_forms)
    path.write_text(head + written.getvalue().decode("utf-8"), "utf-8")
    return missing


def main() -> None:
    """`python -m reports.messages LANGUAGE`."""
    for message in update(sys.argv[1]):
        sys.stdout.write(f"{message}\n")


if __name__ == "__main__":
    main()
