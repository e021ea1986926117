"""The shell of `holdwater query`: SQL up to a semicolon, tables and columns completed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from holdwater.errors import CannotRun

if TYPE_CHECKING:
    from prompt_toolkit.completion import CompleteEvent, Completion
    from prompt_toolkit.document import Document

    from holdwater.store.asking import Asked

KEYWORDS = (
    *("SELECT", "FROM", "WHERE", "GROUP BY", "ORDER BY", "LIMIT", "JOIN", "LEFT JOIN", "USING", "ON", "AND"),
    *("OR", "NOT", "NULL", "IS", "IN", "LIKE", "ILIKE", "BETWEEN", "CASE", "WHEN", "THEN", "ELSE", "END"),
    *("DISTINCT", "AS", "DESC", "ASC", "WITH", "UNION ALL", "HAVING", "QUALIFY", "OVER", "PARTITION BY"),
    *("count(*)", "sum(", "avg(", "min(", "max(", "round(", "coalesce(", "date_trunc(", "lag(", "DESCRIBE"),
)
HELP = """\
SQL up to a semicolon, a table's name, or the name of a question.  Tab completes.
.tables   .queries   .columns TABLE   .format table|csv|json|ndjson|markdown   .quit"""


def words(asked: Asked) -> dict[str, str]:
    """What may be completed, with a remark each: keywords, tables, columns, questions by name."""
    from holdwater.saved_queries import queries
    from holdwater.store.asking import EVERY, declared

    told = dict.fromkeys(KEYWORDS, "")
    known = declared()
    for table in asked.tables():
        told[table] = "table, newest audit of each site"
        told[EVERY + table] = "table, every audit"
        for column, (_, doc) in known.get(table, {}).items():
            told.setdefault(column, f"{table}: {doc}")
    told |= {one.name: one.about for one in queries().values()}
    return told


def matching(told: dict[str, str], before: str) -> list[str]:
    """Words that go on as the text does, the shortest first; after a table and a dot its columns too."""
    begun = before.lower()
    return sorted((one for one in told if one.lower().startswith(begun)), key=lambda one: (len(one), one))


def run(asked: Asked, format: str) -> None:
    """Ask and answer until the end of input."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import FileHistory

    from holdwater.commands.query import history_file

    path = history_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    session: PromptSession[str] = PromptSession(
        history=FileHistory(str(path)), completer=completer(words(asked)), complete_while_typing=False
    )
    click.echo(HELP)
    shell = Shell(asked, format)
    while not shell.ended:
        try:
            shell.take(session.prompt(shell.prompt))
        except KeyboardInterrupt:
            shell.begun = ""
        except EOFError:
            return


def completer(told: dict[str, str]) -> Any:
    """What prompt_toolkit asks for completions."""
    from prompt_toolkit.completion import Completer, Completion

    class Words(Completer):
        def get_completions(self, document: Document, event: CompleteEvent) -> Iterable[Completion]:
            begun = document.get_word_before_cursor(pattern=_word())
            for one in matching(told, begun):
                yield Completion(one, start_position=-len(begun), display_meta=told[one][:60])

    return Words()


def _word() -> Any:
    import re

    return re.compile(r"[A-Za-z_][\w-]*")


class Shell:
    """Takes lines; a question ends with a semicolon. *begun*: what was typed of one so far."""

    def __init__(self, asked: Asked, format: str) -> None:
        self.asked = asked
        self.format = format
        self.begun = ""
        self.ended = False

    @property
    def prompt(self) -> str:
        return "      ...> " if self.begun else "holdwater> "

    def take(self, line: str) -> None:
        """Take one line; answers go to stdout, what cannot be answered to stderr."""
        if not self.begun and line.strip().startswith("."):
            self._command(line.split())
            return
        self.begun = f"{self.begun}\n{line}".strip()
        if self.begun.endswith(";") or (
            self.begun and len(self.begun.split()) == 1 and "\n" not in self.begun
        ):
            question, self.begun = self.begun.rstrip("; \n"), ""
            self._ask(question)

    def _ask(self, question: str) -> None:
        from holdwater.commands.query import answered, show_rows

        try:
            answer = answered(self.asked, question)
        except CannotRun as error:
            click.echo(f"Error: {error.message}", err=True)
            return
        show_rows(answer.dicts(), answer.names, self.format)

    def _command(self, typed: list[str]) -> None:
        from reports.answers import FORMATS

        match typed:
            case [".quit" | ".exit"]:
                self.ended = True
            case [".tables"]:
                click.echo("\n".join(self.asked.tables()))
            case [".queries"]:
                click.echo("\n".join(_queries()))
            case [".columns", table]:
                self._ask(f'DESCRIBE "{table}"')
            case [".format", name] if name in FORMATS:
                self.format = name
            case _:
                click.echo(HELP)


def _queries() -> Iterator[str]:
    from holdwater.saved_queries import queries

    return (f"{one.name:<16} {one.about}" for one in queries().values())
