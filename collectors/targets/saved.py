"""One saved output of one tool, as it comes by mail: recognise which tool it is and read it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from difflib import get_close_matches

from collectors.collector import COLLECTORS, READERS, Reader
from collectors.fact import Fact, Gap
from collectors.naming import named
from collectors.question import Answer, Form, Question, decode
from collectors.reading import Told, read_answer
from collectors.redact import redact
from collectors.xlsx_sheets import NoWorkbook, is_workbook, workbook_text

THRESHOLD = 0.5
LOOKED_AT_CHARACTERS = 1_000_000
MAX_BYTES = 64 * 1024 * 1024

_NONSENSE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,200}(?:\x07|\x1b\\))")
_PROMPT = re.compile(
    r"^(?:\[?[\w.~@:/()\[\] -]{0,60})?[#$>%] +(?:sudo +(?:-\w+ +)*)?((?:/[\w./-]*/)?[a-z][\w.+-]*.*)$"
)
_SIGN = re.compile(r"[#$>]|(?<![0-9])%")
_LAST_PROMPT = re.compile(r"\n\[?[\w.~-]{1,60}@[\w.-]{1,60}[:\w.~/ -]{0,60}\]?[#$>] ?\s*\Z")
_MAIL = re.compile(r"^(?:From|To|Subject|Received|Return-Path|Delivered-To|Date|Message-ID): ", re.IGNORECASE)
_PREAMBLE_LINES = 200


class NotRecognised(ValueError):
    """No reader knows the text; the message is one line that says how to find out."""


def read_saved(raw: bytes, *, name: str, kind: str = "") -> tuple[str, list[Told]]:
    """The kind of a saved output, and what it tells of target *name*: see `understood`."""
    kind, _, told = understood(raw, name=name, kind=kind)
    return kind, told


def understood(raw: bytes, *, name: str, kind: str = "") -> tuple[str, Answer, list[Told]]:
    """The kind of a saved output, the output itself as an answer, and what it tells of target *name*.

    *kind*: the reader to use instead of guessing. Prompts, mail headers and terminal escapes around the
    output do not hinder. The readers must be loaded (`collectors.collector.load`). Raises NotRecognised.
    """
    if kind and kind not in READERS:
        near = get_close_matches(kind, list(READERS), 1)
        meant = f" (did you mean {near[0]}?)" if near else ""
        raise NotRecognised(f"no reader is named {kind!r}{meant}; `holdwater read --kinds` lists them")
    if len(raw) > MAX_BYTES:
        raise NotRecognised(f"{name}: larger than {MAX_BYTES >> 20} MiB; give it the output of one tool")
    if not raw.strip():
        raise NotRecognised(f"{name}: is empty")
    if is_workbook(raw):
        try:
            raw = workbook_text(raw).encode()  # as text, so that secrets in it are found
        except NoWorkbook as error:
            raise NotRecognised(f"{name}: {error}") from error
    text = _LAST_PROMPT.sub("\n", _ESCAPE.sub("", decode(redact(raw)[0])).replace("\r\n", "\n"))
    guesses = [_best(candidate, kind) for candidate in _candidates(unquoted(text))]
    surest = max(score for score, _, _ in guesses)
    if surest < THRESHOLD and not kind:
        raise NotRecognised(
            f"{name}: not the output of a tool that is known; if it is one, say --as KIND"
            " (`holdwater read --kinds` lists them), or ask the tool again with LC_ALL=C"
        )
    tries = [
        (found.kind, *_told(found, chosen, name, text)) for score, chosen, found in guesses if score == surest
    ]
    return max(tries, key=lambda one: _worth(one[2]))


def _told(found: Reader, chosen: str, name: str, text: str) -> tuple[Answer, list[Told]]:
    answer = Answer(_question(found, name, text), stdout=chosen.encode("utf-8", "replace"), status=0)
    return answer, named(read_answer(name, answer), name) or _nothing(found, name)


def _nothing(found: Reader, name: str) -> list[Told]:
    """A text that a reader knows and that tells it nothing is no good news: a gap in what it should fill."""
    tables = " or ".join(one.TABLE for one in found.fills[:3])
    detail = f"nothing in it tells of {tables or 'anything that is judged'}"
    return [Gap(name, one, "empty", detail) for one in found.fills[:1]]


def _worth(told: list[Told]) -> tuple[int, int]:
    """Many facts, then few gaps. Of equals `max` takes the first."""
    facts = sum(isinstance(one, Fact) for one in told)
    return facts, -sum(isinstance(one, Gap) for one in told)


def _best(text: str, kind: str) -> tuple[float, str, Reader]:
    """How sure the surest reader is of the text; of equals the one that was registered first."""
    looked_at = text[:LOOKED_AT_CHARACTERS]
    readers = [READERS[kind]] if kind else list(READERS.values())
    scores = [(_sureness(one, looked_at), -place) for place, one in enumerate(readers)]
    sure, place = max(scores)
    return sure, text, readers[-place]


def _sureness(one: Reader, text: str) -> float:
    try:
        return float(one.recognises(text))
    except _NONSENSE:
        return 0.0


def _candidates(text: str) -> Iterator[str]:
    """What may be the output itself: a JSON value alone, what follows a preamble, the whole text."""
    value = _json_value(text)
    if value is not None:
        yield value
    begin = _after_preamble(text)
    if begin:
        yield _before_prompt(text[begin:])
    yield text


def _json_value(text: str) -> str | None:
    """The first JSON object or array that begins a line, without what stands around it."""
    for found in re.finditer(r"^[ \t]*([{\[])", text[:LOOKED_AT_CHARACTERS], re.MULTILINE):
        if text.count("\n", 0, found.start()) > _PREAMBLE_LINES:
            return None
        try:
            _, end = json.JSONDecoder().raw_decode(text, found.start(1))
        except (ValueError, RecursionError):
            if found[1] == "{":  # cut short: the reader says so
                return text[found.start(1) :] if found.start(1) else None
            continue
        if end - found.start(1) > 2 and (found[1] == "{" or "{" in text[found.start(1) : end]):
            return text[found.start(1) : end]
    return None


def _after_preamble(text: str) -> int:
    """Where the output begins after mail headers, blank lines and the prompt with its command; 0: at once."""
    at = begin = 0
    in_headers = bool(_MAIL.match(text))
    for line in text.splitlines(keepends=True)[:_PREAMBLE_LINES]:
        at += len(line)
        if in_headers:
            in_headers = bool(line.strip())
            begin = at
        elif _PROMPT.match(line.rstrip()) and not _is_comment(line):
            begin = at
            break
        elif not line.strip() and begin == at - len(line):
            begin = at
    return begin


def _is_comment(line: str) -> bool:
    """`# something` in a configuration file is no prompt: the word after it is not one of our tools."""
    return not commanded(line)


def commanded(line: str, known: Collection[str] = ()) -> str:
    """The command after the prompt in a line, if it runs one of *known* (default: a tool that is asked)."""
    if not _SIGN.search(line, 0, 64):
        return ""
    found = _PROMPT.match(line.rstrip())
    return found[1] if found and _tool(found[1]) in (known or _tools()) else ""


def recognised(text: str) -> bool:
    """Whether a reader is sure of the text, whatever stands before it. The readers must be loaded."""
    return any(_best(candidate, "")[0] >= THRESHOLD for candidate in _candidates(text))


def tools() -> set[str]:
    """Every tool that is asked, and every kind of output that can be read: words that head an output."""
    return _tools() | set(READERS)


def _before_prompt(text: str) -> str:
    """Without the next prompt and what follows, if the text has one at a line of its own."""
    at = 0
    for line in text.splitlines(keepends=True):
        stripped = line.rstrip()
        if at and re.fullmatch(r"\[?[\w.~-]+@[\w.-]+[:\w.~/ -]*\]?[#$] ?.{0,200}", stripped):
            return text[:at]
        at += len(line)
    return text


def unquoted(text: str) -> str:
    """Without the `> ` of a quoted mail, if every line has it."""
    lines = text.splitlines()
    quoted = [line for line in lines if line.startswith(">")]
    if len(quoted) > 2 and len(quoted) >= 0.9 * len([line for line in lines if line.strip()]):
        return "\n".join(re.sub(r"^> ?", "", line) for line in lines) + "\n"
    return text


def _question(found: Reader, name: str, text: str) -> Question:
    """The command line as the prompt above the output tells it, else the reader's usual one with *name* in
    it.
    """
    form = next((f for one in COLLECTORS.values() for f in one.asks if f.reads == found.kind), None)
    usual = tuple(re.sub(r"\{\w+\}", lambda _: name, word) for word in form.argv) if form else (name,)
    for line in text.splitlines()[:_PREAMBLE_LINES]:
        told = _PROMPT.match(line.rstrip())
        if told and form and _tool(told[1]) == form.argv[0]:
            usual = (form.argv[0], *told[1].split()[1:20])
            break
    timeless = form or Form(usual, reads=found.kind, why="saved output")
    return Question(usual, timeless)


def _tool(command: str) -> str:
    return command.split()[0].rpartition("/")[2]


def _tools() -> set[str]:
    return {form.argv[0] for one in COLLECTORS.values() for form in one.asks}
