"""The rule on files that were handed over and could not be read."""

from __future__ import annotations

from analyzer.rule import rule
from analyzer.verdict import OK, Fail, Verdict
from analyzer.wording import listed, many
from collectors.tools.unread_files import UnreadFiles


@rule("blind-spot/file-not-understood", on=UnreadFiles, severity="medium", controls=("C14",))
def file_not_understood(row: UnreadFiles, *, allowed: int = 0) -> Verdict:
    """Files that were handed over could not be read.

    Why it matters
        Somebody saved them because they tell something. What they tell is in no finding here: a full file
        system in a language that is not understood looks like none at all.

    What to do
        Ask the tool again with `LC_ALL=C`, its whole output in a file of its own. `holdwater read FILE` says
        what is wrong with one; `--as KIND` names the tool.

    What not to do
        Do not read silence about a file as health.

    References
        `holdwater read --kinds` lists what can be read.
    """
    if row.count <= allowed:
        return OK
    names = listed(row.names.split(chr(10)), 5)
    return Fail(f"{many(row.count, 'file')} not understood ({names}); limit {allowed}", None, "count")
