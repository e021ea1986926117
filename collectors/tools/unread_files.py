"""Files of a folder that was handed over and that no reader takes: their names, told by the importer."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.collector import reader
from collectors.fact import Reading
from collectors.question import Answer
from collectors.smart_values import text
from collectors.table import Row, column, table

MOST = 500


@table("unread_files", key=("count",), root=("count",))
class UnreadFiles(Row):
    """Files that were handed over as evidence of a host and are not the output of a tool that is known."""

    count: int = column("How many")
    names: str = column("Their names, newline-separated, the first hundreds")


@reader("unread-files", fills=(UnreadFiles,), recognises=lambda text: 0.0)
def read(answer: Answer) -> Iterator[Reading]:
    """names of files that could not be read"""
    names = [name for line in answer.text.splitlines() if (name := text(line))]
    if names:
        yield UnreadFiles(count=len(names), names="\n".join(names[:MOST]))
